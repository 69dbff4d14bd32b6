// SPDX-License-Identifier: Apache-2.0

package native

import (
	"net/http"
	"strings"

	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// scopes are the names of what attributes belong to, in the order of [query.Scope].
var scopes = []struct {
	name  string
	scope query.Scope
}{
	{"span", query.Span}, {"resource", query.Resource}, {"event", query.Event}, {"link", query.Link}, {"instrumentation", query.Instrumentation},
}

// intrinsics are the fields that every span or trace has, and the shorthands, with
// the types of their values; package query explains them.
var intrinsics = []struct{ Name, Type string }{
	{"name", "string"}, {"duration", "duration"}, {"status", "status"}, {"statusMessage", "string"}, {"kind", "kind"},
	{"rootName", "string"}, {"rootServiceName", "string"}, {"traceDuration", "duration"},
	{"event:name", "string"}, {"event:timeSinceStart", "duration"}, {"instrumentation:name", "string"}, {"instrumentation:version", "string"},
	{"trace:id", "id"}, {"span:id", "id"}, {"span:parentID", "id"}, {"span:childCount", "int"}, {"link:traceID", "id"}, {"link:spanID", "id"},
	{"trace:spanCount", "int"}, {"trace:serviceCount", "int"}, {"trace:errorCount", "int"}, {"trace:depth", "int"},
	{"service", "string"}, {"session", "string"}, {"chat", "string"}, {"model", "string"}, {"tool", "string"}, {"agent", "string"},
	{"node.id", "string"}, {"node.name", "string"}, {"node.type", "string"}, {"tokens", "int"}, {"ttft", "duration"}, {"error", "bool"},
}

var typeNames = []string{
	trace.EmptyValue: "empty", trace.StringValue: "string", trace.BoolValue: "bool", trace.IntValue: "int",
	trace.FloatValue: "double", trace.BytesValue: "bytes", trace.ListValue: "list", trace.MapValue: "map",
}

// A fieldRow is a field that can be searched for.
type fieldRow struct {
	Field  string   `json:"field"` // as it is written in queries
	Scope  string   `json:"scope"`
	Key    string   `json:"key"`
	Types  []string `json:"types"`
	Values uint64   `json:"values,omitempty"`
}

// fields answers with the fields that there are.
func (f *face) fields(w http.ResponseWriter, r *http.Request) error {
	p := web.ReadParams(r)
	s := &source.KeySearch{Contains: p.Text("contains"), Range: p.Range(f.Now())}
	scope := p.OneOf("scope", "", "intrinsic", "span", "resource", "event", "link", "instrumentation")
	limit := p.Int(web.Whole{Default: maxPage, Min: 1, Max: 10_000}, "limit")
	if err := p.Strict(); err != nil {
		return err
	}
	rows := []fieldRow{}
	if scope == "" || scope == "intrinsic" {
		rows = intrinsicRows(s.Contains)
	}
	if scope != "intrinsic" {
		s.Scopes = scopesOf(scope)
		keys, err := f.Source.Keys(r.Context(), s)
		if err != nil {
			return err
		}
		for i := range keys {
			rows = append(rows, fieldRowOf(&keys[i]))
		}
	}
	more := max(len(rows)-limit, 0)
	return web.WriteJSON(w, struct {
		Fields []fieldRow `json:"fields"`
		More   int        `json:"more,omitempty"`
	}{rows[:len(rows)-more], more})
}

func intrinsicRows(contains string) []fieldRow {
	rows := []fieldRow{}
	for _, n := range intrinsics {
		if strings.Contains(strings.ToLower(n.Name), strings.ToLower(contains)) {
			rows = append(rows, fieldRow{Field: n.Name, Scope: "intrinsic", Key: n.Name, Types: []string{n.Type}})
		}
	}
	return rows
}

func scopesOf(name string) (all []query.Scope) {
	for _, s := range scopes {
		if name == "" || name == s.name {
			all = append(all, s.scope)
		}
	}
	return all
}

func fieldRowOf(k *source.Key) fieldRow {
	row := fieldRow{Field: k.Field.String(), Key: k.Field.Name, Types: []string{}, Values: k.Values}
	for _, s := range scopes {
		if s.scope == k.Field.Scope {
			row.Scope = s.name
		}
	}
	for _, kind := range k.Kinds {
		row.Types = append(row.Types, typeNames[kind])
	}
	return row
}
