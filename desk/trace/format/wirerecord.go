// SPDX-License-Identifier: Apache-2.0

package format

import (
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// span reads a Span message, and keeps it if nothing in it was wrong.
func (d *wire) span(b []byte) {
	d.batch.Spans = append(d.batch.Spans, trace.Span{})
	s := &d.batch.Spans[len(d.batch.Spans)-1]
	from := len(d.pairs)
	d.each(b, func(f field) { d.spanField(f, s) })
	s.Attributes = d.take(from)
	d.named(s)
	if !d.good("span", s.Name) || d.broken != nil {
		d.batch.Spans = d.batch.Spans[:len(d.batch.Spans)-1]
	}
}

func (d *wire) spanField(f field, s *trace.Span) {
	switch f.tag {
	case 1<<3 | length:
		d.id(s.TraceID[:], f.bytes)
	case 2<<3 | length:
		d.id(s.ID[:], f.bytes)
	case 3<<3 | length:
		s.State = d.name(f.bytes)
	case 4<<3 | length:
		d.id(s.Parent[:], f.bytes)
	case 5<<3 | length:
		s.Name = d.name(f.bytes)
	case 6<<3 | varint:
		s.Kind = trace.Kind(f.bits)
	case 7<<3 | fixed64:
		s.Start = int64(f.bits)
	case 8<<3 | fixed64:
		s.End = int64(f.bits)
	case 16<<3 | fixed32:
		s.Flags = uint32(f.bits)
	case 15<<3 | length:
		d.each(f.bytes, func(f field) { d.statusField(f, &s.Status) })
	default:
		d.spanList(f, s)
	}
}

// spanList reads the fields of a span of which there may be many.
func (d *wire) spanList(f field, s *trace.Span) {
	switch f.tag {
	case 11<<3 | length:
		s.Events = append(s.Events, d.event(f.bytes))
	case 12<<3 | varint:
		s.DroppedEvents = uint32(f.bits)
	case 13<<3 | length:
		s.Links = append(s.Links, d.link(f.bytes))
	case 14<<3 | varint:
		s.DroppedLinks = uint32(f.bits)
	default:
		d.described(f, 9, &s.DroppedAttributes)
	}
}

func (d *wire) statusField(f field, s *trace.Status) {
	switch f.tag {
	case 2<<3 | length:
		s.Message = string(f.bytes)
	case 3<<3 | varint:
		s.Code = trace.StatusCode(f.bits)
	}
}

func (d *wire) event(b []byte) (e trace.Event) {
	from := len(d.pairs)
	d.each(b, func(f field) {
		switch f.tag {
		case 1<<3 | fixed64:
			e.Time = int64(f.bits)
		case 2<<3 | length:
			e.Name = d.name(f.bytes)
		default:
			d.described(f, 3, &e.DroppedAttributes)
		}
	})
	e.Attributes = d.take(from)
	return e
}

func (d *wire) link(b []byte) (l trace.Link) {
	from := len(d.pairs)
	d.each(b, func(f field) {
		switch f.tag {
		case 1<<3 | length:
			d.id(l.TraceID[:], f.bytes)
		case 2<<3 | length:
			d.id(l.SpanID[:], f.bytes)
		case 3<<3 | length:
			l.State = d.name(f.bytes)
		case 6<<3 | fixed32:
			l.Flags = uint32(f.bits)
		default:
			d.described(f, 4, &l.DroppedAttributes)
		}
	})
	l.Attributes = d.take(from)
	return l
}

// log reads a LogRecord message, like span.
func (d *wire) log(b []byte) {
	var l trace.Log
	from := len(d.pairs)
	d.each(b, func(f field) { d.logField(f, &l) })
	l.Attributes = d.take(from)
	if d.good("log record", l.EventName) && d.broken == nil {
		d.batch.Logs = append(d.batch.Logs, l)
	}
}

func (d *wire) logField(f field, l *trace.Log) {
	switch f.tag {
	case 1<<3 | fixed64:
		l.Time = int64(f.bits)
	case 2<<3 | varint:
		l.Severity = int32(f.bits)
	case 3<<3 | length:
		l.SeverityText = d.name(f.bytes)
	case 5<<3 | length:
		l.Body = d.value(f.bytes, l.Body, 0)
	case 8<<3 | fixed32:
		l.Flags = uint32(f.bits)
	case 9<<3 | length:
		d.id(l.TraceID[:], f.bytes)
	case 10<<3 | length:
		d.id(l.SpanID[:], f.bytes)
	case 11<<3 | fixed64:
		l.Observed = int64(f.bits)
	case 12<<3 | length:
		l.EventName = d.name(f.bytes)
	default:
		d.described(f, 6, &l.DroppedAttributes)
	}
}

// holdsLogs reports whether a message is LogsData and not TracesData. Both are
// alike down to their records: resources, scopes and records have these fields.
func holdsLogs(b []byte) bool {
	logs := false
	walk(b, func(number protowire.Number, kind protowire.Type) bool {
		switch number {
		case 1, 2: // trace_id, span_id; time_unix_nano, severity_number
			logs = kind != protowire.BytesType
			return true
		case 11: // events; observed_time_unix_nano
			logs = kind == protowire.Fixed64Type
			return true
		}
		return false
	}, 1, 2, 2)
	return logs
}

// walk calls decides for the fields of the messages at the end of a path of field
// numbers, until it is true. Bytes that are no message end it.
func walk(b []byte, decides func(protowire.Number, protowire.Type) bool, path ...protowire.Number) bool {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return false
		}
		size := protowire.ConsumeFieldValue(number, kind, b[n:])
		if size < 0 {
			return false
		}
		field := b[n : n+size]
		b = b[n+size:]
		switch {
		case len(path) == 0:
			if decides(number, kind) {
				return true
			}
		case number == path[0] && kind == protowire.BytesType:
			inner, _ := protowire.ConsumeBytes(field)
			if walk(inner, decides, path[1:]...) {
				return true
			}
		}
	}
	return false
}
