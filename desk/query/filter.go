// SPDX-License-Identifier: Apache-2.0

package query

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// A Filter is one condition as the search page of BlueKing APM sends it.
type Filter struct {
	Key      string // of their documents, such as span_name or attributes.http.url; duration is in microseconds
	Operator string // equal, not_equal, exists, not exists, like, not_like, gt, gte, lt, lte, between or logic
	Values   []any  // string, json.Number or bool
	Wildcard bool   // like: * and ? in the values are wildcards, and nothing is added around them
	All      bool   // like: all of the values are wanted, not any
}

// ParseFilters reads a list of filters: [{key, operator, value, options:
// {is_wildcard, group_relation}}], in which value is a list or a single value
// and options may also stand outside.
func ParseFilters(data []byte) ([]Filter, error) {
	var filters []Filter
	if err := json.Unmarshal(data, &filters); err != nil {
		return nil, fmt.Errorf("query: filters: %w", err)
	}
	return filters, nil
}

type filterOptions struct {
	IsWildcard    bool   `json:"is_wildcard"`
	GroupRelation string `json:"group_relation"`
}

// UnmarshalJSON reads a filter as [ParseFilters] does.
func (f *Filter) UnmarshalJSON(data []byte) error {
	var in struct {
		Key      string          `json:"key"`
		Operator string          `json:"operator"`
		Value    json.RawMessage `json:"value"`
		Options  filterOptions   `json:"options"`
		filterOptions
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	values, err := filterValues(in.Value)
	if err != nil {
		return fmt.Errorf("value of %q: %w", in.Key, err)
	}
	for _, relation := range []string{in.Options.GroupRelation, in.GroupRelation} {
		if relation != "" && relation != "AND" && relation != "OR" {
			return fmt.Errorf("group_relation of %q: want AND or OR, not %q", in.Key, relation)
		}
		f.All = f.All || relation == "AND"
	}
	f.Key, f.Operator, f.Values = in.Key, in.Operator, values
	f.Wildcard = in.Options.IsWildcard || in.IsWildcard
	return nil
}

func filterValues(data json.RawMessage) ([]any, error) {
	if len(data) == 0 {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, err
	}
	values, isList := value.([]any)
	if !isList {
		values = []any{value}
	}
	for _, v := range values {
		switch v.(type) {
		case string, json.Number, bool:
		default:
			return nil, fmt.Errorf("want strings, numbers and booleans")
		}
	}
	return values, nil
}

// FromFilters is the condition that all filters hold for one span. Conditions on
// events are about one event, those on links about one link. between is without
// its second value; not_equal holds for spans without the field, unless "" is
// among the values; of several values gt and gte take the largest, lt and lte the
// smallest.
func FromFilters(filters []Filter) (Expr, error) {
	all := And{}
	for i, f := range filters {
		e, err := f.condition()
		if err != nil {
			return nil, fmt.Errorf("query: filter %d, %s %s: want %w", i+1, f.Key, f.Operator, err)
		}
		all = append(all, e)
	}
	return allOf(all...), nil
}

func (f Filter) condition() (Expr, error) {
	if f.Operator == "logic" {
		return f.logic()
	}
	field, err := bkFieldOf(f.Key)
	if err != nil {
		return nil, err
	}
	switch f.Operator {
	case "exists":
		return Compare{Field: field.Field, Op: Exists}, nil
	case "not exists":
		return missing(field.Field), nil
	}
	if len(f.Values) == 0 {
		return nil, fmt.Errorf("at least one value")
	}
	switch f.Operator {
	case "equal":
		return field.equal(f.Values...)
	case "not_equal":
		return f.notEqual(field)
	case "like":
		return f.like(field)
	case "not_like":
		e, err := f.like(field)
		return Not{e}, err
	case "gt", "gte", "lt", "lte":
		return field.ordered(filterOps[f.Operator], f.extreme())
	case "between":
		return f.between(field)
	}
	return nil, fmt.Errorf("one of equal, not_equal, exists, not exists, like, not_like, gt, gte, lt, lte, between, logic")
}

var filterOps = map[string]Op{"gt": Gt, "gte": Gte, "lt": Lt, "lte": Lte}

func (f Filter) notEqual(field bkField) (Expr, error) {
	e, err := field.equal(f.Values...)
	if err != nil || !slices.Contains(f.Values, any("")) {
		return Not{e}, err
	}
	return allOf(Compare{Field: field.Field, Op: Exists}, Not{e}), nil
}

func (f Filter) like(field bkField) (Expr, error) {
	var each []Expr
	for _, v := range f.Values {
		pattern, find := fmt.Sprint(v), field.contains
		if f.Wildcard {
			find = field.like
		}
		e, err := find(pattern)
		if err != nil {
			return nil, err
		}
		each = append(each, e)
	}
	if f.All {
		return allOf(each...), nil
	}
	return anyOf(each...), nil
}

// extreme is the value that decides: for gt the largest, for lt the smallest;
// numbers come before other texts.
func (f Filter) extreme() any {
	largest := f.Operator == "gt" || f.Operator == "gte"
	best := f.Values[0]
	for _, v := range f.Values[1:] {
		if c := compareValues(v, best); largest && c > 0 || !largest && c < 0 {
			best = v
		}
	}
	return best
}

func compareValues(a, b any) int {
	s, t := fmt.Sprint(a), fmt.Sprint(b)
	x, okX := parseNumber(s)
	y, okY := parseNumber(t)
	switch {
	case okX && okY:
		return x.compare(y)
	case okX:
		return -1
	case okY:
		return 1
	}
	return bytes.Compare([]byte(s), []byte(t))
}

func (f Filter) between(field bkField) (Expr, error) {
	if len(f.Values) != 2 {
		return nil, fmt.Errorf("two values")
	}
	from, err := field.ordered(Gte, f.Values[0])
	if err != nil {
		return nil, err
	}
	to, err := field.ordered(Lt, f.Values[1])
	return allOf(from, to), err
}

// logic are conditions on several fields: error, and status_code of HTTP and RPC.
func (f Filter) logic() (Expr, error) {
	switch f.Key {
	case "error":
		return Compare{Field{Intrinsic, "status"}, Eq, []any{trace.Error}}, nil
	case "status_code":
		var either []Expr
		for _, key := range statusCodeKeys {
			e, err := bkField{Field: Field{Span, key}}.equal(f.Values...)
			if err != nil {
				return nil, err
			}
			either = append(either, e)
		}
		if len(f.Values) > 0 {
			return anyOf(either...), nil
		}
		return nil, fmt.Errorf("at least one value")
	}
	return nil, fmt.Errorf("the key error or status_code")
}

// statusCodeKeys are the names of status codes in HTTP and RPC, present and former.
var statusCodeKeys = []string{
	"http.response.status_code", "http.status_code", "rpc.status_code", "rpc.response.status_code", "rpc.grpc.status_code",
}
