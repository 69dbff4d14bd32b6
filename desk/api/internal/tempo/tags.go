// SPDX-License-Identifier: Apache-2.0

package tempo

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// Limits of how many tags or values are returned.
const (
	defaultTags = 5000 // as Grafana asks for
	maxTags     = 100_000
)

// intrinsics are the names of fields that every span or trace has, as Tempo lists
// them.
var intrinsics = []string{
	"duration", "event:name", "event:timeSinceStart", "instrumentation:name", "instrumentation:version", "kind", "name", "rootName", "rootServiceName",
	"span:duration", "span:kind", "span:name", "span:status", "span:statusMessage", "status", "statusMessage",
	"trace:duration", "trace:rootName", "trace:rootService", "traceDuration",
}

// A scope is the tags of what they belong to.
type scope struct {
	Name string   `json:"name"`
	Tags []string `json:"tags"`
}

var scopes = []struct {
	name  string
	scope query.Scope
}{
	{"event", query.Event}, {"instrumentation", query.Instrumentation}, {"link", query.Link}, {"resource", query.Resource}, {"span", query.Span},
}

// tags are the tags of the wanted scope, or all.
func (f *face) tags(r *http.Request, all ...string) ([]scope, error) {
	p := web.ReadParams(r)
	wanted := p.OneOf("scope", "", "none", "intrinsic", "span", "resource", "event", "link", "instrumentation")
	search := &source.KeySearch{Range: rangeOf(p)}
	limit := p.Int(web.Whole{Default: defaultTags, Min: 0, Max: maxTags}, "limit")
	if limit == 0 {
		limit = maxTags
	}
	if err := p.Err(); err != nil {
		return nil, err
	}
	if wanted != "" && wanted != "none" {
		all = []string{wanted}
	}
	found := []scope{}
	for _, s := range scopes {
		if !slices.Contains(all, s.name) {
			continue
		}
		search.Scopes = []query.Scope{s.scope}
		keys, err := f.source.Keys(r.Context(), search)
		if err != nil {
			return nil, err
		}
		one := scope{Name: s.name, Tags: []string{}}
		for _, k := range keys[:min(len(keys), limit)] {
			one.Tags = append(one.Tags, k.Field.Name)
		}
		found = append(found, one)
	}
	if slices.Contains(all, "intrinsic") {
		found = append(found, scope{"intrinsic", intrinsics})
	}
	return found, nil
}

func (f *face) tagsV1(w http.ResponseWriter, r *http.Request) error {
	found, err := f.tags(r, "span", "resource")
	if err != nil {
		return err
	}
	names := []string{}
	for _, s := range found {
		names = append(names, s.Tags...)
	}
	slices.Sort(names)
	return web.WriteJSON(w, struct {
		TagNames []string `json:"tagNames"`
		Metrics  metrics  `json:"metrics"`
	}{slices.Compact(names), metrics{}})
}

func (f *face) tagsV2(w http.ResponseWriter, r *http.Request) error {
	found, err := f.tags(r, "event", "instrumentation", "link", "resource", "span", "intrinsic")
	if err != nil {
		return err
	}
	return web.WriteJSON(w, struct {
		Scopes  []scope `json:"scopes"`
		Metrics metrics `json:"metrics"`
	}{found, metrics{}})
}

// values are those of a field.
func (f *face) values(r *http.Request, field query.Field) (*source.Values, error) {
	p := web.ReadParams(r)
	search := &source.ValueSearch{Field: field, Range: rangeOf(p), Limit: p.Int(web.Whole{Default: defaultTags, Min: 0, Max: maxTags}, "limit")}
	if search.Limit == 0 {
		search.Limit = maxTags
	}
	if q, err := query.Parse(p.Text("q")); err == nil {
		// Grafana sends what has been typed so far: what cannot be read narrows nothing,
		// as with Tempo.
		if _, err := query.Compile(q); err == nil {
			search.Query = q
		}
	}
	if err := p.Err(); err != nil {
		return nil, err
	}
	return f.source.Values(r.Context(), search)
}

// valuesV1 answers with the values of a tag, whatever it belongs to, as text.
func (f *face) valuesV1(w http.ResponseWriter, r *http.Request) error {
	tag := tagOf(r)
	field, err := query.ParseField(tag)
	if err != nil || field.Scope != query.Intrinsic || !slices.Contains(intrinsics, tag) {
		field = query.Field{Name: strings.TrimPrefix(tag, ".")}
	}
	if err := selectable(field, tag); err != nil {
		return err
	}
	found, err := f.values(r, field)
	if err != nil {
		return err
	}
	texts := []string{}
	for _, v := range found.List {
		texts = append(texts, named(field, v.Value).String())
	}
	slices.Sort(texts)
	return web.WriteJSON(w, struct {
		TagValues []string `json:"tagValues"`
		Metrics   metrics  `json:"metrics"`
	}{slices.Compact(texts), metricsOf(found.Effort)})
}

// A typedValue is a value with the type that a literal has in queries.
type typedValue struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

// valuesV2 answers with the values of a field as queries have it.
func (f *face) valuesV2(w http.ResponseWriter, r *http.Request) error {
	tag := tagOf(r)
	field, err := query.ParseField(tag)
	if err != nil {
		return web.BadParam("tag", "%.100q: want a field such as resource.service.name, .http.route or name: %v", tag, err)
	}
	if err := selectable(field, tag); err != nil {
		return err
	}
	found, err := f.values(r, field)
	if err != nil {
		return err
	}
	typed := []typedValue{}
	for _, v := range found.List {
		typed = append(typed, typedOf(field, v.Value))
	}
	return web.WriteJSON(w, struct {
		TagValues []typedValue `json:"tagValues"`
		Metrics   metrics      `json:"metrics"`
	}{typed, metricsOf(found.Effort)})
}

func typedOf(f query.Field, v trace.Value) typedValue {
	if f.Scope == query.Intrinsic && (f.Name == "status" || f.Name == "kind") {
		return typedValue{"keyword", named(f, v).String()}
	}
	switch v.Kind() {
	case trace.IntValue:
		if f.Scope == query.Intrinsic && strings.HasSuffix(strings.ToLower(f.Name), "duration") {
			return typedValue{"duration", strconv.FormatInt(v.Int64(), 10) + "ns"}
		}
		return typedValue{"int", v.String()}
	case trace.FloatValue:
		return typedValue{"float", v.String()}
	case trace.BoolValue:
		return typedValue{"bool", v.String()}
	}
	return typedValue{"string", v.String()}
}

// tagOf is the tag of a path. Grafana's page encodes it twice.
func tagOf(r *http.Request) string {
	tag := r.PathValue("tag")
	if again, err := url.PathUnescape(tag); err == nil {
		return again
	}
	return tag
}

// selectable fails for fields that have no values to list.
func selectable(f query.Field, tag string) error {
	if _, err := query.Compile(selecting(query.Where(query.And{}), []query.Field{f})); err != nil {
		return web.BadParam("tag", "%.100q: want a field such as resource.service.name, .http.route or name: %v", tag, err)
	}
	return nil
}
