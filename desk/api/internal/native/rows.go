// SPDX-License-Identifier: Apache-2.0

package native

import (
	"strconv"

	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// stamp is a time as text.
func stamp(t int64) string { return strconv.FormatInt(t, 10) }

// A traceRow is a trace in a list.
type traceRow struct {
	TraceID  string           `json:"traceId"`
	Start    string           `json:"start"`
	Duration int64            `json:"duration"`
	Root     place            `json:"root"`
	Entry    *place           `json:"entry,omitempty"`
	Whole    bool             `json:"whole"`
	Spans    int              `json:"spans"`
	Errors   int              `json:"errors"`
	Orphans  int              `json:"orphans"`
	Levels   int              `json:"levels"`
	Logs     int              `json:"logs"`
	Services []digest.Service `json:"services"`
	Tokens   *digest.Tokens   `json:"tokens,omitempty"`
	Identity digest.Identity  `json:"identity"`
	Sets     []setRow         `json:"sets,omitempty"`
}

// A place is a span of a trace.
type place struct {
	SpanID  string `json:"spanId"`
	Service string `json:"service"`
	Name    string `json:"name"`
	Kind    string `json:"kind"`
}

func placeOf(p *digest.Place) place {
	return place{p.ID.String(), p.Service, p.Name, p.Kind.String()}
}

func traceRowOf(s *digest.Summary) traceRow {
	row := traceRow{
		TraceID: s.TraceID.String(), Start: stamp(s.Start), Duration: s.Duration(), Root: placeOf(&s.Root), Whole: s.Whole,
		Spans: s.Spans, Errors: s.Errors, Orphans: s.Orphans, Levels: s.Levels, Logs: s.Logs,
		Services: append([]digest.Service{}, s.Services...), Identity: s.Identity,
	}
	if s.Entry != (digest.Place{}) {
		entry := placeOf(&s.Entry)
		row.Entry = &entry
	}
	if s.Tokens != (digest.Tokens{}) {
		row.Tokens = &s.Tokens
	}
	return row
}

// A setRow is a set of spans that a trace has for a query.
type setRow struct {
	Matched    int           `json:"matched"`
	Spans      []spanRow     `json:"spans"`
	By         []trace.Value `json:"by,omitempty"`
	Aggregates []float64     `json:"aggregates,omitempty"`
}

func hitRow(h *source.Hit) traceRow {
	row := traceRowOf(&h.Summary)
	for i := range h.Sets {
		set := &h.Sets[i]
		row.Sets = append(row.Sets, setRow{set.Matched, spanRows(set.Spans), set.By, set.Aggregates})
	}
	return row
}

// A spanRow is a span in a list.
type spanRow struct {
	TraceID  string        `json:"traceId"`
	SpanID   string        `json:"spanId"`
	ParentID string        `json:"parentId,omitempty"`
	Start    string        `json:"start"`
	Duration int64         `json:"duration"`
	Service  string        `json:"service"`
	Name     string        `json:"name"`
	Kind     string        `json:"kind"`
	Status   string        `json:"status"`
	Message  string        `json:"message,omitempty"`
	Values   []trace.Value `json:"values,omitempty"`
}

func spanRows(rows []source.SpanRow) []spanRow {
	all := []spanRow{}
	for i := range rows {
		r := &rows[i]
		all = append(all, spanRow{
			r.TraceID.String(), r.ID.String(), r.Parent.String(), stamp(r.Start), r.Duration,
			r.Service, r.Name, r.Kind.String(), r.Status.Code.String(), r.Status.Message, r.Values,
		})
	}
	return all
}

// A total is how many there are.
type total struct {
	Count int `json:"count"`
	// AtLeast says that there may be more.
	AtLeast bool `json:"atLeast,omitempty"`
}

func totalOf(t *source.Total) *total {
	if t == nil {
		return nil
	}
	return &total{t.Count, t.AtLeast}
}

// What an answer rests on.
type effort struct {
	Scanned  *scanned `json:"scanned,omitempty"`
	Partial  bool     `json:"partial,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
}

type scanned struct {
	Traces int `json:"traces"`
	Spans  int `json:"spans"`
}

func effortOf(e source.Effort) effort {
	return effort{&scanned{e.Traces, e.Spans}, e.Partial, e.Warnings}
}
