// SPDX-License-Identifier: Apache-2.0

package jaeger

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// An envelope is around every answer of the first version.
type envelope struct {
	Data   any       `json:"data"`
	Total  int       `json:"total"`
	Limit  int       `json:"limit"`
	Offset int       `json:"offset"`
	Errors []problem `json:"errors"`
}

type problem struct {
	Code    int    `json:"code,omitempty"`
	Message string `json:"msg"`
	TraceID string `json:"traceID,omitempty"`
}

func (f *face) first(gate *web.Gate) http.Handler {
	v1 := gate.NewFace("jaeger", func(w http.ResponseWriter, e *web.Error) {
		web.WriteError(w, e, envelope{Errors: []problem{{Code: e.Status(), Message: e.Message}}})
	})
	v1.Get("/api/services", f.v1Services)
	v1.Get("/api/services/{service}/operations", f.v1OperationNames)
	v1.Get("/api/operations", f.v1Operations)
	v1.Get("/api/traces", f.v1Search)
	v1.Get("/api/traces/{id}", f.v1Trace)
	v1.Get("/api/dependencies", f.v1Dependencies)
	return v1
}

// list answers with a list.
func list[T any](w http.ResponseWriter, items []T) error {
	return web.WriteJSON(w, envelope{Data: append([]T{}, items...), Total: len(items)})
}

func (f *face) v1Services(w http.ResponseWriter, r *http.Request) error {
	names, err := f.services(r)
	if err != nil {
		return err
	}
	return list(w, names)
}

func (f *face) v1OperationNames(w http.ResponseWriter, r *http.Request) error {
	operations, err := f.operations(r, r.PathValue("service"), nil)
	if err != nil {
		return err
	}
	var names []string
	for _, o := range operations {
		names = append(names, o.name)
	}
	return list(w, slices.Compact(names))
}

func (f *face) v1Operations(w http.ResponseWriter, r *http.Request) error {
	type named struct {
		Name     string `json:"name"`
		SpanKind string `json:"spanKind"`
	}
	p := web.ReadParams(r)
	service, kinds := p.Text("service"), kindOf(p, "spanKind")
	if err := p.Err(); err != nil {
		return err
	}
	operations, err := f.operations(r, service, kinds)
	if err != nil {
		return err
	}
	var all []named
	for _, o := range operations {
		one := named{Name: o.name}
		if o.kind != trace.Unspecified {
			one.SpanKind = o.kind.String()
		}
		all = append(all, one)
	}
	return list(w, all)
}

// v1Lookback is how far a search without a start looks back, as Jaeger does.
const v1Lookback = 48 * time.Hour

func (f *face) v1Search(w http.ResponseWriter, r *http.Request) error {
	p := web.ReadParams(r)
	if ids := p.Texts("traceID"); len(ids) > 0 {
		return f.v1ByIDs(w, r, ids)
	}
	s, err := f.v1Params(p)
	if err != nil {
		return err
	}
	hits, err := f.find(r, s)
	if err != nil {
		return err
	}
	out := newV1Writer(w)
	within := web.Within(hits)
	if len(within) < len(hits) {
		out.problem(problem{Message: fmt.Sprintf("truncated: the newest %d of %d traces are here, which have %d spans together at most; ask for fewer", len(within), len(hits), web.MaxSpans)})
	}
	if err := web.EachTrace(r.Context(), f.source, within, out.trace); err != nil {
		return err
	}
	return out.end()
}

func (f *face) v1Params(p *web.Params) (*search, error) {
	s := &search{
		service: p.Text("service"), operation: p.Text("operation"),
		min: p.Duration(time.Microsecond, "minDuration"), max: p.Duration(time.Microsecond, "maxDuration"),
		limit: p.Int(web.Whole{Default: 100, Min: 1, Max: MaxTraces}, "limit"),
	}
	var given bool
	if s.in.From, given = p.Epoch(time.Microsecond, "start"); !given {
		s.in.From = f.now().Add(-v1Lookback).UnixNano()
	}
	if to, given := p.Epoch(time.Microsecond, "end"); given {
		s.in.To = to + int64(time.Microsecond) // the end is in the range
	}
	p.CheckRange(s.in, "start", "end")
	if s.max != 0 && s.max < s.min {
		p.Fail(web.BadParam("maxDuration", "want no less than minDuration"))
	}
	s.tags = v1Tags(p)
	return s, p.Err()
}

