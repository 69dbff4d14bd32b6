// SPDX-License-Identifier: Apache-2.0

// Package jaeger answers as Jaeger's query service does, by both versions of its
// API over HTTP: the first, which Grafana and older user interfaces speak
// (https://www.jaegertracing.io/docs/1.76/architecture/apis/), and the third
// (jaeger-idl, proto/api_v3/query_service.proto).
//
// Where it differs: a search need not name a service; spans are as they were
// recorded, without any adjustment, so that raw and rawTraces mean nothing; a trace
// is in a time range if it begins there; tags have the types of their values.
package jaeger

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/api/internal/where"
	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// nameless is the service of spans that have none, as the format writes it.
const nameless = "unknown_service"

// MaxTraces is how many traces a search returns at most, as many as Jaeger's user
// interface asks for.
const MaxTraces = 1500

// face answers from a source.
type face struct {
	source source.Source
	now    func() time.Time
}

// Handler answers what lies below /api.
func Handler(gate *web.Gate, src source.Source, now func() time.Time) http.Handler {
	f := &face{src, now}
	first, third := f.first(gate), f.third(gate)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.EscapedPath(), "/api/v3/") {
			third.ServeHTTP(w, r)
			return
		}
		first.ServeHTTP(w, r)
	})
}

// search is what a search of either version asks for.
type search struct {
	service, operation string
	min, max           time.Duration
	tags               map[string]string
	in                 source.Range
	limit              int
}

// find finds the traces, the newest first.
func (f *face) find(r *http.Request, s *search) ([]source.Hit, error) {
	asked := &source.Search{Query: s.query(), Range: s.in, Limit: s.limit}
	page, err := f.source.Search(r.Context(), asked)
	if err != nil {
		return nil, err
	}
	return page.Hits, nil
}

// query is the condition on one span that the parameters make.
func (s *search) query() *query.Query {
	all := query.And{}
	if s.service != "" {
		all = append(all, ofService(s.service))
	}
	if s.operation != "" {
		all = append(all, where.Is(where.Intrinsic("name"), s.operation))
	}
	all = append(all, where.Lasts(s.min, s.max)...)
	for _, key := range slices.Sorted(maps.Keys(s.tags)) {
		all = append(all, tagged(key, s.tags[key]))
	}
	return where.All(all)
}

func ofService(name string) query.Expr {
	named := where.Is(where.ServiceName, name)
	if name != nameless {
		return named
	}
	return query.Or{named, where.Is(where.ServiceName, ""), query.Not{Expr: where.Has(where.ServiceName)}}
}

// An operation is the spans of one name and kind, of any service.
type operation struct {
	name string
	kind trace.Kind
}

// operations are those of a service, or of all.
func (f *face) operations(r *http.Request, service string, kinds []trace.Kind) (all []operation, err error) {
	search := source.OperationSearch{Kinds: kinds}
	if service != "" {
		search.Services = servicesOf(service)
	}
	found, err := f.source.Operations(r.Context(), &search)
	for _, o := range found {
		all = append(all, operation{o.Name, o.Kind})
	}
	slices.SortFunc(all, func(a, b operation) int {
		return cmp.Or(strings.Compare(a.name, b.name), cmp.Compare(a.kind, b.kind))
	})
	return slices.Compact(all), err
}

// servicesOf are the names that a name may stand for.
func servicesOf(name string) []string {
	if name == nameless {
		return []string{nameless, ""}
	}
	return []string{name}
}

// services are the names of all services.
func (f *face) services(r *http.Request) ([]string, error) {
	found, err := f.source.Services(r.Context(), source.Range{})
	names := []string{}
	for _, s := range found {
		names = append(names, nameOf(s.Name))
	}
	slices.Sort(names)
	return slices.Compact(names), err
}

func nameOf(service string) string {
	if service == "" {
		return nameless
	}
	return service
}

// kindOf reads the name of a kind, as either version spells it; none for "".
func kindOf(p *web.Params, names ...string) []trace.Kind {
	text := p.Text(names...)
	if text == "" {
		return nil
	}
	for k := trace.Unspecified; k <= trace.Consumer; k++ {
		if k.String() == text {
			return []trace.Kind{k}
		}
	}
	p.Fail(web.BadParam(names[0], "%.100q: want server, client, producer, consumer, internal or unspecified", text))
	return nil
}
