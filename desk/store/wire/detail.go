// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"encoding/binary"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// A SpanDetail is what a [Span] leaves in its bytes. It can be filled again, and
// is only valid until then; its zero value is ready.
type SpanDetail struct {
	State             []byte
	Flags             uint32
	StatusMessage     []byte
	DroppedAttributes uint32
	DroppedEvents     uint32
	DroppedLinks      uint32
	Attributes        []KeyValue
	Events            []Event
	Links             []Link

	pairs []KeyValue // of events and links
}

// An Event is one of a [SpanDetail].
type Event struct {
	Time              int64
	Name              []byte
	DroppedAttributes uint32

	from, to int
}

// A Link is one of a [SpanDetail].
type Link struct {
	TraceID           trace.TraceID
	SpanID            trace.SpanID
	State             []byte
	Flags             uint32
	DroppedAttributes uint32

	from, to int
}

// A LogDetail is what a [Log] leaves in its bytes, like [SpanDetail].
type LogDetail struct {
	Observed          int64
	Severity          int32
	SeverityText      []byte
	EventName         []byte
	Body              Value
	Flags             uint32
	DroppedAttributes uint32
	Attributes        []KeyValue
}

// An OriginDetail is what a [Group] leaves in its bytes: a resource or a scope,
// which has a name and a version. It is like [SpanDetail].
type OriginDetail struct {
	Name              []byte
	Version           []byte
	Schema            []byte
	DroppedAttributes uint32
	Attributes        []KeyValue
}

// EventAttributes are those of an event of d.
func (d *SpanDetail) EventAttributes(e *Event) []KeyValue { return d.pairs[e.from:e.to] }

// LinkAttributes are those of a link of d.
func (d *SpanDetail) LinkAttributes(l *Link) []KeyValue { return d.pairs[l.from:l.to] }

// Read fills d with what is in a span's bytes.
func (d *SpanDetail) Read(s *Span) {
	*d = SpanDetail{Attributes: d.Attributes[:0], Events: d.Events[:0], Links: d.Links[:0], pairs: d.pairs[:0]}
	for f := (fields{b: s.Raw}); f.next(); {
		switch f.tag {
		case spanState:
			d.State = f.bytes
		case spanFlags:
			d.Flags = uint32(f.num)
		case spanAttributes:
			d.Attributes = appendPair(d.Attributes, f.bytes)
		case spanDroppedAttributes:
			d.DroppedAttributes = uint32(f.num)
		case spanEvents:
			d.event(f.bytes)
		case spanDroppedEvents:
			d.DroppedEvents = uint32(f.num)
		case spanLinks:
			d.link(f.bytes)
		case spanDroppedLinks:
			d.DroppedLinks = uint32(f.num)
		case spanStatus:
			d.status(f.bytes)
		}
	}
}

func (d *SpanDetail) status(b []byte) {
	for f := (fields{b: b}); f.next(); {
		if f.tag == statusMessage {
			d.StatusMessage = f.bytes
		}
	}
}

func (d *SpanDetail) event(b []byte) {
	e := Event{from: len(d.pairs)}
	for f := (fields{b: b}); f.next(); {
		switch f.tag {
		case eventTime:
			e.Time = int64(f.num)
		case eventName:
			e.Name = f.bytes
		case eventAttributes:
			d.pairs = appendPair(d.pairs, f.bytes)
		case eventDropped:
			e.DroppedAttributes = uint32(f.num)
		}
	}
	e.to = len(d.pairs)
	d.Events = append(d.Events, e)
}

func (d *SpanDetail) link(b []byte) {
	l := Link{from: len(d.pairs)}
	for f := (fields{b: b}); f.next(); {
		switch f.tag {
		case linkTraceID:
			pad(l.TraceID[:], f.bytes)
		case linkSpanID:
			pad(l.SpanID[:], f.bytes)
		case linkState:
			l.State = f.bytes
		case linkAttributes:
			d.pairs = appendPair(d.pairs, f.bytes)
		case linkDropped:
			l.DroppedAttributes = uint32(f.num)
		case linkFlags:
			l.Flags = uint32(f.num)
		}
	}
	l.to = len(d.pairs)
	d.Links = append(d.Links, l)
}

// pad copies an id that was checked, padded on the left.
func pad(into, id []byte) {
	clear(into)
	copy(into[max(len(into)-len(id), 0):], id)
}

// Read fills d with what is in a log record's bytes.
func (d *LogDetail) Read(l *Log) {
	*d = LogDetail{Attributes: d.Attributes[:0]}
	var body joined
	for f := (fields{b: l.Raw}); f.next(); {
		switch f.tag {
		case logObserved:
			d.Observed = int64(f.num)
		case logSeverity:
			d.Severity = int32(f.num)
		case logSeverityText:
			d.SeverityText = f.bytes
		case logEventName:
			d.EventName = f.bytes
		case logBody:
			body.add(f.bytes)
		case logAttributes:
			d.Attributes = appendPair(d.Attributes, f.bytes)
		case logDropped:
			d.DroppedAttributes = uint32(f.num)
		case logFlags:
			d.Flags = uint32(f.num)
		}
	}
	d.Body = readValue(body.bytes)
}

