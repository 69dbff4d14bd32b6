// SPDX-License-Identifier: Apache-2.0

package format

import (
	"fmt"
	"strings"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// ToTraces returns spans as OTLP messages, in their order: consecutive ones of
// equal resources are one ResourceSpans, of equal scopes within it one
// ScopeSpans. Bytes of texts that are no UTF-8 become U+FFFD, as protobuf takes
// no others. OTLP has no place for Offset and Inferred.
func ToTraces(spans []trace.Span) []*tracepb.ResourceSpans {
	var out []*tracepb.ResourceSpans
	for _, r := range spanRuns(spans) {
		rs := &tracepb.ResourceSpans{}
		rs.Resource, rs.SchemaUrl = toResource(r.resource)
		for _, c := range r.scopes {
			ss := &tracepb.ScopeSpans{Spans: make([]*tracepb.Span, 0, c.to-c.from)}
			ss.Scope, ss.SchemaUrl = toScope(c.scope)
			for i := c.from; i < c.to; i++ {
				ss.Spans = append(ss.Spans, toSpan(&spans[i]))
			}
			rs.ScopeSpans = append(rs.ScopeSpans, ss)
		}
		out = append(out, rs)
	}
	return out
}

// ToLogs returns log records as OTLP messages, like [ToTraces].
func ToLogs(logs []trace.Log) []*logspb.ResourceLogs {
	var out []*logspb.ResourceLogs
	for _, r := range logRuns(logs) {
		rl := &logspb.ResourceLogs{}
		rl.Resource, rl.SchemaUrl = toResource(r.resource)
		for _, c := range r.scopes {
			sl := &logspb.ScopeLogs{LogRecords: make([]*logspb.LogRecord, 0, c.to-c.from)}
			sl.Scope, sl.SchemaUrl = toScope(c.scope)
			for i := c.from; i < c.to; i++ {
				sl.LogRecords = append(sl.LogRecords, toLog(&logs[i]))
			}
			rl.ScopeLogs = append(rl.ScopeLogs, sl)
		}
		out = append(out, rl)
	}
	return out
}

// MarshalTraces is the bytes of a TracesData message with what [ToTraces] makes
// of the spans. An ExportTraceServiceRequest has the same bytes. More than 2 GiB
// is an error, as protobuf holds no more.
func MarshalTraces(spans []trace.Span) ([]byte, error) {
	return marshal(&tracepb.TracesData{ResourceSpans: ToTraces(spans)})
}

// MarshalLogs is the bytes of a LogsData message with what [ToLogs] makes of the
// log records, like [MarshalTraces]. An ExportLogsServiceRequest has the same bytes.
func MarshalLogs(logs []trace.Log) ([]byte, error) {
	return marshal(&logspb.LogsData{ResourceLogs: ToLogs(logs)})
}

// marshal fails for what is longer than 2 GiB.
func marshal(m proto.Message) ([]byte, error) {
	b, err := proto.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("format: OTLP in protobuf: %w", err)
	}
	return b, nil
}

func toResource(r *trace.Resource) (*resourcepb.Resource, string) {
	if r == nil {
		return nil, ""
	}
	return &resourcepb.Resource{Attributes: toAttributes(r.Attributes), DroppedAttributesCount: r.DroppedAttributes}, valid(r.SchemaURL)
}

func toScope(s *trace.Scope) (*commonpb.InstrumentationScope, string) {
	if s == nil {
		return nil, ""
	}
	return &commonpb.InstrumentationScope{
		Name: valid(s.Name), Version: valid(s.Version),
		Attributes: toAttributes(s.Attributes), DroppedAttributesCount: s.DroppedAttributes,
	}, valid(s.SchemaURL)
}

