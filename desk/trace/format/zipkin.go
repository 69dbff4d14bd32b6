// SPDX-License-Identifier: Apache-2.0

package format

import (
	"io"
	"strconv"
	"strings"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format/internal/jsonread"
)

// Zipkin reads the JSON of Zipkin's second API: an array of spans, or of arrays of
// spans, one for each trace.
//
// The translation is that of OpenTelemetry ("OpenTelemetry to Zipkin
// Transformation", and pkg/translator/zipkin of its Collector) with the names of
// today's semantic conventions: the name of the local endpoint is the resource's
// service.name, and its address and port are the span's network.local.address
// and network.local.port; those of the remote endpoint are peer.service,
// network.peer.address and network.peer.port, where no tag says so already. Of
// two addresses the one of IPv4 is taken. Tags are attributes of text, but for
// those of OpenTelemetry, as [Jaeger] reads them. Every tag "error" but "false" is
// an error, and its text the message, unless that is "true". An annotation is an
// event, with attributes if its value is of the form that OpenTelemetry writes:
// "name": {…}, or that of its Collector: name|{…}|0. A span without a kind is
// internal. A span without a timestamp begins with its first annotation.
//
// Client and server may share the id of a span (B3 propagation). Here the server
// gets an id of its own, if the other side is in the file too: the
// [trace.SpanID.Derived] of the one they share, which becomes its parent. A server
// is a span with "shared", or one of kind SERVER beside one of kind CLIENT. Of the
// children of the id, those that are of the server's service become the server's;
// if the client is of the same service, those that begin no earlier than the
// server. Of several servers of one service, children belong to the one that
// began last before them.
//
// Errors are as those of [Read].
func Zipkin(r io.Reader) ([]trace.Span, error) {
	b, err := readOnly(r, zipkinForm)
	return b.Spans, err
}

// A zipkinSpan is what is needed of a span after all are read.
type zipkinSpan struct {
	span    int // in the batch
	service string
	shared  bool
}

// An endpoint is one side of a span.
type endpoint struct {
	service, ipv4, ipv6 string
	port                int64
}

func (d *decoder) zipkinSpan() {
	z := zipkinSpan{span: len(d.batch.Spans)}
	if d.addSpan(func(s *trace.Span) { d.zipkinMembers(s, &z) }) {
		d.zipkin = append(d.zipkin, z)
	}
}

func (d *decoder) zipkinMembers(s *trace.Span, z *zipkinSpan) {
	var local, remote endpoint
	var start, duration int64
	hasStart := false
	s.Kind = trace.Internal
	d.r.Object(func(name string) {
		switch name {
		case "traceId":
			s.TraceID = d.traceID()
		case "id":
			s.ID = d.spanID()
		case "parentId":
			s.Parent = d.spanID()
		case "name":
			s.Name = d.r.Name()
		case "kind":
			d.zipkinKind(&s.Kind)
		case "timestamp":
			start, hasStart = d.scaled(maxMicros)
		case "duration":
			duration, _ = d.scaled(maxMicros)
		case "localEndpoint":
			local = d.zipkinEndpoint()
		case "remoteEndpoint":
			remote = d.zipkinEndpoint()
		case "annotations":
			d.r.Array(func(int) { s.Events = append(s.Events, d.zipkinAnnotation()) })
		case "tags":
			s.Attributes = d.zipkinTags()
		case "shared":
			z.shared = d.r.Bool()
		}
	})
	d.require("traceId", s.TraceID.IsZero())
	d.require("id", s.ID.IsZero())
	if s.Parent == s.ID {
		s.Parent = trace.SpanID{}
	}
	if !hasStart || start == 0 {
		start = firstMicros(s.Events)
	}
	d.period(s, start, duration)
	d.zipkinTagged(s, local, remote)
	z.service = strings.ToLower(local.service)
}

// zipkinTagged makes what they stand for of tags, and attributes of endpoints.
func (d *decoder) zipkinTagged(s *trace.Span, local, remote endpoint) {
	status := takeError(s)
	d.untag(s)
	if status.Code == trace.Error {
		s.Status.Code = trace.Error
		if status.Message != "" {
			s.Status.Message = status.Message
		}
	}
	if local.service != "" {
		s.Resource = d.shared.resource(trace.Resource{Attributes: []trace.KeyValue{{Key: serviceName, Value: trace.String(local.service)}}})
	}
	if remote.service != "" {
		add(s, "peer.service", trace.String(remote.service))
	}
	remote.address(s, "network.peer.")
	local.address(s, "network.local.")
}

