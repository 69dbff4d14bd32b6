// SPDX-License-Identifier: Apache-2.0

package digest_test

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/trace"
)

func id(n uint32) (id trace.SpanID) {
	binary.BigEndian.PutUint32(id[:], n)
	return id
}

// checkout is the example of a trace through a web server, a payment service and
// its database, with a server that starts before its client.
func checkout() []digest.Span {
	const ms = 1_000_000
	return []digest.Span{
		{ID: id(1), Start: 0, Duration: 120 * ms, Service: "web", Name: "GET /checkout", Kind: trace.Server, Status: trace.OK},
		{ID: id(3), Parent: id(2), Start: 5 * ms, Duration: 83 * ms, Service: "pay", Name: "POST /pay", Kind: trace.Server, Status: trace.Error},
		{ID: id(2), Parent: id(1), Start: 10 * ms, Duration: 90 * ms, Service: "web", Name: "POST /pay", Kind: trace.Client, Status: trace.Error},
		{ID: id(4), Parent: id(3), Start: 20 * ms, Duration: 10 * ms, Service: "pay", Name: "SELECT", Kind: trace.Client},
		{ID: id(5), Parent: id(1), Start: 101 * ms, Duration: 18 * ms, Service: "web", Name: "render", Kind: trace.Internal},
	}
}

func TestSum(t *testing.T) {
	var m digest.Summer
	s := m.Sum(checkout())
	root := digest.Place{ID: id(1), Service: "web", Name: "GET /checkout", Kind: trace.Server}
	assert.Equal(t, digest.Summary{
		Start: 0, End: 120_000_000, Root: root, Entry: root, Whole: true, Spans: 5, Errors: 2, Levels: 4,
		Services: []digest.Service{{Name: "web", Spans: 3, Errors: 1}, {Name: "pay", Spans: 2, Errors: 1}},
	}, s)
	assert.EqualValues(t, 120_000_000, s.Duration())
	assert.Equal(t, digest.Summary{}, m.Sum(nil))
}

func TestRootAndEntry(t *testing.T) {
	var m digest.Summer
	for _, tt := range []struct {
		name        string
		spans       []digest.Span
		root, entry trace.SpanID
		orphans     int
		levels      int
		whole       bool
	}{
		{"an orphan starts before the root", []digest.Span{
			{ID: id(2), Parent: id(9), Start: 1, Kind: trace.Server}, {ID: id(1), Start: 2}, {ID: id(3), Parent: id(1), Start: 3, Kind: trace.Consumer},
		}, id(1), id(3), 1, 2, false},
		{"orphans only", []digest.Span{{ID: id(2), Parent: id(9), Start: 1}, {ID: id(3), Parent: id(2), Start: 2}}, id(2), trace.SpanID{}, 1, 2, false},
		{"equal starts", []digest.Span{{ID: id(4)}, {ID: id(2)}}, id(2), trace.SpanID{}, 0, 1, true},
		{"its own parent", []digest.Span{{ID: id(1), Parent: id(1), Kind: trace.Server}}, id(1), id(1), 0, 1, false},
		{"a cycle", []digest.Span{{ID: id(1), Parent: id(3)}, {ID: id(2), Parent: id(1), Start: 1}, {ID: id(3), Parent: id(2), Start: 2}}, id(1), trace.SpanID{}, 0, 3, false},
		{"one id twice", []digest.Span{{ID: id(1)}, {ID: id(2), Parent: id(1), Start: 1}, {ID: id(2), Parent: id(1), Start: 1}}, id(1), trace.SpanID{}, 0, 2, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := m.Sum(tt.spans)
			assert.Equal(t, tt.root, s.Root.ID)
			assert.Equal(t, tt.entry, s.Entry.ID)
			assert.Equal(t, tt.orphans, s.Orphans)
			assert.Equal(t, tt.levels, s.Levels)
			assert.Equal(t, tt.whole, s.Whole)
		})
	}
}

func TestAbsurdTimes(t *testing.T) {
	var m digest.Summer
	s := m.Sum([]digest.Span{{ID: id(1), Start: math.MinInt64, Duration: 5}, {ID: id(2), Start: math.MaxInt64 - 1, Duration: 10}})
	assert.EqualValues(t, math.MaxInt64, s.End)
	assert.EqualValues(t, math.MaxInt64, s.Duration())
	s = m.Sum([]digest.Span{{ID: id(1), Start: 100, Duration: -50}})
	assert.EqualValues(t, 50, s.End)
	assert.Zero(t, s.Duration())
}

// What an agent repeats of its calls counts once.
func TestTokens(t *testing.T) {
	var m digest.Summer
	call := digest.Tokens{Input: 100, Output: 10}
	s := m.Sum([]digest.Span{
		{ID: id(1), Tokens: digest.Tokens{Input: 200, Output: 20, Total: 220}},
		{ID: id(2), Parent: id(1)},
		{ID: id(3), Parent: id(2), Tokens: call},
		{ID: id(4), Parent: id(2), Tokens: call},
		{ID: id(5), Parent: id(9), Tokens: digest.Tokens{Total: 7}},
	})
	assert.Equal(t, digest.Tokens{Input: 200, Output: 20, Total: 227}, s.Tokens)
}

func TestLongChain(t *testing.T) {
	const n = 1_000_000
	spans := make([]digest.Span, n)
	for i := range spans {
		spans[i] = digest.Span{ID: id(uint32(i + 1)), Parent: id(uint32(i + 2)), Start: int64(n - i), Tokens: digest.Tokens{Input: 1}}
	}
	spans[n-1].Parent = trace.SpanID{}
	var m digest.Summer
	s := m.Sum(spans)
	assert.Equal(t, n, s.Levels)
	assert.EqualValues(t, 1, s.Tokens.Total)
	assert.True(t, s.Whole)
}

func TestCalls(t *testing.T) {
	var m digest.Summer
	spans := checkout()
	calls := func(from int) (all [][2]string) {
		m.Calls(spans, from, func(parent, child int) {
			all = append(all, [2]string{spans[parent].Service, spans[child].Service})
		})
		return all
	}
	assert.Equal(t, [][2]string{{"web", "pay"}}, calls(0))
	assert.Equal(t, [][2]string{{"web", "pay"}}, calls(2), "the caller came last")
	assert.Empty(t, calls(3), "both were known before")
}

func TestIdentity(t *testing.T) {
	i := digest.Identity{SID: "s", UID: "u"}
	i.Fill(digest.Identity{SID: "other", ChatID: "c"})
	require.Equal(t, digest.Identity{SID: "s", ChatID: "c", UID: "u"}, i)
}
