// SPDX-License-Identifier: Apache-2.0

package native

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// A condition is one row of the page's query builder: a query that is nothing but
// such rows, all of which hold for one span, can be edited there.
type condition struct {
	Field  string    `json:"field"`
	Op     query.Op  `json:"op"`
	Not    bool      `json:"not,omitempty"`
	Values []literal `json:"values,omitempty"`
}

// A literal is a value to compare with.
type literal struct {
	Type string `json:"type"` // string, int, double, bool, duration, status or kind
	Text string `json:"text"`
}

// conditionsOf are the rows that a query is; false if it is more.
func conditionsOf(q *query.Query) ([]condition, bool) {
	set, ok := q.From.(*query.Spanset)
	if !ok || len(q.Stages) > 0 {
		return nil, false
	}
	all, ok := set.Where.(query.And)
	if !ok {
		all = query.And{set.Where}
	}
	rows := []condition{}
	for _, e := range all {
		not, negated := e.(query.Not)
		if negated {
			e = not.Expr
		}
		c, ok := e.(query.Compare)
		if !ok {
			return nil, false
		}
		row := condition{Field: c.Field.String(), Op: c.Op, Not: negated}
		for _, v := range c.Values {
			row.Values = append(row.Values, literalOf(v))
		}
		rows = append(rows, row)
	}
	return rows, true
}

func literalOf(v any) literal {
	switch v := v.(type) {
	case string:
		return literal{"string", v}
	case int64:
		return literal{"int", strconv.FormatInt(v, 10)}
	case float64:
		return literal{"double", strconv.FormatFloat(v, 'g', -1, 64)}
	case bool:
		return literal{"bool", strconv.FormatBool(v)}
	case time.Duration:
		return literal{"duration", v.String()}
	case trace.StatusCode:
		return literal{"status", v.String()}
	case trace.Kind:
		return literal{"kind", v.String()}
	}
	return literal{"string", fmt.Sprint(v)}
}

// maxConditions is how many rows a query may be made of.
const maxConditions = 100

// built reads rows as conditions.
func built(p *web.Params, text string) (all query.And) {
	var rows []condition
	if err := json.Unmarshal([]byte(text), &rows); err != nil || len(rows) > maxConditions {
		p.Fail(web.BadParam("conditions", `want a list of at most %d such as [{"field":"name","op":"=","values":[{"type":"string","text":"plan"}]}]`, maxConditions))
		return nil
	}
	for i := range rows {
		e, err := rows[i].expr()
		if err != nil {
			p.Fail(web.BadParam("conditions", "number %d: %v", i+1, err))
			return nil
		}
		all = append(all, e)
	}
	return all
}

var ops = []query.Op{query.Eq, query.Ne, query.Gt, query.Gte, query.Lt, query.Lte, query.Regex, query.NotRegex, query.Like, query.In, query.Exists}

func (c *condition) expr() (query.Expr, error) {
	field, err := query.ParseField(c.Field)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(ops, c.Op) {
		return nil, fmt.Errorf("the operator %.20q: want one of %q", c.Op, ops)
	}
	compare := query.Compare{Field: field, Op: c.Op}
	for _, l := range c.Values {
		v, err := l.value()
		if err != nil {
			return nil, err
		}
		compare.Values = append(compare.Values, v)
	}
	if c.Not {
		return query.Not{Expr: compare}, nil
	}
	return compare, nil
}

func (l literal) value() (v any, err error) {
	ok := true
	switch l.Type {
	case "string":
		v = l.Text
	case "int":
		v, err = strconv.ParseInt(l.Text, 10, 64)
	case "double":
		v, err = strconv.ParseFloat(l.Text, 64)
	case "bool":
		v, err = strconv.ParseBool(l.Text)
	case "duration":
		v, err = time.ParseDuration(l.Text)
	case "status":
		v, ok = codes[l.Text]
	case "kind":
		v, ok = kinds[l.Text]
	default:
		return nil, fmt.Errorf("the type %.20q: want string, int, double, bool, duration, status or kind", l.Type)
	}
	if err != nil || !ok {
		return nil, fmt.Errorf("%.100q is no %s", l.Text, l.Type)
	}
	return v, nil
}
