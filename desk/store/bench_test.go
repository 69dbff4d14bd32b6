// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/internal/gen"
	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/store"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// Benchmarks are about so many spans of agents as this variable of the environment
// says; where the other one names a folder, it is filled once and then used again.
const (
	benchSpansEnv = "STORE_BENCH_SPANS"
	benchDirEnv   = "STORE_BENCH_DIR"
	benchSpans    = 100_000
	perRequest    = 500
)

func benchSize(b *testing.B) int {
	b.Helper()
	text := os.Getenv(benchSpansEnv)
	if text == "" {
		return benchSpans
	}
	n, err := strconv.Atoi(text)
	require.NoError(b, err)
	return n
}

// requestsOf makes requests of so many spans of agents together.
func requestsOf(b *testing.B, spans int, yield func(body []byte, spans int)) {
	b.Helper()
	a := gen.NewAgent(1, began, int64(4*time.Millisecond))
	for spans > 0 {
		request := a.Request(perRequest)
		body, err := format.MarshalTraces(request)
		require.NoError(b, err)
		yield(body, len(request))
		spans -= len(request)
	}
}

// used is what the process used so far: time of processors, and the most bytes of
// memory at one time.
func used(b *testing.B) (cpu time.Duration, peak int64) {
	b.Helper()
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), u.Maxrss << 10
}

// BenchmarkIngest says what it takes to keep a span, until it is in a segment: the
// time of processors is that of the whole process, less what it takes to make spans.
func BenchmarkIngest(b *testing.B) {
	n := benchSize(b)
	from, _ := used(b)
	requestsOf(b, n, func([]byte, int) {})
	to, _ := used(b)
	making := to - from
	for b.Loop() {
		dir := b.TempDir()
		s, err := store.Open(store.Config{Dir: dir, Checked: true, ReserveBytes: -1})
		require.NoError(b, err)
		spans, raw := 0, 0
		from, _ := used(b)
		requestsOf(b, n, func(body []byte, inBody int) {
			spans, raw = spans+inBody, raw+len(body)
			require.NoError(b, s.Append(b.Context(), store.Traces, body))
		})
		require.NoError(b, s.Flush(b.Context()))
		to, peak := used(b)
		b.ReportMetric((to-from-making).Seconds()*1e6/float64(spans), "cpu-s/Mspan")
		b.ReportMetric(float64(raw)/float64(spans), "raw-B/span")
		b.ReportMetric(float64(peak)/1e6, "peak-MB")
		b.ReportMetric(float64(sizeOf(b, filepath.Join(dir, "seg")))/float64(spans), "disk-B/span")
		require.NoError(b, s.Close())
	}
}

func sizeOf(b *testing.B, dir string) (n int64) {
	b.Helper()
	require.NoError(b, filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		n += info.Size()
		return err
	}))
	return n
}

// filledStore is a store to read from.
func filledStore(b *testing.B) *store.Store {
	b.Helper()
	dir := os.Getenv(benchDirEnv)
	if dir == "" {
		dir = b.TempDir()
	}
	s, err := store.Open(store.Config{Dir: dir, Checked: true, ReserveBytes: -1})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, s.Close()) })
	d, err := s.Describe(b.Context())
	require.NoError(b, err)
	if d.Spans == 0 {
		requestsOf(b, benchSize(b), func(body []byte, _ int) { require.NoError(b, s.Append(b.Context(), store.Traces, body)) })
		require.NoError(b, s.Flush(b.Context()))
	}
	return s
}

// spots are traces all over the time that the store has something of.
func spots(b *testing.B, s *store.Store) (all []source.Hit) {
	b.Helper()
	d, err := s.Describe(b.Context())
	require.NoError(b, err)
	for i := range int64(16) {
		page, err := s.Search(b.Context(), &source.Search{Range: source.Range{To: d.Newest - (d.Newest-d.Oldest)*i/17}, Limit: 1})
		require.NoError(b, err)
		all = append(all, page.Hits...)
	}
	return all
}

// BenchmarkFind says how long finding takes: a trace by its id, the last of a
// service, those with a value that few have, and the slowest.
func BenchmarkFind(b *testing.B) {
	s := filledStore(b)
	at := spots(b, s)
	search := func(order source.Order, inTime bool, text func(hit *source.Hit) string) func(b *testing.B, i int) {
		return func(b *testing.B, i int) {
			hit := &at[i%len(at)]
			r := source.Search{Order: order, Limit: 20}
			if inTime {
				r.Range.To = hit.Summary.Start
			}
			if of := text(hit); of != "" {
				q, err := query.Parse(of)
				require.NoError(b, err)
				r.Query = q
			}
			_, err := s.Search(b.Context(), &r)
			require.NoError(b, err)
		}
	}
	always := func(text string) func(*source.Hit) string { return func(*source.Hit) string { return text } }
	for _, c := range []struct {
		name string
		find func(b *testing.B, i int)
	}{
		{"trace", func(b *testing.B, i int) {
			_, err := s.Trace(b.Context(), at[i%len(at)].Summary.TraceID, source.Range{})
			require.NoError(b, err)
		}},
		{"newest", search(source.Newest, true, always(""))},
		{"newest of a service", search(source.Newest, true, always(`{ resource.service.name = "tools" }`))},
		{"errors of a service", search(source.Newest, true, always(`{ resource.service.name = "tools" && status = error }`))},
		{"of a session", search(source.Newest, false, func(h *source.Hit) string { return fmt.Sprintf(`{ span.sid = %q }`, h.Summary.Identity.SID) })},
		{"of a user", search(source.Newest, false, func(h *source.Hit) string { return fmt.Sprintf(`{ span.uid = %q }`, h.Summary.Identity.UID) })},
		{"of nobody", search(source.Newest, false, always(`{ span.uid = "nobody" }`))},
		{"slowest", search(source.Longest, false, always(""))},
		{"slowest of a service", search(source.Longest, false, always(`{ resource.service.name = "tools" }`))},
		{"structure", search(source.Newest, true, always(`{ name = "plan" } >> { status = error }`))},
		{"page", func(b *testing.B, i int) {
			after := source.Newest.Position(&at[i%len(at)].Summary)
			_, err := s.Search(b.Context(), &source.Search{Limit: 20, After: &after})
			require.NoError(b, err)
		}},
		{"total", func(b *testing.B, i int) {
			_, err := s.Search(b.Context(), &source.Search{Limit: 20, Total: true, Range: source.Range{To: at[i%len(at)].Summary.Start}})
			require.NoError(b, err)
		}},
		{"spans", spanSearch(s, source.Newest, "")},
		{"spans of a name", spanSearch(s, source.Newest, `{ name = "plan" && status = error }`)},
		{"slowest spans", spanSearch(s, source.Longest, "")},
	} {
		b.Run(c.name, func(b *testing.B) {
			for i := range at {
				c.find(b, i) // what is read again is kept
			}
			for i := 0; b.Loop(); i++ {
				c.find(b, i)
			}
		})
	}
}

func spanSearch(s *store.Store, order source.Order, text string) func(b *testing.B, _ int) {
	return func(b *testing.B, _ int) {
		r := source.Search{Order: order, Limit: 20}
		if text != "" {
			q, err := query.Parse(text)
			require.NoError(b, err)
			r.Query = q
		}
		_, err := s.Spans(b.Context(), &r)
		require.NoError(b, err)
	}
}
