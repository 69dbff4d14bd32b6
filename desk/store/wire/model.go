// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"math"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// A Decoder makes the model's spans and log records of those of requests. It can
// be used again, for one goroutine at a time; its zero value is ready.
type Decoder struct {
	span   SpanDetail
	log    LogDetail
	origin OriginDetail
}

// Span is the span, without resource and scope. It shares nothing with its bytes.
func (d *Decoder) Span(s *Span) trace.Span {
	d.span.Read(s)
	out := trace.Span{
		TraceID: s.TraceID, ID: s.ID, Parent: s.Parent, State: string(d.span.State), Flags: d.span.Flags,
		Name: string(s.Name), Kind: s.Kind, Start: s.Start, End: s.End,
		Attributes:        attributes(d.span.Attributes, 0),
		DroppedAttributes: d.span.DroppedAttributes, DroppedEvents: d.span.DroppedEvents, DroppedLinks: d.span.DroppedLinks,
		Status: trace.Status{Code: s.Status, Message: string(d.span.StatusMessage)},
	}
	if n := len(d.span.Events); n > 0 {
		out.Events = make([]trace.Event, n)
	}
	for i := range d.span.Events {
		e := &d.span.Events[i]
		out.Events[i] = trace.Event{Time: e.Time, Name: string(e.Name), Attributes: attributes(d.span.EventAttributes(e), 0), DroppedAttributes: e.DroppedAttributes}
	}
	if n := len(d.span.Links); n > 0 {
		out.Links = make([]trace.Link, n)
	}
	for i := range d.span.Links {
		l := &d.span.Links[i]
		out.Links[i] = trace.Link{
			TraceID: l.TraceID, SpanID: l.SpanID, State: string(l.State), Flags: l.Flags,
			Attributes: attributes(d.span.LinkAttributes(l), 0), DroppedAttributes: l.DroppedAttributes,
		}
	}
	return out
}

// Log is the log record, without resource and scope.
func (d *Decoder) Log(l *Log) trace.Log {
	d.log.Read(l)
	return trace.Log{
		TraceID: l.TraceID, SpanID: l.SpanID, Flags: d.log.Flags, Time: l.Time, Observed: d.log.Observed,
		Severity: d.log.Severity, SeverityText: string(d.log.SeverityText), EventName: string(d.log.EventName),
		Body: d.log.Body.Decode(), Attributes: attributes(d.log.Attributes, 0), DroppedAttributes: d.log.DroppedAttributes,
	}
}

// Resource is the group's resource, nil for one that says nothing.
func (d *Decoder) Resource(g *Group) *trace.Resource {
	d.origin.ReadResource(g)
	o := &d.origin
	if len(o.Attributes) == 0 && o.DroppedAttributes == 0 && len(o.Schema) == 0 {
		return nil
	}
	return &trace.Resource{Attributes: attributes(o.Attributes, 0), DroppedAttributes: o.DroppedAttributes, SchemaURL: string(o.Schema)}
}

// Scope is the group's scope, nil for one that says nothing.
func (d *Decoder) Scope(g *Group) *trace.Scope {
	d.origin.ReadScope(g)
	o := &d.origin
	if len(o.Name) == 0 && len(o.Version) == 0 && len(o.Attributes) == 0 && o.DroppedAttributes == 0 && len(o.Schema) == 0 {
		return nil
	}
	return &trace.Scope{
		Name: string(o.Name), Version: string(o.Version), SchemaURL: string(o.Schema),
		Attributes: attributes(o.Attributes, 0), DroppedAttributes: o.DroppedAttributes,
	}
}

func attributes(pairs []KeyValue, depth int) []trace.KeyValue {
	if len(pairs) == 0 {
		return nil
	}
	out := make([]trace.KeyValue, len(pairs))
	for i := range pairs {
		out[i] = trace.KeyValue{Key: string(pairs[i].Key), Value: pairs[i].Value.decode(depth)}
	}
	return out
}

// Decode is the value. It shares nothing with its bytes.
func (v *Value) Decode() trace.Value { return v.decode(0) }

// decode is the value of one in so many lists and maps. Those nested deeper than
// the model allows are empty.
func (v *Value) decode(depth int) trace.Value {
	switch v.Kind {
	case trace.StringValue:
		return trace.String(string(v.Raw))
	case trace.BoolValue:
		return trace.Bool(v.Num != 0)
	case trace.IntValue:
		return trace.Int(int64(v.Num))
	case trace.FloatValue:
		return trace.Float(math.Float64frombits(v.Num))
	case trace.BytesValue:
		return trace.Bytes(v.Raw)
	case trace.ListValue, trace.MapValue:
		if depth < format.MaxValueDepth {
			return v.decodeMany(depth + 1)
		}
	}
	return trace.Value{}
}

// decodeMany reads the list or map of an AnyValue. One that was given in parts is
// merged, unless a value of another type stands between them.
func (v *Value) decodeMany(depth int) trace.Value {
	var list []trace.Value
	var pairs []trace.KeyValue
	for f := (fields{b: v.Raw}); f.next(); {
		switch f.tag {
		case anyList:
			for e := f.in(); e.next(); {
				if e.tag == elements {
					one := readValue(e.bytes)
					list = append(list, one.decode(depth))
				}
			}
		case anyMap:
			for e := f.in(); e.next(); {
				if e.tag == elements {
					one := appendPair(nil, e.bytes)
					pairs = append(pairs, trace.KeyValue{Key: string(one[0].Key), Value: one[0].Value.decode(depth)})
				}
			}
		}
		if !v.isOwn(f.tag) {
			list, pairs = list[:0], pairs[:0]
		}
	}
	if v.Kind == trace.ListValue {
		return trace.List(list...)
	}
	return trace.Map(pairs...)
}

// isOwn reports whether a field leaves the elements before it as they are: it is
// of the value's own type, or of none.
func (v *Value) isOwn(tag uint32) bool {
	switch tag {
	case anyList:
		return v.Kind == trace.ListValue
	case anyMap:
		return v.Kind == trace.MapValue
	case anyString, anyBool, anyInt, anyDouble, anyBytes, anyIndex:
		return false
	}
	return true
}
