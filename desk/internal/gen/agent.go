// SPDX-License-Identifier: Apache-2.0

package gen

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// Agent makes the traces of agents: 5 to 25 spans in seven services, with 8
// attributes and an event each, 2 of 100 in error, some 425 bytes per span in
// OTLP. It is for one goroutine.
type Agent struct {
	r         *rand.Rand
	now       int64
	step      int64
	resources []*trace.Resource
	scope     *trace.Scope
	n         int
}

// The services of an [Agent], and what they do.
var (
	services   = []string{"gateway", "workflow", "agent", "llm-proxy", "tools", "retrieval", "memory"}
	operations = []string{"POST /v1/chat", "run workflow", "plan", "chat", "execute_tool", "search", "load"}
	models     = []string{"gpt-5", "gpt-5-mini", "claude-opus-4", "spark-4"}
	nodeTypes  = []string{"entry", "workflow", "agent", "llm", "tool", "knowledge", "memory"}
)

// NewAgent returns one of a seed, whose traces begin at a time in ns, so many ns
// apart.
func NewAgent(seed uint64, start, apart int64) *Agent {
	a := &Agent{r: rand.New(rand.NewPCG(seed, 2)), now: start, step: apart, scope: &trace.Scope{Name: "github.com/sidetrace/sidetrace", Version: "1.0.0"}}
	for i, name := range services {
		a.resources = append(a.resources, &trace.Resource{Attributes: []trace.KeyValue{
			{Key: "service.name", Value: trace.String(name)},
			{Key: "service.version", Value: trace.String("2.3.1")},
			{Key: "host.name", Value: trace.String(fmt.Sprintf("node-%d", i))},
			{Key: "telemetry.sdk.name", Value: trace.String("opentelemetry")},
			{Key: "telemetry.sdk.language", Value: trace.String("go")},
		}})
	}
	return a
}

// Trace makes the next trace, in the order of its services.
func (a *Agent) Trace() []trace.Span {
	a.n++
	a.now += a.step/2 + a.r.Int64N(a.step+1)
	spans := make([]trace.Span, 5+a.r.IntN(21))
	var id trace.TraceID
	binary.BigEndian.PutUint64(id[:], a.r.Uint64())
	binary.BigEndian.PutUint64(id[8:], a.r.Uint64())
	identity := []trace.KeyValue{
		{Key: "sid", Value: trace.String(fmt.Sprintf("agt%08x@cn0a%04x%012x", a.r.Uint32(), a.n&0xffff, a.now&0xffffffffffff))},
		{Key: "uid", Value: trace.String(fmt.Sprintf("user-%d", a.r.IntN(50_000)))},
		{Key: "chat_id", Value: trace.String(fmt.Sprintf("chat-%08x", a.r.Uint32()))},
		{Key: "app_id", Value: trace.String(fmt.Sprintf("app-%d", a.r.IntN(20)))},
	}
	for i := range spans {
		a.span(spans, i, id, identity)
	}
	return spans
}

func (a *Agent) span(spans []trace.Span, i int, id trace.TraceID, identity []trace.KeyValue) {
	s := &spans[i]
	service := a.r.IntN(len(services))
	kind := trace.Internal
	start, length := a.now, int64(50_000_000+a.r.IntN(200_000_000))
	if i == 0 {
		service, kind = 0, trace.Server
	} else {
		parent := &spans[a.r.IntN(i)]
		s.Parent = parent.ID
		length = max((parent.End-parent.Start)/4+a.r.Int64N((parent.End-parent.Start)/2+1), 1000)
		start = parent.Start + a.r.Int64N(max(parent.End-parent.Start-length, 1))
	}
	*s = trace.Span{
		TraceID: id, Parent: s.Parent, Flags: 0x101, Name: operations[service], Kind: kind, Start: start, End: start + length,
		Resource: a.resources[service], Scope: a.scope,
	}
	binary.BigEndian.PutUint64(s.ID[:], a.r.Uint64()|1)
	if a.r.IntN(50) == 0 {
		s.Status = trace.Status{Code: trace.Error, Message: "upstream timed out"}
	}
	s.Attributes = append(append(make([]trace.KeyValue, 0, 8), identity...),
		trace.KeyValue{Key: "node.type", Value: trace.String(nodeTypes[service])},
		trace.KeyValue{Key: "gen_ai.request.model", Value: trace.String(models[a.r.IntN(len(models))])},
		trace.KeyValue{Key: "gen_ai.usage.input_tokens", Value: trace.Int(a.r.Int64N(8000))},
		trace.KeyValue{Key: "gen_ai.usage.output_tokens", Value: trace.Int(a.r.Int64N(1000))},
	)
	s.Events = []trace.Event{{
		Time: start + a.r.Int64N(length), Name: "log",
		Attributes: []trace.KeyValue{{Key: "level", Value: trace.String("info")}, {Key: "message", Value: trace.String("step done, the next one waits for its input to be complete")}},
	}}
}

// Request makes the next traces, of at least so many spans together, those of one
// service together.
func (a *Agent) Request(n int) (spans []trace.Span) {
	for len(spans) < n {
		spans = append(spans, a.Trace()...)
	}
	slices.SortStableFunc(spans, func(s, t trace.Span) int { return strings.Compare(s.Service(), t.Service()) })
	return spans
}
