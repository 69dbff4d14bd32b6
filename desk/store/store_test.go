// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/internal/gen"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/store"
	"github.com/sidetrace/sidetrace/desk/store/wire"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// reports collects what a store tells.
type reports struct {
	mu  sync.Mutex
	all []error
}

func (r *reports) add(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, err)
}

func (r *reports) list() []error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all)
}

// open opens a store that has nothing to tell.
func open(t testing.TB, cfg store.Config) *store.Store {
	t.Helper()
	said := &reports{}
	cfg.Report = said.add
	cfg.ReserveBytes = cmp.Or(cfg.ReserveBytes, -1)
	s, err := store.Open(cfg)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, s.Close())
		assert.Empty(t, said.list())
	})
	return s
}

func encode(t testing.TB, b *trace.Batch) (traces, logs []byte) {
	t.Helper()
	traces, err := format.MarshalTraces(b.Spans)
	require.NoError(t, err)
	logs, err = format.MarshalLogs(b.Logs)
	require.NoError(t, err)
	return traces, logs
}

// send appends a batch.
func send(t testing.TB, s *store.Store, b *trace.Batch) {
	t.Helper()
	traces, logs := encode(t, b)
	if len(b.Spans) > 0 {
		require.NoError(t, s.Append(t.Context(), store.Traces, traces))
	}
	if len(b.Logs) > 0 {
		require.NoError(t, s.Append(t.Context(), store.Logs, logs))
	}
}

// model is what a store should have.
type model struct {
	ids  []trace.TraceID
	of   map[trace.TraceID]*trace.Trace
	logs []trace.Log // all of them
}

func modelOf(batches []*trace.Batch) *model {
	m := &model{of: map[trace.TraceID]*trace.Trace{}}
	at := func(id trace.TraceID) *trace.Trace {
		if m.of[id] == nil {
			m.of[id] = &trace.Trace{ID: id}
			m.ids = append(m.ids, id)
		}
		return m.of[id]
	}
	for _, b := range batches {
		for _, s := range b.Spans {
			t := at(s.TraceID)
			t.Spans = append(t.Spans, s)
		}
		for _, l := range b.Logs {
			m.logs = append(m.logs, l)
			if !l.TraceID.IsZero() {
				t := at(l.TraceID)
				t.Logs = append(t.Logs, l)
			}
		}
	}
	for _, t := range m.of {
		slices.SortStableFunc(t.Spans, func(s, u trace.Span) int {
			return cmp.Or(cmp.Compare(s.Start, u.Start), bytes.Compare(s.ID[:], u.ID[:]))
		})
	}
	return m
}

func sameTrace(t *testing.T, want, got *trace.Trace) {
	t.Helper()
	require.Equal(t, want.ID, got.ID)
	require.Len(t, got.Spans, len(want.Spans))
	for i := range want.Spans {
		require.True(t, gen.SameSpan(&want.Spans[i], &got.Spans[i]), "span %d of %s\nwant %+v\ngot  %+v", i, want.ID, want.Spans[i], got.Spans[i])
	}
	require.Len(t, got.Logs, len(want.Logs))
	for i := range want.Logs {
		require.True(t, gen.SameLog(&want.Logs[i], &got.Logs[i]), "log record %d of %s\nwant %+v\ngot  %+v", i, want.ID, want.Logs[i], got.Logs[i])
	}
}

// has checks that a store has exactly what a model has.
func (m *model) has(t *testing.T, s *store.Store) {
	t.Helper()
	for _, id := range m.ids {
		got, err := s.Trace(t.Context(), id, source.Range{})
		require.NoError(t, err)
		sameTrace(t, m.of[id], got)
	}
	_, err := s.Trace(t.Context(), trace.TraceID{0xff, 1}, source.Range{})
	require.ErrorIs(t, err, source.ErrNotFound)
}

func randomBatches(seed uint64, n int) (all []*trace.Batch) {
	r := gen.NewRandom(seed)
	for range n {
		all = append(all, r.Batch())
	}
	return all
}

const began = 1_700_000_000_000_000_000

