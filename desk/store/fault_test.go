// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/internal/racing"
	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/store"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// ask asks a store everything. It returns how many traces it lists, and whether an
// answer said that something is missing.
func ask(t *testing.T, s *store.Store) (traces int, partial bool) {
	t.Helper()
	ctx := t.Context()
	page, err := s.Search(ctx, &source.Search{Limit: 10_000, Total: true})
	require.NoError(t, err)
	partial = page.Effort.Partial
	seen := map[trace.TraceID]bool{}
	for _, hit := range page.Hits {
		require.False(t, seen[hit.Summary.TraceID], "it is listed twice")
		seen[hit.Summary.TraceID] = true
		_, err := s.Trace(ctx, hit.Summary.TraceID, source.Range{})
		if err != nil {
			require.ErrorIs(t, err, source.ErrNotFound)
		}
	}
	q, err := query.Parse(`{ span.uid = "nobody" || duration > 1ms && resource.host.name = "node-1" }`)
	require.NoError(t, err)
	for _, order := range []source.Order{source.Newest, source.Longest} {
		found, err := s.Spans(ctx, &source.Search{Query: q, Limit: 10_000, Order: order, Total: true})
		require.NoError(t, err)
		partial = partial || found.Effort.Partial
	}
	logs, err := s.Logs(ctx, &source.LogSearch{Limit: 10_000})
	require.NoError(t, err)
	_, err = s.Describe(ctx)
	require.NoError(t, err)
	return len(page.Hits), partial || logs.Effort.Partial
}

// A file that is damaged costs at most the segment it is of: that is said, and all
// others are used.
func TestDamagedFiles(t *testing.T) {
	dir := t.TempDir()
	batches := agentBatches(1, 3, 60)
	batches[1].Logs = randomBatches(2, 5)[0].Logs
	s := inSegments(t, store.Config{Dir: dir}, batches)
	whole, _ := ask(t, s)
	require.NoError(t, s.Close())
	folders, err := os.ReadDir(filepath.Join(dir, "seg"))
	require.NoError(t, err)
	names, err := os.ReadDir(filepath.Join(dir, "seg", folders[1].Name()))
	require.NoError(t, err)
	for _, name := range names {
		for where, change := range map[string]func(b []byte) []byte{
			"cut": func(b []byte) []byte { return b[:len(b)/2] }, "empty": func([]byte) []byte { return nil }, "missing": nil,
			"front": func(b []byte) []byte { b[20] ^= 4; return b }, "middle": func(b []byte) []byte { b[len(b)/2] ^= 4; return b },
			"end": func(b []byte) []byte { b[len(b)-12] ^= 4; return b },
		} {
			t.Run(name.Name()+" "+where, func(t *testing.T) {
				t.Parallel()
				damaged := copyDir(t, dir)
				path := filepath.Join(damaged, "seg", folders[1].Name(), name.Name())
				b, err := os.ReadFile(path)
				require.NoError(t, err)
				if change == nil {
					require.NoError(t, os.Remove(path))
				} else {
					require.NoError(t, os.WriteFile(path, change(b), 0o600))
				}
				said := &reports{}
				s, err := store.Open(store.Config{Dir: damaged, Report: said.add, ReserveBytes: -1})
				require.NoError(t, err)
				n, partial := ask(t, s)
				assert.GreaterOrEqual(t, n, whole/2)
				if n < whole || partial {
					assert.True(t, len(said.list()) > 0 || name.Name() == "manifest.json" && change == nil)
				}
				require.NoError(t, s.Close())
				s, err = store.Open(store.Config{Dir: damaged, ReserveBytes: -1})
				require.NoError(t, err)
				again, _ := ask(t, s)
				assert.Equal(t, n, again)
				require.NoError(t, s.Close())
			})
		}
	}
}

