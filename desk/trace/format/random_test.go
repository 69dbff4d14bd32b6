// SPDX-License-Identifier: Apache-2.0

package format_test

import (
	"math"
	"math/rand/v2"
	"strings"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// A source makes random spans and log records that are valid, of the same seed
// the same ones.
type source struct{ *rand.Rand }

func newSource(seed uint64) source { return source{rand.New(rand.NewPCG(seed, 1))} }

func (r source) batch() *trace.Batch {
	b := &trace.Batch{}
	var resource *trace.Resource
	var scope *trace.Scope
	for range 1 + r.IntN(20) {
		if r.IntN(3) == 0 {
			resource = r.resource()
		}
		if r.IntN(3) == 0 {
			scope = r.scope()
		}
		if r.IntN(4) == 0 {
			b.Logs = append(b.Logs, r.log(resource, scope))
			continue
		}
		b.Spans = append(b.Spans, r.span(resource, scope))
	}
	return b
}

func (r source) span(resource *trace.Resource, scope *trace.Scope) trace.Span {
	s := trace.Span{
		TraceID: r.traceID(), ID: r.spanID(), State: r.text(), Flags: r.Uint32() >> r.IntN(33),
		Name: r.text(), Kind: trace.Kind(r.IntN(6)), Start: r.time(), End: r.time(),
		Attributes: r.attributes(0), DroppedAttributes: r.count(), DroppedEvents: r.count(), DroppedLinks: r.count(),
		Status: trace.Status{Code: trace.StatusCode(r.IntN(3)), Message: r.text()}, Resource: resource, Scope: scope,
	}
	if r.IntN(2) == 0 {
		s.Parent = r.spanID()
	}
	for range r.IntN(3) {
		s.Events = append(s.Events, trace.Event{Time: r.time(), Name: r.text(), Attributes: r.attributes(0), DroppedAttributes: r.count()})
	}
	for range r.IntN(3) {
		s.Links = append(s.Links, trace.Link{
			TraceID: r.traceID(), SpanID: r.spanID(), State: r.text(), Flags: r.Uint32(), Attributes: r.attributes(0), DroppedAttributes: r.count(),
		})
	}
	return s
}

func (r source) log(resource *trace.Resource, scope *trace.Scope) trace.Log {
	l := trace.Log{
		Flags: r.count(), Time: r.time(), Observed: r.time(), Severity: int32(r.IntN(25)), SeverityText: r.text(), EventName: r.text(),
		Body: r.value(0), Attributes: r.attributes(0), DroppedAttributes: r.count(), Resource: resource, Scope: scope,
	}
	if r.IntN(2) == 0 {
		l.TraceID, l.SpanID = r.traceID(), r.spanID()
	}
	return l
}

// resource is sometimes nil, and never one that says nothing.
func (r source) resource() *trace.Resource {
	if r.IntN(4) == 0 {
		return nil
	}
	return &trace.Resource{Attributes: append(r.attributes(0), r.pair(0)), DroppedAttributes: r.count(), SchemaURL: r.text()}
}

func (r source) scope() *trace.Scope {
	if r.IntN(4) == 0 {
		return nil
	}
	return &trace.Scope{Name: "n" + r.text(), Version: r.text(), Attributes: r.attributes(0), DroppedAttributes: r.count(), SchemaURL: r.text()}
}

// traceID is sometimes one of leading zeros, or of one bit.
func (r source) traceID() (id trace.TraceID) {
	for i := r.IntN(len(id)); i < len(id); i++ {
		id[i] = byte(r.Uint32())
	}
	id[len(id)-1] |= 1
	return id
}

func (r source) spanID() (id trace.SpanID) {
	for i := r.IntN(len(id)); i < len(id); i++ {
		id[i] = byte(r.Uint32())
	}
	id[len(id)-1] |= 1
	return id
}

func (r source) time() int64 {
	edges := []int64{0, 1, -1, math.MaxInt64, math.MinInt64, 1_700_000_000_000_000_000}
	if r.IntN(2) == 0 {
		return edges[r.IntN(len(edges))]
	}
	return int64(r.Uint64())
}

func (r source) count() uint32 {
	if r.IntN(2) == 0 {
		return 0
	}
	return r.Uint32()
}

func (r source) text() string {
	texts := []string{"", "a", "service.name", "提示 \"q\"\\\n\r\t\x00\u2028<&>", "\U0001f50e", "{\"level\":", strings.Repeat("long ", 100)}
	return texts[r.IntN(len(texts))]
}

func (r source) attributes(depth int) (attrs []trace.KeyValue) {
	for range r.IntN(4) {
		attrs = append(attrs, r.pair(depth))
	}
	return attrs
}

func (r source) pair(depth int) trace.KeyValue {
	return trace.KeyValue{Key: r.text(), Value: r.value(depth)}
}

func (r source) value(depth int) trace.Value {
	floats := []float64{0, math.Copysign(0, -1), 1, 1.5e300, math.SmallestNonzeroFloat64, math.NaN(), math.Inf(1), math.Inf(-1), r.NormFloat64()}
	integers := []int64{0, 1, -1, math.MaxInt64, math.MinInt64, 1 << 53, int64(r.Uint64())}
	kinds := 8
	if depth > 4 {
		kinds = 6
	}
	switch r.IntN(kinds) {
	case 1:
		return trace.String(r.text())
	case 2:
		return trace.Bool(r.IntN(2) == 0)
	case 3:
		return trace.Int(integers[r.IntN(len(integers))])
	case 4:
		return trace.Float(floats[r.IntN(len(floats))])
	case 5:
		return trace.Bytes([]byte("\x00\xff" + r.text())[:r.IntN(3)])
	case 6:
		list := make([]trace.Value, r.IntN(4))
		for i := range list {
			list[i] = r.value(depth + 1)
		}
		return trace.List(list...)
	case 7:
		return trace.Map(r.attributes(depth + 1)...)
	}
	return trace.Value{}
}
