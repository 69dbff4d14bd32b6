// SPDX-License-Identifier: Apache-2.0

package analysis_test

import (
	"fmt"
	"time"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// A spec describes a span of a test. Times are µs; ids are free text.
type spec struct {
	id, parent, name string
	kind             trace.Kind
	start, end       int64
	service          string
	failed           bool
	attrs            []trace.KeyValue
}

func spansOf(specs ...spec) []trace.Span {
	resources := map[string]*trace.Resource{}
	spans := make([]trace.Span, len(specs))
	for i, s := range specs {
		name := s.service
		if name == "" {
			name = "web"
		}
		if resources[name] == nil {
			resources[name] = service(name)
		}
		if s.name == "" {
			s.name = s.id
		}
		spans[i] = trace.Span{
			TraceID: trace.TraceID{1}, ID: idOf(s.id), Parent: idOf(s.parent), Name: s.name, Kind: s.kind,
			Start: s.start * 1000, End: s.end * 1000, Resource: resources[name], Attributes: s.attrs,
		}
		if s.failed {
			spans[i].Status.Code = trace.Error
		}
	}
	return spans
}

// idOf never reads hexadecimal digits out of a name such as "a".
func idOf(s string) trace.SpanID {
	if s == "" {
		return trace.SpanID{}
	}
	return trace.SpanIDOf("span " + s)
}

func treeOf(specs ...spec) *analysis.Tree { return analysis.Build(spansOf(specs...)) }

// names are the names of nodes.
func names(t *analysis.Tree, nodes []int32) []string {
	list := make([]string, len(nodes))
	for i, n := range nodes {
		list[i] = t.Nodes[n].Span.Name
	}
	return list
}

func node(t *analysis.Tree, name string) int32 {
	for i := range t.Nodes {
		if t.Nodes[i].Span.Name == name {
			return int32(i)
		}
	}
	panic("no span " + name)
}

func parentName(t *analysis.Tree, n int32) string {
	if p := t.Nodes[n].Parent; p != analysis.None {
		return t.Nodes[p].Span.Name
	}
	return ""
}

// simple is a request with five queries, one after another.
func simple() []spec {
	specs := []spec{{id: "root", name: "/orders", kind: trace.Server, start: 0, end: 39_800, attrs: []trace.KeyValue{text("http.method", "GET"), text("http.target", "/orders?page=2")}}}
	for i, name := range []string{"SELECT", "SET", "SELECT", "SELECT", "SELECT"} {
		start := int64(1000 + 5000*i)
		specs = append(specs, spec{
			id: fmt.Sprint("q", i), parent: "root", name: name, kind: trace.Client, start: start, end: start + 2000,
			attrs: []trace.KeyValue{text("db.system", "mysql")},
		})
	}
	return specs
}

// overlapping is a root with four children, of which neighbours overlap or
// nearly do.
func overlapping() []spec {
	return []spec{
		{id: "root", start: 10_000, end: 20_000, kind: trace.Server},
		{id: "a", parent: "root", name: "SELECT", kind: trace.Client, start: 10_001, end: 10_010},
		{id: "b", parent: "root", name: "SET", kind: trace.Client, start: 10_003, end: 10_015},
		{id: "c", parent: "root", name: "SELECT", kind: trace.Client, start: 10_016, end: 10_018},
		{id: "d", parent: "root", name: "SELECT", kind: trace.Client, start: 10_020, end: 10_030},
	}
}

func gap(us int) analysis.ParallelOptions {
	return analysis.ParallelOptions{Gap: time.Duration(us) * time.Microsecond}
}
