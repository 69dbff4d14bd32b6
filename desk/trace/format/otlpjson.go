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

// OTLPJSON reads OTLP in JSON, as [Read] does, and no other format: for input that
// is known to be that, such as the body of a request.
//
// Members may be spelled in camel case or as in protobuf; ids in hex or, as Tempo
// writes them, in base64; kinds, status codes and severities as numbers or names;
// times and integers as numbers or strings. Scopes may be instrumentation
// libraries, as they were called before version 0.15 of the protocol. Metrics and
// profiles are skipped.
func OTLPJSON(r io.Reader) (*trace.Batch, error) { return readOnly(r, otlpForm) }

// otlpTop reads a member of the object around OTLP: of a TracesData or LogsData
// message, of one of Tempo ("batches", and "trace" around the message) or Jaeger
// ("result").
func (d *decoder) otlpTop(name string) {
	switch name {
	case "resourceSpans", "resource_spans", "batches", "resourceLogs", "resource_logs":
		d.r.Array(func(int) { d.otlpResource() })
	case "trace", "result":
		d.r.Object(d.otlpTop)
	}
}

// otlpResource reads a ResourceSpans or ResourceLogs message. Its members may
// come in any order.
func (d *decoder) otlpResource() {
	var resource trace.Resource
	spans, logs := len(d.batch.Spans), len(d.batch.Logs)
	d.r.Object(func(name string) {
		switch name {
		case "resource":
			d.r.Object(func(name string) { d.described(name, &resource.Attributes, &resource.DroppedAttributes) })
		case "schemaUrl", "schema_url":
			resource.SchemaURL = d.r.Text()
		case "scopeSpans", "scope_spans", "instrumentationLibrarySpans", "instrumentation_library_spans",
			"scopeLogs", "scope_logs", "instrumentationLibraryLogs", "instrumentation_library_logs":
			d.r.Array(func(int) { d.otlpScope() })
		}
	})
	if len(d.batch.Spans) == spans && len(d.batch.Logs) == logs {
		return
	}
	shared := d.shared.resource(resource)
	setOrigin(d.batch, spans, logs, func(r **trace.Resource, _ **trace.Scope) { *r = shared })
}

// otlpScope reads a ScopeSpans or ScopeLogs message.
func (d *decoder) otlpScope() {
	var scope trace.Scope
	spans, logs := len(d.batch.Spans), len(d.batch.Logs)
	d.r.Object(func(name string) {
		switch name {
		case "scope", "instrumentationLibrary", "instrumentation_library":
			d.r.Object(func(name string) { d.otlpScopeMember(name, &scope) })
		case "schemaUrl", "schema_url":
			scope.SchemaURL = d.r.Text()
		case "spans":
			d.r.Array(func(int) { d.addSpan(d.otlpSpan) })
		case "logRecords", "log_records", "logs":
			d.r.Array(func(int) { d.otlpLog() })
		}
	})
	shared := d.shared.scope(scope)
	setOrigin(d.batch, spans, logs, func(_ **trace.Resource, s **trace.Scope) { *s = shared })
}

func (d *decoder) otlpScopeMember(name string, scope *trace.Scope) {
	switch name {
	case "name":
		scope.Name = d.r.Text()
	case "version":
		scope.Version = d.r.Text()
	default:
		d.described(name, &scope.Attributes, &scope.DroppedAttributes)
	}
}

// described reads the two members that everything with attributes has.
func (d *decoder) described(name string, attrs *[]trace.KeyValue, dropped *uint32) {
	switch name {
	case "attributes":
		*attrs = d.otlpAttributes(0)
	case "droppedAttributesCount", "dropped_attributes_count":
		*dropped = d.r.Count()
	}
}

func (d *decoder) otlpSpan(s *trace.Span) {
	d.r.Object(func(name string) {
		switch name {
		case "traceId", "trace_id":
			s.TraceID = d.traceID()
		case "spanId", "span_id":
			s.ID = d.spanID()
		case "parentSpanId", "parent_span_id":
			s.Parent = d.spanID()
		case "traceState", "trace_state":
			s.State = d.r.Text()
		case "flags":
			s.Flags = d.r.Count()
		case "name":
			s.Name = d.r.Name()
		case "kind":
			s.Kind = d.kind()
		case "startTimeUnixNano", "start_time_unix_nano":
			s.Start = d.r.Int()
		case "endTimeUnixNano", "end_time_unix_nano":
			s.End = d.r.Int()
		case "status":
			d.r.Object(func(name string) { d.otlpStatus(name, &s.Status) })
		default:
			d.otlpSpanList(name, s)
		}
	})
	d.require("traceId", s.TraceID.IsZero())
	d.require("spanId", s.ID.IsZero())
}