// Side files are made again when they are damaged, and nothing is missing.
func TestSideFilesAreMended(t *testing.T) {
	dir := t.TempDir()
	batches := agentBatches(3, 3, 60)
	s := inSegments(t, store.Config{Dir: dir}, batches)
	require.NoError(t, s.Close())
	dropSides(t, dir)
	said := &reports{}
	s, err := store.Open(store.Config{Dir: dir, Report: said.add, ReserveBytes: -1})
	require.NoError(t, err)
	assert.Len(t, said.list(), s.Segments())
	modelOf(batches).has(t, s)
	sameLists(t, batches, s)
	require.NoError(t, s.Close())
	modelOf(batches).has(t, open(t, store.Config{Dir: dir}))
}

func TestRetention(t *testing.T) {
	batches := agentBatches(4, 6, 60)
	dir := t.TempDir()
	s := inSegments(t, store.Config{Dir: dir}, batches)
	size, n := s.Bytes(), s.Segments()
	had, err := s.Describe(t.Context())
	require.NoError(t, err)
	require.NoError(t, s.Close())

	t.Run("bytes", func(t *testing.T) {
		s := open(t, store.Config{Dir: copyDir(t, dir), MaxBytes: size / 2})
		s.Retain()
		assert.Less(t, s.Bytes(), size/2+1)
		assert.Less(t, s.Segments(), n)
		last := batches[len(batches)-2]
		_, err := s.Trace(t.Context(), last.Spans[0].TraceID, source.Range{})
		assert.NoError(t, err, "the oldest go first")
		_, err = s.Trace(t.Context(), batches[0].Spans[0].TraceID, source.Range{})
		assert.ErrorIs(t, err, source.ErrNotFound)
		ask(t, s)
		has, err := s.Describe(t.Context())
		require.NoError(t, err)
		gone := s.Removed()
		assert.Equal(t, store.Amount{Spans: had.Spans - has.Spans, Logs: had.Logs - has.Logs, Bytes: uint64(size - s.Bytes())}, gone.TooMuch)
		assert.Zero(t, gone.TooOld)
	})
	t.Run("age", func(t *testing.T) {
		s := open(t, store.Config{Dir: copyDir(t, dir), MaxAge: time.Nanosecond})
		s.Retain()
		assert.Zero(t, s.Segments())
		assert.Equal(t, store.Removed{TooOld: store.Amount{Spans: had.Spans, Logs: had.Logs, Bytes: uint64(size)}}, s.Removed())
		traces, _ := ask(t, s)
		assert.Zero(t, traces)
		send(t, s, batches[0])
		require.NoError(t, s.Flush(t.Context()))
		send(t, s, batches[1])
		s.Retain()
		assert.Equal(t, 1, s.Segments(), "it says what of the log is in segments")
	})
	t.Run("limits that are far", func(t *testing.T) {
		s := open(t, store.Config{Dir: copyDir(t, dir), MaxAge: time.Hour, MaxBytes: 1 << 40})
		s.Retain()
		assert.Equal(t, n, s.Segments())
	})
}

// Readers and writers, segments that are written, merged and removed: all at once.
func TestAllAtOnce(t *testing.T) {
	cfg := restless
	cfg.Dir, cfg.MaxBytes = t.TempDir(), 400_000
	s := open(t, cfg)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	var wg sync.WaitGroup
	for seed := range uint64(2) {
		wg.Go(func() {
			for i := uint64(0); ctx.Err() == nil; i++ {
				for _, b := range agentBatches(seed*1000+i, 2, 60) {
					send(t, s, b)
				}
			}
		})
	}
	for range 3 {
		wg.Go(func() {
			for ctx.Err() == nil {
				_, partial := ask(t, s)
				assert.False(t, partial)
			}
		})
	}
	wg.Go(func() {
		for ctx.Err() == nil {
			assert.NoError(t, s.Merge())
			s.Retain()
		}
	})
	wg.Wait()
}

