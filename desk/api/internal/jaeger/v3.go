// SPDX-License-Identifier: Apache-2.0

package jaeger

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/trace"
)

func (f *face) third(gate *web.Gate) http.Handler {
	v3 := gate.NewFace("jaeger", func(w http.ResponseWriter, e *web.Error) {
		type details struct {
			HTTPCode int    `json:"httpCode"`
			Message  string `json:"message"`
		}
		web.WriteError(w, e, map[string]details{"error": {e.Status(), e.Message}})
	})
	v3.Get("/api/v3/services", f.v3Services)
	v3.Get("/api/v3/operations", f.v3Operations)
	v3.Get("/api/v3/traces", f.v3Search)
	v3.Get("/api/v3/traces/{id}", f.v3Trace)
	v3.Get("/api/v3/trace-summaries", f.v3Summaries)
	v3.Get("/api/v3/dependencies", f.v3Dependencies)
	return v3
}

func (f *face) v3Services(w http.ResponseWriter, r *http.Request) error {
	names, err := f.services(r)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, map[string][]string{"services": names})
}

func (f *face) v3Operations(w http.ResponseWriter, r *http.Request) error {
	type named struct {
		Name     string `json:"name"`
		SpanKind string `json:"spanKind"`
	}
	p := web.ReadParams(r)
	service, kinds := p.Text("service"), kindOf(p, "spanKind", "span_kind")
	if err := p.Err(); err != nil {
		return err
	}
	operations, err := f.operations(r, service, kinds)
	if err != nil {
		return err
	}
	all := []named{}
	for _, o := range operations {
		all = append(all, named{o.name, o.kind.String()})
	}
	return web.WriteJSON(w, map[string][]named{"operations": all})
}

// errNone is the answer to a search that finds nothing.
var errNone = &web.Error{Code: web.NotFound, Message: "No traces found"}

func (f *face) v3Search(w http.ResponseWriter, r *http.Request) error {
	s, err := v3Params(web.ReadParams(r))
	if err != nil {
		return err
	}
	hits, err := f.find(r, s)
	if err != nil {
		return err
	}
	if len(hits) == 0 {
		return errNone
	}
	out, err := v3Begin(w)
	if err != nil {
		return err
	}
	err = web.EachTrace(r.Context(), f.source, web.Within(hits), func(t *trace.Trace) error { return out.Spans(t.Spans) })
	if err != nil {
		return err
	}
	return v3End(w)
}

func v3Begin(w http.ResponseWriter) (*web.OTLPWriter, error) {
	w.Header().Set("Content-Type", web.ContentJSON)
	_, err := w.Write([]byte(`{"result":{"resourceSpans":[`))
	return web.NewOTLPWriter(w), err
}

func v3End(w http.ResponseWriter) error {
	_, err := w.Write([]byte("]}}"))
	return err
}

func (f *face) v3Trace(w http.ResponseWriter, r *http.Request) error {
	id, err := web.TraceID("trace_id", r.PathValue("id"))
	if err != nil {
		return err
	}
	p := web.ReadParams(r)
	hint := source.Range{}
	hint.From, _ = p.RFC3339("startTime", "start_time")
	hint.To, _ = p.RFC3339("endTime", "end_time")
	p.Bool("rawTraces", "raw_traces")
	if err := p.Err(); err != nil {
		return err
	}
	t, err := f.source.Trace(r.Context(), id, hint)
	if err != nil {
		return err
	}
	if len(t.Spans) == 0 {
		return errNone
	}
	out, err := v3Begin(w)
	if err != nil {
		return err
	}
	if err := out.Spans(t.Spans); err != nil {
		return err
	}
	return v3End(w)
}

// both are the present and the former spelling of a parameter of a search:
// query.serviceName and query.service_name.
func both(name string) []string {
	var former strings.Builder
	for _, c := range name {
		if c >= 'A' && c <= 'Z' {
			former.WriteByte('_')
			c += 'a' - 'A'
		}
		former.WriteRune(c)
	}
	return []string{"query." + name, "query." + former.String()}
}

