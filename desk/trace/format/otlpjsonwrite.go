// SPDX-License-Identifier: Apache-2.0

package format

import (
	"encoding/base64"
	"math"
	"strconv"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/internal/jsontext"
)

// AppendOTLPJSON appends a batch as one object on one line, without its end, in
// the JSON encoding of OTLP (OTLP specification, "JSON Protobuf Encoding"): ids
// in hex, enumerations as numbers, integers of 64 bits as strings, grouped like
// [ToTraces]. Its members are resourceSpans, unless there are only log records,
// and resourceLogs if there are any, so that it is a TracesData or a LogsData
// message, or both. Bytes of texts that are no UTF-8 become U+FFFD.
func AppendOTLPJSON(b []byte, batch *trace.Batch) []byte {
	w := jsonWriter{b: append(b, '{')}
	if len(batch.Spans) > 0 || len(batch.Logs) == 0 {
		w.groups("resourceSpans", "scopeSpans", "spans", spanRuns(batch.Spans), func(i int) { w.span(&batch.Spans[i]) })
	}
	if len(batch.Logs) > 0 {
		w.groups("resourceLogs", "scopeLogs", "logRecords", logRuns(batch.Logs), func(i int) { w.log(&batch.Logs[i]) })
	}
	return append(w.b, '}')
}

// A jsonWriter appends members and elements. Its methods that take a name append
// nothing for the default of proto3.
type jsonWriter struct{ b []byte }

// separate appends a comma unless a bracket was just opened.
func (w *jsonWriter) separate() {
	switch w.b[len(w.b)-1] {
	case '{', '[', ':':
	default:
		w.b = append(w.b, ',')
	}
}

func (w *jsonWriter) name(name string) {
	w.separate()
	w.b = append(append(append(w.b, '"'), name...), `":`...)
}

func (w *jsonWriter) text(name, s string) {
	if s != "" {
		w.name(name)
		w.b = jsontext.AppendString(w.b, s)
	}
}

func (w *jsonWriter) count(name string, n uint32) {
	if n != 0 {
		w.name(name)
		w.b = strconv.AppendUint(w.b, uint64(n), 10)
	}
}

func (w *jsonWriter) enum(name string, n int32) {
	if n != 0 {
		w.name(name)
		w.b = strconv.AppendInt(w.b, int64(n), 10)
	}
}

// time is never left out, as readers of other formats expect it.
func (w *jsonWriter) time(name string, t int64) {
	w.name(name)
	w.b = strconv.AppendUint(append(w.b, '"'), uint64(t), 10)
	w.b = append(w.b, '"')
}

// id appends an id that its String method has written.
func (w *jsonWriter) id(name, hex string) {
	if hex != "" {
		w.name(name)
		w.b = append(append(append(w.b, '"'), hex...), '"')
	}
}

// list appends n elements.
func (w *jsonWriter) list(name string, n int, element func(i int)) {
	w.name(name)
	w.b = append(w.b, '[')
	for i := range n {
		w.separate()
		element(i)
	}
	w.b = append(w.b, ']')
}

// object appends what write does between braces.
func (w *jsonWriter) object(write func()) {
	w.b = append(w.b, '{')
	write()
	w.b = append(w.b, '}')
}

func (w *jsonWriter) groups(resources, scopes, records string, all []run, record func(i int)) {
	w.list(resources, len(all), func(i int) {
		w.object(func() {
			schema := w.resource(all[i].resource)
			w.list(scopes, len(all[i].scopes), func(j int) { w.scopeGroup(records, all[i].scopes[j], record) })
			w.text("schemaUrl", schema)
		})
	})
}

func (w *jsonWriter) scopeGroup(records string, c scopeRun, record func(i int)) {
	w.object(func() {
		schema := w.scope(c.scope)
		w.list(records, c.to-c.from, func(i int) { w.object(func() { record(c.from + i) }) })
		w.text("schemaUrl", schema)
	})
}

func (w *jsonWriter) resource(r *trace.Resource) (schema string) {
	if r == nil {
		return ""
	}
	w.name("resource")
	w.object(func() { w.described(r.Attributes, r.DroppedAttributes) })
	return r.SchemaURL
}

func (w *jsonWriter) scope(s *trace.Scope) (schema string) {
	if s == nil {
		return ""
	}
	w.name("scope")
	w.object(func() {
		w.text("name", s.Name)
		w.text("version", s.Version)
		w.described(s.Attributes, s.DroppedAttributes)
	})
	return s.SchemaURL
}

