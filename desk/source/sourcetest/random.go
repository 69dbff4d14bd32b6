// SPDX-License-Identifier: Apache-2.0

package sourcetest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/source/memory"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// randomTraces makes traces of spans that have much in common, so that searches
// find some. Times are whole milliseconds, so that some are equal.
type randomTraces struct {
	*rand.Rand
	start int64
}

func (r *randomTraces) oneOf(texts ...string) string { return texts[r.IntN(len(texts))] }

// trace makes one trace of which no two spans have the same id, and no span is its
// own ancestor.
func (r *randomTraces) trace(n uint64) (b trace.Batch) {
	start := r.start + int64(r.IntN(40*60*1000))*ms
	session := fmt.Sprint("s-", r.IntN(20))
	for i := range 1 + r.IntN(12) {
		s := trace.Span{
			TraceID: TraceID(n), ID: SpanID(uint64(i + 1)), Name: r.oneOf("GET /a", "GET /b", "chat", "plan", "SELECT"), Kind: trace.Kind(r.IntN(6)),
			Start: start + int64(r.IntN(500))*ms, Status: trace.Status{Code: trace.StatusCode(r.IntN(3))}, Attributes: r.attributes(),
			Resource: &trace.Resource{Attributes: Attributes("service.name", r.oneOf("a", "b", "c.d", "e/f", ""), "host", r.oneOf("h1", "h2"))},
		}
		s.End = s.Start + int64(r.IntN(3000))*ms
		switch {
		case i > 0 && r.IntN(8) > 0:
			s.Parent = SpanID(uint64(r.IntN(i) + 1))
		case r.IntN(3) == 0:
			s.Parent = SpanID(1000 + uint64(r.IntN(3)))
		}
		if r.IntN(2) == 0 {
			s.Attributes = append(s.Attributes, Attributes("sid", session)...)
		}
		for range r.IntN(3) {
			s.Events = append(s.Events, trace.Event{Time: s.Start + ms, Name: r.oneOf("retry", "exception"), Attributes: Attributes("n", r.IntN(3))})
		}
		if r.IntN(6) == 0 {
			s.Links = append(s.Links, trace.Link{TraceID: TraceID(n / 2), SpanID: SpanID(1)})
		}
		b.Spans = append(b.Spans, s)
	}
	for i := range r.IntN(3) {
		b.Logs = append(b.Logs, trace.Log{TraceID: TraceID(n), Time: start + int64(n)*1000 + int64(i), Severity: int32(r.IntN(24)), Body: trace.String(r.oneOf("x", "y"))})
	}
	return b
}

func (r *randomTraces) attributes() (attrs []trace.KeyValue) {
	add := func(kv ...any) { attrs = append(attrs, Attributes(kv...)...) }
	if r.IntN(2) == 0 {
		add("http.method", r.oneOf("GET", "POST"))
	}
	if r.IntN(3) == 0 {
		add("code", r.IntN(4))
	} else if r.IntN(2) == 0 {
		add("code", fmt.Sprint(r.IntN(4)))
	}
	if r.IntN(3) == 0 {
		add("tags", trace.List(trace.String(r.oneOf("x", "y")), trace.String("z")))
	}
	if r.IntN(3) == 0 {
		add("ok", r.IntN(2) == 0, "share", float64(r.IntN(3))/2)
	}
	if r.IntN(2) == 0 {
		add("gen_ai.usage.input_tokens", r.IntN(100), "gen_ai.request.model", r.oneOf("m1", "m2"))
	}
	return attrs
}

// randomQueries are for what randomTraces have.
var randomQueries = []string{
	"",
	`{}`,
	`{ name = "chat" }`,
	`{ resource.service.name = "c.d" && status = error }`,
	`{ .host = "h1" && kind = client }`,
	`{ span.code = 2 }`,
	`{ span.code = "2" }`,
	`{ span.code != 2 && span.http.method = "GET" }`,
	`{ span.tags = "x" }`,
	`{ span.ok = true || span.share > 0.4 }`,
	`{ span.share = nil && duration > 2s }`,
	`{ duration > 2900ms }`,
	`{ traceDuration < 1s }`,
	`{ name =~ "GET /.*" }`,
	`{ name like "*LEC*" }`,
	`{ tokens > 90 }`,
	`{ session = "s-3" }`,
	`{ event:name = "retry" && event.n = 2 }`,
	`{ link:traceID != nil }`,
	`{ resource.service.name = "" }`,
	`{ name = "plan" } >> { name = "chat" }`,
	`{ name = "plan" } && { status = error }`,
	`{ status = error } | count() > 2`,
	`{ name = "chat" } | by(kind) | avg(duration) > 1s`,
	`{ rootName = "plan" }`,
	`{ trace:id = "7" }`,
	`{ name = "no such thing" }`,
}

// random compares answers about random traces, which come in parts and in any
// order, with those of package memory.
func (c *checker) random() {
	r := &randomTraces{rand.New(rand.NewPCG(1, 2)), Epoch()}
	whole := &trace.Batch{}
	for n := range uint64(120) {
		b := r.trace(n + 1)
		whole.Spans, whole.Logs = append(whole.Spans, b.Spans...), append(whole.Logs, b.Logs...)
	}
	oracle := memory.New(whole)
	parts := trace.Batch{Spans: append([]trace.Span{}, whole.Spans...), Logs: append([]trace.Log{}, whole.Logs...)}
	r.Shuffle(len(parts.Spans), func(i, j int) { parts.Spans[i], parts.Spans[j] = parts.Spans[j], parts.Spans[i] })
	for len(parts.Spans) > 0 {
		n := min(1+r.IntN(200), len(parts.Spans))
		part := trace.Batch{Spans: append([]trace.Span{}, parts.Spans[:n]...)}
		parts.Spans = parts.Spans[n:]
		if len(parts.Spans) == 0 {
			part.Logs = parts.Logs
		}
		c.Add(&part)
	}
	for _, id := range []uint64{1, 7, 120} {
		want := must[*trace.Trace](c)(oracle.Trace(c.ctx(), TraceID(id), source.Range{}))
		got := must[*trace.Trace](c)(c.Source.Trace(c.ctx(), TraceID(id), source.Range{}))
		c.equal("a trace", texts(want), texts(got))
	}
	var fields []query.Field
	for _, name := range []string{"name", "resource.service.name", "span.code", "span.tags", "tokens", "event.n", ".host", "kind"} {
		fields = append(fields, must[query.Field](c)(query.ParseField(name)))
	}
	by := [][]query.Field{nil, {fields[1], {Scope: query.Intrinsic, Name: "status"}}, {{Scope: query.Span, Name: "http.method"}}}
	quarter := int64(15 * time.Minute)
	for _, text := range randomQueries {
		for _, in := range []source.Range{{}, {From: r.start + 17*ms, To: r.start + quarter + 1}} {
			Agree(c.T, oracle, c.Source, &Questions{Query: c.parse(text), Range: in, Fields: fields, By: by, Step: 5 * time.Minute, Limit: 7})
		}
	}
}
