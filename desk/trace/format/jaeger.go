// SPDX-License-Identifier: Apache-2.0

package format

import (
	"encoding/base64"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format/internal/jsonread"
)

// Jaeger reads the JSON of Jaeger's user interface and of its first query API: an
// answer with traces in "data", a trace, or an array of traces. (What the third
// version of the API answers is OTLP, which [Read] reads.)
//
// Process tags are the attributes of the resource, after service.name unless they
// have one. The reference CHILD_OF to a span of the same trace is the parent; a
// second one, and FOLLOWS_FROM, are links. Tags of OpenTelemetry (span.kind,
// error, otel.status_code, otel.status_description, w3c.tracestate,
// otel.scope.name and otel.scope.version, the counts of what was dropped) become
// what they stand for; the field "event" of a log is the name of the event.
// Warnings are skipped. Times are microseconds.
//
// Errors are as those of [Read].
func Jaeger(r io.Reader) ([]trace.Span, error) {
	b, err := readOnly(r, jaegerForm)
	return b.Spans, err
}

// jaegerTop reads an answer or a trace. The processes may come after the spans
// that name them.
func (d *decoder) jaegerTop() {
	var owners []owner
	processes := map[string]*trace.Resource{}
	d.r.Object(func(name string) {
		switch name {
		case "data":
			d.jaegerData()
		case "spans":
			d.r.Array(func(int) {
				o := owner{span: len(d.batch.Spans)}
				if d.addSpan(func(s *trace.Span) { o.processID = d.jaegerSpan(s) }) {
					owners = append(owners, o)
				}
			})
		case "processes":
			d.r.Object(func(id string) { processes[id] = d.jaegerProcess() })
		}
	})
	for _, o := range owners {
		if s := &d.batch.Spans[o.span]; s.Resource == nil {
			s.Resource = processes[o.processID]
		}
	}
}

// An owner is the process that a span of the batch names.
type owner struct {
	span      int
	processID string
}

// jaegerData reads traces, or one.
func (d *decoder) jaegerData() {
	if d.r.Next() == jsonread.Object {
		d.jaegerTop()
		return
	}
	d.r.Array(func(int) { d.jaegerTop() })
}

func (d *decoder) jaegerProcess() *trace.Resource {
	var service string
	var attrs []trace.KeyValue
	d.r.Object(func(name string) {
		switch name {
		case "serviceName":
			service = d.r.Name()
		case "tags":
			attrs = d.jaegerTags()
		}
	})
	if _, named := trace.Lookup(attrs, serviceName); !named && service != "" {
		attrs = append([]trace.KeyValue{{Key: serviceName, Value: trace.String(service)}}, attrs...)
	}
	return d.shared.resource(trace.Resource{Attributes: attrs})
}

const serviceName = "service.name"

// A reference of Jaeger to another span.
type reference struct {
	child bool // CHILD_OF, otherwise FOLLOWS_FROM
	link  trace.Link
}

// jaegerSpan reads a span. It returns the name of its process.
func (d *decoder) jaegerSpan(s *trace.Span) (processID string) {
	var references []reference
	var start, duration int64
	d.r.Object(func(name string) {
		switch name {
		case "traceID":
			s.TraceID = d.traceID()
		case "spanID":
			s.ID = d.spanID()
		case "parentSpanID":
			s.Parent = d.spanID()
		case "flags":
			s.Flags = d.r.Count()
		case "operationName":
			s.Name = d.r.Name()
		case "references":
			d.r.Array(func(int) { references = append(references, d.jaegerReference()) })
		case "startTime":
			start, _ = d.scaled(maxMicros)
		case "duration":
			duration, _ = d.scaled(maxMicros)
		case "tags":
			s.Attributes = d.jaegerTags()
		case "logs":
			d.r.Array(func(int) { s.Events = append(s.Events, d.jaegerLog()) })
		case "processID":
			processID = d.r.Name()
		case "process":
			s.Resource = d.jaegerProcess()
		}
	})
	d.require("traceID", s.TraceID.IsZero())
	d.require("spanID", s.ID.IsZero())
	d.period(s, start, duration)
	refer(s, references)
	d.untag(s)
	return processID
}

// maxMicros is the most microseconds that the nanoseconds of OTLP hold.
const maxMicros = math.MaxUint64 / 1000

// period sets the times of a span from microseconds, which are wrapped like those
// of OTLP.
func (d *decoder) period(s *trace.Span, start, duration int64) {
	end := start + duration
	if start < 0 || end < 0 || end > maxMicros {
		d.r.Fail("a start at %d µs and a duration of %d µs are before 1970 or after 2554", start, duration)
		return
	}
	s.Start, s.End = int64(uint64(start)*1000), int64(uint64(end)*1000)
}

func (d *decoder) jaegerReference() (r reference) {
	r.child = true
	d.r.Object(func(name string) {
		switch name {
		case "refType":
			r.child = d.r.Name() != "FOLLOWS_FROM"
		case "traceID":
			r.link.TraceID = d.traceID()
		case "spanID":
			r.link.SpanID = d.spanID()
		}
	})
	return r
}

// refer makes a parent and links of references. A parent among them comes before
// the deprecated member.
func refer(s *trace.Span, references []reference) {
	found := false
	for _, r := range references {
		if r.child && !found && r.link.TraceID == s.TraceID {
			found = true
			s.Parent = r.link.SpanID
			continue
		}
		s.Links = append(s.Links, r.link)
	}
}

func (d *decoder) jaegerLog() (e trace.Event) {
	var fields []trace.KeyValue
	d.r.Object(func(name string) {
		switch name {
		case "timestamp":
			e.Time = d.time()
		case "fields":
			fields = d.jaegerTags()
		}
	})
	named := false
	for _, kv := range fields {
		switch {
		case kv.Key == fieldEvent && !named:
			named = true
			e.Name = kv.Value.String()
		case kv.Key == fieldDroppedAttributes && untagCount(kv.Value, &e.DroppedAttributes):
		default:
			e.Attributes = append(e.Attributes, kv)
		}
	}
	return e
}

func (d *decoder) jaegerTags() []trace.KeyValue {
	from := len(d.pairs)
	d.r.Array(func(int) {
		var kv trace.KeyValue
		var kind string
		d.r.Object(func(name string) {
			switch name {
			case "key":
				kv.Key = d.r.Name()
			case "type":
				kind = d.r.Name()
			case "value":
				kv.Value = d.plain(0)
			}
		})
		v, ok := typed(kv.Value, strings.ToLower(kind))
		if !ok {
			d.r.Fail("the tag %.64q has the type %.16q and the value %.32q", kv.Key, kind, kv.Value.String())
		}
		kv.Value = v
		d.pairs = append(d.pairs, kv)
	})
	return d.take(from)
}

// typed makes a value of the type that a tag says. Elasticsearch's copies of
// Jaeger's tags have all values as strings.
func typed(v trace.Value, kind string) (trace.Value, bool) {
	switch text := v.String(); kind {
	case "string":
		return trace.String(text), true
	case "bool":
		return trace.Bool(text == "true"), text == "true" || text == "false"
	case "int64":
		n, ok := jsonread.ParseInt(text)
		return trace.Int(n), ok
	case "float64":
		f, err := strconv.ParseFloat(text, 64)
		return trace.Float(f), err == nil
	case "binary":
		b, err := base64.StdEncoding.DecodeString(text)
		return trace.Bytes(b), err == nil
	}
	return v, true
}
