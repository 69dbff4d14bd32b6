// SPDX-License-Identifier: Apache-2.0

package format

import (
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// FromTraces returns the spans of OTLP messages, in their order. Those of one
// ResourceSpans share a resource, those of one ScopeSpans a scope. Nothing is
// shared with the messages but strings.
//
// Spans that have no trace id or span id, longer ids than OTLP, or values nested
// more than [MaxValueDepth] deep, are left out, and counted by a [PartialError]:
// a receiver can answer with how many it rejected. Shorter ids are padded on the
// left.
func FromTraces(in []*tracepb.ResourceSpans) ([]trace.Span, error) {
	n := 0
	for _, rs := range in {
		for _, ss := range rs.GetScopeSpans() {
			n += len(ss.GetSpans())
		}
	}
	d := messages{}
	spans := make([]trace.Span, 0, n)
	for _, rs := range in {
		resource := d.resource(rs.GetResource(), rs.GetSchemaUrl())
		for _, ss := range rs.GetScopeSpans() {
			scope := d.scope(ss.GetScope(), ss.GetSchemaUrl())
			for _, s := range ss.GetSpans() {
				if span, ok := d.span(s); ok {
					span.Resource, span.Scope = resource, scope
					spans = append(spans, span)
				}
			}
		}
	}
	return spans, d.err()
}

// FromLogs returns the log records of OTLP messages, like [FromTraces]. Log
// records need no ids.
func FromLogs(in []*logspb.ResourceLogs) ([]trace.Log, error) {
	d := messages{}
	var logs []trace.Log
	for _, rl := range in {
		resource := d.resource(rl.GetResource(), rl.GetSchemaUrl())
		for _, sl := range rl.GetScopeLogs() {
			scope := d.scope(sl.GetScope(), sl.GetSchemaUrl())
			for _, r := range sl.GetLogRecords() {
				if log, ok := d.log(r); ok {
					log.Resource, log.Scope = resource, scope
					logs = append(logs, log)
				}
			}
		}
	}
	return logs, d.err()
}

// messages makes spans and log records of messages.
type messages struct{ problems }

func (d *messages) resource(r *resourcepb.Resource, schema string) *trace.Resource {
	out := &trace.Resource{Attributes: d.attributes(r.GetAttributes(), 0), DroppedAttributes: r.GetDroppedAttributesCount(), SchemaURL: schema}
	d.good("resource", schema)
	if sameResource(out, nil) {
		return nil
	}
	return out
}

func (d *messages) scope(s *commonpb.InstrumentationScope, schema string) *trace.Scope {
	out := &trace.Scope{
		Name: s.GetName(), Version: s.GetVersion(), SchemaURL: schema,
		Attributes: d.attributes(s.GetAttributes(), 0), DroppedAttributes: s.GetDroppedAttributesCount(),
	}
	d.good("scope", s.GetName())
	if sameScope(out, nil) {
		return nil
	}
	return out
}

func (d *messages) span(s *tracepb.Span) (trace.Span, bool) {
	out := trace.Span{
		State: s.GetTraceState(), Flags: s.GetFlags(),
		Name: s.GetName(), Kind: trace.Kind(s.GetKind()),
		Start: int64(s.GetStartTimeUnixNano()), End: int64(s.GetEndTimeUnixNano()),
		Attributes:        d.attributes(s.GetAttributes(), 0),
		Events:            d.events(s.GetEvents()),
		Links:             d.links(s.GetLinks()),
		DroppedAttributes: s.GetDroppedAttributesCount(),
		DroppedEvents:     s.GetDroppedEventsCount(),
		DroppedLinks:      s.GetDroppedLinksCount(),
		Status:            trace.Status{Code: trace.StatusCode(s.GetStatus().GetCode()), Message: s.GetStatus().GetMessage()},
	}
	d.id(out.TraceID[:], s.GetTraceId())
	d.id(out.ID[:], s.GetSpanId())
	d.id(out.Parent[:], s.GetParentSpanId())
	d.named(&out)
	return out, d.good("span", s.GetName())
}

func (d *messages) events(events []*tracepb.Span_Event) []trace.Event {
	if len(events) == 0 {
		return nil
	}
	out := make([]trace.Event, len(events))
	for i, e := range events {
		out[i] = trace.Event{
			Time: int64(e.GetTimeUnixNano()), Name: e.GetName(),
			Attributes: d.attributes(e.GetAttributes(), 0), DroppedAttributes: e.GetDroppedAttributesCount(),
		}
	}
	return out
}

func (d *messages) links(links []*tracepb.Span_Link) []trace.Link {
	if len(links) == 0 {
		return nil
	}
	out := make([]trace.Link, len(links))
	for i, l := range links {
		out[i] = trace.Link{
			State: l.GetTraceState(), Flags: l.GetFlags(),
			Attributes: d.attributes(l.GetAttributes(), 0), DroppedAttributes: l.GetDroppedAttributesCount(),
		}
		d.id(out[i].TraceID[:], l.GetTraceId())
		d.id(out[i].SpanID[:], l.GetSpanId())
	}
	return out
}

func (d *messages) log(r *logspb.LogRecord) (trace.Log, bool) {
	out := trace.Log{
		Flags: r.GetFlags(), Time: int64(r.GetTimeUnixNano()), Observed: int64(r.GetObservedTimeUnixNano()),
		Severity: int32(r.GetSeverityNumber()), SeverityText: r.GetSeverityText(), EventName: r.GetEventName(),
		Body: d.value(r.GetBody(), 0), Attributes: d.attributes(r.GetAttributes(), 0), DroppedAttributes: r.GetDroppedAttributesCount(),
	}
	d.id(out.TraceID[:], r.GetTraceId())
	d.id(out.SpanID[:], r.GetSpanId())
	return out, d.good("log record", r.GetEventName())
}

func (d *messages) attributes(attrs []*commonpb.KeyValue, depth int) []trace.KeyValue {
	if len(attrs) == 0 {
		return nil
	}
	out := make([]trace.KeyValue, len(attrs))
	for i, kv := range attrs {
		out[i] = trace.KeyValue{Key: kv.GetKey(), Value: d.value(kv.GetValue(), depth)}
	}
	return out
}

// value makes a value of one that stands in so many lists and maps. What the
// model has no type for (an index into the tables of profiles) is empty.
func (d *messages) value(v *commonpb.AnyValue, depth int) trace.Value {
	switch v := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		return trace.String(v.StringValue)
	case *commonpb.AnyValue_BoolValue:
		return trace.Bool(v.BoolValue)
	case *commonpb.AnyValue_IntValue:
		return trace.Int(v.IntValue)
	case *commonpb.AnyValue_DoubleValue:
		return trace.Float(v.DoubleValue)
	case *commonpb.AnyValue_BytesValue:
		return trace.Bytes(v.BytesValue)
	case *commonpb.AnyValue_ArrayValue:
		return d.list(v.ArrayValue.GetValues(), depth+1)
	case *commonpb.AnyValue_KvlistValue:
		return d.pairs(v.KvlistValue.GetValues(), depth+1)
	}
	return trace.Value{}
}

func (d *messages) list(values []*commonpb.AnyValue, depth int) trace.Value {
	if depth > MaxValueDepth {
		d.wrong = tooDeep
		return trace.Value{}
	}
	out := make([]trace.Value, len(values))
	for i, v := range values {
		out[i] = d.value(v, depth)
	}
	return trace.List(out...)
}

func (d *messages) pairs(attrs []*commonpb.KeyValue, depth int) trace.Value {
	if depth > MaxValueDepth {
		d.wrong = tooDeep
		return trace.Value{}
	}
	return trace.Map(d.attributes(attrs, depth)...)
}
