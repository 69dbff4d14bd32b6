// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/internal/racing"
	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/source/memory"
	"github.com/sidetrace/sidetrace/desk/store"
	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// tiny merges often, and knows no trace for long.
var tiny = store.Config{HeadSpans: 400, HoldBack: time.Nanosecond, SyncEvery: time.Hour}

// places are where a store may have what it was given: each gives one that has the
// batches.
var places = map[string]func(t *testing.T, batches []*trace.Batch) *store.Store{
	"head": func(t *testing.T, batches []*trace.Batch) *store.Store {
		s := open(t, store.Config{Dir: t.TempDir()})
		sendAll(t, s, batches)
		return s
	},
	"a segment": func(t *testing.T, batches []*trace.Batch) *store.Store {
		s := open(t, store.Config{Dir: t.TempDir()})
		sendAll(t, s, batches)
		require.NoError(t, s.Flush(t.Context()))
		return s
	},
	"many segments": func(t *testing.T, batches []*trace.Batch) *store.Store {
		return inSegments(t, store.Config{Dir: t.TempDir()}, batches)
	},
	"merged segments": func(t *testing.T, batches []*trace.Batch) *store.Store {
		s := inSegments(t, store.Config{Dir: t.TempDir(), HeadSpans: 800}, batches)
		for range len(batches) {
			require.NoError(t, s.Merge())
		}
		require.Less(t, s.Segments(), len(batches))
		return s
	},
	"both": func(t *testing.T, batches []*trace.Batch) *store.Store {
		half := len(batches) / 2
		s := inSegments(t, store.Config{Dir: t.TempDir()}, batches[:half])
		sendAll(t, s, batches[half:])
		return s
	},
	"the log": func(t *testing.T, batches []*trace.Batch) *store.Store {
		dir := t.TempDir()
		s := open(t, store.Config{Dir: dir})
		sendAll(t, s, batches)
		require.NoError(t, s.Close())
		return open(t, store.Config{Dir: dir})
	},
	"both, opened again": func(t *testing.T, batches []*trace.Batch) *store.Store {
		dir, half := t.TempDir(), len(batches)/2
		s := inSegments(t, store.Config{Dir: dir}, batches[:half])
		sendAll(t, s, batches[half:])
		require.NoError(t, s.Close())
		return open(t, store.Config{Dir: dir})
	},
	"a small head": func(t *testing.T, batches []*trace.Batch) *store.Store {
		cfg := tiny
		cfg.Dir = t.TempDir()
		s := open(t, cfg)
		sendAll(t, s, batches)
		return s
	},
}

func sendAll(t *testing.T, s *store.Store, batches []*trace.Batch) {
	t.Helper()
	for _, b := range batches {
		send(t, s, b)
	}
}

// inSegments makes a segment of each batch.
func inSegments(t *testing.T, cfg store.Config, batches []*trace.Batch) *store.Store {
	t.Helper()
	s := open(t, cfg)
	for _, b := range batches {
		send(t, s, b)
		require.NoError(t, s.Flush(t.Context()))
	}
	return s
}

// everywhere runs a test for all places.
func everywhere(t *testing.T, batches []*trace.Batch, test func(t *testing.T, s *store.Store, m *model)) {
	m := modelOf(batches)
	for name, place := range racing.Fewer(places, "merged segments", "both, opened again") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, place(t, batches), m)
		})
	}
}

func TestNothingIsLost(t *testing.T) {
	everywhere(t, randomBatches(1, 12), func(t *testing.T, s *store.Store, m *model) { m.has(t, s) })
}

func TestAgentsAreNotLost(t *testing.T) {
	everywhere(t, agentBatches(2, 12, 100), func(t *testing.T, s *store.Store, m *model) { m.has(t, s) })
}

// plain is a summary that is comparable: of a trace in parts, services and identity
// are in the order in which they came to be known.
func plain(s digest.Summary) digest.Summary {
	s.Services = slices.SortedFunc(slices.Values(s.Services), func(a, b digest.Service) int { return cmp.Compare(a.Name, b.Name) })
	s.Identity = digest.Identity{}
	return s
}

func rowText(b *strings.Builder, rows []source.SpanRow) {
	for _, row := range rows {
		fmt.Fprintf(b, " %s/%s@%d+%d %v", row.TraceID, row.ID, row.Start, row.Duration, row.Values)
	}
}