// otlpSpanList reads the members of a span of which there may be many.
func (d *decoder) otlpSpanList(name string, s *trace.Span) {
	switch name {
	case "events":
		d.r.Array(func(int) { s.Events = append(s.Events, d.otlpEvent()) })
	case "droppedEventsCount", "dropped_events_count":
		s.DroppedEvents = d.r.Count()
	case "links":
		d.r.Array(func(int) { s.Links = append(s.Links, d.otlpLink()) })
	case "droppedLinksCount", "dropped_links_count":
		s.DroppedLinks = d.r.Count()
	default:
		d.described(name, &s.Attributes, &s.DroppedAttributes)
	}
}

func (d *decoder) otlpEvent() (e trace.Event) {
	d.r.Object(func(name string) {
		switch name {
		case "timeUnixNano", "time_unix_nano":
			e.Time = d.r.Int()
		case "name":
			e.Name = d.r.Name()
		default:
			d.described(name, &e.Attributes, &e.DroppedAttributes)
		}
	})
	return e
}

func (d *decoder) otlpLink() (l trace.Link) {
	d.r.Object(func(name string) {
		switch name {
		case "traceId", "trace_id":
			l.TraceID = d.traceID()
		case "spanId", "span_id":
			l.SpanID = d.spanID()
		case "traceState", "trace_state":
			l.State = d.r.Text()
		case "flags":
			l.Flags = d.r.Count()
		default:
			d.described(name, &l.Attributes, &l.DroppedAttributes)
		}
	})
	return l
}

func (d *decoder) otlpStatus(name string, s *trace.Status) {
	switch name {
	case "code":
		s.Code = d.statusCode()
	case "message":
		s.Message = d.r.Text()
	}
}

// otlpLog reads a LogRecord message.
func (d *decoder) otlpLog() {
	var l trace.Log
	before := d.r.Problems()
	d.r.Object(func(name string) {
		switch name {
		case "timeUnixNano", "time_unix_nano":
			l.Time = d.r.Int()
		case "observedTimeUnixNano", "observed_time_unix_nano":
			l.Observed = d.r.Int()
		case "severityNumber", "severity_number":
			l.Severity = d.severity()
		case "severityText", "severity_text":
			l.SeverityText = d.r.Name()
		case "eventName", "event_name":
			l.EventName = d.r.Name()
		case "body":
			l.Body = d.otlpValue(0)
		case "traceId", "trace_id":
			l.TraceID = d.traceID()
		case "spanId", "span_id":
			l.SpanID = d.spanID()
		case "flags":
			l.Flags = d.r.Count()
		default:
			d.described(name, &l.Attributes, &l.DroppedAttributes)
		}
	})
	if d.r.Problems() == before {
		d.batch.Logs = append(d.batch.Logs, l)
	}
}

// otlpAttributes reads a list of KeyValue messages that stands in so many lists
// and maps.
func (d *decoder) otlpAttributes(depth int) []trace.KeyValue {
	from := len(d.pairs)
	d.r.Array(func(int) {
		var kv trace.KeyValue
		d.r.Object(func(name string) {
			switch name {
			case "key":
				kv.Key = d.r.Name()
			case "value":
				kv.Value = d.otlpValue(depth)
			}
		})
		d.pairs = append(d.pairs, kv)
	})
	return d.take(from)
}

// otlpValue reads an AnyValue message. One without a member that is known is an
// empty value.
func (d *decoder) otlpValue(depth int) (v trace.Value) {
	d.r.Object(func(name string) {
		switch name {
		case "stringValue", "string_value":
			v = trace.String(d.r.Text())
		case "boolValue", "bool_value":
			v = trace.Bool(d.r.Bool())
		case "intValue", "int_value":
			v = trace.Int(d.r.Int())
		case "doubleValue", "double_value":
			v = trace.Float(d.r.Float())
		case "bytesValue", "bytes_value":
			v = trace.Bytes(d.base64())
		case "arrayValue", "array_value":
			v = d.otlpCompound(depth+1, false)
		case "kvlistValue", "kvlist_value":
			v = d.otlpCompound(depth+1, true)
		}
	})
	return v
}

