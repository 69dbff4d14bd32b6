// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"encoding/base64"
	"encoding/hex"
	"math"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/sidetrace/sidetrace/internal/jsontext"
)

// The functions of this file append the JSON encoding of OTLP
// (OTLP specification, "JSON Protobuf Encoding"): the proto3 JSON mapping, but
// ids in hex and enumerations as numbers. Fields at their default are left out.
// Before the data stands "level", which readers of OTLP ignore and people grep for.

// appendSpan appends a TracesData message with one span.
func appendSpan(b []byte, s sdktrace.ReadOnlySpan) []byte {
	level := "INFO"
	if s.Status().Code == codes.Error {
		level = "ERROR"
	}
	b = append(b, `{"level":"`+level+`","resourceSpans":[{`...)
	b = appendResource(b, s.Resource())
	b = append(b, `"scopeSpans":[{`...)
	b = appendScope(b, s.InstrumentationScope())
	b = append(b, `"spans":[{`...)
	b = appendSpanFields(b, s)
	b = append(b, `}]`...)
	b = appendSchema(b, s.InstrumentationScope().SchemaURL)
	b = append(b, `}]`...)
	b = appendSchema(b, s.Resource().SchemaURL())
	return append(b, `}]}`...)
}

func appendSpanFields(b []byte, s sdktrace.ReadOnlySpan) []byte {
	sc, parent := s.SpanContext(), s.Parent()
	b = appendIDs(b, sc)
	if ts := sc.TraceState().String(); ts != "" {
		b = jsontext.AppendString(append(b, `,"traceState":`...), ts)
	}
	if parent.SpanID().IsValid() {
		id := parent.SpanID()
		b = append(b, `,"parentSpanId":"`...)
		b = append(hex.AppendEncode(b, id[:]), '"')
	}
	b = appendInt(append(b, `,"flags":`...), int64(spanFlags(sc.TraceFlags(), parent)))
	b = jsontext.AppendString(append(b, `,"name":`...), s.Name())
	b = appendInt(append(b, `,"kind":`...), spanKind(s.SpanKind()))
	b = appendTime(append(b, `,"startTimeUnixNano":`...), s.StartTime())
	b = appendTime(append(b, `,"endTimeUnixNano":`...), s.EndTime())
	b = appendAttributes(b, s.Attributes(), s.DroppedAttributes())
	b = appendEvents(b, s.Events(), s.DroppedEvents())
	b = appendLinks(b, s.Links(), s.DroppedLinks())
	return appendStatus(b, s.Status())
}

func appendIDs(b []byte, sc trace.SpanContext) []byte {
	traceID, spanID := sc.TraceID(), sc.SpanID()
	b = hex.AppendEncode(append(b, `"traceId":"`...), traceID[:])
	b = hex.AppendEncode(append(b, `","spanId":"`...), spanID[:])
	return append(b, '"')
}

// Bits of a span's flags (opentelemetry/proto/trace/v1/trace.proto, SpanFlags).
const (
	flagHasIsRemote = 0x100
	flagIsRemote    = 0x200
)

// spanFlags adds to the trace flags whether other, a span's parent or a link's
// target, is in another process.
func spanFlags(flags trace.TraceFlags, other trace.SpanContext) uint32 {
	f := uint32(flags) | flagHasIsRemote
	if other.IsRemote() {
		f |= flagIsRemote
	}
	return f
}

// spanKind returns the number of SpanKind in trace.proto, which counts like the
// API's but for the unspecified one: that is internal (1) by the specification.
func spanKind(k trace.SpanKind) int64 { return int64(trace.ValidateSpanKind(k)) }

func appendEvents(b []byte, events []sdktrace.Event, dropped int) []byte {
	for i, e := range events {
		if i == 0 {
			b = append(b, `,"events":[`...)
		} else {
			b = append(b, ',')
		}
		b = appendTime(append(b, `{"timeUnixNano":`...), e.Time)
		b = jsontext.AppendString(append(b, `,"name":`...), e.Name)
		b = appendAttributes(b, e.Attributes, e.DroppedAttributeCount)
		b = append(b, '}')
	}
	if len(events) > 0 {
		b = append(b, ']')
	}
	return appendCount(b, `,"droppedEventsCount":`, dropped)
}

