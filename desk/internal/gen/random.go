// SPDX-License-Identifier: Apache-2.0

// Package gen makes spans and log records for tests and benchmarks: random ones
// with everything that OTLP allows, and those of agents as services send them.
// The same seed gives the same.
package gen

import (
	"math"
	"math/rand/v2"
	"strings"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// A Random makes spans and log records that are valid, and odd in every way that
// OTLP allows. It is for one goroutine.
type Random struct {
	r      *rand.Rand
	traces []trace.TraceID
	spans  []trace.SpanID
}

// NewRandom returns one of a seed.
func NewRandom(seed uint64) *Random {
	return &Random{r: rand.New(rand.NewPCG(seed, 1))}
}

// Batch makes some spans and log records. Several batches of one Random have
// traces in common.
func (r *Random) Batch() *trace.Batch {
	b := &trace.Batch{}
	var resource *trace.Resource
	var scope *trace.Scope
	for range 1 + r.r.IntN(20) {
		if r.r.IntN(3) == 0 {
			resource = r.resource()
		}
		if r.r.IntN(3) == 0 {
			scope = r.scope()
		}
		if r.r.IntN(4) == 0 {
			b.Logs = append(b.Logs, r.log(resource, scope))
			continue
		}
		b.Spans = append(b.Spans, r.span(resource, scope))
	}
	return b
}

func (r *Random) span(resource *trace.Resource, scope *trace.Scope) trace.Span {
	s := trace.Span{
		TraceID: r.oneOfTraces(), ID: r.spanID(), State: r.text(), Flags: r.r.Uint32() >> r.r.IntN(33),
		Name: r.text(), Kind: trace.Kind(r.r.IntN(6)), Start: r.time(), End: r.time(),
		Attributes: r.attributes(0), DroppedAttributes: r.count(), DroppedEvents: r.count(), DroppedLinks: r.count(),
		Status: trace.Status{Code: trace.StatusCode(r.r.IntN(3)), Message: r.text()}, Resource: resource, Scope: scope,
	}
	switch n := len(r.spans); r.r.IntN(3) {
	case 0:
		s.Parent = r.spanID()
	case 1:
		if n > 0 {
			s.Parent = r.spans[r.r.IntN(n)]
		}
	}
	r.spans = append(r.spans, s.ID)
	for range r.r.IntN(3) {
		s.Events = append(s.Events, trace.Event{Time: r.time(), Name: r.text(), Attributes: r.attributes(0), DroppedAttributes: r.count()})
	}
	for range r.r.IntN(3) {
		s.Links = append(s.Links, trace.Link{
			TraceID: r.traceID(), SpanID: r.spanID(), State: r.text(), Flags: r.r.Uint32(), Attributes: r.attributes(0), DroppedAttributes: r.count(),
		})
	}
	return s
}

func (r *Random) log(resource *trace.Resource, scope *trace.Scope) trace.Log {
	l := trace.Log{
		Flags: r.count(), Time: r.time(), Observed: r.time(), Severity: int32(r.r.IntN(25)), SeverityText: r.text(), EventName: r.text(),
		Body: r.value(0), Attributes: r.attributes(0), DroppedAttributes: r.count(), Resource: resource, Scope: scope,
	}
	if r.r.IntN(2) == 0 {
		l.TraceID, l.SpanID = r.oneOfTraces(), r.spanID()
	}
	return l
}

// resource is sometimes nil, and never one that says nothing.
func (r *Random) resource() *trace.Resource {
	if r.r.IntN(4) == 0 {
		return nil
	}
	return &trace.Resource{Attributes: append(r.attributes(0), r.pair(0)), DroppedAttributes: r.count(), SchemaURL: r.text()}
}

func (r *Random) scope() *trace.Scope {
	if r.r.IntN(4) == 0 {
		return nil
	}
	return &trace.Scope{Name: "n" + r.text(), Version: r.text(), Attributes: r.attributes(0), DroppedAttributes: r.count(), SchemaURL: r.text()}
}

func (r *Random) oneOfTraces() trace.TraceID {
	if n := len(r.traces); n > 0 && r.r.IntN(3) > 0 {
		return r.traces[r.r.IntN(n)]
	}
	id := r.traceID()
	r.traces = append(r.traces, id)
	return id
}

// traceID is sometimes one of leading zeros, or of one bit.
func (r *Random) traceID() (id trace.TraceID) {
	for i := r.r.IntN(len(id)); i < len(id); i++ {
		id[i] = byte(r.r.Uint32())
	}
	id[len(id)-1] |= 1
	return id
}

func (r *Random) spanID() (id trace.SpanID) {
	for i := r.r.IntN(len(id)); i < len(id); i++ {
		id[i] = byte(r.r.Uint32())
	}
	id[len(id)-1] |= 1
	return id
}

func (r *Random) time() int64 {
	edges := []int64{0, 1, -1, math.MaxInt64, math.MinInt64, 1_700_000_000_000_000_000}
	if r.r.IntN(2) == 0 {
		return edges[r.r.IntN(len(edges))]
	}
	return int64(r.r.Uint64())
}

func (r *Random) count() uint32 {
	if r.r.IntN(2) == 0 {
		return 0
	}
	return r.r.Uint32()
}

func (r *Random) text() string {
	texts := []string{
		"", "a", "sid", "service.name", "gen_ai.usage.input_tokens", "name", "提示 \"q\"\\\n\r\t\x00\u2028<&>", "\U0001f50e", strings.Repeat("long ", 100),
	}
	return texts[r.r.IntN(len(texts))]
}

func (r *Random) attributes(depth int) (attrs []trace.KeyValue) {
	for range r.r.IntN(5) {
		attrs = append(attrs, r.pair(depth))
	}
	return attrs
}

func (r *Random) pair(depth int) trace.KeyValue {
	return trace.KeyValue{Key: r.text(), Value: r.value(depth)}
}

func (r *Random) value(depth int) trace.Value {
	floats := []float64{0, math.Copysign(0, -1), 1, 1.5e300, math.SmallestNonzeroFloat64, math.NaN(), math.Inf(1), math.Inf(-1), r.r.NormFloat64()}
	integers := []int64{0, 1, -1, math.MaxInt64, math.MinInt64, 1 << 53, int64(r.r.Uint64())}
	kinds := 8
	if depth > 4 {
		kinds = 6
	}
	switch r.r.IntN(kinds) {
	case 1:
		return trace.String(r.text())
	case 2:
		return trace.Bool(r.r.IntN(2) == 0)
	case 3:
		return trace.Int(integers[r.r.IntN(len(integers))])
	case 4:
		return trace.Float(floats[r.r.IntN(len(floats))])
	case 5:
		return trace.Bytes([]byte("\x00\xff" + r.text())[:r.r.IntN(3)])
	case 6:
		list := make([]trace.Value, r.r.IntN(4))
		for i := range list {
			list[i] = r.value(depth + 1)
		}
		return trace.List(list...)
	case 7:
		return trace.Map(r.attributes(depth + 1)...)
	}
	return trace.Value{}
}
