// SPDX-License-Identifier: Apache-2.0

package format

import (
	"strconv"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/internal/jsontext"
)

// AppendJaeger appends spans as an answer of Jaeger's first query API, on one line
// without its end: the traces in the order in which they first occur, and in each
// the spans in theirs. Tags have the types of their values; lists and maps are
// JSON in strings, and integers beyond ±(2^53−1), which JavaScript would round,
// are decimal digits in strings.
//
// What [Jaeger] reads of it lacks what the format has no place for: fractions of
// microseconds (starts and ends are cut, so that what lay within another span
// still does), [trace.Span.Offset] other than as part of the duration, whether a
// span is inferred; states, flags, attributes and counts of links; attributes,
// schema URLs and counts of scopes and resources. A resource without a name has
// the service "unknown_service", as OpenTelemetry's resources do by default.
func AppendJaeger(b []byte, spans []trace.Span) []byte {
	traces := (&trace.Batch{Spans: spans}).Traces()
	w := jsonWriter{b: append(b, '{')}
	w.list("data", len(traces), func(i int) { w.jaegerTrace(&traces[i]) })
	w.name("total")
	w.b = strconv.AppendInt(w.b, int64(len(traces)), 10)
	return append(w.b, `,"limit":0,"offset":0,"errors":null}`...)
}

// processes are those of one trace, named p1, p2 and so on.
type processes struct {
	shared shared
	index  map[*trace.Resource]int
	all    []*trace.Resource
}

func (p *processes) id(r *trace.Resource) string {
	if r != nil {
		r = p.shared.resource(*r)
	}
	i, ok := p.index[r]
	if !ok {
		i = len(p.all)
		p.all = append(p.all, r)
		p.index[r] = i
	}
	return processID(i)
}

func processID(i int) string { return "p" + strconv.Itoa(i+1) }

func (w *jsonWriter) jaegerTrace(t *trace.Trace) {
	p := processes{index: map[*trace.Resource]int{}}
	w.object(func() {
		w.id("traceID", t.ID.String())
		w.list("spans", len(t.Spans), func(i int) { w.jaegerSpan(&t.Spans[i], p.id(t.Spans[i].Resource)) })
		w.name("processes")
		w.object(func() {
			for i, r := range p.all {
				w.name(processID(i))
				w.jaegerProcess(r)
			}
		})
		w.b = append(w.b, `,"warnings":null`...)
	})
}

func (w *jsonWriter) jaegerProcess(r *trace.Resource) {
	var attrs []trace.KeyValue
	service := ""
	if r != nil {
		attrs = r.Attributes
		name, _ := trace.Lookup(attrs, serviceName)
		service = name.String()
	}
	if service == "" {
		service = "unknown_service"
	}
	w.object(func() {
		w.text("serviceName", service)
		w.jaegerTags("tags", attrs)
	})
}

func (w *jsonWriter) jaegerSpan(s *trace.Span, processID string) {
	start, end := uint64(s.Start)/1000, uint64(s.End)/1000
	w.object(func() {
		w.id("traceID", s.TraceID.String())
		w.id("spanID", s.ID.String())
		w.name("flags")
		w.b = strconv.AppendUint(w.b, uint64(s.Flags), 10)
		w.name("operationName")
		w.b = jsontext.AppendString(w.b, s.Name)
		w.jaegerReferences(s)
		w.name("startTime")
		w.b = strconv.AppendUint(w.b, start, 10)
		w.name("duration")
		w.b = strconv.AppendInt(w.b, int64(end-start)+s.Offset/1000, 10)
		w.jaegerTags("tags", tags(s))
		w.list("logs", len(s.Events), func(i int) { w.jaegerLog(&s.Events[i]) })
		w.text("processID", processID)
		w.b = append(w.b, `,"warnings":null`...)
	})
}

// jaegerReferences appends the parent first, as OpenTelemetry demands.
func (w *jsonWriter) jaegerReferences(s *trace.Span) {
	links := s.Links
	if !s.Parent.IsZero() {
		parent := trace.Link{TraceID: s.TraceID, SpanID: s.Parent}
		links = append([]trace.Link{parent}, links...)
	}
	w.list("references", len(links), func(i int) {
		kind := "FOLLOWS_FROM"
		if i == 0 && !s.Parent.IsZero() {
			kind = "CHILD_OF"
		}
		w.object(func() {
			w.text("refType", kind)
			w.id("traceID", links[i].TraceID.String())
			w.id("spanID", links[i].SpanID.String())
		})
	})
}

// jaegerLog appends an event. Its name is the first field, so that it is told
// from an attribute that is named "event" as well.
func (w *jsonWriter) jaegerLog(e *trace.Event) {
	fields := append([]trace.KeyValue{{Key: fieldEvent, Value: trace.String(e.Name)}}, e.Attributes...)
	if e.DroppedAttributes != 0 {
		fields = append(fields, trace.KeyValue{Key: fieldDroppedAttributes, Value: trace.Int(int64(e.DroppedAttributes))})
	}
	w.object(func() {
		w.name("timestamp")
		w.b = strconv.AppendUint(w.b, uint64(e.Time)/1000, 10)
		w.jaegerTags("fields", fields)
	})
}

func (w *jsonWriter) jaegerTags(name string, attrs []trace.KeyValue) {
	w.list(name, len(attrs), func(i int) {
		w.object(func() {
			w.name("key")
			w.b = jsontext.AppendString(w.b, attrs[i].Key)
			w.jaegerValue(attrs[i].Value)
		})
	})
}

func (w *jsonWriter) jaegerValue(v trace.Value) {
	const exact = 1<<53 - 1
	kind, bare := "string", false
	switch v.Kind() {
	case trace.BoolValue:
		kind, bare = "bool", true
	case trace.IntValue:
		kind, bare = "int64", v.Int64() >= -exact && v.Int64() <= exact
	case trace.FloatValue:
		kind = "float64"
	case trace.BytesValue:
		kind = "binary" // in base64, as String has it
	}
	w.text("type", kind)
	w.name("value")
	switch {
	case v.Kind() == trace.FloatValue:
		w.float(v.Float64())
	case bare:
		w.b = append(w.b, v.String()...)
	default:
		w.b = jsontext.AppendString(w.b, v.String())
	}
}