// One trace of 100,000 spans.
func TestLongTrace(t *testing.T) {
	n := racing.Size(100_000)
	spans := make([]trace.Span, n)
	for i := range spans {
		spans[i] = trace.Span{TraceID: trace.TraceID{7}, ID: trace.SpanID{byte(i), byte(i >> 8), byte(i >> 16), 1}, Name: "step", Start: began + int64(i), End: began + int64(i) + 10}
		if i > 0 {
			spans[i].Parent = spans[i-1].ID
		}
	}
	s := open(t, store.Config{Dir: t.TempDir(), HeadSpans: n / 3})
	for i := 0; i < n; i += n / 10 {
		send(t, s, &trace.Batch{Spans: spans[i : i+n/10]})
	}
	check := func() {
		got, err := s.Trace(t.Context(), trace.TraceID{7}, source.Range{})
		require.NoError(t, err)
		require.Len(t, got.Spans, n)
		assert.Equal(t, spans[n-1].Parent, got.Spans[n-1].Parent)
		page, err := s.Search(t.Context(), &source.Search{Limit: 5})
		require.NoError(t, err)
		require.Len(t, page.Hits, 1)
		assert.Equal(t, n, page.Hits[0].Summary.Levels)
		assert.Equal(t, n, page.Hits[0].Summary.Spans)
		assert.True(t, page.Hits[0].Summary.Whole)
	}
	check()
	require.NoError(t, s.Flush(t.Context()))
	check()
}

// Requests wait while segments are written more slowly, and are asked to come again
// when they have waited long enough.
func TestBackPressure(t *testing.T) {
	s := open(t, store.Config{Dir: t.TempDir(), HeadSpans: 50, HoldBack: time.Hour})
	resume := s.HoldSealing()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	var err error
	for i, batches := 0, agentBatches(5, 50, 20); i < len(batches) && err == nil; i++ {
		traces, _ := encode(t, batches[i])
		err = s.Append(ctx, store.Traces, traces)
	}
	full, ok := errors.AsType[*store.FullError](err)
	require.True(t, ok, "%v", err)
	assert.Positive(t, full.RetryAfter())
	ask(t, s)
	resume()
	send(t, s, agentBatches(6, 1, 20)[0])
}

// What records share counts as memory: spans of a few bytes, each of a process with a
// large description, do not wait until there are thousands of them.
func TestLargeResources(t *testing.T) {
	s := open(t, store.Config{Dir: t.TempDir(), HeadBytes: 1 << 20, HoldBack: time.Nanosecond})
	m := &trace.Batch{}
	for i := range 20 {
		text := string(bytes.Repeat([]byte{byte('a' + i)}, 200<<10))
		m.Spans = append(m.Spans, trace.Span{
			TraceID: trace.TraceID{byte(i), 1}, ID: trace.SpanID{1}, Start: began,
			Resource: &trace.Resource{Attributes: []trace.KeyValue{{Key: "process.command_line", Value: trace.String(text)}}},
		})
		send(t, s, &trace.Batch{Spans: m.Spans[i:]})
		s.WaitForSegments()
	}
	assert.Greater(t, s.Segments(), 2)
	modelOf([]*trace.Batch{m}).has(t, s)
}

// Segments of few but long spans are not merged, however well they compress: all of a
// merge is in memory.
func TestLongSpansAreNotMerged(t *testing.T) {
	s := open(t, store.Config{Dir: t.TempDir(), HeadBytes: 1 << 20})
	for _, tt := range []struct {
		name   string
		length int
		want   int
	}{{"long", 300 << 10, 8}, {"short", 100, 9}} {
		for i := range 8 {
			id := trace.TraceID{byte(tt.length), byte(i), 1}
			send(t, s, &trace.Batch{Spans: []trace.Span{{
				TraceID: id, ID: trace.SpanID{1}, Start: began,
				Attributes: []trace.KeyValue{{Key: "text", Value: trace.String(strings.Repeat("ha ", tt.length/3))}},
			}}})
			require.NoError(t, s.Flush(t.Context()))
		}
		require.NoError(t, s.Merge())
		assert.Equal(t, tt.want, s.Segments(), tt.name)
	}
}
