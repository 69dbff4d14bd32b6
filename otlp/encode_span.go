// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/encoding/protowire"
)

// encodeSpan appends the fields of a Span message
// (opentelemetry/proto/trace/v1/trace.proto).
func encodeSpan(b []byte, s sdktrace.ReadOnlySpan) []byte {
	sc, parent := s.SpanContext(), s.Parent()
	b = encodeTarget(b, sc)
	if id := parent.SpanID(); id.IsValid() {
		b = protowire.AppendBytes(tag(b, 4, protowire.BytesType), id[:])
	}
	b = encodeString(b, 5, s.Name())
	b = encodeVarint(b, 6, uint64(spanKind(s.SpanKind())))
	b = encodeTime(b, 7, s.StartTime())
	b = encodeTime(b, 8, s.EndTime())
	b = encodeAttributes(b, 9, s.Attributes(), s.DroppedAttributes())
	b = encodeEvents(b, s.Events(), s.DroppedEvents())
	b = encodeLinks(b, s.Links(), s.DroppedLinks())
	b = encodeStatus(b, s.Status())
	b = protowire.AppendTag(b, 16, protowire.Fixed32Type)
	return protowire.AppendFixed32(b, spanFlags(sc.TraceFlags(), parent))
}

// encodeTarget appends the fields that Span and Link have in common: the ids, even
// if they are not valid, and the trace state.
func encodeTarget(b []byte, sc trace.SpanContext) []byte {
	traceID, spanID := sc.TraceID(), sc.SpanID()
	b = protowire.AppendBytes(tag(b, 1, protowire.BytesType), traceID[:])
	b = protowire.AppendBytes(tag(b, 2, protowire.BytesType), spanID[:])
	return encodeTraceState(b, sc.TraceState())
}

// encodeTraceState walks because the String of a trace state is an allocation.
func encodeTraceState(b []byte, ts trace.TraceState) []byte {
	if ts.Len() == 0 {
		return b
	}
	b, m := open(b, 3, 0)
	ts.Walk(func(key, value string) bool {
		if len(b) > m.fields {
			b = append(b, ',')
		}
		b = append(append(append(b, key...), '='), value...)
		return true
	})
	return m.close(b)
}

func encodeEvents(b []byte, events []sdktrace.Event, dropped int) []byte {
	for i := range events {
		e := &events[i]
		var m message
		b, m = open(b, 11, 0)
		b = encodeTime(b, 1, e.Time)
		b = encodeString(b, 2, e.Name)
		b = encodeAttributes(b, 3, e.Attributes, e.DroppedAttributeCount)
		b = m.close(b)
	}
	return encodeCount(b, 12, dropped)
}

func encodeLinks(b []byte, links []sdktrace.Link, dropped int) []byte {
	for i := range links {
		l := &links[i]
		var m message
		b, m = open(b, 13, 0)
		b = encodeTarget(b, l.SpanContext)
		b = encodeAttributes(b, 4, l.Attributes, l.DroppedAttributeCount)
		b = encodeFixed32(b, 6, spanFlags(l.SpanContext.TraceFlags(), l.SpanContext))
		b = m.close(b)
	}
	return encodeCount(b, 14, dropped)
}

// encodeStatus maps the API's codes, which are not those of trace.proto.
func encodeStatus(b []byte, s sdktrace.Status) []byte {
	b, m := open(b, 15, len(s.Description))
	b = encodeString(b, 2, s.Description)
	switch s.Code {
	case codes.Ok:
		b = encodeVarint(b, 3, 1)
	case codes.Error:
		b = encodeVarint(b, 3, 2)
	}
	return m.close(b)
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
