// SPDX-License-Identifier: Apache-2.0

package finding_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/analysis/finding"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// absurd are times that a trace may have by mistake.
var absurd = []int64{math.MinInt64, math.MinInt64 + 1, -1, 0, 1, epoch, math.MaxInt64 - 1, math.MaxInt64}

var keys = []string{
	"db.system.name", "db.query.text", "http.request.method", "url.full", "http.response.status_code", "gen_ai.operation.name", "gen_ai.tool.name",
	"gen_ai.tool.call.arguments", "gen_ai.tool.call.result", "gen_ai.usage.input_tokens", "gen_ai.response.time_to_first_chunk", "node.type", "attempt",
	"http.request.resend_count", "gen_ai.input.messages", "trace_link",
}

var values = []trace.Value{
	{}, trace.String(""), trace.String("GET"), trace.String("SELECT a FROM b WHERE c = 'd' OFFSET 7"), trace.String("execute_tool"), trace.String("chat"),
	trace.String("invoke_agent"), trace.String("https://a/b/7?page=1#x"), trace.String(`{"a":[1,{"b":"cdef"}]}`), trace.String(`{"a":`), trace.String("s3://a/b"),
	trace.String("\xff%("), trace.Int(math.MaxInt64), trace.Int(-1), trace.Int(503), trace.Float(math.NaN()), trace.Float(math.Inf(1)), trace.Float(1e300),
	trace.Bool(true), trace.Bytes([]byte{0}), trace.List(trace.Int(1), trace.String("x")), trace.Map(trace.KeyValue{Key: "q", Value: trace.Int(1)}),
}

// profiles are attributes that belong together.
var profiles = [][]trace.KeyValue{
	{{Key: "gen_ai.operation.name", Value: trace.String("execute_tool")}, {Key: "gen_ai.tool.call.arguments", Value: trace.String("{}")}},
	{{Key: "db.system.name", Value: trace.String("sqlite")}, {Key: "db.query.text", Value: trace.String("SELECT 1")}},
	{{Key: "gen_ai.operation.name", Value: trace.String("chat")}, {Key: "gen_ai.usage.output_tokens", Value: trace.Int(7)}},
}

// randomSpans are spans with parents, times and attributes of any kind: orphans,
// cycles and spans of the same id among them. With wild, times are absurd at times.
func randomSpans(r *rand.Rand, wild bool) []trace.Span {
	resources := []*trace.Resource{nil, {}, resource("a"), resource("b"), resource("b")}
	spans := make([]trace.Span, 1+r.IntN(60))
	for i := range spans {
		s := &spans[i]
		s.Name = fmt.Sprint("op ", r.IntN(4))
		s.Kind = trace.Kind(r.IntN(7) - 1)
		s.Start = epoch + r.Int64N(1000)*1e6
		s.End = s.Start + r.Int64N(400)*1e6 - 20e6
		if wild && r.IntN(4) == 0 {
			s.Start, s.End = absurd[r.IntN(len(absurd))], absurd[r.IntN(len(absurd))]
		}
		binary.BigEndian.PutUint64(s.ID[:], uint64(r.IntN(len(spans)*8)))
		binary.BigEndian.PutUint64(s.Parent[:], uint64(r.IntN(len(spans)*8)))
		if i > 0 && r.IntN(4) > 0 {
			s.Parent = spans[r.IntN(i)].ID
		}
		s.Resource = resources[r.IntN(len(resources))]
		s.Status.Code = trace.StatusCode(r.IntN(3))
		if r.IntN(3) == 0 {
			s.Attributes = append(s.Attributes, profiles[r.IntN(len(profiles))]...)
			s.End = min(s.End, s.Start+10e6)
		}
		for range r.IntN(6) {
			s.Attributes = append(s.Attributes, trace.KeyValue{Key: keys[r.IntN(len(keys))], Value: values[r.IntN(len(values))]})
		}
		if r.IntN(4) == 0 {
			s.Events = []trace.Event{{Name: []string{"exception", "first_token"}[r.IntN(2)], Time: absurd[r.IntN(len(absurd))], Attributes: s.Attributes}}
		}
	}
	return spans
}

func resource(service string) *trace.Resource {
	return &trace.Resource{Attributes: []trace.KeyValue{{Key: "service.name", Value: trace.String(service)}}}
}

// lax options find something in anything.
var lax = finding.Options{
	MinShare: 1e-9, MinCost: 1, RepeatedCalls: 2, EqualQueries: 2, SerialCalls: 2, EqualToolCalls: 2, FirstFrame: 1,
	Gap: 1, GapShare: 1e-9, BottleneckShare: 1e-9, Skew: 1, Overrun: 1,
}

// Whatever the spans are, what is found of them is sound.
func TestAnySpans(t *testing.T) {
	found := map[finding.Kind]int{}
	for seed := range uint64(3000) {
		spans := randomSpans(rand.New(rand.NewPCG(seed, 1)), seed%2 == 1)
		tree := analysis.Build(spans)
		for _, f := range finding.Find(tree, lax) {
			checkSound(t, tree, f)
			require.LessOrEqual(t, f.Cost, extent(tree), "seed %d: %s", seed, f.Title)
			found[f.Kind]++
		}
		checkPath(t, tree)
	}
	assert.Len(t, found, 15, "each kind was found: %v", found)
}

// extent is the time from the first start to the last end, and no time if that is
// before.
func extent(tree *analysis.Tree) time.Duration {
	s := tree.Summary()
	return time.Duration(max(s.Duration, 0))
}

// checkPath checks that the critical path goes through the whole main root, and
// that no span has more time than it took.
func checkPath(t *testing.T, tree *analysis.Tree) {
	t.Helper()
	self := finding.SelfTimes(tree)
	require.Len(t, self, len(tree.Nodes))
	sums := map[int32]time.Duration{}
	var whole time.Duration
	steps := finding.CriticalPath(tree)
	for _, s := range steps {
		require.Greater(t, s.End, s.Start)
		sums[s.Node] += time.Duration(s.End - s.Start)
		whole += time.Duration(s.End - s.Start)
	}
	for _, s := range steps {
		require.Equal(t, sums[s.Node], s.Self)
	}
	for i, d := range self {
		require.GreaterOrEqual(t, d, time.Duration(0))
		if s := tree.Nodes[i].Span; s.End != 0 {
			require.LessOrEqual(t, sums[int32(i)], max(0, time.Duration(s.Duration())))
		}
	}
	longest, running := time.Duration(0), false
	for _, root := range tree.Roots {
		if s := tree.Nodes[root].Span; s.Start != 0 {
			longest, running = max(longest, time.Duration(s.Duration())), running || s.End == 0
		}
	}
	if !running {
		require.Equal(t, min(longest, 1<<61), whole)
	}
}

// The same trace gives the same findings, in whatever order its children came.
func TestFindIsDeterministic(t *testing.T) {
	for seed := range uint64(200) {
		spans := randomSpans(rand.New(rand.NewPCG(seed, 2)), false)
		tree := analysis.Build(spans)
		assert.Equal(t, finding.Find(tree, lax), finding.Find(analysis.Build(slices.Clone(spans)), lax))
	}
}

func TestFindNothing(t *testing.T) {
	assert.Empty(t, finding.Find(analysis.Build(nil), finding.Options{}))
	assert.Empty(t, finding.CriticalPath(analysis.Build(nil)))
	assert.Empty(t, finding.SelfTimes(analysis.Build(nil)))
	assert.Empty(t, finding.Find(analysis.Build(make([]trace.Span, 3)), finding.Options{}))
}