func appendLinks(b []byte, links []sdktrace.Link, dropped int) []byte {
	for i, l := range links {
		if i == 0 {
			b = append(b, `,"links":[{`...)
		} else {
			b = append(b, `,{`...)
		}
		b = appendIDs(b, l.SpanContext)
		if ts := l.SpanContext.TraceState().String(); ts != "" {
			b = jsontext.AppendString(append(b, `,"traceState":`...), ts)
		}
		b = appendInt(append(b, `,"flags":`...), int64(spanFlags(l.SpanContext.TraceFlags(), l.SpanContext)))
		b = appendAttributes(b, l.Attributes, l.DroppedAttributeCount)
		b = append(b, '}')
	}
	if len(links) > 0 {
		b = append(b, ']')
	}
	return appendCount(b, `,"droppedLinksCount":`, dropped)
}

// appendStatus maps the API's codes, Unset, Error, Ok, to those of trace.proto,
// UNSET, OK, ERROR.
func appendStatus(b []byte, s sdktrace.Status) []byte {
	code := int64(0)
	switch s.Code {
	case codes.Ok:
		code = 1
	case codes.Error:
		code = 2
	}
	if code == 0 && s.Description == "" {
		return append(b, `,"status":{}`...)
	}
	b = append(b, `,"status":{`...)
	if s.Description != "" {
		b = append(jsontext.AppendString(append(b, `"message":`...), s.Description), ',')
	}
	return append(appendInt(append(b, `"code":`...), code), '}')
}

// appendLog appends a LogsData message with one record.
func appendLog(b []byte, r *sdklog.Record) []byte {
	level := "INFO"
	if text := r.SeverityText(); text != "" {
		level = text
	}
	b = append(jsontext.AppendString(append(b, `{"level":`...), level), `,"resourceLogs":[{`...)
	b = appendResource(b, r.Resource())
	b = append(b, `"scopeLogs":[{`...)
	b = appendScope(b, r.InstrumentationScope())
	b = append(b, `"logRecords":[{`...)
	b = appendLogFields(b, r)
	b = append(b, `}]`...)
	b = appendSchema(b, r.InstrumentationScope().SchemaURL)
	b = append(b, `}]`...)
	b = appendSchema(b, r.Resource().SchemaURL())
	return append(b, `}]}`...)
}

func appendLogFields(b []byte, r *sdklog.Record) []byte {
	b = appendTime(append(b, `"timeUnixNano":`...), r.Timestamp())
	b = appendTime(append(b, `,"observedTimeUnixNano":`...), r.ObservedTimestamp())
	if n := r.Severity(); n != 0 {
		b = appendInt(append(b, `,"severityNumber":`...), int64(n))
	}
	if text := r.SeverityText(); text != "" {
		b = jsontext.AppendString(append(b, `,"severityText":`...), text)
	}
	if body := r.Body(); body.Type() != attribute.EMPTY {
		b = appendValue(append(b, `,"body":`...), body)
	}
	var attrs []attribute.KeyValue
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		attrs = append(attrs, kv)
		return true
	})
	b = appendAttributes(b, attrs, r.DroppedAttributes())
	if f := r.TraceFlags(); f != 0 {
		b = appendInt(append(b, `,"flags":`...), int64(f))
	}
	if id := r.TraceID(); id.IsValid() {
		b = append(hex.AppendEncode(append(b, `,"traceId":"`...), id[:]), '"')
	}
	if id := r.SpanID(); id.IsValid() {
		b = append(hex.AppendEncode(append(b, `,"spanId":"`...), id[:]), '"')
	}
	if name := r.EventName(); name != "" {
		b = jsontext.AppendString(append(b, `,"eventName":`...), name)
	}
	return b
}

// appendResource appends the resource field and a comma.
func appendResource(b []byte, r *resource.Resource) []byte {
	b = append(b, `"resource":{`...)
	if r.Len() > 0 {
		b = appendList(append(b, `"attributes":`...), r.Attributes())
	}
	return append(b, `},`...)
}

