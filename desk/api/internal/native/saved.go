// SPDX-License-Identifier: Apache-2.0

package native

import (
	"context"
	"errors"
	"net/http"
	"os"

	"github.com/sidetrace/sidetrace/desk/api/internal/saved"
	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// A savedRow is a trace that is saved.
type savedRow struct {
	TraceID string `json:"traceId"`
	Name    string `json:"name"`
	Saved   string `json:"saved"`
	Spans   int    `json:"spans"`
}

func savedRowOf(e *saved.Entry) savedRow {
	return savedRow{e.TraceID.String(), e.Name, stamp(e.Saved.UnixNano()), e.Spans}
}

// whole is a trace from the source, or else as it was saved.
func (f *face) whole(ctx context.Context, id trace.TraceID, hint source.Range) (*trace.Trace, error) {
	t, err := f.Source.Trace(ctx, id, hint)
	if f.Saved == nil || !errors.Is(err, source.ErrNotFound) {
		return t, err
	}
	if t, missing := f.Saved.Trace(id); missing == nil {
		return t, nil
	}
	return nil, err
}

var errNotSaving = &web.Error{Code: web.Unsupported, Message: "this desk saves no traces"}

// savedTraces answers with the traces that are saved.
func (f *face) savedTraces(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadParams(r).Strict(); err != nil {
		return err
	}
	if f.Saved == nil {
		return errNotSaving
	}
	all, err := f.Saved.List()
	answer := struct {
		Traces   []savedRow `json:"traces"`
		Max      int        `json:"max"`
		Warnings []string   `json:"warnings,omitempty"`
	}{[]savedRow{}, saved.Max, nil}
	if err != nil {
		answer.Warnings = []string{"some of them cannot be read"}
	}
	for i := range all {
		answer.Traces = append(answer.Traces, savedRowOf(&all[i]))
	}
	return web.WriteJSON(w, answer)
}

// save saves a trace under a name.
func (f *face) save(w http.ResponseWriter, r *http.Request) error {
	p := web.ReadParams(r)
	name := p.Text("name")
	id, err := web.TraceID("trace", p.Text("trace"))
	if err != nil {
		p.Fail(err)
	}
	if err := p.Strict(); err != nil {
		return err
	}
	if f.Saved == nil {
		return errNotSaving
	}
	t, err := f.whole(r.Context(), id, source.Range{})
	if err != nil {
		return err
	}
	e, err := f.Saved.Save(name, t)
	switch {
	case errors.Is(err, saved.ErrName):
		return web.BadParam("name", "want 1 to %d characters", saved.MaxName)
	case errors.Is(err, saved.ErrUsed), errors.Is(err, saved.ErrFull):
		return &web.Error{Code: web.Conflict, Message: err.Error()}
	case err != nil:
		return &web.Error{Code: web.Internal, Message: "the trace could not be saved", Cause: err}
	}
	return web.WriteJSON(w, savedRowOf(e))
}

// forget removes a trace from those that are saved.
func (f *face) forget(w http.ResponseWriter, r *http.Request) error {
	id, err := web.TraceID("id", r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := web.ReadParams(r).Strict(); err != nil {
		return err
	}
	if f.Saved == nil {
		return errNotSaving
	}
	err = f.Saved.Remove(id)
	if errors.Is(err, os.ErrNotExist) {
		return &web.Error{Code: web.NotFound, Message: "the trace is not saved"}
	}
	if err != nil {
		return &web.Error{Code: web.Internal, Message: "the trace could not be removed", Cause: err}
	}
	return web.WriteJSON(w, map[string]string{"traceId": id.String()})
}
