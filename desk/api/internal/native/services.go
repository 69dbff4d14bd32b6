// SPDX-License-Identifier: Apache-2.0

package native

import (
	"net/http"
	"slices"

	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/api/internal/where"
	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
)

// services answers with the services and what they did.
func (f *face) services(w http.ResponseWriter, r *http.Request) error {
	p := web.ReadParams(r)
	in := p.Range(f.Now())
	if err := p.Strict(); err != nil {
		return err
	}
	type row struct {
		Name string `json:"name"`
		measured
	}
	rows := []row{}
	if !f.Source.Capabilities().Has(source.CanCount) {
		all, err := f.Source.Services(r.Context(), in)
		if err != nil {
			return err
		}
		for _, s := range all {
			rows = append(rows, row{s.Name, measured{Count: s.Spans, Errors: s.Errors}})
		}
		return web.WriteJSON(w, map[string][]row{"services": rows})
	}
	series, err := f.counted(r, in, where.ServiceName)
	if err != nil {
		return err
	}
	for i := range series {
		all := together(series[i].Points)
		rows = append(rows, row{series[i].By[0].String(), measuredOf(&all)})
	}
	return web.WriteJSON(w, map[string][]row{"services": rows})
}

// counted are the statistics by fields, in the order of their values.
func (f *face) counted(r *http.Request, in source.Range, by ...query.Field) ([]source.Series, error) {
	found, err := f.Source.Statistics(r.Context(), &source.StatisticsSearch{Range: in, By: by})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found.Series, func(a, b source.Series) int { return source.CompareValues(a.By, b.By) })
	return found.Series, nil
}

// An operationRow is the spans of one name and kind of a service.
type operationRow struct {
	Service string `json:"service"`
	Name    string `json:"name"`
	Kind    string `json:"kind"`
	measured
}

// operations answers with the names of spans, of all services or of one.
func (f *face) operations(w http.ResponseWriter, r *http.Request) error {
	p := web.ReadParams(r)
	in := p.Range(f.Now())
	services := p.Texts("service")
	kind := p.OneOf("kind", "", "server", "client", "producer", "consumer", "internal", "unspecified")
	if err := p.Strict(); err != nil {
		return err
	}
	rows, err := f.operationRows(r, in)
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(o operationRow) bool {
		return len(services) > 0 && !slices.Contains(services, o.Service) || kind != "" && o.Kind != kind
	})
	return web.WriteJSON(w, map[string][]operationRow{"operations": append([]operationRow{}, rows...)})
}

func (f *face) operationRows(r *http.Request, in source.Range) (rows []operationRow, err error) {
	if !f.Source.Capabilities().Has(source.CanCount) {
		all, err := f.Source.Operations(r.Context(), &source.OperationSearch{Range: in})
		for _, o := range all {
			rows = append(rows, operationRow{o.Service, o.Name, o.Kind.String(), measured{Count: o.Spans, Errors: o.Errors}})
		}
		return rows, err
	}
	series, err := f.counted(r, in, where.ServiceName, where.Intrinsic("name"), where.Intrinsic("kind"))
	for i := range series {
		all, by := together(series[i].Points), series[i].By
		rows = append(rows, operationRow{by[0].String(), by[1].String(), by[2].String(), measuredOf(&all)})
	}
	return rows, err
}

// serviceMap answers with the services and the calls between them.
func (f *face) serviceMap(w http.ResponseWriter, r *http.Request) error {
	p := web.ReadParams(r)
	in := p.Range(f.Now())
	around := p.Text("service")
	if err := p.Strict(); err != nil {
		return err
	}
	edges, err := f.Source.Edges(r.Context(), in)
	if err != nil {
		return err
	}
	type edge struct {
		Caller string `json:"caller"`
		Callee string `json:"callee"`
		Kind   string `json:"kind"`
		measured
	}
	rows, wanted := []edge{}, map[string]bool{around: around != ""}
	for i := range edges {
		e := &edges[i]
		if around == "" || e.Caller == around || e.Callee == around {
			wanted[e.Caller], wanted[e.Callee] = true, true
			rows = append(rows, edge{e.Caller, e.Callee, e.Kind.String(), measured{e.Count, e.Errors, durationsOf(e.Count, e.Sum, &e.Durations)}})
		}
	}
	all, err := f.Source.Services(r.Context(), in)
	if err != nil {
		return err
	}
	type node struct {
		Name   string `json:"name"`
		Spans  uint64 `json:"spans"`
		Errors uint64 `json:"errors"`
	}
	nodes := []node{}
	for _, s := range all {
		if around == "" || wanted[s.Name] {
			nodes = append(nodes, node{s.Name, s.Spans, s.Errors})
		}
	}
	return web.WriteJSON(w, struct {
		Services []node `json:"services"`
		Calls    []edge `json:"calls"`
	}{nodes, rows})
}