// appendScope appends the scope field and a comma.
func appendScope(b []byte, s instrumentation.Scope) []byte {
	b = jsontext.AppendString(append(b, `"scope":{"name":`...), s.Name)
	if s.Version != "" {
		b = jsontext.AppendString(append(b, `,"version":`...), s.Version)
	}
	b = appendAttributes(b, s.Attributes.ToSlice(), 0)
	return append(b, `},`...)
}

func appendSchema(b []byte, url string) []byte {
	if url == "" {
		return b
	}
	return jsontext.AppendString(append(b, `,"schemaUrl":`...), url)
}

// appendAttributes appends the two fields of attributes, each after a comma.
func appendAttributes(b []byte, attrs []attribute.KeyValue, dropped int) []byte {
	if len(attrs) > 0 {
		b = appendList(append(b, `,"attributes":`...), attrs)
	}
	return appendCount(b, `,"droppedAttributesCount":`, dropped)
}

// appendList appends a list of KeyValue messages.
func appendList(b []byte, attrs []attribute.KeyValue) []byte {
	b = append(b, '[')
	for i, a := range attrs {
		if i > 0 {
			b = append(b, ',')
		}
		b = jsontext.AppendString(append(b, `{"key":`...), string(a.Key))
		b = append(appendValue(append(b, `,"value":`...), a.Value), '}')
	}
	return append(b, ']')
}

// appendValue appends an AnyValue message.
func appendValue(b []byte, v attribute.Value) []byte {
	switch v.Type() {
	case attribute.STRING:
		return append(jsontext.AppendString(append(b, `{"stringValue":`...), v.AsString()), '}')
	case attribute.BOOL:
		return append(strconv.AppendBool(append(b, `{"boolValue":`...), v.AsBool()), '}')
	case attribute.INT64: // 64-bit integers are strings in proto3 JSON
		return append(appendInt(append(b, `{"intValue":"`...), v.AsInt64()), `"}`...)
	case attribute.FLOAT64:
		return append(appendFloat(append(b, `{"doubleValue":`...), v.AsFloat64()), '}')
	case attribute.BYTESLICE:
		b = append(b, `{"bytesValue":"`...)
		return append(base64.StdEncoding.AppendEncode(b, v.AsByteSlice()), `"}`...)
	case attribute.MAP:
		b = append(b, `{"kvlistValue":{"values":`...)
		return append(appendList(b, v.AsMap()), `}}`...)
	}
	if values, ok := elements(v); ok {
		b = append(b, `{"arrayValue":{"values":[`...)
		for i, e := range values {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendValue(b, e)
		}
		return append(b, `]}}`...)
	}
	return append(b, `{}`...)
}

// elements returns the elements of a value that is a slice of any kind.
func elements(v attribute.Value) (values []attribute.Value, ok bool) {
	switch v.Type() {
	case attribute.BOOLSLICE:
		return mapped(v.AsBoolSlice(), attribute.BoolValue), true
	case attribute.INT64SLICE:
		return mapped(v.AsInt64Slice(), attribute.Int64Value), true
	case attribute.FLOAT64SLICE:
		return mapped(v.AsFloat64Slice(), attribute.Float64Value), true
	case attribute.STRINGSLICE:
		return mapped(v.AsStringSlice(), attribute.StringValue), true
	case attribute.SLICE:
		return v.AsSlice(), true
	}
	return nil, false
}

func mapped[T any](in []T, f func(T) attribute.Value) []attribute.Value {
	out := make([]attribute.Value, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}

func appendInt(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) }

func appendCount(b []byte, field string, n int) []byte {
	if n == 0 {
		return b
	}
	return appendInt(append(b, field...), int64(n))
}

// appendTime appends nanoseconds as a string; the zero time is 0.
func appendTime(b []byte, t time.Time) []byte {
	n := t.UnixNano()
	if t.IsZero() {
		n = 0
	}
	return append(appendInt(append(b, '"'), n), '"')
}

func appendFloat(b []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(b, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(b, `"-Infinity"`...)
	}
	return strconv.AppendFloat(b, f, 'g', -1, 64)
}
