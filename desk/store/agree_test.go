// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/source/memory"
	"github.com/sidetrace/sidetrace/desk/source/sourcetest"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// once are batches without spans that have the id of another one of their trace: of
// such, the parent that children have depends on the order in which they came.
func once(batches []*trace.Batch) (out []*trace.Batch) {
	type key struct {
		trace trace.TraceID
		span  trace.SpanID
	}
	seen := map[key]bool{}
	for _, b := range batches {
		left := &trace.Batch{Logs: b.Logs}
		for _, s := range b.Spans {
			if k := (key{s.TraceID, s.ID}); !seen[k] {
				seen[k] = true
				left.Spans = append(left.Spans, s)
			}
		}
		out = append(out, left)
	}
	return out
}

// asker makes random questions about what package gen makes.
type asker struct{ *rand.Rand }

func (a asker) oneOf(texts ...string) string { return texts[a.IntN(len(texts))] }

func (a asker) field() string {
	return a.oneOf("name", "kind", "status", "error", "duration", "statusMessage", "service", "resource.service.name", "span:id", "span:parentID", "span:start",
		"span:end", "span:traceState", "event:name", "event:time", "event:timeSinceStart", "link:spanID", "link:traceState", "instrumentation:name", "instrumentation:version", "traceDuration", "rootName",
		"rootServiceName", "trace:id", "trace:spanCount", "trace:errorCount", "span:childCount", "tokens", "session", "model", "node.type",
		`span."a"`, `span."sid"`, `span."service.name"`, `resource."a"`, `resource."name"`, `event."a"`, `event."level"`, `link."sid"`, `instrumentation."name"`, `."a"`, `."service.name"`,
		`span."gen_ai.usage.input_tokens"`, `span.uid`, `span.""`)
}

func (a asker) condition() string {
	switch a.IntN(10) {
	case 0:
		return `any like "*ong*"`
	case 1:
		return a.oneOf(`duration > 100ms`, `duration < 1s`, `traceDuration > 1h`, `traceDuration < 100ms`)
	case 2:
		return a.oneOf(`status = error`, `status != error`, `kind = server`, `error = true`)
	case 3:
		return fmt.Sprintf("!(%s != nil)", a.field())
	case 4:
		return a.oneOf(`span."a" = 1`, `span."a" = "sid"`, `span."a" > 0`, `span."name" = true`, `."a" != "a"`, `span.gen_ai.usage.input_tokens > 4000`, `tokens > 5000`, `event."a" = "a" && event:name = "sid"`)
	case 5:
		return a.oneOf(`name = "a"`, `name = "plan"`, `name =~ "p.*"`, `service = "tools"`, `resource.service.name = ""`, `node.type = "llm"`, `rootName = "plan"`)
	}
	return a.field() + " != nil"
}

func (a asker) set() string {
	s := "{ " + a.condition() + " }"
	if a.IntN(2) == 0 {
		s = "{ " + a.condition() + a.oneOf(" && ", " || ") + a.condition() + " }"
	}
	return s
}

func (a asker) query(t *testing.T) *query.Query {
	t.Helper()
	if a.IntN(6) == 0 {
		return nil
	}
	text := a.set()
	switch a.IntN(6) {
	case 0:
		text += a.oneOf(" && ", " || ", " >> ", " > ", " << ", " ~ ", " !>> ", " &> ") + a.set()
	case 1:
		text += a.oneOf(" | count() > 1", " | by(kind)", " | by(name) | count() > 1", " | avg(duration) > 50ms", " | select(name, duration)")
	}
	q, err := query.Parse(text)
	require.NoError(t, err, text)
	return q
}

func (a asker) time(some []int64) int64 {
	switch a.IntN(8) {
	case 0:
		return []int64{0, 1, -1, math.MinInt64, math.MaxInt64}[a.IntN(5)]
	case 1, 2, 3:
		return 0
	}
	return some[a.IntN(len(some))] + int64(a.IntN(3)-1)*int64(a.IntN(int(3*time.Minute)))
}

func (a asker) questions(t *testing.T, starts []int64) *sourcetest.Questions {
	t.Helper()
	q := &sourcetest.Questions{
		Query: a.query(t), Range: source.Range{From: a.time(starts), To: a.time(starts)}, Limit: 1 + a.IntN(20),
		Step: []time.Duration{0, time.Minute, 7 * time.Minute, 24 * time.Hour}[a.IntN(4)],
	}
	field := func() query.Field {
		f, err := query.ParseField(a.field())
		require.NoError(t, err)
		return f
	}
	q.Fields = []query.Field{field(), field()}
	q.By = [][]query.Field{{field()}, {field(), field()}, nil}
	return q
}

// TestAgreesWithMemory asks the store and package memory, which have the same, for
// anything.
func TestAgreesWithMemory(t *testing.T) {
	batches := once(append(randomBatches(21, 12), agentBatches(22, 8, 60)...))
	oracle := memory.New()
	for _, b := range batches {
		oracle.Add(&trace.Batch{Spans: slices.Clone(b.Spans), Logs: slices.Clone(b.Logs)})
	}
	var starts []int64
	for _, b := range batches {
		for i := range b.Spans {
			starts = append(starts, b.Spans[i].Start)
		}
	}
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := place(t, batches)
			for seed := range uint64(8) {
				a := asker{rand.New(rand.NewPCG(seed, uint64(len(name))))}
				sourcetest.Agree(t, oracle, s, a.questions(t, starts))
			}
		})
	}
}