// takeError removes the tag "error".
func takeError(s *trace.Span) (status trace.Status) {
	for i, kv := range s.Attributes {
		if kv.Key != tagError {
			continue
		}
		s.Attributes = append(s.Attributes[:i], s.Attributes[i+1:]...)
		switch text := kv.Value.Str(); text {
		case "false":
		case "true":
			status.Code = trace.Error
		default:
			status = trace.Status{Code: trace.Error, Message: text}
		}
		break
	}
	return status
}

func (e endpoint) address(s *trace.Span, prefix string) {
	ip := e.ipv4
	if ip == "" {
		ip = e.ipv6
	}
	if ip != "" {
		add(s, prefix+"address", trace.String(ip))
	}
	if e.port != 0 {
		add(s, prefix+"port", trace.Int(e.port))
	}
}

// add adds an attribute unless the span has it.
func add(s *trace.Span, key string, v trace.Value) {
	if _, has := s.Attribute(key); !has {
		s.Attributes = append(s.Attributes, trace.KeyValue{Key: key, Value: v})
	}
}

func (d *decoder) zipkinKind(kind *trace.Kind) {
	if text := d.r.Text(); text != "" && !untagKind(text, kind) {
		d.r.Fail("want CLIENT, SERVER, PRODUCER or CONSUMER, got %.32q", text)
	}
}

func (d *decoder) zipkinEndpoint() (e endpoint) {
	d.r.Object(func(name string) {
		switch name {
		case "serviceName":
			e.service = d.r.Name()
		case "ipv4":
			e.ipv4 = d.r.Name()
		case "ipv6":
			e.ipv6 = d.r.Name()
		case "port":
			e.port = d.r.Int()
		}
	})
	return e
}

func (d *decoder) zipkinTags() []trace.KeyValue {
	from := len(d.pairs)
	d.r.Object(func(name string) {
		d.pairs = append(d.pairs, trace.KeyValue{Key: name, Value: trace.String(d.r.Text())})
	})
	return d.take(from)
}

func (d *decoder) zipkinAnnotation() (e trace.Event) {
	var value string
	d.r.Object(func(name string) {
		switch name {
		case "timestamp":
			e.Time = d.time()
		case "value":
			value = d.r.Text()
		}
	})
	if !annotated(&e, value) {
		e.Name = value
	}
	return e
}

// annotated reads the value of an annotation in the two forms that have
// attributes, and reports whether it is one.
func annotated(e *trace.Event, value string) bool {
	if strings.HasPrefix(value, `"`) {
		return annotation(e, "{"+value+"}")
	}
	name, rest, _ := strings.Cut(value, "|")
	i := strings.LastIndexByte(rest, '|')
	if i < 0 || !strings.HasPrefix(rest, "{") {
		return false
	}
	dropped, err := strconv.ParseUint(rest[i+1:], 10, 32)
	if err != nil || !annotation(e, "{"+strconv.Quote("")+":"+rest[:i]+"}") {
		return false
	}
	e.Name, e.DroppedAttributes = name, uint32(dropped)
	return true
}

// annotation reads an object of one member, an object.
func annotation(e *trace.Event, text string) bool {
	d := decoder{r: &jsonread.Reader{}}
	d.r.Reset([]byte(text), 1, -1)
	members := 0
	var name string
	var attrs []trace.KeyValue
	d.r.Object(func(member string) {
		members++
		name, attrs = member, d.members(0)
	})
	d.r.End()
	if members != 1 || d.r.Problems() > 0 {
		return false
	}
	e.Name, e.Attributes = name, attrs
	return true
}

// firstMicros is when the first event was, in microseconds, 0 without events.
func firstMicros(events []trace.Event) int64 {
	var first uint64
	for i := range events {
		if t := uint64(events[i].Time); i == 0 || t < first {
			first = t
		}
	}
	return int64(first / 1000)
}
