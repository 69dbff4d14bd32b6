// SPDX-License-Identifier: Apache-2.0

package jaeger

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/trace"
)

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

func compareOperations(a, b operation) int {
	return cmp.Or(strings.Compare(a.name, b.name), cmp.Compare(a.kind, b.kind))
}

// standing are the fields that tags of Jaeger stand for, which no attribute holds
// (OpenTelemetry specification, "OpenTelemetry to Jaeger Transformation").
var standing = map[string]query.Field{
	"otel.status_description": intrinsic("statusMessage"),
	"w3c.tracestate":          intrinsic("span:traceState"),
	"otel.scope.name":         intrinsic("instrumentation:name"),
	"otel.library.name":       intrinsic("instrumentation:name"),
	"otel.scope.version":      intrinsic("instrumentation:version"),
	"otel.library.version":    intrinsic("instrumentation:version"),
	"event":                   intrinsic("event:name"),
}

// tagged is the condition that a span has a tag: as an attribute, of its process,
// its instrumentation, or of one of its events, whatever the type of the value, or
// as what the tag stands for.
func tagged(key, value string) query.Expr {
	values := spelled(value)
	either := query.Or{}
	for _, scope := range []query.Scope{query.Span, query.Resource, query.Instrumentation, query.Event} {
		either = append(either, query.Compare{Field: query.Field{Scope: scope, Name: key}, Op: query.In, Values: values})
	}
	if field, ok := standing[key]; ok {
		either = append(either, is(field, value))
	}
	switch key {
	case "error":
		return tagError(value, either)
	case "span.kind":
		for k := trace.Unspecified; k <= trace.Consumer; k++ {
			if k.String() == value {
				either = append(either, is(intrinsic("kind"), k))
			}
		}
	case "otel.status_code":
		for _, c := range []trace.StatusCode{trace.Unset, trace.OK, trace.Error} {
			if strings.EqualFold(c.String(), value) {
				either = append(either, is(intrinsic("status"), c))
			}
		}
	}
	return either
}

// tagError is the condition of the tag "error", which only spans that failed have.
func tagError(value string, attribute query.Or) query.Expr {
	failed := is(intrinsic("status"), trace.Error)
	switch value {
	case "true":
		return append(attribute, failed)
	case "false":
		return query.Not{Expr: failed}
	}
	return attribute
}

// spelled are the values of all types that a text may be the spelling of.
func spelled(text string) []any {
	values := []any{text}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		values = append(values, n)
	} else if f, err := strconv.ParseFloat(text, 64); err == nil && f-f == 0 { // finite
		values = append(values, f)
	}
	if text == "true" || text == "false" {
		values = append(values, text == "true")
	}
	return values
}
