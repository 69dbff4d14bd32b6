// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/source/memory"
	"github.com/sidetrace/sidetrace/desk/store"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// What was there when the first page was asked for is on one page, once, in order,
// whatever comes, is written into segments, and is merged between the pages.
func TestPagesWhileMoreComes(t *testing.T) {
	for _, order := range []source.Order{source.Newest, source.Oldest, source.Longest} {
		t.Run(fmt.Sprint("order ", order), func(t *testing.T) {
			t.Parallel()
			was, more := agentBatches(1, 6, 60), agentBatches(2, 12, 60)
			s := open(t, store.Config{Dir: t.TempDir()})
			sendAll(t, s, was)
			want := map[trace.TraceID]int{}
			for id := range modelOf(was).of {
				want[id] = 0
			}
			var last *source.Position
			r := source.Search{Order: order, Limit: 3}
			for i := 0; ; i++ {
				page, err := s.Search(t.Context(), &r)
				require.NoError(t, err)
				for _, h := range page.Hits {
					at := order.Position(&h.Summary)
					require.True(t, last == nil || order.Compare(*last, at) < 0)
					last = &at
					if _, old := want[h.Summary.TraceID]; old {
						want[h.Summary.TraceID]++
					}
				}
				if r.After = page.Next; r.After == nil {
					break
				}
				disturb(t, s, more, i)
			}
			for id, times := range want {
				assert.Equal(t, 1, times, "%s", id)
			}
		})
	}
}

// disturb adds something, and now and then moves everything.
func disturb(t *testing.T, s *store.Store, more []*trace.Batch, i int) {
	t.Helper()
	if i < len(more) {
		send(t, s, more[i])
	}
	if i%3 == 0 {
		require.NoError(t, s.Flush(t.Context()))
	}
	if i%7 == 0 {
		require.NoError(t, s.MergeAll())
	}
}

// Log records of one time are on one page each, also when they are moved in between.
func TestPagesOfLogsThatAreMoved(t *testing.T) {
	s := open(t, store.Config{Dir: t.TempDir()})
	var b trace.Batch
	want := map[string]int{}
	for i := range 40 {
		id := trace.TraceID{byte(40 - i%7), 1}
		if i%5 == 0 {
			id = trace.TraceID{}
		}
		b.Logs = append(b.Logs, trace.Log{TraceID: id, Observed: began, Body: trace.Int(int64(i))})
		want[fmt.Sprint(i)] = 1
	}
	for _, h := range halves(&b) {
		send(t, s, h)
	}
	for _, order := range []source.Order{source.Newest, source.Oldest} {
		got := map[string]int{}
		r := source.LogSearch{Order: order, Limit: 3}
		for i := 0; ; i++ {
			page, err := s.Logs(t.Context(), &r)
			require.NoError(t, err)
			for _, l := range page.Logs {
				got[l.Body.String()]++
			}
			if r.After = page.Next; r.After == nil {
				break
			}
			disturb(t, s, nil, i)
		}
		assert.Equal(t, want, got)
	}
}

// Where too much would have to be looked at, a page ends early and says so, and the
// next one goes on.
func TestBudget(t *testing.T) {
	batches := agentBatches(16, 6, 80)
	oracle := memory.New(batches...)
	q, err := query.Parse(`{ span.gen_ai.usage.input_tokens > 7900 }`)
	require.NoError(t, err)
	everywhere(t, batches, func(t *testing.T, s *store.Store, _ *model) {
		s.LookAt(50, 10)
		for _, order := range []source.Order{source.Newest, source.Oldest, source.Longest} {
			whole := source.Search{Query: q, Order: order, Limit: 1000}
			want, err := oracle.Search(t.Context(), &whole)
			require.NoError(t, err)
			var ids []trace.TraceID
			partial := 0
			r := source.Search{Query: q, Order: order, Limit: 1000, Total: true}
			for {
				page, err := s.Search(t.Context(), &r)
				require.NoError(t, err)
				for _, h := range page.Hits {
					ids = append(ids, h.Summary.TraceID)
				}
				assert.Less(t, page.Effort.Spans, 50+25)
				if page.Effort.Partial {
					partial++
					assert.NotEmpty(t, page.Effort.Warnings)
				}
				assert.True(t, page.Total.AtLeast)
				if r.After = page.Next; r.After == nil {
					break
				}
			}
			assert.Greater(t, partial, 3)
			assert.Equal(t, idsOf(want.Hits), ids)
			assert.Equal(t, spanIDs(t, oracle, whole), spanIDs(t, s, whole))
		}
	})
}

func idsOf(hits []source.Hit) (ids []trace.TraceID) {
	for _, h := range hits {
		ids = append(ids, h.Summary.TraceID)
	}
	return ids
}

// spanIDs are the ids of all spans of a search.
func spanIDs(t *testing.T, s source.Finder, r source.Search) (ids []trace.SpanID) {
	t.Helper()
	for {
		page, err := s.Spans(t.Context(), &r)
		require.NoError(t, err)
		for i := range page.Rows {
			ids = append(ids, page.Rows[i].ID)
		}
		if r.After = page.Next; r.After == nil {
			return slices.Clip(ids)
		}
	}
}
