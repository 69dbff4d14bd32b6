// SPDX-License-Identifier: Apache-2.0

// Package otlpjson appends spans and log records as lines in the JSON encoding of
// OTLP (OTLP specification, "JSON Protobuf Encoding"): the proto3 JSON mapping,
// but ids in hex and enumerations as numbers. Fields at their default are left
// out, but for those that every span or record has. Before the data stands
// "level", which readers of OTLP ignore and people grep for.
//
// Whatever a decoder of protobuf returns is a line of valid JSON: messages, and
// values in lists, may be nil.
package otlpjson

import (
	"encoding/hex"
	"strconv"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/sidetrace/sidetrace/internal/jsontext"
)

// AppendSpan appends one line, without its end: a TracesData message with one
// span. The resource and its schema URL are those of in, the scope and its schema
// URL those of scope. The level is ERROR for a span that failed, otherwise INFO.
func AppendSpan(b []byte, in *tracepb.ResourceSpans, scope *tracepb.ScopeSpans, s *tracepb.Span) []byte {
	level := "INFO"
	if s.GetStatus().GetCode() == tracepb.Status_STATUS_CODE_ERROR {
		level = "ERROR"
	}
	b = append(b, `{"level":"`+level+`","resourceSpans":[{`...)
	b = appendResource(b, in.GetResource())
	b = append(b, `"scopeSpans":[{`...)
	b = appendScope(b, scope.GetScope())
	b = append(b, `"spans":[{`...)
	b = appendSpan(b, s)
	b = append(b, `}]`...)
	b = appendString(b, `,"schemaUrl":`, scope.GetSchemaUrl())
	b = append(b, `}]`...)
	b = appendString(b, `,"schemaUrl":`, in.GetSchemaUrl())
	return append(b, `}]}`...)
}

func appendSpan(b []byte, s *tracepb.Span) []byte {
	b = appendTarget(b, s.GetTraceId(), s.GetSpanId(), s.GetTraceState())
	b = appendID(b, `,"parentSpanId":"`, s.GetParentSpanId())
	b = appendUint(append(b, `,"flags":`...), uint64(s.GetFlags()))
	b = jsontext.AppendString(append(b, `,"name":`...), s.GetName())
	b = appendEnum(append(b, `,"kind":`...), s.GetKind())
	b = appendTime(append(b, `,"startTimeUnixNano":`...), s.GetStartTimeUnixNano())
	b = appendTime(append(b, `,"endTimeUnixNano":`...), s.GetEndTimeUnixNano())
	b = appendAttributes(b, s.GetAttributes(), s.GetDroppedAttributesCount())
	b = appendEvents(b, s.GetEvents())
	b = appendCount(b, `,"droppedEventsCount":`, s.GetDroppedEventsCount())
	b = appendLinks(b, s.GetLinks())
	b = appendCount(b, `,"droppedLinksCount":`, s.GetDroppedLinksCount())
	return appendStatus(b, s.GetStatus())
}

// appendTarget appends what a span and a link begin with.
func appendTarget(b, traceID, spanID []byte, traceState string) []byte {
	b = hex.AppendEncode(append(b, `"traceId":"`...), traceID)
	b = hex.AppendEncode(append(b, `","spanId":"`...), spanID)
	return appendString(append(b, '"'), `,"traceState":`, traceState)
}

func appendEvents(b []byte, events []*tracepb.Span_Event) []byte {
	for i, e := range events {
		if i == 0 {
			b = append(b, `,"events":[`...)
		} else {
			b = append(b, ',')
		}
		b = appendTime(append(b, `{"timeUnixNano":`...), e.GetTimeUnixNano())
		b = jsontext.AppendString(append(b, `,"name":`...), e.GetName())
		b = appendAttributes(b, e.GetAttributes(), e.GetDroppedAttributesCount())
		b = append(b, '}')
	}
	return appendEnd(b, len(events))
}

func appendLinks(b []byte, links []*tracepb.Span_Link) []byte {
	for i, l := range links {
		if i == 0 {
			b = append(b, `,"links":[{`...)
		} else {
			b = append(b, `,{`...)
		}
		b = appendTarget(b, l.GetTraceId(), l.GetSpanId(), l.GetTraceState())
		b = appendUint(append(b, `,"flags":`...), uint64(l.GetFlags()))
		b = appendAttributes(b, l.GetAttributes(), l.GetDroppedAttributesCount())
		b = append(b, '}')
	}
	return appendEnd(b, len(links))
}