// agentBatches are requests with traces of agents, some of which come in two parts.
func agentBatches(seed uint64, n, spans int) (all []*trace.Batch) {
	a := gen.NewAgent(seed, began, int64(20*time.Millisecond))
	var later []trace.Span
	for range n {
		b := &trace.Batch{Spans: later}
		later = nil
		for i, s := range a.Request(spans) {
			if s.TraceID[0] < 64 && i%3 == 0 {
				later = append(later, s)
				continue
			}
			b.Spans = append(b.Spans, s)
		}
		all = append(all, b)
	}
	return append(all, &trace.Batch{Spans: later})
}

func TestAppend(t *testing.T) {
	s := open(t, store.Config{Dir: filepath.Join(t.TempDir(), "store")})
	for _, tt := range []struct {
		name string
		kind store.Kind
		body []byte
		want any
	}{
		{"malformed", store.Traces, []byte("no request"), &wire.MalformedError{}},
		{"malformed logs", store.Logs, []byte{0x0a, 0xff}, &wire.MalformedError{}},
		{"another kind", 7, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := s.Append(t.Context(), tt.kind, tt.body)
			require.Error(t, err)
			if tt.want != nil {
				_, ok := errors.AsType[*wire.MalformedError](err)
				assert.True(t, ok, "%v", err)
			}
		})
	}
	require.NoError(t, s.Append(t.Context(), store.Traces, nil), "nothing to keep")

	traces, _ := encode(t, &trace.Batch{Spans: []trace.Span{{TraceID: trace.TraceID{1}, ID: trace.SpanID{1}, Name: "good"}, {Name: "without ids"}}})
	partial, ok := errors.AsType[*format.PartialError](s.Append(t.Context(), store.Traces, traces))
	require.True(t, ok)
	assert.Equal(t, 1, partial.Skipped)
	got, err := s.Trace(t.Context(), trace.TraceID{1}, source.Range{})
	require.NoError(t, err)
	assert.Equal(t, "good", got.Spans[0].Name)
}

// A request that is sent again is kept once, also if both come at the same time.
func TestSentAgain(t *testing.T) {
	dir := t.TempDir()
	s := open(t, store.Config{Dir: dir})
	b := agentBatches(1, 1, 50)[0]
	traces, _ := encode(t, b)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { assert.NoError(t, s.Append(t.Context(), store.Traces, bytes.Clone(traces))) })
	}
	wg.Wait()
	m := modelOf([]*trace.Batch{b})
	m.has(t, s)
	require.NoError(t, s.Close())
	s = open(t, store.Config{Dir: dir})
	require.NoError(t, s.Append(t.Context(), store.Traces, traces))
	m.has(t, s)
}

func TestClosed(t *testing.T) {
	s := open(t, store.Config{Dir: t.TempDir()})
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	traces, _ := encode(t, agentBatches(1, 1, 5)[0])
	require.ErrorIs(t, s.Append(t.Context(), store.Traces, traces), store.ErrClosed)
	_, err := s.Trace(t.Context(), trace.TraceID{1}, source.Range{})
	require.ErrorIs(t, err, store.ErrClosed)
	_, err = s.Search(t.Context(), &source.Search{Limit: 1})
	require.ErrorIs(t, err, store.ErrClosed)
	require.ErrorIs(t, s.Flush(t.Context()), store.ErrClosed, "the folder may be another's")
}

func TestOneProcessAtATime(t *testing.T) {
	dir := t.TempDir()
	open(t, store.Config{Dir: dir})
	_, err := store.Open(store.Config{Dir: dir})
	require.ErrorContains(t, err, "another process uses it")
	_, err = store.Open(store.Config{})
	require.ErrorContains(t, err, "no folder is given")
	_, err = store.Open(store.Config{Dir: t.TempDir(), HeadSpans: -5})
	require.ErrorContains(t, err, "a bound is negative", "it would refuse all requests")
}

func TestContextEnds(t *testing.T) {
	s := open(t, store.Config{Dir: t.TempDir()})
	send(t, s, agentBatches(1, 1, 50)[0])
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Search(ctx, &source.Search{Limit: 1})
	assert.ErrorIs(t, err, context.Canceled)
	assert.ErrorIs(t, s.Flush(ctx), context.Canceled)
}
