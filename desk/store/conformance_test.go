// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/store"
	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/store/segment"
	"github.com/sidetrace/sidetrace/desk/store/sketch"
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
	for name, place := range places {
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

// summaries are those of a model's traces that have spans.
func (m *model) summaries() (all []digest.Summary) {
	var sum segment.Summer
	for _, id := range m.ids {
		t := m.of[id]
		if len(t.Spans) == 0 {
			continue
		}
		s := sum.Sum(nil, *segment.PartOf(t.Spans, len(t.Logs)))
		s.TraceID = id
		all = append(all, s)
	}
	return all
}

func sortSummaries(all []digest.Summary, o store.Order) {
	slices.SortFunc(all, func(a, b digest.Summary) int {
		byDuration := 0
		if o == store.Longest {
			byDuration = cmp.Compare(b.Duration(), a.Duration())
		}
		return cmp.Or(byDuration, cmp.Compare(b.Start, a.Start), bytes.Compare(a.TraceID[:], b.TraceID[:]))
	})
}

// pages reads all pages of a search.
func pages(t *testing.T, s *store.Store, r store.SearchRequest) (all []digest.Summary) {
	t.Helper()
	for {
		page, err := s.Summaries(t.Context(), r)
		require.NoError(t, err)
		require.False(t, page.Cost.Truncated)
		for _, m := range page.Traces {
			all = append(all, m.Summary)
		}
		if page.Cursor == "" {
			return all
		}
		require.Len(t, page.Traces, r.Limit)
		r.Cursor = page.Cursor
	}
}

// plain makes summaries comparable: a trace in parts has the services in the order
// in which they came to be known.
func plain(all []digest.Summary) []digest.Summary {
	out := slices.Clone(all)
	for i := range out {
		out[i].Services = slices.SortedFunc(slices.Values(out[i].Services), func(a, b digest.Service) int { return cmp.Compare(a.Name, b.Name) })
	}
	return out
}

func TestSummaries(t *testing.T) {
	batches := append(randomBatches(3, 6), agentBatches(4, 8, 80)...)
	everywhere(t, batches, func(t *testing.T, s *store.Store, m *model) {
		for _, order := range []store.Order{store.Newest, store.Longest} {
			want := m.summaries()
			sortSummaries(want, order)
			got := pages(t, s, store.SearchRequest{Range: store.TimeRange{From: -1 << 63}, Order: order, Limit: 7})
			require.Equal(t, plain(want), plain(got))
		}
		page, err := s.Summaries(t.Context(), store.SearchRequest{Range: store.TimeRange{From: -1 << 63}, Limit: 3})
		require.NoError(t, err)
		assert.Equal(t, len(m.summaries()), page.Total)
		assert.False(t, page.TotalIsMinimum)
	})
}

func TestRanges(t *testing.T) {
	everywhere(t, agentBatches(5, 8, 80), func(t *testing.T, s *store.Store, m *model) {
		r := rand.New(rand.NewPCG(1, 1))
		all := m.summaries()
		sortSummaries(all, store.Newest)
		for range 10 {
			from := r.IntN(len(all))
			to := r.IntN(from + 1)
			req := store.SearchRequest{
				Range:       store.TimeRange{From: all[from].Start, To: all[to].Start},
				MinDuration: time.Duration(all[r.IntN(len(all))].Duration()) / 2, Limit: 50,
			}
			if r.IntN(2) == 0 {
				req.MaxDuration = time.Duration(all[r.IntN(len(all))].Duration())
			}
			want := []digest.Summary{}
			for _, s := range all {
				if req.Range.Has(s.Start) && s.Duration() >= int64(req.MinDuration) && (req.MaxDuration == 0 || s.Duration() <= int64(req.MaxDuration)) {
					want = append(want, s)
				}
			}
			got := pages(t, s, req)
			require.Len(t, got, len(want))
			for i := range want {
				require.Equal(t, want[i].TraceID, got[i].TraceID)
			}
		}
	})
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
	batches := agentBatches(6, 10, 80)
	everywhere(t, batches, func(t *testing.T, s *store.Store, m *model) {
		all := m.summaries()
		for _, q := range queries(t, m) {
			p, err := query.Compile(q)
			require.NoError(t, err)
			for _, order := range []store.Order{store.Newest, store.Longest} {
				sortSummaries(all, order)
				var want []trace.TraceID
				for _, sum := range all {
					if len(p.Match(m.of[sum.TraceID].Spans)) > 0 {
						want = append(want, sum.TraceID)
					}
				}
				var got []trace.TraceID
				for _, sum := range pages(t, s, store.SearchRequest{Query: q, Order: order, Limit: 11}) {
					got = append(got, sum.TraceID)
				}
				require.Equal(t, want, got, "%s in order %d", q, order)
			}
		}
	})
}

func TestSpans(t *testing.T) {
	everywhere(t, agentBatches(7, 8, 80), func(t *testing.T, s *store.Store, m *model) {
		all := m.summaries()
		sortSummaries(all, store.Newest)
		for _, q := range append(queries(t, m), nil) {
			var want []trace.Span
			for _, sum := range all {
				spans := m.of[sum.TraceID].Spans
				if q == nil {
					want = append(want, spans...)
					continue
				}
				p, err := query.Compile(q)
				require.NoError(t, err)
				for _, match := range p.Match(spans) {
					for _, i := range match.Spans {
						want = append(want, spans[i])
					}
				}
			}
			r := store.SearchRequest{Query: q, Limit: 23}
			var got []trace.Span
			for {
				page, err := s.Spans(t.Context(), r)
				require.NoError(t, err)
				for _, sp := range page.Spans {
					got = append(got, sp.Span)
				}
				if page.Cursor == "" {
					break
				}
				require.Len(t, page.Spans, r.Limit)
				r.Cursor = page.Cursor
			}
			require.Len(t, got, len(want), "%v", q)
			for i := range want {
				require.Equal(t, want[i].ID, got[i].ID, "%v", q)
			}
		}
	})
}

func TestSetsOfATrace(t *testing.T) {
	everywhere(t, agentBatches(8, 4, 60), func(t *testing.T, s *store.Store, _ *model) {
		q, err := query.Parse(`{ service = "agent" } | select(span.uid)`)
		require.NoError(t, err)
		page, err := s.Summaries(t.Context(), store.SearchRequest{Query: q, SpansPerTrace: 2})
		require.NoError(t, err)
		require.NotEmpty(t, page.Traces)
		for _, tr := range page.Traces {
			require.Len(t, tr.Sets, 1)
			set := tr.Sets[0]
			require.Len(t, set.Spans, min(2, set.Matched))
			for i := range set.Spans {
				uid, _ := set.Spans[i].Attribute("uid")
				assert.Equal(t, []trace.Value{uid}, set.Values[i])
			}
		}
		_, err = json.Marshal(page)
		require.NoError(t, err)
	})
}

// calls are those between services.
func (m *model) calls() map[[2]string]*sketch.Sketch {
	out := map[[2]string]*sketch.Sketch{}
	for _, t := range m.of {
		services := map[trace.SpanID]string{}
		for i := range t.Spans {
			services[t.Spans[i].ID] = t.Spans[i].Service()
		}
		for i := range t.Spans {
			s := &t.Spans[i]
			if caller, ok := services[s.Parent]; ok && caller != s.Service() {
				k := [2]string{caller, s.Service()}
				if out[k] == nil {
					out[k] = &sketch.Sketch{}
				}
				out[k].Add(s.Duration(), 1)
			}
		}
	}
	return out
}

// Calls are counted once, whichever parts of a trace came first.
func TestEdges(t *testing.T) {
	everywhere(t, agentBatches(9, 10, 80), func(t *testing.T, s *store.Store, m *model) {
		edges, err := s.Edges(t.Context(), store.TimeRange{})
		require.NoError(t, err)
		want := m.calls()
		require.Len(t, edges, len(want))
		for _, e := range edges {
			w := want[[2]string{e.Caller, e.Callee}]
			require.NotNil(t, w)
			require.Equal(t, w.Append(nil), e.Durations.Append(nil), "%s calls %s", e.Caller, e.Callee)
			require.Equal(t, w.Count(), e.Calls)
		}
		none, err := s.Edges(t.Context(), store.TimeRange{To: 1})
		require.NoError(t, err)
		assert.Empty(t, none)
	})
}

func TestStatistics(t *testing.T) {
	batches := agentBatches(10, 10, 80)
	for i, b := range batches { // over some minutes
		for j := range b.Spans {
			b.Spans[j].Start += int64(i) * int64(30*time.Second)
			b.Spans[j].End += int64(i) * int64(30*time.Second)
		}
	}
	everywhere(t, batches, func(t *testing.T, s *store.Store, m *model) {
		for _, r := range []store.StatisticsRequest{
			{}, {Service: "tools"}, {Service: "tools", Operation: "execute_tool", Step: time.Minute}, {Service: "nobody"},
			{Range: store.TimeRange{From: began + int64(2*time.Minute)}, Step: 2 * time.Minute}, {Range: store.TimeRange{To: began + int64(time.Minute)}},
		} {
			got, err := s.Statistics(t.Context(), r)
			require.NoError(t, err)
			want, points := m.statistics(got.Range, r)
			require.Len(t, got.Series, len(want))
			for _, st := range got.Series {
				k := operation{st.Service, st.Operation, st.Kind}
				require.Equal(t, want[k].Append(nil), st.Durations.Append(nil))
				if r.Step == 0 {
					require.Empty(t, st.Points)
					continue
				}
				require.Len(t, st.Points, len(points[k]))
				for _, p := range st.Points {
					require.Equal(t, points[k][p.Time].Append(nil), p.Durations.Append(nil))
				}
			}
		}
		_, err := s.Statistics(t.Context(), store.StatisticsRequest{Step: time.Second})
		require.ErrorContains(t, err, "want whole minutes")
	})
}

type operation struct {
	service, name string
	kind          trace.Kind
}

func (m *model) statistics(within store.TimeRange, r store.StatisticsRequest) (map[operation]*sketch.Sketch, map[operation]map[int64]*sketch.Sketch) {
	all, points := map[operation]*sketch.Sketch{}, map[operation]map[int64]*sketch.Sketch{}
	for _, t := range m.of {
		for i := range t.Spans {
			s := &t.Spans[i]
			if !within.Has(s.Start) || r.Service != "" && s.Service() != r.Service || r.Operation != "" && s.Name != r.Operation {
				continue
			}
			k := operation{s.Service(), s.Name, s.Kind}
			if all[k] == nil {
				all[k], points[k] = &sketch.Sketch{}, map[int64]*sketch.Sketch{}
			}
			all[k].Add(s.Duration(), 1)
			if r.Step > 0 {
				at := s.Start - s.Start%int64(r.Step)
				if points[k][at] == nil {
					points[k][at] = &sketch.Sketch{}
				}
				points[k][at].Add(s.Duration(), 1)
			}
		}
	}
	return all, points
}

func TestServices(t *testing.T) {
	everywhere(t, agentBatches(11, 6, 80), func(t *testing.T, s *store.Store, m *model) {
		got, err := s.Services(t.Context(), store.TimeRange{})
		require.NoError(t, err)
		spans, errors := map[string]uint64{}, map[string]uint64{}
		for _, tr := range m.of {
			for i := range tr.Spans {
				spans[tr.Spans[i].Service()]++
				if tr.Spans[i].IsError() {
					errors[tr.Spans[i].Service()]++
				}
			}
		}
		require.Len(t, got, len(spans))
		for _, info := range got {
			assert.Equal(t, spans[info.Name], info.Spans)
			assert.Equal(t, errors[info.Name], info.Errors)
			sum := uint64(0)
			for _, o := range info.Operations {
				sum += o.Spans
			}
			assert.Equal(t, info.Spans, sum)
		}
	})
}

func TestAttributes(t *testing.T) {
	batches := append(agentBatches(12, 6, 80), randomBatches(13, 4)...)
	everywhere(t, batches, func(t *testing.T, s *store.Store, m *model) {
		all := store.TimeRange{From: -1 << 63}
		keys, err := s.AttributeKeys(t.Context(), all)
		require.NoError(t, err)
		want := map[string]uint64{}
		for _, tr := range m.of {
			for i := range tr.Spans {
				for _, kv := range tr.Spans[i].Attributes {
					want[kv.Key]++
				}
			}
		}
		got := map[string]uint64{}
		for _, k := range keys {
			if k.Scope == segment.OfSpan {
				got[k.Key] += k.Values
			}
		}
		assert.Equal(t, want, got)
		for _, field := range []string{"span.uid", "span.gen_ai.usage.input_tokens", "resource.host.name", "name", "service", "span.sid", "span.name", "kind", ".node.type"} {
			f, err := query.ParseField(field)
			require.NoError(t, err)
			m.sameValues(t, s, store.ValuesRequest{Range: all, Field: f, Limit: 1000})
		}
		f, err := query.ParseField("span.uid")
		require.NoError(t, err)
		values, err := s.AttributeValues(t.Context(), store.ValuesRequest{Range: all, Field: f, Prefix: "user-1", Limit: 3})
		require.NoError(t, err)
		for _, v := range values.Top {
			assert.Regexp(t, "^user-1", v.Value.Str())
		}
		q, err := query.Parse(`{ service = "tools" }`)
		require.NoError(t, err)
		values, err = s.AttributeValues(t.Context(), store.ValuesRequest{Range: all, Field: f, Query: q, Limit: 5})
		require.NoError(t, err)
		assert.Len(t, values.Top, 5)
		assert.Equal(t, values.Spans, values.With)
	})
}

// sameValues compares the values of a field with those that the query package finds.
func (m *model) sameValues(t *testing.T, s *store.Store, r store.ValuesRequest) {
	t.Helper()
	got, err := s.AttributeValues(t.Context(), r)
	require.NoError(t, err)
	p, err := query.Compile(&query.Query{From: &query.Spanset{}, Stages: []query.Stage{query.Select{Fields: []query.Field{r.Field}}}})
	require.NoError(t, err)
	want, with := map[string]int{}, 0
	for _, tr := range m.of {
		for _, match := range p.Match(tr.Spans) {
			for _, values := range match.Values {
				if v := values[0]; v.Kind() != trace.EmptyValue {
					want[string(rune(v.Kind()))+v.String()]++
					with++
				}
			}
		}
	}
	counts := map[string]int{}
	for _, v := range got.Top {
		if v.Value.Kind() == trace.EmptyValue {
			got.With -= v.Count
			continue
		}
		counts[string(rune(v.Value.Kind()))+v.Value.String()] += v.Count
	}
	assert.Equal(t, want, counts, "%s", r.Field)
	assert.Equal(t, with, got.With, "%s", r.Field)
}

func TestSessions(t *testing.T) {
	batches := agentBatches(14, 6, 80)
	chats := []string{"one", "two", "three", "four", "five"}
	for _, b := range batches {
		for i := range b.Spans {
			s := &b.Spans[i]
			chat := chats[int(s.TraceID[1])%len(chats)]
			s.Attributes = append(slices.DeleteFunc(slices.Clone(s.Attributes), func(kv trace.KeyValue) bool { return kv.Key == "chat_id" }),
				trace.KeyValue{Key: "chat_id", Value: trace.String(chat)})
		}
	}
	everywhere(t, batches, func(t *testing.T, s *store.Store, m *model) {
		want := map[string]*store.Session{}
		for _, sum := range m.summaries() {
			w := want[sum.Identity.ChatID]
			if w == nil {
				w = &store.Session{Start: 1 << 62}
				want[sum.Identity.ChatID] = w
			}
			w.Traces++
			w.Spans += sum.Spans
			w.Start, w.End = min(w.Start, sum.Start), max(w.End, sum.End)
			w.Tokens.Total += sum.Tokens.Total
		}
		r := store.SessionsRequest{Kind: store.ByChat, Limit: 2}
		var got []store.Session
		for {
			page, err := s.Sessions(t.Context(), r)
			require.NoError(t, err)
			assert.Equal(t, len(want), page.Total)
			got = append(got, page.Sessions...)
			if page.Cursor == "" {
				break
			}
			r.Cursor = page.Cursor
		}
		require.Len(t, got, len(want))
		assert.True(t, slices.IsSortedFunc(got, func(a, b store.Session) int { return cmp.Compare(b.End, a.End) }))
		for _, one := range got {
			w := want[one.ID]
			assert.Equal(t, []int{w.Traces, w.Spans}, []int{one.Traces, one.Spans})
			assert.Equal(t, []int64{w.Start, w.End, w.Tokens.Total}, []int64{one.Start, one.End, one.Tokens.Total})
		}
		bySID, err := s.Sessions(t.Context(), store.SessionsRequest{})
		require.NoError(t, err)
		assert.Equal(t, len(m.summaries()), bySID.Total, "each has its own")
		_, err = s.Sessions(t.Context(), store.SessionsRequest{Kind: 9})
		assert.Error(t, err)
	})
}

func TestLogs(t *testing.T) {
	batches := randomBatches(15, 12)
	everywhere(t, batches, func(t *testing.T, s *store.Store, m *model) {
		when := func(l *trace.Log) int64 { return cmp.Or(l.Time, l.Observed) }
		for _, r := range []store.LogsRequest{
			{Range: store.TimeRange{From: -1 << 63}, Limit: 5}, {Limit: 100}, {Range: store.TimeRange{From: -1 << 63}, MinSeverity: 17, Limit: 5},
			{Range: store.TimeRange{From: -1 << 63}, Contains: "long", Limit: 5}, {Range: store.TimeRange{From: -1 << 63}, Session: "a", Limit: 5},
			{Range: store.TimeRange{From: -1 << 63}, TraceID: m.ids[3], Limit: 2},
		} {
			want := map[int64]int{}
			for i := range m.logs {
				l := &m.logs[i]
				sid, _ := trace.Lookup(l.Attributes, "sid")
				session, _ := trace.Lookup(l.Attributes, "session.id")
				chat, _ := trace.Lookup(l.Attributes, "chat_id")
				if r.Range.Has(when(l)) && l.Severity >= r.MinSeverity && (r.TraceID.IsZero() || l.TraceID == r.TraceID) &&
					bytes.Contains([]byte(l.Body.String()), []byte(r.Contains)) && (r.Session == "" || slices.Contains([]string{sid.String(), session.String(), chat.String()}, r.Session)) {
					want[when(l)]++
				}
			}
			got, last := map[int64]int{}, int64(1<<63-1)
			for {
				page, err := s.Logs(t.Context(), r)
				require.NoError(t, err)
				for i := range page.Logs {
					require.LessOrEqual(t, when(&page.Logs[i]), last)
					last = when(&page.Logs[i])
					got[last]++
				}
				if page.Cursor == "" {
					break
				}
				r.Cursor = page.Cursor
			}
			require.Equal(t, slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got)))
			require.Equal(t, want, got)
		}
		_, err := s.Logs(t.Context(), store.LogsRequest{Cursor: "none"})
		assert.Error(t, err)
	})
}

