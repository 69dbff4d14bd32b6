// SPDX-License-Identifier: Apache-2.0

// Package where makes conditions on spans of what the parameters of requests say.
package where

import (
	"strconv"
	"time"

	"github.com/sidetrace/sidetrace/desk/query"
)

// Intrinsic is a field that every span or trace has, or a shorthand.
func Intrinsic(name string) query.Field { return query.Field{Scope: query.Intrinsic, Name: name} }

// ServiceName is the field of a span's service.
var ServiceName = query.Field{Scope: query.Resource, Name: "service.name"}

// Is is the condition that a field has a value.
func Is(f query.Field, value any) query.Expr {
	return query.Compare{Field: f, Op: query.Eq, Values: []any{value}}
}

// Has is the condition that a field is there.
func Has(f query.Field) query.Expr { return query.Compare{Field: f, Op: query.Exists} }

// Lasts are the conditions that a span lasts so long; 0 is no bound.
func Lasts(min, max time.Duration) (all query.And) {
	if min != 0 {
		all = append(all, query.Compare{Field: Intrinsic("duration"), Op: query.Gte, Values: []any{min}})
	}
	if max != 0 {
		all = append(all, query.Compare{Field: Intrinsic("duration"), Op: query.Lte, Values: []any{max}})
	}
	return all
}

// Spelled is the condition that a field has a value which is spelled so, whatever
// its type.
func Spelled(f query.Field, text string) query.Expr {
	values := []any{text}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		values = append(values, n)
	} else if x, err := strconv.ParseFloat(text, 64); err == nil && x-x == 0 { // finite
		values = append(values, x)
	}
	if text == "true" || text == "false" {
		values = append(values, text == "true")
	}
	return query.Compare{Field: f, Op: query.In, Values: values}
}

// All is the query for the spans that meet all conditions; nil if there are none.
func All(conditions query.And) *query.Query {
	if len(conditions) == 0 {
		return nil
	}
	return query.Where(conditions)
}
