// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/source/sourcetest"
	"github.com/sidetrace/sidetrace/desk/store"
	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// watching is a watch that has begun: what comes from now on is told.
func watching(t *testing.T, s *store.Store, text string) (news chan []digest.Summary, ended chan error, end context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	news, ended = make(chan []digest.Summary), make(chan error, 1)
	var q *query.Query
	if text != "" {
		var err error
		q, err = query.Parse(text)
		require.NoError(t, err)
	}
	go func() {
		ended <- s.Watch(ctx, q, func(some []digest.Summary) bool {
			select {
			case news <- some:
				return true
			case <-ctx.Done():
				return false
			}
		})
	}()
	require.Eventually(t, func() bool { return s.Watchers() > 0 }, 10*time.Second, time.Millisecond)
	return news, ended, cancel
}

// within is what a channel gives, within some seconds.
func within[T any](t *testing.T, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(20 * time.Second):
		require.Fail(t, "nothing came")
	}
	return v
}

// A trace of which parts come one after the other, in memory and in segments, is told
// each time, as it is then.
func TestWatch(t *testing.T) {
	s := open(t, store.Config{Dir: t.TempDir()})
	b := sourcetest.Checkout(1, began)
	send(t, s, &trace.Batch{Spans: b.Spans[:1]})
	news, ended, end := watching(t, s, `{ resource.service.name = "web" }`)
	agent := sourcetest.Agent(2, began, "s")
	send(t, s, &agent)
	send(t, s, &trace.Batch{Spans: b.Spans[1:3]})
	told := within(t, news)
	require.Len(t, told, 1, "the other one does not match")
	assert.Equal(t, []any{sourcetest.TraceID(1), 3, 0}, []any{told[0].TraceID, told[0].Spans, told[0].Logs})

	require.NoError(t, s.Flush(t.Context()))
	send(t, s, &trace.Batch{Spans: b.Spans[3:4]})
	told = within(t, news)
	require.Len(t, told, 1)
	assert.Equal(t, 4, told[0].Spans)
	require.NoError(t, s.Flush(t.Context()))
	send(t, s, &trace.Batch{Logs: b.Logs})
	told = within(t, news)
	require.Len(t, told, 1)
	assert.Equal(t, []int{4, 2}, []int{told[0].Spans, told[0].Logs})
	end()
	assert.NoError(t, ignoreCanceled(within(t, ended)))
	assert.Zero(t, s.Watchers())
}

func ignoreCanceled(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func TestWatchEnds(t *testing.T) {
	s := open(t, store.Config{Dir: t.TempDir()})
	_, ended, _ := watching(t, s, "")
	go func() { assert.NoError(t, s.Close()) }()
	assert.ErrorIs(t, within(t, ended), store.ErrClosed)

	s = open(t, store.Config{Dir: t.TempDir()})
	b := sourcetest.Checkout(1, began)
	go func() {
		ended <- s.Watch(t.Context(), nil, func([]digest.Summary) bool { return false })
	}()
	require.Eventually(t, func() bool { return s.Watchers() > 0 }, 10*time.Second, time.Millisecond)
	send(t, s, &b)
	assert.NoError(t, within(t, ended), "who is told enough ends it without an error")
	bad := query.Where(query.Compare{Field: query.Field{Scope: query.Intrinsic, Name: "none"}})
	assert.Error(t, s.Watch(t.Context(), bad, nil))
}

// Who does not take what comes is told so, rather than kept a list for without end.
func TestWatchIsBehind(t *testing.T) {
	s := open(t, store.Config{Dir: t.TempDir()})
	news, ended, _ := watching(t, s, "")
	b := sourcetest.Checkout(1, began)
	send(t, s, &b)
	require.Eventually(t, func() bool { return s.Waiting() == 0 }, 20*time.Second, time.Millisecond, "it is being told")
	ids := make([]trace.TraceID, 200_000)
	for i := range ids {
		ids[i] = sourcetest.TraceID(uint64(i + 10))
	}
	s.Tell(ids)
	within(t, news)
	assert.ErrorIs(t, within(t, ended), store.ErrBehind)
}

func TestDescribe(t *testing.T) {
	batches := agentBatches(1, 6, 60)
	batches[1].Logs = randomBatches(2, 5)[0].Logs
	spans, logs := 0, 0
	first, last := batches[0].Spans[0].Start, batches[0].Spans[0].Start
	traces := map[trace.TraceID]bool{}
	for _, b := range batches {
		spans, logs = spans+len(b.Spans), logs+len(b.Logs)
		for i := range b.Spans {
			traces[b.Spans[i].TraceID] = true
			first, last = min(first, b.Spans[i].Start), max(last, b.Spans[i].Start)
		}
	}
	everywhere(t, batches, func(t *testing.T, s *store.Store, _ *model) {
		got, err := s.Describe(t.Context())
		require.NoError(t, err)
		assert.Positive(t, got.Bytes)
		got.Bytes = 0
		assert.Equal(t, source.Description{Traces: uint64(len(traces)), Spans: uint64(spans), Logs: uint64(logs), Oldest: first, Newest: last}, got)
	})
}
