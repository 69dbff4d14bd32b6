// SPDX-License-Identifier: Apache-2.0

package segment_test

import (
	"bytes"
	"cmp"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/internal/gen"
	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/store/segment"
	"github.com/sidetrace/sidetrace/desk/store/sketch"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// input is a batch as it goes into a segment.
func input(t testing.TB, b *trace.Batch) *segment.Input {
	t.Helper()
	var o segment.Origins
	spans, err := segment.EncodeSpans(b.Spans, &o)
	require.NoError(t, err)
	logs, err := segment.EncodeLogs(b.Logs, &o)
	require.NoError(t, err)
	in := &segment.Input{Manifest: segment.Manifest{Seq: 1, Order: 1, Covered: 7}}
	at := map[trace.TraceID]int{}
	of := func(id trace.TraceID) *segment.Trace {
		i, ok := at[id]
		if !ok {
			i = len(in.Traces)
			at[id] = i
			in.Traces = append(in.Traces, segment.Trace{ID: id})
		}
		return &in.Traces[i]
	}
	for _, s := range spans {
		tr := of(s.TraceID)
		tr.Spans = append(tr.Spans, s)
	}
	for _, l := range logs {
		if l.TraceID.IsZero() {
			in.Logs = append(in.Logs, l)
			continue
		}
		tr := of(l.TraceID)
		tr.Logs = append(tr.Logs, l)
	}
	return in
}

func write(t testing.TB, in *segment.Input) *segment.Segment {
	t.Helper()
	dir, err := segment.Write(t.TempDir(), in)
	require.NoError(t, err)
	s, err := segment.Open(dir, segment.NewCaches(64<<20))
	require.NoError(t, err)
	return s
}

func randomBatch(seed uint64, batches int) *trace.Batch {
	r, all := gen.NewRandom(seed), &trace.Batch{}
	for range batches {
		b := r.Batch()
		all.Spans, all.Logs = append(all.Spans, b.Spans...), append(all.Logs, b.Logs...)
	}
	return all
}

func agentBatch(seed uint64, spans int) *trace.Batch {
	return &trace.Batch{Spans: gen.NewAgent(seed, 1_700_000_000_000_000_000, 3_000_000).Request(spans)}
}

func inOrder(spans []trace.Span) []trace.Span {
	return slices.SortedStableFunc(slices.Values(spans), func(s, t trace.Span) int {
		return cmp.Or(cmp.Compare(s.Start, t.Start), bytes.Compare(s.ID[:], t.ID[:]))
	})
}

func sameSpans(t *testing.T, want, got []trace.Span) {
	t.Helper()
	require.Len(t, got, len(want))
	for i := range want {
		require.True(t, gen.SameSpan(&want[i], &got[i]), "span %d\nwant %+v\ngot  %+v", i, want[i], got[i])
	}
}

func sameLogs(t *testing.T, want, got []trace.Log) {
	t.Helper()
	require.Len(t, got, len(want))
	for i := range want {
		require.True(t, gen.SameLog(&want[i], &got[i]), "log record %d\nwant %+v\ngot  %+v", i, want[i], got[i])
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	for name, b := range map[string]*trace.Batch{
		"nothing": {}, "random": randomBatch(1, 3), "many": randomBatch(2, 400), "agents": agentBatch(3, 3000), "logs": {Logs: randomBatch(4, 50).Logs},
	} {
		t.Run(name, func(t *testing.T) {
			s := write(t, input(t, b))
			assert.Equal(t, len(b.Spans), s.Manifest.Spans)
			assert.Equal(t, len(b.Logs), s.Manifest.Logs)
			for _, want := range b.Traces() {
				e, ok, err := s.Find(want.ID)
				require.NoError(t, err)
				require.True(t, ok)
				spans, err := s.Spans(&e)
				require.NoError(t, err)
				sameSpans(t, inOrder(want.Spans), spans)
				logs, err := s.LogsOf(&e)
				require.NoError(t, err)
				sameLogs(t, want.Logs, logs)
			}
			_, ok, err := s.Find(trace.TraceID{0xab})
			require.NoError(t, err)
			assert.False(t, ok)
			loose := slices.SortedStableFunc(slices.Values(slices.DeleteFunc(slices.Clone(b.Logs), func(l trace.Log) bool { return !l.TraceID.IsZero() })),
				func(l, m trace.Log) int { return cmp.Compare(l.Time, m.Time) })
			logs, err := s.Logs(s.Manifest.Logs-len(loose), len(loose))
			require.NoError(t, err)
			sameLogs(t, loose, logs)
		})
	}
}

// entries are all of a segment.
func entries(t *testing.T, s *segment.Segment) (all []segment.Entry) {
	t.Helper()
	for i := range s.Blocks() {
		block, err := s.Block(i)
		require.NoError(t, err)
		r := s.BlockRange(i)
		for _, e := range block {
			if e.Rows > 0 {
				assert.True(t, r.MinStart <= e.Summary.Start && e.Summary.Start <= r.MaxStart && e.Summary.Duration() <= r.MaxDuration)
			}
		}
		all = append(all, block...)
	}
	return all
}

func TestSummaries(t *testing.T) {
	b := randomBatch(5, 300)
	agents := agentBatch(6, 4000)
	b.Spans = append(b.Spans, agents.Spans...)
	s := write(t, input(t, b))
	all := entries(t, s)
	traces := b.Traces()
	require.Len(t, all, len(traces))
	want := map[trace.TraceID]digest.Summary{}
	var m segment.Summer
	for _, tr := range traces {
		sum := m.Sum(nil, *segment.PartOf(inOrder(tr.Spans), len(tr.Logs)))
		sum.TraceID = tr.ID
		want[tr.ID] = sum
	}
	row := 0
	for _, e := range all {
		w := want[e.Summary.TraceID]
		if len(w.Services) == 0 {
			w.Services = []digest.Service{}
		}
		require.Equal(t, w, e.Summary)
		require.Equal(t, row, e.FirstRow)
		row += e.Rows
		for r := e.FirstRow; r < row; r++ {
			of, err := s.EntryOf(r)
			require.NoError(t, err)
			require.Equal(t, e.Summary.TraceID, of.Summary.TraceID)
		}
	}
	assert.Equal(t, len(b.Spans), row)
	one := agents.Traces()[0]
	e, _, err := s.Find(one.ID)
	require.NoError(t, err)
	sid, _ := one.Spans[0].Attribute("sid")
	assert.Equal(t, sid.Str(), e.Summary.Identity.SID)
	assert.Positive(t, e.Summary.Tokens.Total)
}

// hints are some that have something to find, and some that have not.
func hints(r *rand.Rand, spans []trace.Span) (h query.SpanHint) {
	one := func() *trace.Span { return &spans[r.IntN(len(spans))] }
	if r.IntN(3) > 0 {
		var tokens []string
		s := one()
		take := func(token []byte) {
			if r.IntN(3) == 0 {
				tokens = append(tokens, string(token))
			}
		}
		query.EachToken(s.Attributes, take)
		if s.Resource != nil {
			query.EachToken(s.Resource.Attributes, take)
		}
		if s.Scope != nil {
			query.EachToken(s.Scope.Attributes, take)
		}
		for i, token := range tokens {
			h.Tokens = append(h.Tokens, []string{token, tokens[(i+1)%len(tokens)]})
		}
	}
	switch r.IntN(8) {
	case 0:
		h.Services = []string{one().Service(), "nobody"}
	case 1:
		h.Names = []string{one().Name}
	case 2:
		h.MinDuration = time.Duration(one().Duration())
	case 3:
		h.MaxDuration = time.Duration(one().Duration())
	case 4:
		h.ErrorOnly = true
	case 5:
		h.TraceIDs = []trace.TraceID{one().TraceID, {1, 2, 3}}
	case 6:
		h.SpanIDs = []trace.SpanID{one().ID}
	}
	return h
}

func TestFilters(t *testing.T) {
	b := randomBatch(7, 300)
	b.Spans = append(b.Spans, agentBatch(8, 3000).Spans...)
	s := write(t, input(t, b))
	var rows []trace.Span // in the order of the segment
	for _, e := range entries(t, s) {
		spans, err := s.Spans(&e)
		require.NoError(t, err)
		rows = append(rows, spans...)
	}
	r := rand.New(rand.NewPCG(1, 2))
	hits := 0
	for range 200 {
		alternatives := []query.SpanHint{hints(r, rows), hints(r, rows)}[:1+r.IntN(2)]
		f := segment.NewFilter(alternatives)
		pages, err := s.Pages(f)
		require.NoError(t, err)
		for p := range (len(rows) + 1023) / 1024 {
			got, err := s.Rows(f, p)
			require.NoError(t, err)
			var want []int
			for i := p * 1024; i < min((p+1)*1024, len(rows)); i++ {
				if slices.ContainsFunc(alternatives, func(h query.SpanHint) bool { return h.Admits(&rows[i]) }) {
					want = append(want, i-p*1024)
				}
			}
			require.Equal(t, want, got, "%+v", alternatives)
			if len(want) > 0 {
				require.Contains(t, pages, p, "%+v", alternatives)
				hits++
			}
		}
	}
	assert.Greater(t, hits, 200)
	assert.True(t, segment.NewFilter(nil).MatchesAll())
	none, err := s.Pages(segment.NewFilter([]query.SpanHint{{Tokens: [][]string{{"sid=nobody's"}}}}))
	require.NoError(t, err)
	assert.Empty(t, none)
}

func TestStats(t *testing.T) {
	b := agentBatch(9, 3000)
	s := write(t, input(t, b))
	st, err := s.Stats()
	require.NoError(t, err)
	type key struct {
		minute        segment.Minute
		service, name string
		kind          trace.Kind
		status        trace.StatusCode
	}
	want, sums := map[key]*sketch.Sketch{}, map[key]float64{}
	for i := range b.Spans {
		sp := &b.Spans[i]
		k := key{segment.MinuteOf(sp.Start), sp.Service(), sp.Name, sp.Kind, sp.Status.Code}
		if want[k] == nil {
			want[k] = &sketch.Sketch{}
		}
		want[k].Add(sp.Duration(), 1)
		sums[k] += float64(sp.Duration())
	}
	cells := 0
	for i, o := range st.Operations {
		assert.True(t, o.Named)
		for _, c := range st.OfOperation(i) {
			k := key{c.Minute, o.Service, o.Name, o.Kind, o.Status}
			w := want[k]
			require.NotNil(t, w)
			require.Equal(t, w.Append(nil), c.Durations)
			assert.Equal(t, w.Count(), c.Count)
			assert.Equal(t, o.Status == trace.Error, c.Errors == c.Count)
			assert.InEpsilon(t, sums[k], c.Sum, 1e-9)
			cells++
		}
	}
	assert.Len(t, want, cells)
	calls := 0
	for _, tr := range b.Traces() {
		services := map[trace.SpanID]string{}
		for i := range tr.Spans {
			services[tr.Spans[i].ID] = tr.Spans[i].Service()
		}
		for i := range tr.Spans {
			if caller, ok := services[tr.Spans[i].Parent]; ok && caller != tr.Spans[i].Service() {
				calls++
			}
		}
	}
	got := uint64(0)
	for i := range st.Calls {
		for _, c := range st.OfCall(i) {
			got += c.Count
		}
	}
	assert.EqualValues(t, calls, got)
	i := slices.IndexFunc(st.Keys, func(k segment.Key) bool { return k.Key == "uid" && k.Scope == query.Span })
	require.GreaterOrEqual(t, i, 0)
	assert.EqualValues(t, len(b.Spans), st.Keys[i].Values)
	i = slices.IndexFunc(st.Keys, func(k segment.Key) bool { return k.Key == "host.name" && k.Scope == query.Resource })
	require.GreaterOrEqual(t, i, 0)
	assert.EqualValues(t, len(b.Spans), st.Keys[i].Values, "resources count once for each span")
}

// A trace in two segments is summed up whole by the later one, and calls from one
// part to the other are counted once.
func TestParts(t *testing.T) {
	b := agentBatch(10, 600)
	whole := write(t, input(t, b))
	first, second := &trace.Batch{}, &trace.Batch{}
	for i, s := range b.Spans {
		if i%3 == 0 {
			second.Spans = append(second.Spans, s)
		} else {
			first.Spans = append(first.Spans, s)
		}
	}
	early := write(t, input(t, first))
	in := input(t, second)
	for i := range in.Traces {
		e, ok, err := early.Find(in.Traces[i].ID)
		require.NoError(t, err)
		if ok {
			in.Traces[i].Earlier, err = early.Part(&e)
			require.NoError(t, err)
		}
	}
	late := write(t, in)
	for _, tr := range second.Traces() {
		want, _, err := whole.Find(tr.ID)
		require.NoError(t, err)
		got, _, err := late.Find(tr.ID)
		require.NoError(t, err)
		assert.Equal(t, want.Summary, got.Summary)
		_, ok, err := early.Find(tr.ID)
		require.NoError(t, err)
		assert.Equal(t, ok, got.Continued)
	}
	calls := func(all ...*segment.Segment) map[[2]string]uint64 {
		n := map[[2]string]uint64{}
		for _, s := range all {
			st, err := s.Stats()
			require.NoError(t, err)
			for i := range st.Calls {
				for _, c := range st.OfCall(i) {
					n[[2]string{st.Calls[i].Caller, st.Calls[i].Callee}] += c.Count
				}
			}
		}
		return n
	}
	assert.Equal(t, calls(whole), calls(early, late))
	assert.NotEqual(t, calls(whole), calls(early))
}

func readFiles(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	names, err := os.ReadDir(dir)
	require.NoError(t, err)
	all := map[string][]byte{}
	for _, n := range names {
		all[n.Name()], err = os.ReadFile(filepath.Join(dir, n.Name()))
		require.NoError(t, err)
	}
	return all
}

func nothing(trace.TraceID) (*segment.Part, error) { return nil, nil }

// Side files that are lost are made again of the tables, the same to the byte.
func TestRebuild(t *testing.T) {
	b := randomBatch(11, 200)
	b.Spans = append(b.Spans, agentBatch(12, 2000).Spans...)
	s := write(t, input(t, b))
	want := readFiles(t, s.Dir)
	for _, name := range []string{"traces.idx", "tokens.bloom", "stats.bin"} {
		require.NoError(t, os.Remove(filepath.Join(s.Dir, name)))
	}
	_, err := segment.Open(s.Dir, segment.NewCaches(16<<20))
	require.ErrorIs(t, err, segment.ErrDamaged)
	require.NoError(t, segment.Rebuild(s.Dir, nothing))
	got := readFiles(t, s.Dir)
	require.Len(t, got, len(want))
	for name := range want {
		assert.Equal(t, want[name], got[name], name)
	}
}

// use reads everything that a segment has.
func use(s *segment.Segment) error {
	for i := range s.Blocks() {
		block, err := s.Block(i)
		if err != nil {
			return err
		}
		for j := range block {
			if _, err := s.Spans(&block[j]); err != nil {
				return err
			}
			if _, err := s.LogsOf(&block[j]); err != nil {
				return err
			}
			if _, _, err := s.Find(block[j].Summary.TraceID); err != nil {
				return err
			}
		}
	}
	if _, err := s.Stats(); err != nil {
		return err
	}
	f := segment.NewFilter([]query.SpanHint{{Tokens: [][]string{{"sid=x"}}, Names: []string{"a"}}})
	pages, err := s.Pages(f)
	for _, p := range pages {
		if _, err := s.Rows(f, p); err != nil {
			return err
		}
	}
	return err
}

// Whatever byte of a segment changes: an error that says so, or nothing else.
func TestDamage(t *testing.T) {
	s := write(t, input(t, randomBatch(13, 2)))
	require.NoError(t, use(s))
	for name, whole := range readFiles(t, s.Dir) {
		t.Run(name, func(t *testing.T) {
			path, noticed := filepath.Join(s.Dir, name), 0
			step := max(1, len(whole)/40)
			for i := 0; i < len(whole); i += step {
				damaged := bytes.Clone(whole)
				damaged[i] ^= 1 << (i % 8)
				require.NoError(t, os.WriteFile(path, damaged, 0o600))
				again, err := segment.Open(s.Dir, segment.NewCaches(16<<20))
				if err == nil {
					err = use(again)
				}
				if err != nil {
					require.ErrorIs(t, err, segment.ErrDamaged)
					noticed++
				}
			}
			assert.Greater(t, noticed, len(whole)/step*8/10)
			require.NoError(t, os.WriteFile(path, whole[:len(whole)-2], 0o600))
			_, err := segment.Open(s.Dir, segment.NewCaches(16<<20))
			require.ErrorIs(t, err, segment.ErrDamaged)
			require.NoError(t, os.WriteFile(path, whole, 0o600))
		})
	}
}

func TestFilesStayAsLongAsTheyAreHeld(t *testing.T) {
	s := write(t, input(t, randomBatch(14, 10)))
	s.Hold()
	s.Hold()
	s.Remove()
	require.NoError(t, use(s))
	s.Release()
	require.NoError(t, use(s))
	s.Release()
	assert.NoDirExists(t, s.Dir)
}

func TestReadAllWritesTheSame(t *testing.T) {
	b := randomBatch(15, 100)
	s := write(t, input(t, b))
	traces, logs, err := s.ReadAll()
	require.NoError(t, err)
	again := write(t, &segment.Input{Traces: traces, Logs: logs, Manifest: segment.Manifest{Seq: 1, Order: 1, Covered: 7}})
	assert.Equal(t, readFiles(t, s.Dir), readFiles(t, again.Dir))
}

func TestMinutes(t *testing.T) {
	for at, want := range map[int64]segment.Minute{0: 0, 1: 0, 60e9 - 1: 0, 60e9: 1, -1: -1, -60e9: -1, -60e9 - 1: -2} {
		assert.Equal(t, want, segment.MinuteOf(at), at)
		assert.LessOrEqual(t, want.Start(), at)
	}
}