// A budget ends a search, and the cursor goes on from there.
func TestBudget(t *testing.T) {
	everywhere(t, agentBatches(16, 6, 80), func(t *testing.T, s *store.Store, m *model) {
		q, err := query.Parse(`{ span.gen_ai.usage.input_tokens > 7900 }`)
		require.NoError(t, err)
		p, err := query.Compile(q)
		require.NoError(t, err)
		var want, got []trace.TraceID
		all := m.summaries()
		sortSummaries(all, store.Newest)
		for _, sum := range all {
			if len(p.Match(m.of[sum.TraceID].Spans)) > 0 {
				want = append(want, sum.TraceID)
			}
		}
		r, truncated := store.SearchRequest{Query: q, Budget: 50}, 0
		for {
			page, err := s.Summaries(t.Context(), r)
			require.NoError(t, err)
			for _, tr := range page.Traces {
				got = append(got, tr.TraceID)
			}
			if page.Cursor == "" {
				break
			}
			assert.LessOrEqual(t, page.Cost.Spans, 50+25)
			truncated++
			require.True(t, page.Cost.Truncated)
			r.Cursor = page.Cursor
		}
		assert.Equal(t, want, got)
		assert.Greater(t, truncated, 3)
	})
}

func TestBadRequests(t *testing.T) {
	s := open(t, store.Config{Dir: t.TempDir()})
	for name, r := range map[string]store.SearchRequest{
		"cursor": {Cursor: "no cursor"}, "cursor of another order": {Cursor: "AAAA"}, "order": {Order: 7},
		"query": {Query: query.Where(query.Compare{Field: query.Field{Scope: query.Intrinsic, Name: "none"}})},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.Summaries(t.Context(), r)
			var bad *store.RequestError
			require.ErrorAs(t, err, &bad)
			_, err = s.Spans(t.Context(), r)
			require.ErrorAs(t, err, &bad)
		})
	}
}