// ReadResource fills d with a group's resource.
func (d *OriginDetail) ReadResource(g *Group) {
	*d = OriginDetail{Attributes: d.Attributes[:0], Schema: g.ResourceSchema}
	for f := (fields{b: g.Resource}); f.next(); {
		switch f.tag {
		case resourceAttributes:
			d.Attributes = appendPair(d.Attributes, f.bytes)
		case resourceDropped:
			d.DroppedAttributes = uint32(f.num)
		}
	}
}

// ReadScope fills d with a group's scope.
func (d *OriginDetail) ReadScope(g *Group) {
	*d = OriginDetail{Attributes: d.Attributes[:0], Schema: g.ScopeSchema}
	for f := (fields{b: g.Scope}); f.next(); {
		switch f.tag {
		case scopeName:
			d.Name = f.bytes
		case scopeVersion:
			d.Version = f.bytes
		case scopeAttributes:
			d.Attributes = appendPair(d.Attributes, f.bytes)
		case scopeDropped:
			d.DroppedAttributes = uint32(f.num)
		}
	}
}

// A KeyValue is an attribute.
type KeyValue struct {
	Key   []byte
	Value Value
}

// plainPair reads a KeyValue as all known encoders write those that are short and
// neither lists nor maps: key before value, each once, lengths of one byte.
func plainPair(b []byte, kv *KeyValue) bool {
	if len(b) < 4 || b[0] != pairKey || b[1] >= 0x80 || int(b[1])+4 > len(b) {
		return false
	}
	key, v := b[2:2+b[1]], b[2+b[1]:]
	if v[0] != pairValue || v[1] >= 0x80 || int(v[1]) != len(v)-2 {
		return false
	}
	kv.Key = key
	return plainValue(v[2:], &kv.Value)
}

func plainValue(b []byte, v *Value) bool {
	if len(b) < 2 {
		return false
	}
	switch b[0] {
	case anyString:
		v.Kind, v.Raw = trace.StringValue, b[2:]
		return b[1] < 0x80 && int(b[1]) == len(b)-2
	case anyInt:
		num, n := binary.Uvarint(b[1:])
		v.Kind, v.Num = trace.IntValue, num
		return n == len(b)-1
	case anyBool:
		v.Kind, v.Num = trace.BoolValue, uint64(min(b[1], 1))
		return len(b) == 2 && b[1] < 0x80
	}
	return false
}

// appendPair reads a KeyValue.
func appendPair(pairs []KeyValue, b []byte) []KeyValue {
	pairs = append(pairs, KeyValue{})
	kv := &pairs[len(pairs)-1]
	if plainPair(b, kv) {
		return pairs
	}
	*kv = KeyValue{}
	var value joined
	for f := (fields{b: b}); f.next(); {
		switch f.tag {
		case pairKey:
			kv.Key = f.bytes
		case pairValue:
			value.add(f.bytes)
		}
	}
	kv.Value = readValue(value.bytes)
	return pairs
}

// A Value is an AnyValue.
type Value struct {
	Kind trace.ValueKind
	Num  uint64 // of a boolean, an integer, or the bits of a float
	Raw  []byte // of a string or bytes; the AnyValue message of a list or map
}

func readValue(b []byte) (v Value) {
	for f := (fields{b: b}); f.next(); {
		switch f.tag {
		case anyString:
			v = Value{Kind: trace.StringValue, Raw: f.bytes}
		case anyBool:
			v = Value{Kind: trace.BoolValue, Num: min(f.num, 1)}
		case anyInt:
			v = Value{Kind: trace.IntValue, Num: f.num}
		case anyDouble:
			v = Value{Kind: trace.FloatValue, Num: f.num}
		case anyBytes:
			v = Value{Kind: trace.BytesValue, Raw: f.bytes}
		case anyList:
			v = Value{Kind: trace.ListValue, Raw: b}
		case anyMap:
			v = Value{Kind: trace.MapValue, Raw: b}
		case anyIndex:
			v = Value{}
		}
	}
	return v
}

// AppendValue appends the AnyValue message of a value.
func AppendValue(b []byte, v *Value) []byte {
	switch v.Kind {
	case trace.StringValue:
		return append(binary.AppendUvarint(append(b, anyString), uint64(len(v.Raw))), v.Raw...)
	case trace.BytesValue:
		return append(binary.AppendUvarint(append(b, anyBytes), uint64(len(v.Raw))), v.Raw...)
	case trace.BoolValue:
		return binary.AppendUvarint(append(b, anyBool), v.Num)
	case trace.IntValue:
		return binary.AppendUvarint(append(b, anyInt), v.Num)
	case trace.FloatValue:
		return binary.LittleEndian.AppendUint64(append(b, anyDouble), v.Num)
	case trace.ListValue, trace.MapValue:
		return append(b, v.Raw...)
	}
	return b
}

// ReadValue reads an AnyValue message, as [AppendValue] makes it.
func ReadValue(b []byte) Value { return readValue(b) }