func appendStatus(b []byte, s *tracepb.Status) []byte {
	if s.GetCode() == 0 && s.GetMessage() == "" {
		return append(b, `,"status":{}`...)
	}
	b = append(b, `,"status":{`...)
	if s.GetMessage() != "" {
		b = append(jsontext.AppendString(append(b, `"message":`...), s.GetMessage()), ',')
	}
	return append(appendEnum(append(b, `"code":`...), s.GetCode()), '}')
}

// AppendLog appends one line, without its end: a LogsData message with one record,
// like [AppendSpan]. The level is the text of the severity; without one, INFO.
func AppendLog(b []byte, in *logspb.ResourceLogs, scope *logspb.ScopeLogs, r *logspb.LogRecord) []byte {
	level := "INFO"
	if text := r.GetSeverityText(); text != "" {
		level = text
	}
	b = append(jsontext.AppendString(append(b, `{"level":`...), level), `,"resourceLogs":[{`...)
	b = appendResource(b, in.GetResource())
	b = append(b, `"scopeLogs":[{`...)
	b = appendScope(b, scope.GetScope())
	b = append(b, `"logRecords":[{`...)
	b = appendLog(b, r)
	b = append(b, `}]`...)
	b = appendString(b, `,"schemaUrl":`, scope.GetSchemaUrl())
	b = append(b, `}]`...)
	b = appendString(b, `,"schemaUrl":`, in.GetSchemaUrl())
	return append(b, `}]}`...)
}

func appendLog(b []byte, r *logspb.LogRecord) []byte {
	b = appendTime(append(b, `"timeUnixNano":`...), r.GetTimeUnixNano())
	b = appendTime(append(b, `,"observedTimeUnixNano":`...), r.GetObservedTimeUnixNano())
	if n := r.GetSeverityNumber(); n != 0 {
		b = appendEnum(append(b, `,"severityNumber":`...), n)
	}
	b = appendString(b, `,"severityText":`, r.GetSeverityText())
	if body := r.GetBody(); body.GetValue() != nil {
		b = appendValue(append(b, `,"body":`...), body)
	}
	b = appendAttributes(b, r.GetAttributes(), r.GetDroppedAttributesCount())
	b = appendCount(b, `,"flags":`, r.GetFlags())
	b = appendID(b, `,"traceId":"`, r.GetTraceId())
	b = appendID(b, `,"spanId":"`, r.GetSpanId())
	return appendString(b, `,"eventName":`, r.GetEventName())
}

// appendResource appends the resource field and a comma.
func appendResource(b []byte, r *resourcepb.Resource) []byte {
	b = append(b, `"resource":{`...)
	if attrs := r.GetAttributes(); len(attrs) > 0 {
		b = appendList(append(b, `"attributes":`...), attrs)
	}
	return append(b, `},`...)
}

// appendScope appends the scope field and a comma.
func appendScope(b []byte, s *commonpb.InstrumentationScope) []byte {
	b = jsontext.AppendString(append(b, `"scope":{"name":`...), s.GetName())
	b = appendString(b, `,"version":`, s.GetVersion())
	b = appendAttributes(b, s.GetAttributes(), s.GetDroppedAttributesCount())
	return append(b, `},`...)
}

// The functions below append a field with what is before its value, or nothing
// for its default.

func appendString(b []byte, field, s string) []byte {
	if s == "" {
		return b
	}
	return jsontext.AppendString(append(b, field...), s)
}

func appendID(b []byte, field string, id []byte) []byte {
	if len(id) == 0 {
		return b
	}
	return append(hex.AppendEncode(append(b, field...), id), '"')
}

func appendCount(b []byte, field string, n uint32) []byte {
	if n == 0 {
		return b
	}
	return appendUint(append(b, field...), uint64(n))
}

// appendEnd ends a list that was begun if it has elements.
func appendEnd(b []byte, elements int) []byte {
	if elements == 0 {
		return b
	}
	return append(b, ']')
}

func appendUint(b []byte, n uint64) []byte { return strconv.AppendUint(b, n, 10) }

func appendEnum[E ~int32](b []byte, n E) []byte { return strconv.AppendInt(b, int64(n), 10) }

// appendTime appends nanoseconds: 64-bit integers are strings in proto3 JSON.
func appendTime(b []byte, n uint64) []byte {
	return append(appendUint(append(b, '"'), n), '"')
}
