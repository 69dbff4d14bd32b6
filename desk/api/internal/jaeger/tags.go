// SPDX-License-Identifier: Apache-2.0

package jaeger

import (
	"strings"

	"github.com/sidetrace/sidetrace/desk/api/internal/where"
	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// standing are the fields that tags of Jaeger stand for, which no attribute holds
// (OpenTelemetry specification, "OpenTelemetry to Jaeger Transformation").
var standing = map[string]query.Field{
	"otel.status_description": where.Intrinsic("statusMessage"),
	"w3c.tracestate":          where.Intrinsic("span:traceState"),
	"otel.scope.name":         where.Intrinsic("instrumentation:name"),
	"otel.library.name":       where.Intrinsic("instrumentation:name"),
	"otel.scope.version":      where.Intrinsic("instrumentation:version"),
	"otel.library.version":    where.Intrinsic("instrumentation:version"),
	"event":                   where.Intrinsic("event:name"),
}

// tagged is the condition that a span has a tag: as an attribute, of its process,
// its instrumentation, or of one of its events, whatever the type of the value, or
// as what the tag stands for.
func tagged(key, value string) query.Expr {
	either := query.Or{}
	for _, scope := range []query.Scope{query.Span, query.Resource, query.Instrumentation, query.Event} {
		either = append(either, where.Spelled(query.Field{Scope: scope, Name: key}, value))
	}
	if field, ok := standing[key]; ok {
		either = append(either, where.Is(field, value))
	}
	switch key {
	case "error":
		return tagError(value, either)
	case "span.kind":
		for k := trace.Unspecified; k <= trace.Consumer; k++ {
			if k.String() == value {
				either = append(either, where.Is(where.Intrinsic("kind"), k))
			}
		}
	case "otel.status_code":
		for _, c := range []trace.StatusCode{trace.Unset, trace.OK, trace.Error} {
			if strings.EqualFold(c.String(), value) {
				either = append(either, where.Is(where.Intrinsic("status"), c))
			}
		}
	}
	return either
}

// tagError is the condition of the tag "error", which only spans that failed have.
func tagError(value string, attribute query.Or) query.Expr {
	failed := where.Is(where.Intrinsic("status"), trace.Error)
	switch value {
	case "true":
		return append(attribute, failed)
	case "false":
		return query.Not{Expr: failed}
	}
	return attribute
}