// v1Tags reads the tags: key:value each, or an object of texts in JSON.
func v1Tags(p *web.Params) map[string]string {
	tags := map[string]string{}
	for _, tag := range p.Texts("tag") {
		key, value, ok := strings.Cut(tag, ":")
		if !ok {
			p.Fail(web.BadParam("tag", "%.100q: want key:value", tag))
		}
		tags[key] = value
	}
	for _, text := range p.Texts("tags") {
		if text != "" && json.Unmarshal([]byte(text), &tags) != nil {
			p.Fail(web.BadParam("tags", "%.100q: want a JSON object of strings, such as {\"error\":\"true\"}", text))
		}
	}
	return tags
}

// v1ByIDs answers with traces by id; those that are not there are among the errors.
func (f *face) v1ByIDs(w http.ResponseWriter, r *http.Request, texts []string) error {
	if len(texts) > MaxTraces {
		return web.BadParam("traceID", "want %d at most, not %d", MaxTraces, len(texts))
	}
	var ids []trace.TraceID
	for _, text := range texts {
		id, err := web.TraceID("traceID", text)
		if err != nil {
			return err
		}
		ids = append(ids, id)
	}
	out := newV1Writer(w)
	for _, id := range ids {
		t, err := f.source.Trace(r.Context(), id, source.Range{})
		switch {
		case errors.Is(err, source.ErrNotFound):
			out.problem(problem{Code: http.StatusNotFound, Message: "trace not found", TraceID: id.String()})
		case err != nil:
			return err
		default:
			if err := out.trace(t); err != nil {
				return err
			}
		}
	}
	return out.end()
}

func (f *face) v1Trace(w http.ResponseWriter, r *http.Request) error {
	id, err := web.TraceID("traceID", r.PathValue("id"))
	if err != nil {
		return err
	}
	p := web.ReadParams(r)
	hint := source.Range{}
	hint.From, _ = p.Epoch(time.Microsecond, "start")
	hint.To, _ = p.Epoch(time.Microsecond, "end")
	p.Bool("raw")
	if err := p.Err(); err != nil {
		return err
	}
	t, err := f.source.Trace(r.Context(), id, hint)
	if err != nil {
		return err
	}
	if len(t.Spans) == 0 { // it has log records only, which the format has no place for
		return source.ErrNotFound
	}
	out := newV1Writer(w)
	if err := out.trace(t); err != nil {
		return err
	}
	return out.end()
}

// A v1Writer writes traces as they come.
type v1Writer struct {
	w        http.ResponseWriter
	b        []byte
	traces   int
	problems []problem
}

func newV1Writer(w http.ResponseWriter) *v1Writer { return &v1Writer{w: w, b: []byte(`{"data":[`)} }

func (v *v1Writer) problem(p problem) { v.problems = append(v.problems, p) }

func (v *v1Writer) trace(t *trace.Trace) error {
	if len(t.Spans) == 0 {
		return nil
	}
	if v.traces > 0 {
		v.b = append(v.b, ',')
	}
	v.traces++
	v.b = web.AppendJaeger(v.b, t.Spans)
	return v.send()
}

func (v *v1Writer) send() error {
	v.w.Header().Set("Content-Type", web.ContentJSON)
	_, err := v.w.Write(v.b)
	v.b = v.b[:0]
	return err
}

func (v *v1Writer) end() error {
	problems, err := json.Marshal(v.problems)
	if err != nil {
		return err
	}
	v.b = fmt.Appendf(v.b, `],"total":%d,"limit":0,"offset":0,"errors":%s}`, v.traces, problems)
	return v.send()
}

// v1DependencyLookback is how far dependencies without a lookback look back, as in
// Jaeger.
const v1DependencyLookback = 24 * time.Hour

func (f *face) v1Dependencies(w http.ResponseWriter, r *http.Request) error {
	type link struct {
		Parent    string `json:"parent"`
		Child     string `json:"child"`
		CallCount uint64 `json:"callCount"`
	}
	p := web.ReadParams(r)
	to, given := p.Epoch(time.Millisecond, "endTs")
	if !given {
		to = f.now().UnixNano()
	}
	lookback := p.Duration(time.Millisecond, "lookback")
	if lookback == 0 {
		lookback = v1DependencyLookback
	}
	service := p.Text("service")
	if err := p.Err(); err != nil {
		return err
	}
	calls, err := f.calls(r, source.Range{From: max(to-int64(lookback), 1), To: to})
	if err != nil {
		return err
	}
	var links []link
	for _, c := range calls {
		if service == "" || c.parent == service || c.child == service {
			links = append(links, link{c.parent, c.child, c.count})
		}
	}
	return list(w, links)
}
