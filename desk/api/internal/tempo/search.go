// SPDX-License-Identifier: Apache-2.0

package tempo

import (
	"net/http"
	"strconv"
	"time"

	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// maxTraces is how many traces a search returns at most.
const maxTraces = 1000

// found is a trace that was found.
type found struct {
	TraceID         string           `json:"traceID"`
	RootServiceName string           `json:"rootServiceName,omitempty"`
	RootTraceName   string           `json:"rootTraceName,omitempty"`
	Start           string           `json:"startTimeUnixNano"`
	DurationMs      int64            `json:"durationMs,omitempty"`
	SpanSet         *spanSet         `json:"spanSet,omitempty"` // the first, for older clients
	SpanSets        []spanSet        `json:"spanSets,omitempty"`
	ServiceStats    map[string]stats `json:"serviceStats,omitempty"`
}

type spanSet struct {
	Spans      []span     `json:"spans"`
	Matched    int        `json:"matched"`
	Attributes []keyValue `json:"attributes,omitempty"`
}

type span struct {
	SpanID     string     `json:"spanID"`
	Name       string     `json:"name,omitempty"`
	Start      string     `json:"startTimeUnixNano"`
	Duration   string     `json:"durationNanos"`
	Attributes []keyValue `json:"attributes,omitempty"`
}

type stats struct {
	SpanCount  int `json:"spanCount"`
	ErrorCount int `json:"errorCount,omitempty"`
}

// A keyValue is an attribute in the JSON of OTLP.
type keyValue struct {
	Key   string         `json:"key"`
	Value map[string]any `json:"value"`
}

// anyValue is a value in the JSON of OTLP; what is no simple one is its text.
func anyValue(v trace.Value) map[string]any {
	switch v.Kind() {
	case trace.BoolValue:
		return map[string]any{"boolValue": v.IsTrue()}
	case trace.IntValue:
		return map[string]any{"intValue": strconv.FormatInt(v.Int64(), 10)}
	case trace.FloatValue:
		if n, ok := v.Number(); ok {
			return map[string]any{"doubleValue": n}
		}
	}
	return map[string]any{"stringValue": v.String()}
}

// named is a value in which statuses and kinds have their names.
func named(f query.Field, v trace.Value) trace.Value {
	switch {
	case f.Scope != query.Intrinsic || v.Kind() != trace.IntValue:
		return v
	case f.Name == "status":
		return trace.String(trace.StatusCode(v.Int64()).String())
	case f.Name == "kind" || f.Name == "trace:rootKind" || f.Name == "trace:entryKind":
		return trace.String(trace.Kind(v.Int64()).String())
	}
	return v
}

// search finds traces by a query in TraceQL, or by tags.
func (f *face) search(w http.ResponseWriter, r *http.Request) error {
	p := web.ReadParams(r)
	q, fields := showing(queryOf(p))
	s := &source.Search{
		Query: q, Range: rangeOf(p),
		Limit: p.Int(web.Whole{Default: 20, Min: 1, Max: maxTraces}, "limit"), Spans: p.Int(web.Whole{Default: 3, Min: 0, Max: 1000}, "spss"),
	}
	if err := p.Err(); err != nil {
		return err
	}
	page, err := f.source.Search(r.Context(), s)
	if err != nil {
		return err
	}
	all := []found{}
	for i := range page.Hits {
		all = append(all, foundOf(&page.Hits[i], fields))
	}
	return web.WriteJSON(w, struct {
		Traces  []found `json:"traces"`
		Metrics metrics `json:"metrics"`
	}{all, metricsOf(page.Effort)})
}

func foundOf(h *source.Hit, fields []query.Field) found {
	s := &h.Summary
	one := found{
		TraceID: s.TraceID.String(), RootServiceName: s.Root.Service, RootTraceName: s.Root.Name,
		Start: strconv.FormatUint(uint64(s.Start), 10), DurationMs: s.Duration() / int64(time.Millisecond), ServiceStats: map[string]stats{},
	}
	for _, v := range s.Services {
		one.ServiceStats[v.Name] = stats{v.Spans, v.Errors}
	}
	for i := range h.Sets {
		one.SpanSets = append(one.SpanSets, setOf(&h.Sets[i], fields))
	}
	if len(one.SpanSets) > 0 {
		one.SpanSet = &one.SpanSets[0]
	}
	return one
}

func setOf(s *source.SpanSet, fields []query.Field) spanSet {
	set := spanSet{Spans: []span{}, Matched: s.Matched}
	for _, v := range s.By {
		set.Attributes = append(set.Attributes, keyValue{"by", anyValue(v)})
	}
	for i := range s.Spans {
		row := &s.Spans[i]
		one := span{
			SpanID: row.ID.String(), Name: row.Name, Start: strconv.FormatUint(uint64(row.Start), 10), Duration: strconv.FormatInt(max(row.Duration, 0), 10),
			Attributes: []keyValue{{"service.name", anyValue(trace.String(row.Service))}},
		}
		for j, v := range row.Values {
			if v.Kind() != trace.EmptyValue && j < len(fields) {
				one.Attributes = append(one.Attributes, keyValue{fields[j].Name, anyValue(named(fields[j], v))})
			}
		}
		set.Spans = append(set.Spans, one)
	}
	return set
}
