// SPDX-License-Identifier: Apache-2.0

package format

import (
	"bufio"
	"io"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format/internal/jsonread"
)

// Documents reads the documents in which BlueKing APM stores spans, one object
// each: in an array, one per line, as hits of Elasticsearch ("_source") or its
// whole answer ("hits"), or as the member "spans" of an object.
//
// Their times are microseconds since 1970. Members:
// trace_id, span_id, start_time and end_time, without which a document is left
// out; parent_span_id, span_name, trace_state, kind, status {code, message},
// attributes and resource (objects), events [{name, timestamp, attributes}],
// links [{trace_id, span_id, trace_state, attributes}], is_virtual for
// [trace.Span.Inferred], and elapsed_time: what it exceeds end_time − start_time
// by becomes [trace.Span.Offset]. Others are skipped.
//
// Ids may be any text: see [trace.TraceIDOf] and [trace.SpanIDOf]. Attributes
// keep their order. Numbers that are spelled as integers of 64 bits are integers,
// others floats.
//
// Errors are as those of [Read], and name the index of the document and the
// member.
func Documents(r io.Reader) ([]trace.Span, error) {
	b, err := readOnly(r, documentForm)
	return b.Spans, err
}

// readOnly reads values of one form.
func readOnly(r io.Reader, only form) (*trace.Batch, error) {
	in, err := decompress(bufio.NewReaderSize(r, 1<<16))
	if err != nil {
		return &trace.Batch{}, err
	}
	return readJSON(in, only)
}

// documents reads a document, or what is around some.
func (d *decoder) documents() {
	if d.r.Next() == jsonread.Array {
		d.r.Array(func(int) { d.documents() })
		return
	}
	around := false
	look := *d.r
	look.Object(func(name string) {
		switch name {
		case "_source", "hits", "spans":
			around = true
			look.Stop()
		case "trace_id":
			look.Stop()
		}
	})
	if !around {
		d.addSpan(d.document)
		return
	}
	d.r.Object(func(name string) {
		switch name {
		case "_source", "hits", "spans":
			d.documents()
		}
	})
}

func (d *decoder) document(s *trace.Span) {
	var started, ended, timed bool
	var elapsed int64
	d.r.Object(func(name string) {
		switch name {
		case "trace_id":
			s.TraceID = trace.TraceIDOf(d.r.Text())
		case "span_id":
			s.ID = trace.SpanIDOf(d.r.Text())
		case "parent_span_id":
			s.Parent = trace.SpanIDOf(d.r.Text())
		case "span_name":
			s.Name = d.r.Name()
		case "start_time":
			started = d.r.Next() != jsonread.Null
			s.Start = d.time()
		case "end_time":
			ended = d.r.Next() != jsonread.Null
			s.End = d.time()
		case "elapsed_time":
			timed = d.r.Next() != jsonread.Null
			elapsed = d.micros()
		default:
			d.documentMember(name, s)
		}
	})
	d.require("trace_id", s.TraceID.IsZero())
	d.require("span_id", s.ID.IsZero())
	d.require("start_time", !started)
	d.require("end_time", !ended)
	if timed {
		s.Offset = d.difference(elapsed, s.Duration())
	}
}

// documentMember reads the members that are not of the span's place in its trace.
func (d *decoder) documentMember(name string, s *trace.Span) {
	switch name {
	case "kind":
		s.Kind = d.kind()
	case "status":
		d.r.Object(func(name string) { d.otlpStatus(name, &s.Status) })
	case "trace_state":
		s.State = d.r.Text()
	case "attributes":
		s.Attributes = d.members(0)
	case "resource":
		s.Resource = d.shared.resource(trace.Resource{Attributes: d.members(0)})
	case "events":
		d.r.Array(func(int) { s.Events = append(s.Events, d.documentEvent()) })
	case "links":
		d.r.Array(func(int) { s.Links = append(s.Links, d.documentLink()) })
	case "is_virtual":
		s.Inferred = d.r.Bool()
	}
}

func (d *decoder) documentEvent() (e trace.Event) {
	d.r.Object(func(name string) {
		switch name {
		case "name":
			e.Name = d.r.Name()
		case "timestamp":
			e.Time = d.time()
		case "attributes":
			e.Attributes = d.members(0)
		}
	})
	return e
}

func (d *decoder) documentLink() (l trace.Link) {
	d.r.Object(func(name string) {
		switch name {
		case "trace_id":
			l.TraceID = trace.TraceIDOf(d.r.Text())
		case "span_id":
			l.SpanID = trace.SpanIDOf(d.r.Text())
		case "trace_state":
			l.State = d.r.Text()
		case "attributes":
			l.Attributes = d.members(0)
		}
	})
	return l
}
