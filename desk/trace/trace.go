// SPDX-License-Identifier: Apache-2.0

package trace

// A Log is a log record, most often with the trace and span it belongs to.
type Log struct {
	TraceID           TraceID
	SpanID            SpanID
	Flags             uint32
	Time              int64 // nanoseconds; 0: unknown
	Observed          int64
	Severity          int32 // SeverityNumber of OTLP: 9 is INFO, 17 ERROR
	SeverityText      string
	EventName         string
	Body              Value
	Attributes        []KeyValue
	DroppedAttributes uint32
	Resource          *Resource
	Scope             *Scope
}

// A Batch is what a file or a request holds: spans and logs of any number of
// traces, in its order.
type Batch struct {
	Spans []Span
	Logs  []Log
}

// A Trace is the spans of one trace id, and the logs that name it, both in the
// order in which they came.
type Trace struct {
	ID    TraceID
	Spans []Span
	Logs  []Log
}

// Traces divides a batch by trace id, in the order in which the ids first
// occur. Logs without a trace id belong to none.
func (b *Batch) Traces() []Trace {
	var traces []Trace
	index := map[TraceID]int{}
	of := func(id TraceID) *Trace {
		i, ok := index[id]
		if !ok {
			i = len(traces)
			index[id] = i
			traces = append(traces, Trace{ID: id})
		}
		return &traces[i]
	}
	for i := range b.Spans {
		t := of(b.Spans[i].TraceID)
		t.Spans = append(t.Spans, b.Spans[i])
	}
	for i := range b.Logs {
		if id := b.Logs[i].TraceID; !id.IsZero() {
			t := of(id)
			t.Logs = append(t.Logs, b.Logs[i])
		}
	}
	return traces
}
