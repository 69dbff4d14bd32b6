// SPDX-License-Identifier: Apache-2.0

package native

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/api/internal/where"
	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// queryOf reads what spans or traces must match: a query in TraceQL (q) or in
// Lucene's syntax (lucene), a list of filters as BlueKing's page sends it (filters),
// and parameters that are conditions on one span. Where the query selects single
// spans these are conditions on the same span; else the trace must also have such a
// span.
func queryOf(p *web.Params) *query.Query {
	var q *query.Query
	if text := p.Text("q"); text != "" {
		var err error
		if q, err = query.Parse(text); err != nil {
			p.Fail(err)
			return nil
		}
	}
	return also(p, q, conditions(p))
}

// also is the query whose spans also meet conditions, checked.
func also(p *web.Params, q *query.Query, conditions query.And) *query.Query {
	q = join(q, conditions)
	if q != nil {
		if _, err := query.Compile(q); err != nil {
			p.Fail(&web.Error{Code: web.BadQuery, Message: err.Error()})
		}
	}
	return q
}

// conditions are those that parameters make on one span.
func conditions(p *web.Params) (all query.And) {
	if text := p.Text("lucene"); text != "" {
		e, err := query.ParseQueryString(text)
		if err != nil {
			p.Fail(err)
		}
		all = append(all, e)
	}
	if text := p.Text("filters"); text != "" {
		all = append(all, filters(p, text))
	}
	if service := p.Text("service"); service != "" {
		all = append(all, where.Is(where.ServiceName, service))
	}
	if name := p.Text("name"); name != "" {
		all = append(all, where.Is(where.Intrinsic("name"), name))
	}
	if kind := p.OneOf("kind", "", "server", "client", "producer", "consumer", "internal", "unspecified"); kind != "" {
		all = append(all, where.Is(where.Intrinsic("kind"), kinds[kind]))
	}
	if status := p.OneOf("status", "", "error", "ok", "unset"); status != "" {
		all = append(all, where.Is(where.Intrinsic("status"), codes[status]))
	}
	min, max := p.Duration(time.Nanosecond, "minDuration"), p.Duration(time.Nanosecond, "maxDuration")
	if max != 0 && max < min {
		p.Fail(web.BadParam("maxDuration", "want no less than minDuration"))
	}
	all = append(all, where.Lasts(min, max)...)
	if session := p.Text("session"); session != "" {
		all = append(all, inSession(session))
	}
	return all
}

var (
	kinds = map[string]trace.Kind{
		"server": trace.Server, "client": trace.Client, "producer": trace.Producer, "consumer": trace.Consumer,
		"internal": trace.Internal, "unspecified": trace.Unspecified,
	}
	codes = map[string]trace.StatusCode{"error": trace.Error, "ok": trace.OK, "unset": trace.Unset}
)

func filters(p *web.Params, text string) query.Expr {
	list, err := query.ParseFilters([]byte(text))
	if err != nil {
		p.Fail(&web.Error{Code: web.BadQuery, Message: err.Error()})
		return query.And{}
	}
	e, err := query.FromFilters(list)
	if err != nil {
		p.Fail(&web.Error{Code: web.BadQuery, Message: err.Error()})
		return query.And{}
	}
	return e
}

// inSession is the condition that a span belongs to a session, a chat or a
// conversation.
func inSession(id string) query.Expr {
	either := query.Or{}
	for _, key := range source.SessionKeys() {
		either = append(either, where.Spelled(query.Field{Scope: query.Span, Name: key}, id))
	}
	return either
}

// join is the query whose spans also meet conditions.
func join(q *query.Query, conditions query.And) *query.Query {
	if len(conditions) == 0 {
		return q
	}
	if q == nil {
		return query.Where(conditions)
	}
	if set, ok := q.From.(*query.Spanset); ok {
		if set.Where != nil {
			conditions = flat(conditions, set.Where)
		}
		return &query.Query{From: &query.Spanset{Where: conditions}, Stages: q.Stages}
	}
	inner, outer := &query.Query{From: q.From}, &query.Query{}
	for _, stage := range q.Stages {
		if selected, ok := stage.(query.Select); ok {
			outer.Stages = append(outer.Stages, selected)
		} else {
			inner.Stages = append(inner.Stages, stage)
		}
	}
	outer.From = &query.Combine{Op: "&&", Left: &query.Spanset{Where: conditions}, Right: inner}
	return outer
}

// flat are conditions and one more, which may be several itself.
func flat(conditions query.And, more query.Expr) query.And {
	if several, ok := more.(query.And); ok {
		return append(conditions, several...)
	}
	return append(conditions, more)
}

// selecting is the query that returns values of fields as well.
func selecting(q *query.Query, fields []query.Field) *query.Query {
	if len(fields) == 0 {
		return q
	}
	if q == nil {
		q = query.Where(nil)
	}
	return &query.Query{From: q.From, Stages: append(append([]query.Stage{}, q.Stages...), query.Select{Fields: fields})}
}

// fieldsOf are the names of what a query selects.
func fieldsOf(q *query.Query) []string {
	names := []string{}
	if q == nil {
		return names
	}
	for _, stage := range q.Stages {
		if selected, ok := stage.(query.Select); ok {
			for _, f := range selected.Fields {
				names = append(names, f.String())
			}
		}
	}
	return names
}

// fieldParams reads fields, as they are written in queries.
func fieldParams(p *web.Params, name string) (fields []query.Field) {
	for _, text := range p.Texts(name) {
		f, err := query.ParseField(text)
		if err == nil {
			_, err = query.Compile(selecting(nil, []query.Field{f}))
		}
		if err != nil {
			p.Fail(web.BadParam(name, "%.100q: want a field such as name, duration, span.http.route or resource.service.name: %v", text, err))
			continue
		}
		fields = append(fields, f)
	}
	return fields
}

// query says whether a query can be read, and where not.
func (f *face) query(w http.ResponseWriter, r *http.Request) error {
	p := web.ReadParams(r)
	rows := query.And{}
	if text := p.Text("conditions"); text != "" {
		rows = built(p, text)
	}
	q := also(p, queryOf(p), rows)
	answer := struct {
		Valid bool     `json:"valid"`
		Error *problem `json:"error,omitempty"`
		// Query is the query in TraceQL, in the one way to write it.
		Query      string   `json:"query,omitempty"`
		Fields     []string `json:"fields,omitempty"`
		NeedsTrace bool     `json:"needsTrace,omitempty"`
		// Conditions are the query as rows, where it is no more than that.
		Conditions []condition `json:"conditions,omitempty"`
		Simple     bool        `json:"simple"`
		// Lucene are the filters as a query string.
		Lucene string `json:"lucene,omitempty"`
	}{Valid: true}
	if err := p.Err(); err != nil {
		e := web.ErrorOf(err)
		if e.Code != web.BadQuery {
			return err
		}
		answer.Valid, answer.Error = false, &problem{e.Code, e.Message, e.Column}
		return web.WriteJSON(w, answer)
	}
	if err := p.Strict(); err != nil {
		return err
	}
	answer.Simple = q == nil
	if q != nil {
		program, err := query.Compile(q)
		if err != nil {
			return err
		}
		answer.Query, answer.Fields, answer.NeedsTrace = q.String(), fieldsOf(q), program.NeedsTrace()
		answer.Conditions, answer.Simple = conditionsOf(q)
	}
	var list []query.Filter
	if text := p.Text("filters"); text != "" && json.Unmarshal([]byte(text), &list) == nil {
		answer.Lucene = query.QueryString(list)
	}
	return web.WriteJSON(w, answer)
}
