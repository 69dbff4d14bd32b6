// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/source/memory"
	"github.com/sidetrace/sidetrace/desk/source/sourcetest"
	"github.com/sidetrace/sidetrace/desk/store"
	"github.com/sidetrace/sidetrace/desk/trace"
)

func field(t *testing.T, text string) query.Field {
	t.Helper()
	f, err := query.ParseField(text)
	require.NoError(t, err)
	return f
}

// counts are requests for all that is counted, by the way in which it is.
func counts(t *testing.T) map[string]func(ctx context.Context, s source.Source) (any, error) {
	t.Helper()
	q := func(text string) *query.Query {
		q, err := query.Parse(text)
		require.NoError(t, err)
		return q
	}
	service, uid := field(t, "resource.service.name"), field(t, "span.uid")
	statistics := func(text string, by query.Field) func(ctx context.Context, s source.Source) (any, error) {
		return func(ctx context.Context, s source.Source) (any, error) {
			return s.Statistics(ctx, &source.StatisticsSearch{Query: q(text), By: []query.Field{by}})
		}
	}
	values := func(text string, of query.Field) func(ctx context.Context, s source.Source) (any, error) {
		return func(ctx context.Context, s source.Source) (any, error) {
			return s.Values(ctx, &source.ValueSearch{Query: q(text), Field: of, Limit: 10})
		}
	}
	return map[string]func(ctx context.Context, s source.Source) (any, error){
		"services": func(ctx context.Context, s source.Source) (any, error) { return s.Services(ctx, source.Range{}) },
		"operations": func(ctx context.Context, s source.Source) (any, error) {
			return s.Operations(ctx, &source.OperationSearch{})
		},
		"keys":  func(ctx context.Context, s source.Source) (any, error) { return s.Keys(ctx, &source.KeySearch{}) },
		"edges": func(ctx context.Context, s source.Source) (any, error) { return s.Edges(ctx, source.Range{}) },

		"statistics of operations": statistics(`{ }`, service),
		"statistics of spans":      statistics(`{ span.gen_ai.usage.input_tokens > 100 }`, uid),
		"statistics by an index":   statistics(`{ node.type = "llm" }`, uid),
		"statistics of traces":     statistics(`{ name = "plan" } >> { duration > 1ms }`, uid),
		"values of operations":     values(`{ }`, service),
		"values of a column":       values(`{ }`, uid),
		"values of spans":          values(`{ span.gen_ai.usage.input_tokens > 100 }`, uid),
		"values of traces":         values(`{ traceDuration > 1ms }`, uid),
	}
}

// ending is a context that is done once it was asked so often.
type ending struct {
	context.Context
	left atomic.Int64
}

func (e *ending) Err() error {
	if e.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// A context that ends at any moment ends what is counted, and nothing of it is
// returned.
func TestCountingEndsWithTheContext(t *testing.T) {
	s := places["both"](t, agentBatches(31, 6, 400))
	for name, ask := range counts(t) {
		t.Run(name, func(t *testing.T) {
			want, err := ask(t.Context(), s)
			require.NoError(t, err)
			for n := int64(0); ; n += 1 + n/4 {
				ctx := &ending{Context: t.Context()}
				ctx.left.Store(n)
				got, err := ask(ctx, s)
				if err == nil {
					assert.Equal(t, fmt.Sprint(want), fmt.Sprint(got))
					assert.Greater(t, n, int64(2), "it is asked for each segment at least")
					break
				}
				require.ErrorIs(t, err, context.Canceled)
				assert.Nil(t, got)
			}
		})
	}
}

// What would take too long is left out, and the answer says so.
func TestCountingHasABudget(t *testing.T) {
	batches := agentBatches(32, 6, 400)
	s := inSegments(t, store.Config{Dir: t.TempDir()}, batches)
	s.ReadCells(3000)
	parse := func(text string) *query.Query {
		q, err := query.Parse(text)
		require.NoError(t, err)
		return q
	}
	for _, text := range []string{`{ span.gen_ai.usage.input_tokens >= 0 }`, `{ node.type != nil }`, `{ traceDuration > 0s }`, `{ }`} {
		t.Run(text, func(t *testing.T) {
			values, err := s.Values(t.Context(), &source.ValueSearch{Query: parse(text), Field: field(t, "span.uid"), Limit: 3})
			require.NoError(t, err)
			assert.True(t, values.Effort.Partial)
			assert.True(t, values.Distinct.AtLeast)
			require.Len(t, values.Effort.Warnings, 1)
			assert.Contains(t, values.Effort.Warnings[0], "spans were looked at")
			assert.NotZero(t, values.Having)
			assert.Less(t, values.Spans, uint64(2400))
			got, err := s.Statistics(t.Context(), &source.StatisticsSearch{Query: parse(text), By: []query.Field{field(t, "span.uid")}})
			require.NoError(t, err)
			assert.True(t, got.Effort.Partial)
			assert.NotEmpty(t, got.Series)
		})
	}
	whole, err := s.Statistics(t.Context(), &source.StatisticsSearch{})
	require.NoError(t, err)
	assert.False(t, whole.Effort.Partial, "what side files know has no need of it")
}

func TestBadStatistics(t *testing.T) {
	s := open(t, store.Config{Dir: t.TempDir()})
	_, err := s.Statistics(t.Context(), &source.StatisticsSearch{Step: time.Second})
	require.ErrorContains(t, err, "want whole minutes")
	bad := query.Field{Scope: query.Intrinsic, Name: "none"}
	_, err = s.Statistics(t.Context(), &source.StatisticsSearch{By: []query.Field{bad}})
	require.ErrorContains(t, err, "no such field")
	_, err = s.Values(t.Context(), &source.ValueSearch{Field: bad})
	require.ErrorContains(t, err, "no such field")
}

func sidesOf(t *testing.T, dir, name string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "seg", "*", name))
	require.NoError(t, err)
	require.NotEmpty(t, all)
	return all
}