// v3Params reads a search. What Jaeger can do only behind a switch is refused.
func v3Params(p *web.Params) (*search, error) {
	for _, name := range []string{"query.filter", "query.pagination.pageSize", "query.pagination.pageToken"} {
		if p.Text(name) != "" {
			p.Fail(web.BadParam(name, "this server does not have it: want query.attributes and query.searchDepth instead"))
		}
	}
	s := &search{
		service: p.Text(both("serviceName")...), operation: p.Text(append(both("operationName"), both("spanName")...)...),
		min: p.Duration(time.Microsecond, both("durationMin")...), max: p.Duration(time.Microsecond, both("durationMax")...),
		limit: p.Int(web.Whole{Default: 100, Min: 1, Max: MaxTraces}, append(both("searchDepth"), "query.num_traces")...),
	}
	from, given := p.RFC3339(both("startTimeMin")...)
	to, givenTo := p.RFC3339(both("startTimeMax")...)
	if !given || !givenTo {
		p.Fail(&web.Error{Code: web.BadParameter, Message: "query.startTimeMin and query.startTimeMax are required: want times such as 2026-01-02T15:04:05.123Z"})
	}
	s.in = source.Range{From: from, To: to}
	p.CheckRange(s.in, "query.startTimeMin", "query.startTimeMax")
	if s.max != 0 && s.max < s.min {
		p.Fail(web.BadParam("query.durationMax", "want no less than query.durationMin"))
	}
	p.Bool(both("rawTraces")...)
	if text := p.Text("query.attributes"); text != "" && json.Unmarshal([]byte(text), &s.tags) != nil {
		p.Fail(web.BadParam("query.attributes", "%.100q: want a JSON object of strings, such as {\"error\":\"true\"}", text))
	}
	return s, p.Err()
}

// A summary is a trace in a few figures. Counts are numbers and times decimal
// strings, as protobuf has them in JSON.
type summary struct {
	TraceID           string           `json:"traceId"`
	RootServiceName   string           `json:"rootServiceName"`
	RootOperationName string           `json:"rootOperationName"`
	MinStart          string           `json:"minStartTimeUnixNano"`
	MaxEnd            string           `json:"maxEndTimeUnixNano"`
	SpanCount         int              `json:"spanCount"`
	ErrorSpanCount    int              `json:"errorSpanCount"`
	OrphanSpanCount   int              `json:"orphanSpanCount"`
	Services          []serviceSummary `json:"services"`
}

type serviceSummary struct {
	Name           string `json:"name"`
	SpanCount      int    `json:"spanCount"`
	ErrorSpanCount int    `json:"errorSpanCount"`
}

func summaryOf(d *digest.Summary) summary {
	s := summary{
		TraceID: d.TraceID.String(), RootServiceName: nameOf(d.Root.Service), RootOperationName: d.Root.Name,
		MinStart: strconv.FormatUint(uint64(d.Start), 10), MaxEnd: strconv.FormatUint(uint64(d.End), 10),
		SpanCount: d.Spans, ErrorSpanCount: d.Errors, OrphanSpanCount: d.Orphans, Services: []serviceSummary{},
	}
	for _, v := range d.Services {
		s.Services = append(s.Services, serviceSummary{nameOf(v.Name), v.Spans, v.Errors})
	}
	return s
}

func (f *face) v3Summaries(w http.ResponseWriter, r *http.Request) error {
	s, err := v3Params(web.ReadParams(r))
	if err != nil {
		return err
	}
	hits, err := f.find(r, s)
	if err != nil {
		return err
	}
	all := []summary{}
	for i := range hits {
		all = append(all, summaryOf(&hits[i].Summary))
	}
	return web.WriteJSON(w, map[string][]summary{"summaries": all})
}

func (f *face) v3Dependencies(w http.ResponseWriter, r *http.Request) error {
	type dependency struct {
		Parent    string `json:"parent"`
		Child     string `json:"child"`
		CallCount uint64 `json:"callCount,string"`
	}
	p := web.ReadParams(r)
	from, given := p.RFC3339("startTime", "start_time")
	to, givenTo := p.RFC3339("endTime", "end_time")
	if !given || !givenTo {
		p.Fail(&web.Error{Code: web.BadParameter, Message: "startTime and endTime are required: want times such as 2026-01-02T15:04:05.123Z"})
	}
	in := source.Range{From: from, To: to}
	p.CheckRange(in, "startTime", "endTime")
	if err := p.Err(); err != nil {
		return err
	}
	calls, err := f.calls(r, in)
	if err != nil {
		return err
	}
	all := []dependency{}
	for _, c := range calls {
		all = append(all, dependency{c.parent, c.child, c.count})
	}
	return web.WriteJSON(w, map[string][]dependency{"dependencies": all})
}

// A call is the calls of one service by another, of all kinds.
type call struct {
	parent, child string
	count         uint64
}

// calls are by parent and child.
func (f *face) calls(r *http.Request, in source.Range) (all []call, err error) {
	edges, err := f.source.Edges(r.Context(), in)
	for _, e := range edges {
		c := call{nameOf(e.Caller), nameOf(e.Callee), e.Count}
		if n := len(all); n > 0 && all[n-1].parent == c.parent && all[n-1].child == c.child {
			all[n-1].count += c.count
		} else {
			all = append(all, c)
		}
	}
	return all, err
}