func (w *jsonWriter) described(attrs []trace.KeyValue, dropped uint32) {
	if len(attrs) > 0 {
		w.attributes("attributes", attrs)
	}
	w.count("droppedAttributesCount", dropped)
}

func (w *jsonWriter) span(s *trace.Span) {
	w.id("traceId", s.TraceID.String())
	w.id("spanId", s.ID.String())
	w.id("parentSpanId", s.Parent.String())
	w.text("traceState", s.State)
	w.count("flags", s.Flags)
	w.text("name", s.Name)
	w.enum("kind", int32(s.Kind))
	w.time("startTimeUnixNano", s.Start)
	w.time("endTimeUnixNano", s.End)
	w.described(s.Attributes, s.DroppedAttributes)
	if len(s.Events) > 0 {
		w.list("events", len(s.Events), func(i int) { w.event(&s.Events[i]) })
	}
	w.count("droppedEventsCount", s.DroppedEvents)
	if len(s.Links) > 0 {
		w.list("links", len(s.Links), func(i int) { w.link(&s.Links[i]) })
	}
	w.count("droppedLinksCount", s.DroppedLinks)
	w.name("status")
	w.object(func() {
		w.text("message", s.Status.Message)
		w.enum("code", int32(s.Status.Code))
	})
}

func (w *jsonWriter) event(e *trace.Event) {
	w.object(func() {
		w.time("timeUnixNano", e.Time)
		w.text("name", e.Name)
		w.described(e.Attributes, e.DroppedAttributes)
	})
}

func (w *jsonWriter) link(l *trace.Link) {
	w.object(func() {
		w.id("traceId", l.TraceID.String())
		w.id("spanId", l.SpanID.String())
		w.text("traceState", l.State)
		w.count("flags", l.Flags)
		w.described(l.Attributes, l.DroppedAttributes)
	})
}

func (w *jsonWriter) log(l *trace.Log) {
	w.time("timeUnixNano", l.Time)
	w.time("observedTimeUnixNano", l.Observed)
	w.enum("severityNumber", l.Severity)
	w.text("severityText", l.SeverityText)
	w.text("eventName", l.EventName)
	if l.Body.Kind() != trace.EmptyValue {
		w.name("body")
		w.value(l.Body)
	}
	w.described(l.Attributes, l.DroppedAttributes)
	w.count("flags", l.Flags)
	w.id("traceId", l.TraceID.String())
	w.id("spanId", l.SpanID.String())
}

// attributes appends a list of KeyValue messages.
func (w *jsonWriter) attributes(name string, attrs []trace.KeyValue) {
	w.list(name, len(attrs), func(i int) {
		w.object(func() {
			w.name("key")
			w.b = jsontext.AppendString(w.b, attrs[i].Key)
			w.name("value")
			w.value(attrs[i].Value)
		})
	})
}

// value appends an AnyValue message.
func (w *jsonWriter) value(v trace.Value) {
	w.object(func() {
		switch v.Kind() {
		case trace.StringValue:
			w.name("stringValue")
			w.b = jsontext.AppendString(w.b, v.Str())
		case trace.BoolValue:
			w.name("boolValue")
			w.b = strconv.AppendBool(w.b, v.IsTrue())
		case trace.IntValue:
			w.name("intValue")
			w.b = append(strconv.AppendInt(append(w.b, '"'), v.Int64(), 10), '"')
		case trace.FloatValue:
			w.name("doubleValue")
			w.float(v.Float64())
		case trace.BytesValue:
			w.name("bytesValue")
			w.b = append(base64.StdEncoding.AppendEncode(append(w.b, '"'), v.Raw()), '"')
		case trace.ListValue:
			w.name("arrayValue")
			w.object(func() {
				w.list("values", len(v.Elements()), func(i int) { w.value(v.Elements()[i]) })
			})
		case trace.MapValue:
			w.name("kvlistValue")
			w.object(func() { w.attributes("values", v.Pairs()) })
		}
	})
}

// float appends a number, or the names that proto3 JSON has for what is none.
func (w *jsonWriter) float(f float64) {
	switch {
	case math.IsNaN(f):
		w.b = append(w.b, `"NaN"`...)
	case math.IsInf(f, 1):
		w.b = append(w.b, `"Infinity"`...)
	case math.IsInf(f, -1):
		w.b = append(w.b, `"-Infinity"`...)
	default:
		w.b = strconv.AppendFloat(w.b, f, 'g', -1, 64)
	}
}