// damaged is a store that has the batches in segments, files of which are damaged
// once it is open; it tells how often it reported that.
func damaged(t *testing.T, batches []*trace.Batch, damage func(dir string)) (*store.Store, func() int64) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, inSegments(t, store.Config{Dir: dir}, batches).Close())
	var told atomic.Int64
	s, err := store.Open(store.Config{Dir: dir, Report: func(error) { told.Add(1) }})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	damage(dir)
	return s, told.Load
}

func overwrite(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, make([]byte, len(b)), 0o600))
}

// Statistics that cannot be read are counted again.
func TestStatisticsAreCountedAgain(t *testing.T) {
	batches := agentBatches(33, 4, 100)
	oracle := memory.New()
	for _, b := range batches {
		oracle.Add(&trace.Batch{Spans: slices.Clone(b.Spans)})
	}
	s, told := damaged(t, batches, func(dir string) {
		for _, path := range sidesOf(t, dir, "stats.bin") {
			overwrite(t, path)
		}
	})
	sourcetest.Agree(t, oracle, s, &sourcetest.Questions{By: [][]query.Field{{field(t, "name")}}, Limit: 10})
	assert.EqualValues(t, len(batches), told())
}

// What cannot be read at all is left out, and the answer says so.
func TestCountingWithoutASegment(t *testing.T) {
	for name, ask := range counts(t) {
		t.Run(name, func(t *testing.T) {
			s, told := damaged(t, agentBatches(34, 3, 100), func(dir string) {
				overwrite(t, sidesOf(t, dir, "spans.parquet")[0])
				overwrite(t, sidesOf(t, dir, "stats.bin")[0])
			})
			got, err := ask(t.Context(), s)
			require.NoError(t, err)
			assert.NotZero(t, told())
			switch got := got.(type) {
			case *source.Statistics:
				assert.NotEmpty(t, got.Series)
				assert.True(t, got.Effort.Partial)
			case *source.Values:
				assert.NotEmpty(t, got.List)
				assert.True(t, got.Effort.Partial)
				assert.Contains(t, got.Effort.Warnings[0], "could not be read")
			default:
				assert.NotEmpty(t, got)
			}
		})
	}
}

// What is counted while it comes, and while it moves into segments, never becomes
// less, and is right in the end.
func TestCountingWhileItComes(t *testing.T) {
	batches := once(agentBatches(35, 40, 60))
	oracle := memory.New()
	for _, b := range batches {
		oracle.Add(&trace.Batch{Spans: append([]trace.Span{}, b.Spans...)})
	}
	cfg := tiny
	cfg.Dir = t.TempDir()
	s := open(t, cfg)
	ctx, cancel := context.WithCancel(t.Context())
	var counting sync.WaitGroup
	for _, count := range []func() (uint64, error){
		func() (n uint64, err error) {
			all, err := s.Services(t.Context(), source.Range{})
			for _, one := range all {
				n += one.Spans
			}
			return n, err
		},
		func() (n uint64, err error) {
			all, err := s.Edges(t.Context(), source.Range{})
			for _, one := range all {
				n += one.Count
			}
			return n, err
		},
		func() (n uint64, err error) {
			all, err := s.Keys(t.Context(), &source.KeySearch{})
			for _, one := range all {
				n += one.Values
			}
			return n, err
		},
	} {
		counting.Go(func() {
			for last := uint64(0); ctx.Err() == nil; {
				n, err := count()
				if !assert.NoError(t, err) || !assert.GreaterOrEqual(t, n, last) {
					return
				}
				last = n
			}
		})
	}
	sendAll(t, s, batches)
	cancel()
	counting.Wait()
	sourcetest.Agree(t, oracle, s, &sourcetest.Questions{By: [][]query.Field{{field(t, "name")}}, Limit: 10})
}

// A call counts in the minute of the called span, whichever segment has it: parents
// come last, and begin long before.
func TestEdgesOfLateParents(t *testing.T) {
	const minute = int64(time.Minute)
	start := began - began%minute
	of := func(service string, span, parent byte, at int64) trace.Span {
		return trace.Span{
			TraceID: trace.TraceID{1}, ID: trace.SpanID{span}, Parent: trace.SpanID{parent}, Start: at, End: at + 1,
			Resource: &trace.Resource{Attributes: []trace.KeyValue{{Key: "service.name", Value: trace.String(service)}}},
		}
	}
	s := inSegments(t, store.Config{Dir: t.TempDir()}, []*trace.Batch{
		{Spans: []trace.Span{of("pay", 2, 1, start+5*minute)}}, {Spans: []trace.Span{of("web", 1, 0, start)}},
	})
	for _, parts := range []int{2, 1} {
		require.Equal(t, parts, s.Segments())
		for _, tt := range []struct {
			name     string
			from, to int64
			want     int
		}{
			{"the minute of the parent", start, start + minute, 0},
			{"the minute of the call", start + 5*minute, start + 6*minute, 1},
			{"the minute after", start + 6*minute, start + 7*minute, 0},
			{"both", start, start + 6*minute, 1},
		} {
			edges, err := s.Edges(t.Context(), source.Range{From: tt.from, To: tt.to})
			require.NoError(t, err)
			assert.Len(t, edges, tt.want, tt.name)
		}
		require.NoError(t, s.MergeAll())
	}
}
