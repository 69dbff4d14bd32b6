// SPDX-License-Identifier: Apache-2.0

package tempo

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/api/internal/where"
	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// queryOf reads a query in TraceQL, or else tags with durations of the trace.
func queryOf(p *web.Params) *query.Query {
	q, tags := p.Text("q"), p.Text("tags")
	min, max := p.Duration(time.Millisecond, "minDuration"), p.Duration(time.Millisecond, "maxDuration")
	if max != 0 && max < min {
		p.Fail(web.BadParam("maxDuration", "want no less than minDuration"))
	}
	if q != "" {
		parsed, err := query.Parse(q)
		p.Fail(err)
		return parsed
	}
	all := query.And{}
	for op, d := range map[query.Op]time.Duration{query.Gte: min, query.Lte: max} {
		if d != 0 {
			all = append(all, query.Compare{Field: where.Intrinsic("traceDuration"), Op: op, Values: []any{d}})
		}
	}
	pairs, ok := logfmt(tags)
	if !ok {
		p.Fail(web.BadParam("tags", "%.100q: want key=value, with spaces between them, and quotes around values with spaces", tags))
	}
	for _, kv := range pairs {
		all = append(all, contains(kv[0], kv[1]))
	}
	return where.All(all)
}

// contains is the condition that a tag contains a text, in either case, or has a
// value that is spelled so.
func contains(key, value string) query.Expr {
	f := query.Field{Name: key}
	switch key {
	case "name", "status", "kind", "root.name", "root.service.name":
		f = where.Intrinsic(map[string]string{"name": "name", "status": "status", "kind": "kind", "root.name": "rootName", "root.service.name": "rootServiceName"}[key])
	}
	if c, ok := map[string]any{"error": trace.Error, "ok": trace.OK, "unset": trace.Unset}[value]; ok && key == "status" {
		return where.Is(f, c)
	}
	return query.Or{
		query.Compare{Field: f, Op: query.Regex, Values: []any{"(?is).*" + regexp.QuoteMeta(value) + ".*"}},
		where.Spelled(f, value),
	}
}

// logfmt reads pairs of keys and values: key=value, with spaces between them and
// quotes around values that have spaces.
func logfmt(text string) (pairs [][2]string, ok bool) {
	for {
		text = strings.TrimLeftFunc(text, unicode.IsSpace)
		if text == "" {
			return pairs, true
		}
		key, rest, found := strings.Cut(text, "=")
		if !found || key == "" || strings.ContainsFunc(key, func(c rune) bool { return unicode.IsSpace(c) || c == '"' }) {
			return nil, false
		}
		value, rest, ok := logfmtValue(rest)
		if !ok {
			return nil, false
		}
		pairs, text = append(pairs, [2]string{key, value}), rest
	}
}

// logfmtValue is the value that a text begins with, and what follows.
func logfmtValue(text string) (value, rest string, ok bool) {
	if !strings.HasPrefix(text, `"`) {
		end := strings.IndexFunc(text, unicode.IsSpace)
		if end < 0 {
			end = len(text)
		}
		return text[:end], text[end:], true
	}
	var b strings.Builder
	escaped := false
	for i, c := range text[1:] {
		switch {
		case escaped:
			b.WriteRune(c)
			escaped = false
		case c == '\\':
			escaped = true
		case c == '"':
			return b.String(), text[1+i+1:], true
		default:
			b.WriteRune(c)
		}
	}
	return "", "", false
}

// maxShown is how many fields spans are shown with.
const maxShown = 20

// showing is the query that also returns the fields which its conditions are about,
// as spans are shown with these, and the fields that are returned.
func showing(q *query.Query) (*query.Query, []query.Field) {
	if q == nil {
		return nil, nil
	}
	program, err := query.Compile(q)
	if err != nil {
		return q, nil // a search will say so
	}
	fields := slices.Clone(program.Fields())
	for _, f := range compared(q) {
		if f == where.ServiceName {
			continue // all spans are shown with it
		}
		if _, err := query.Compile(selecting(q, []query.Field{f})); err == nil && len(fields) < maxShown && !slices.Contains(fields, f) {
			fields = append(fields, f)
		}
	}
	with := selecting(q, fields[len(program.Fields()):])
	program, err = query.Compile(with)
	if err != nil {
		return q, nil
	}
	return with, program.Fields()
}

func selecting(q *query.Query, fields []query.Field) *query.Query {
	if len(fields) == 0 {
		return q
	}
	return &query.Query{From: q.From, Stages: append(slices.Clip(q.Stages), query.Select{Fields: fields})}
}

// compared are the fields that a query compares.
func compared(q *query.Query) (fields []query.Field) {
	parts := []any{q}
	for len(parts) > 0 {
		part := parts[0]
		parts = parts[1:]
		switch p := part.(type) {
		case *query.Query:
			parts = append(parts, p.From)
		case *query.Combine:
			parts = append(parts, p.Left, p.Right)
		case *query.Spanset:
			parts = append(parts, p.Where)
		case query.And:
			for _, e := range p {
				parts = append(parts, e)
			}
		case query.Or:
			for _, e := range p {
				parts = append(parts, e)
			}
		case query.Not:
			parts = append(parts, p.Expr)
		case query.Some:
			parts = append(parts, p.Expr)
		case query.Compare:
			fields = append(fields, p.Field)
		}
	}
	return fields
}