func toSpan(s *trace.Span) *tracepb.Span {
	return &tracepb.Span{
		TraceId: toID(s.TraceID[:], s.TraceID.IsZero()), SpanId: toID(s.ID[:], s.ID.IsZero()), ParentSpanId: toID(s.Parent[:], s.Parent.IsZero()),
		TraceState: valid(s.State), Flags: s.Flags,
		Name: valid(s.Name), Kind: tracepb.Span_SpanKind(s.Kind),
		StartTimeUnixNano: uint64(s.Start), EndTimeUnixNano: uint64(s.End),
		Attributes: toAttributes(s.Attributes), DroppedAttributesCount: s.DroppedAttributes,
		Events: toEvents(s.Events), DroppedEventsCount: s.DroppedEvents,
		Links: toLinks(s.Links), DroppedLinksCount: s.DroppedLinks,
		Status: toStatus(s.Status),
	}
}

func toStatus(s trace.Status) *tracepb.Status {
	if s == (trace.Status{}) {
		return nil
	}
	return &tracepb.Status{Code: tracepb.Status_StatusCode(s.Code), Message: valid(s.Message)}
}

func toEvents(events []trace.Event) []*tracepb.Span_Event {
	out := make([]*tracepb.Span_Event, len(events))
	for i := range events {
		e := &events[i]
		out[i] = &tracepb.Span_Event{
			TimeUnixNano: uint64(e.Time), Name: valid(e.Name),
			Attributes: toAttributes(e.Attributes), DroppedAttributesCount: e.DroppedAttributes,
		}
	}
	return out
}

func toLinks(links []trace.Link) []*tracepb.Span_Link {
	out := make([]*tracepb.Span_Link, len(links))
	for i := range links {
		l := &links[i]
		out[i] = &tracepb.Span_Link{
			TraceId: toID(l.TraceID[:], l.TraceID.IsZero()), SpanId: toID(l.SpanID[:], l.SpanID.IsZero()),
			TraceState: valid(l.State), Flags: l.Flags,
			Attributes: toAttributes(l.Attributes), DroppedAttributesCount: l.DroppedAttributes,
		}
	}
	return out
}

func toLog(l *trace.Log) *logspb.LogRecord {
	return &logspb.LogRecord{
		TimeUnixNano: uint64(l.Time), ObservedTimeUnixNano: uint64(l.Observed),
		SeverityNumber: logspb.SeverityNumber(l.Severity), SeverityText: valid(l.SeverityText), EventName: valid(l.EventName),
		Body: toValue(l.Body), Attributes: toAttributes(l.Attributes), DroppedAttributesCount: l.DroppedAttributes,
		Flags: l.Flags, TraceId: toID(l.TraceID[:], l.TraceID.IsZero()), SpanId: toID(l.SpanID[:], l.SpanID.IsZero()),
	}
}

// toID is a copy of an id, nil for none.
func toID(id []byte, none bool) []byte {
	if none {
		return nil
	}
	return append([]byte(nil), id...)
}

func toAttributes(attrs []trace.KeyValue) []*commonpb.KeyValue {
	out := make([]*commonpb.KeyValue, len(attrs))
	for i := range attrs {
		out[i] = &commonpb.KeyValue{Key: valid(attrs[i].Key), Value: toValue(attrs[i].Value)}
	}
	return out
}

// toValue is a value as a message, nil for an empty one.
func toValue(v trace.Value) *commonpb.AnyValue {
	switch v.Kind() {
	case trace.StringValue:
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: valid(v.Str())}}
	case trace.BoolValue:
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: v.IsTrue()}}
	case trace.IntValue:
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: v.Int64()}}
	case trace.FloatValue:
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: v.Float64()}}
	case trace.BytesValue:
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_BytesValue{BytesValue: v.Raw()}}
	case trace.ListValue:
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: toList(v.Elements())}}
	case trace.MapValue:
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_KvlistValue{KvlistValue: &commonpb.KeyValueList{Values: toAttributes(v.Pairs())}}}
	}
	return nil
}

// toList leaves no element nil, which protobuf cannot hold: an empty value is a
// message without one.
func toList(values []trace.Value) *commonpb.ArrayValue {
	out := &commonpb.ArrayValue{Values: make([]*commonpb.AnyValue, len(values))}
	for i, v := range values {
		if out.Values[i] = toValue(v); out.Values[i] == nil {
			out.Values[i] = &commonpb.AnyValue{}
		}
	}
	return out
}

// valid is a text as protobuf takes it.
func valid(s string) string { return strings.ToValidUTF8(s, "\ufffd") }
