// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/internal/racing"
	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/source/sourcetest"
	"github.com/sidetrace/sidetrace/desk/store"
	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// moving is a store that moves what it has each time something comes.
type moving struct {
	t   *testing.T
	dir string

	mu       sync.Mutex // guards all below
	now      *store.Store
	watching bool
}

func newMoving(t *testing.T) *moving {
	m := &moving{t: t, dir: t.TempDir()}
	m.open()
	t.Cleanup(func() { require.NoError(t, m.now.Close()) })
	return m
}

func (m *moving) open() {
	var err error
	m.now, err = store.Open(store.Config{Dir: m.dir, ReserveBytes: -1})
	require.NoError(m.t, err)
}

func (m *moving) store() *store.Store {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

func (m *moving) isWatched() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.watching
}

// reopen closes the store and opens it again, unless somebody watches it; between is
// done while it is closed.
func (m *moving) reopen(between func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.watching {
		return
	}
	require.NoError(m.t, m.now.Close())
	between()
	m.open()
}

func (m *moving) Capabilities() source.Capabilities { return m.store().Capabilities() }

func (m *moving) Trace(ctx context.Context, id trace.TraceID, hint source.Range) (*trace.Trace, error) {
	return m.store().Trace(ctx, id, hint)
}

func (m *moving) Search(ctx context.Context, s *source.Search) (*source.Page, error) {
	return m.store().Search(ctx, s)
}

func (m *moving) Spans(ctx context.Context, s *source.Search) (*source.SpanPage, error) {
	return m.store().Spans(ctx, s)
}

func (m *moving) Scan(ctx context.Context, s *source.Search, yield func(*source.Hit) bool) (source.Effort, error) {
	return m.store().Scan(ctx, s, yield)
}

func (m *moving) Logs(ctx context.Context, s *source.LogSearch) (*source.LogPage, error) {
	return m.store().Logs(ctx, s)
}

func (m *moving) Watch(ctx context.Context, q *query.Query, yield func([]digest.Summary) bool) error {
	m.mu.Lock()
	m.watching = true
	s := m.now
	m.mu.Unlock()
	return s.Watch(ctx, q, yield)
}

func (m *moving) Services(ctx context.Context, r source.Range) ([]source.Service, error) {
	return m.store().Services(ctx, r)
}

func (m *moving) Operations(ctx context.Context, s *source.OperationSearch) ([]source.Operation, error) {
	return m.store().Operations(ctx, s)
}

func (m *moving) Keys(ctx context.Context, s *source.KeySearch) ([]source.Key, error) {
	return m.store().Keys(ctx, s)
}

func (m *moving) Values(ctx context.Context, s *source.ValueSearch) (*source.Values, error) {
	return m.store().Values(ctx, s)
}

func (m *moving) Statistics(ctx context.Context, s *source.StatisticsSearch) (*source.Statistics, error) {
	return m.store().Statistics(ctx, s)
}

func (m *moving) Edges(ctx context.Context, r source.Range) ([]source.Edge, error) {
	return m.store().Edges(ctx, r)
}

// halves are the spans of a batch in turn, and the first and the second half of its
// log records.
func halves(b *trace.Batch) (halves [2]*trace.Batch) {
	half := len(b.Logs) / 2
	halves = [2]*trace.Batch{{Logs: b.Logs[:half]}, {Logs: b.Logs[half:]}}
	for i := range b.Spans {
		h := halves[i%2]
		h.Spans = append(h.Spans, b.Spans[i])
	}
	return halves
}

func dropSides(t *testing.T, dir string) {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "seg", "*", "*.*"))
	require.NoError(t, err)
	for _, path := range all {
		if filepath.Ext(path) != ".parquet" && filepath.Base(path) != "manifest.json" {
			require.NoError(t, os.Truncate(path, 10))
		}
	}
}

// TestSource checks that the store answers as any source, wherever it has what it
// was given.
func TestSource(t *testing.T) {
	for name, add := range racing.Fewer(map[string]func(t *testing.T, m *moving, b *trace.Batch){
		"head": func(t *testing.T, m *moving, b *trace.Batch) { send(t, m.now, b) },
		"one segment": func(t *testing.T, m *moving, b *trace.Batch) {
			send(t, m.now, b)
			require.NoError(t, m.now.Flush(t.Context()))
			require.NoError(t, m.now.MergeAll())
		},
		"merged, not merged, and in memory": func(t *testing.T, m *moving, b *trace.Batch) {
			h := halves(b)
			send(t, m.now, h[0])
			require.NoError(t, m.now.Flush(t.Context()))
			if m.now.Segments() > 3 {
				require.NoError(t, m.now.MergeAll())
			}
			send(t, m.now, h[1])
		},
		"opened again": func(t *testing.T, m *moving, b *trace.Batch) {
			h := halves(b)
			send(t, m.now, h[0])
			require.NoError(t, m.now.Flush(t.Context()))
			send(t, m.now, h[1])
			m.reopen(func() {})
		},
		"rebuilt": func(t *testing.T, m *moving, b *trace.Batch) {
			for _, h := range halves(b) {
				send(t, m.now, h)
				require.NoError(t, m.now.Flush(t.Context()))
			}
			m.reopen(func() { dropSides(t, m.dir) })
		},
	}, "merged, not merged, and in memory") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sourcetest.Run(t, func(t *testing.T) sourcetest.Place {
				m := newMoving(t)
				return sourcetest.Place{Source: m, Add: func(b *trace.Batch) {
					if m.isWatched() {
						send(t, m.now, b) // a trace is told as it is then
					} else {
						add(t, m, b)
					}
				}}
			})
		})
	}
}