// pagesOf are all pages of a search, as text.
func pagesOf(t *testing.T, s source.Finder, r source.Search) string {
	t.Helper()
	var b strings.Builder
	for range 1000 {
		page, err := s.Search(t.Context(), &r)
		require.NoError(t, err)
		require.False(t, page.Effort.Partial, "%v", page.Effort.Warnings)
		for i := range page.Hits {
			fmt.Fprintf(&b, "%+v", plain(page.Hits[i].Summary))
			for _, set := range page.Hits[i].Sets {
				fmt.Fprintf(&b, " %d %v %v:", set.Matched, set.By, set.Aggregates)
				rowText(&b, set.Spans)
			}
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%+v\n", *page.Total)
		if r.After = page.Next; r.After == nil {
			return b.String()
		}
	}
	require.Fail(t, "there is no last page")
	return ""
}

// spanPagesOf are all pages of spans, as text.
func spanPagesOf(t *testing.T, s source.Finder, r source.Search) string {
	t.Helper()
	var b strings.Builder
	for range 1000 {
		page, err := s.Spans(t.Context(), &r)
		require.NoError(t, err)
		rowText(&b, page.Rows)
		fmt.Fprintf(&b, "\n%+v\n", *page.Total)
		if r.After = page.Next; r.After == nil {
			return b.String()
		}
	}
	require.Fail(t, "there is no last page")
	return ""
}

// sameLists checks that a store lists what it was given, in all orders.
func sameLists(t *testing.T, batches []*trace.Batch, s source.Finder) {
	t.Helper()
	oracle := memory.New(batches...)
	for _, order := range []source.Order{source.Newest, source.Oldest, source.Longest} {
		r := source.Search{Order: order, Limit: 9, Total: true}
		require.Equal(t, pagesOf(t, oracle, r), pagesOf(t, s, r))
	}
}

func TestLists(t *testing.T) {
	for name, batches := range map[string][]*trace.Batch{"random": randomBatches(3, 8), "agents": agentBatches(4, 8, 80)} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, batches, func(t *testing.T, s *store.Store, _ *model) { sameLists(t, batches, s) })
		})
	}
}

// queries are about what agents have.
func queries(t *testing.T, m *model) (all []*query.Query) {
	t.Helper()
	some := m.of[m.ids[len(m.ids)/2]].Spans[0]
	uid, _ := some.Attribute("uid")
	sid, _ := some.Attribute("sid")
	for _, text := range []string{
		`{ }`, `{ resource.service.name = "tools" }`, `{ service = "tools" && status = error }`, `{ span.uid = "` + uid.Str() + `" }`,
		`{ session = "` + sid.Str() + `" }`, `{ .sid = "nobody" }`, `{ duration > 100ms }`, `{ duration < 2ms && name = "search" }`,
		`{ name = "plan" } && { name = "load" && status = error }`, `{ name = "plan" } >> { status = error }`, `{ status = error } | count() > 1`,
		`{ span.gen_ai.usage.input_tokens > 7500 }`, `{ span.gen_ai.usage.input_tokens = 4242 }`, `{ tokens > 8500 }`, `{ node.type = "llm" || node.type = "tool" }`,
		`{ span.gen_ai.request.model =~ "claude.*" }`, `{ trace:id = "` + some.TraceID.String() + `" }`, `{ span:id = "` + some.ID.String() + `" }`,
		`{ rootName = "POST /v1/chat" && resource.host.name = "node-3" }`, `{ instrumentation:name = "github.com/sidetrace/sidetrace" && .telemetry.sdk.language = "go" && status = error }`,
		`{ traceDuration > 200ms } | select(span.uid, name)`, `{ event.level = "info" && kind = server }`,
	} {
		q, err := query.Parse(text)
		require.NoError(t, err, text)
		all = append(all, q)
	}
	return all
}

func TestQueries(t *testing.T) {
	batches := agentBatches(6, 6, 60)
	oracle := memory.New(batches...)
	want := map[string]string{}
	find := func(t *testing.T, s source.Finder, q *query.Query, order source.Order, check func(what, got string)) {
		t.Helper()
		in := source.Range{From: began + int64(50*time.Millisecond), To: began + int64(400*time.Millisecond)}
		for _, r := range []source.Search{{}, {Range: in}} {
			r.Query, r.Order, r.Limit, r.Spans, r.Total = q, order, 11, 2, true
			what := fmt.Sprint(q, order, r.Range)
			check("traces of "+what, pagesOf(t, s, r))
			r.Limit = 50
			check("spans of "+what, spanPagesOf(t, s, r))
		}
	}
	orders := []source.Order{source.Newest, source.Oldest, source.Longest}
	all := queries(t, modelOf(batches))
	for _, q := range all {
		for _, order := range orders {
			find(t, oracle, q, order, func(what, got string) { want[what] = got })
		}
	}
	everywhere(t, batches, func(t *testing.T, s *store.Store, _ *model) {
		for _, q := range all {
			for _, order := range orders {
				find(t, s, q, order, func(what, got string) { require.Equal(t, want[what], got, what) })
			}
		}
	})
}

// A trace of which all spans are in a segment, and log records come later.
func TestLogsThatComeLater(t *testing.T) {
	batches, second := agentBatches(8, 9, 30), &trace.Batch{}
	id := batches[0].Spans[0].TraceID
	second.Logs = []trace.Log{{TraceID: id, Time: began, Body: trace.String("late")}}
	batches = append(batches, second)
	everywhere(t, batches[:len(batches)-1], func(t *testing.T, s *store.Store, _ *model) {
		send(t, s, second)
		sameLists(t, batches, s)
		require.NoError(t, s.Flush(t.Context()))
		sameLists(t, batches, s)
		require.NoError(t, s.MergeAll())
		sameLists(t, batches, s)
		got, err := s.Trace(t.Context(), id, source.Range{})
		require.NoError(t, err)
		assert.Len(t, got.Logs, 1)
	})
}