// otlpCompound reads an ArrayValue or KeyValueList message.
func (d *decoder) otlpCompound(depth int, isMap bool) trace.Value {
	if depth > MaxValueDepth {
		d.r.Fail("values are nested in more than %d levels", MaxValueDepth)
		return trace.Value{}
	}
	var list []trace.Value
	var attrs []trace.KeyValue
	d.r.Object(func(name string) {
		switch {
		case name != "values":
		case isMap:
			attrs = d.otlpAttributes(depth)
		default:
			d.r.Array(func(int) { list = append(list, d.otlpValue(depth)) })
		}
	})
	if isMap {
		return trace.Map(attrs...)
	}
	return trace.List(list...)
}

// base64 reads bytes in either alphabet, padded or not.
func (d *decoder) base64() []byte {
	text := strings.TrimRight(d.r.Text(), "=")
	coding := base64.RawStdEncoding
	if strings.ContainsAny(text, "-_") {
		coding = base64.RawURLEncoding
	}
	b, err := coding.DecodeString(text)
	if err != nil {
		d.r.Fail("want base64, got %.32q", text)
	}
	return b
}

func (d *decoder) traceID() trace.TraceID {
	id, err := trace.ParseTraceID(d.r.Text())
	if err != nil {
		d.r.Fail("%w", err)
	}
	return id
}

func (d *decoder) spanID() trace.SpanID {
	id, err := trace.ParseSpanID(d.r.Text())
	if err != nil {
		d.r.Fail("%w", err)
	}
	return id
}

// kind reads the kind of a span: a number, or a name in any of the spellings of
// OTLP, Jaeger and Elasticsearch.
func (d *decoder) kind() trace.Kind {
	n, ok := enum(d.r, "SPAN_KIND_", func(n int32) string { return trace.Kind(n).String() }, int32(trace.Consumer))
	if !ok {
		d.r.Fail("want a number, or one of unspecified, internal, server, client, producer, consumer")
	}
	return trace.Kind(n)
}

// statusCode reads the code of a status, like kind.
func (d *decoder) statusCode() trace.StatusCode {
	n, ok := enum(d.r, "STATUS_CODE_", func(n int32) string { return trace.StatusCode(n).String() }, int32(trace.Error))
	if !ok {
		d.r.Fail("want a number, or one of unset, ok, error")
	}
	return trace.StatusCode(n)
}

// severity reads the SeverityNumber of a log record. Each name stands for four
// numbers: SEVERITY_NUMBER_WARN is 13, SEVERITY_NUMBER_WARN2 is 14.
func (d *decoder) severity() int32 {
	names := []string{"trace", "debug", "info", "warn", "error", "fatal"}
	n, ok := enum(d.r, "SEVERITY_NUMBER_", func(n int32) string {
		if n == 0 {
			return "unspecified"
		}
		name, rank := names[(n-1)/4], (n-1)%4
		if rank == 0 {
			return name
		}
		return name + strconv.Itoa(int(rank)+1)
	}, 24)
	if !ok {
		d.r.Fail("want a number, or trace, debug, info, warn, error or fatal with 2, 3, 4 or nothing after it")
	}
	return n
}

// enum reads an enumeration of OTLP: any number of 32 bits, as a number or in a
// string, or the name of one from 0 to last with or without its prefix, in any
// case.
func enum(r *jsonread.Reader, prefix string, name func(int32) string, last int32) (int32, bool) {
	text := r.Text()
	if text == "" {
		return 0, true
	}
	if n, ok := jsonread.ParseInt(text); ok {
		return int32(n), n >= math.MinInt32 && n <= math.MaxInt32
	}
	text = strings.TrimPrefix(strings.ToUpper(text), prefix)
	for n := range last + 1 {
		if strings.EqualFold(name(n), text) {
			return n, true
		}
	}
	return 0, false
}
