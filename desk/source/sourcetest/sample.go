// SPDX-License-Identifier: Apache-2.0

package sourcetest

import (
	"encoding/binary"
	"time"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// TraceID and SpanID are ids of numbers.
func TraceID(n uint64) (id trace.TraceID) {
	binary.BigEndian.PutUint64(id[8:], n)
	return id
}

// SpanID is the id of a number.
func SpanID(n uint64) (id trace.SpanID) {
	binary.BigEndian.PutUint64(id[:], n)
	return id
}

// Attributes are those of keys and values in turn; values are of the types string,
// int, float64, bool and [trace.Value].
func Attributes(keysAndValues ...any) (attrs []trace.KeyValue) {
	for i := 0; i+1 < len(keysAndValues); i += 2 {
		kv := trace.KeyValue{Key: keysAndValues[i].(string)}
		switch v := keysAndValues[i+1].(type) {
		case string:
			kv.Value = trace.String(v)
		case int:
			kv.Value = trace.Int(int64(v))
		case float64:
			kv.Value = trace.Float(v)
		case bool:
			kv.Value = trace.Bool(v)
		case trace.Value:
			kv.Value = v
		}
		attrs = append(attrs, kv)
	}
	return attrs
}

// Epoch is when the sample begins: a whole hour that is some hours ago, so that
// nothing that keeps what is young drops it.
func Epoch() int64 { return time.Now().Truncate(time.Hour).Add(-3 * time.Hour).UnixNano() }

const ms = int64(time.Millisecond)

// Services of the sample.
var (
	web   = &trace.Resource{Attributes: Attributes("service.name", "web", "host.name", "n1")}
	pay   = &trace.Resource{Attributes: Attributes("service.name", "pay", "host.name", "n2")}
	agent = &trace.Resource{Attributes: Attributes("service.name", "team/agent.v2", "telemetry.sdk.name", "opentelemetry")}
	scope = &trace.Scope{Name: "example.com/instrumentation", Version: "1.2.0", Attributes: Attributes("stable", true)}
)

// Checkout is a trace through a web server, a payment service and its database,
// with an error, an exception and a server whose clock is behind. It has 5 spans.
func Checkout(n uint64, start int64) trace.Batch {
	id := TraceID(n)
	spans := []trace.Span{
		{ID: SpanID(1), Name: "GET /checkout", Kind: trace.Server, Start: start, End: start + 120*ms, Resource: web, Status: trace.Status{Code: trace.OK},
			Attributes: Attributes("http.request.method", "GET", "http.response.status_code", 500, "retries", trace.List(trace.Int(1), trace.Int(2)), "cached", false)},
		{ID: SpanID(3), Parent: SpanID(2), Name: "POST /pay", Kind: trace.Server, Start: start + 5*ms, End: start + 88*ms, Resource: pay,
			Status:     trace.Status{Code: trace.Error, Message: "card declined"},
			Attributes: Attributes("http.request.method", "POST", "http.response.status_code", 504, "amount", 12.5)},
		{ID: SpanID(2), Parent: SpanID(1), Name: "POST /pay", Kind: trace.Client, Start: start + 10*ms, End: start + 100*ms, Resource: web, Scope: scope,
			Status:     trace.Status{Code: trace.Error, Message: "deadline exceeded"},
			Attributes: Attributes("http.request.method", "POST", "http.response.status_code", "504"),
			Events: []trace.Event{
				{Time: start + 50*ms, Name: "retry", Attributes: Attributes("n", 1)},
				{Time: start + 99*ms, Name: "exception", Attributes: Attributes("exception.type", "Timeout", "exception.message", "no answer")},
			}},
		{ID: SpanID(4), Parent: SpanID(3), Name: "SELECT", Kind: trace.Client, Start: start + 20*ms, End: start + 30*ms, Resource: pay,
			Attributes: Attributes("db.system.name", "mysql", "db.query.text", "SELECT 1")},
		{ID: SpanID(5), Parent: SpanID(1), Name: "render", Kind: trace.Internal, Start: start + 101*ms, End: start + 119*ms, Resource: web, Scope: scope,
			Links: []trace.Link{{TraceID: TraceID(n + 1), SpanID: SpanID(1), Attributes: Attributes("why", "cause")}}},
	}
	for i := range spans {
		spans[i].TraceID = id
	}
	return trace.Batch{Spans: spans, Logs: []trace.Log{
		{TraceID: id, SpanID: SpanID(3), Time: start + 60*ms, Severity: 17, SeverityText: "ERROR", Body: trace.String("Card declined by issuer"), Resource: pay},
		{TraceID: id, SpanID: SpanID(1), Time: start + 2*ms, Severity: 9, SeverityText: "INFO", Body: trace.String("checkout began"), Resource: web},
	}}
}

// Agent is a run of an agent in a session, with two calls of a model and tokens.
// Its root is not there. It has 4 spans.
func Agent(n uint64, start int64, session string) trace.Batch {
	id := TraceID(n)
	spans := []trace.Span{
		{ID: SpanID(1), Parent: SpanID(99), Name: "run agent", Kind: trace.Consumer, Start: start, End: start + 2000*ms,
			Attributes: Attributes("gen_ai.operation.name", "invoke_agent", "gen_ai.usage.input_tokens", 300, "gen_ai.usage.output_tokens", 50)},
		{ID: SpanID(2), Parent: SpanID(1), Name: "chat", Kind: trace.Client, Start: start + 100*ms, End: start + 700*ms,
			Attributes: Attributes("gen_ai.operation.name", "chat", "gen_ai.request.model", "gpt-5", "gen_ai.usage.input_tokens", 100, "gen_ai.usage.output_tokens", 20)},
		{ID: SpanID(3), Parent: SpanID(1), Name: "execute_tool search", Kind: trace.Internal, Start: start + 700*ms, End: start + 900*ms,
			Attributes: Attributes("gen_ai.operation.name", "execute_tool", "gen_ai.tool.name", "search")},
		{ID: SpanID(4), Parent: SpanID(1), Name: "chat", Kind: trace.Client, Start: start + 900*ms, End: start + 1900*ms,
			Attributes: Attributes("gen_ai.operation.name", "chat", "gen_ai.request.model", "gpt-5", "gen_ai.usage.input_tokens", 200, "gen_ai.usage.output_tokens", 30)},
	}
	for i := range spans {
		spans[i].TraceID, spans[i].Resource = id, agent
		spans[i].Attributes = append(spans[i].Attributes, Attributes("sid", session, "chat_id", "chat-1", "uid", "user-1")...)
	}
	return trace.Batch{Spans: spans, Logs: []trace.Log{
		{TraceID: id, SpanID: SpanID(2), Time: start + 150*ms, Severity: 9, Body: trace.String("prompt sent"), Attributes: Attributes("sid", session), Resource: agent},
		{Time: start + 160*ms, Severity: 13, Body: trace.String("no trace, but a session"), Attributes: Attributes("sid", session), Resource: agent},
	}}
}

// add adds batches and returns when the sample began: a checkout (trace 1), an
// agent's run ten minutes later (2) and one in the same session twenty minutes later
// (3), and a checkout half an hour later (4).
func (c *checker) add() (start int64) {
	start = Epoch()
	minute := int64(time.Minute)
	for _, b := range []trace.Batch{
		Checkout(1, start), Agent(2, start+10*minute, "s-1"), Agent(3, start+20*minute, "s-1"), Checkout(4, start+30*minute),
	} {
		c.Add(&b)
	}
	return start
}
