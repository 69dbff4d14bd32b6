// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"encoding/binary"
	"io/fs"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// reports keeps what a Spool reports.
type reports struct {
	mu   sync.Mutex
	text []string
}

func (r *reports) add(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.text = append(r.text, err.Error())
}

func (r *reports) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.text, "\n")
}

func start(t *testing.T, cfg Config) (*Spool, *reports) {
	t.Helper()
	r := &reports{}
	cfg.Report = r.add
	s, err := Open(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s, r
}

// die ends a Spool the way the end of its process does.
func die(t *testing.T, s *Spool) {
	t.Helper()
	s.mu.Lock()
	s.closed = true
	s.changed.Broadcast()
	s.mu.Unlock()
	close(s.done)
	s.keepers.Wait()
	for _, g := range append(s.segments, s.spares...) {
		require.NoError(t, g.close())
	}
	for _, c := range s.cursors {
		require.NoError(t, c.close())
	}
	for _, f := range s.folders {
		require.NoError(t, f.Release())
	}
	require.NoError(t, s.own.Release())
}

func payload(i int) []byte {
	return append(binary.AppendUvarint(nil, uint64(i)), strings.Repeat("x", i%300)...)
}

func number(p []byte) int {
	n, _ := binary.Uvarint(p)
	return int(n)
}

func add(t *testing.T, s *Spool, k Kind, o *Origin, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		require.NoError(t, s.Append(k, o, payload(i)))
	}
}

// drain delivers all that waits, and returns the numbers.
func drain(t *testing.T, c *Cursor) (got []int) {
	t.Helper()
	for b := c.Next(1<<20, 100); b != nil; b = c.Next(1<<20, 100) {
		for _, r := range b.Records {
			n := number(r.Payload)
			assert.Equal(t, payload(n), r.Payload)
			got = append(got, n)
		}
		c.Done(b, len(b.Records), nil)
	}
	return got
}

func upTo(from, to int) (all []int) {
	for i := from; i < to; i++ {
		all = append(all, i)
	}
	return all
}

// wantCounts checks the equation, and the figures.
func wantCounts(t *testing.T, c *Cursor, made, delivered, waiting int, dropped map[Reason]int64) {
	t.Helper()
	n := c.Counts()
	assert.Equal(t, [3]int{made, delivered, waiting}, [3]int{int(n.Made), int(n.Delivered), int(n.Waiting)}, "made, delivered, waiting")
	if dropped == nil {
		dropped = map[Reason]int64{}
	}
	assert.Equal(t, dropped, n.Dropped)
}

var small = Config{SegmentBytes: 1 << 14}

func TestRecordsReachEachCursorInOrder(t *testing.T) {
	for name, dir := range map[string]string{"disk": t.TempDir(), "memory": ""} {
		t.Run(name, func(t *testing.T) {
			cfg := small
			cfg.Dir = dir
			s, said := start(t, cfg)
			a, b, logs := s.Cursor(Span, "a"), s.Cursor(Span, "b"), s.Cursor(Log, "a")
			first, second := s.Origin([]byte("res"), []byte("scope 1")), s.Origin([]byte("res"), []byte("scope 2"))
			assert.Same(t, first, s.Origin([]byte("res"), []byte("scope 1")))
			for i := range 1000 {
				require.NoError(t, s.Append(Span, []*Origin{first, second}[i%2], payload(i)))
				if i%10 == 0 {
					require.NoError(t, s.Append(Log, first, payload(i)))
				}
			}
			batch := a.Next(1<<20, 3)
			require.Len(t, batch.Records, 3)
			assert.Equal(t, "scope 1", string(batch.Records[0].Origin.Scope))
			assert.Same(t, second, batch.Records[1].Origin)
			a.Done(batch, 2, map[Reason]int{"rejected": 1})
			assert.Equal(t, upTo(3, 1000), drain(t, a))
			assert.Equal(t, upTo(0, 1000), drain(t, b))
			assert.Len(t, drain(t, logs), 100)
			wantCounts(t, a, 1000, 999, 0, map[Reason]int64{"rejected": 1})
			wantCounts(t, b, 1000, 1000, 0, nil)
			wantCounts(t, logs, 100, 100, 0, nil)
			require.NoError(t, s.Close())
			require.ErrorIs(t, s.Append(Span, first, nil), fs.ErrClosed)
			assert.Empty(t, said.String())
			if dir != "" {
				left, err := os.ReadDir(dir)
				require.NoError(t, err)
				assert.Empty(t, left, "all is delivered")
			}
		})
	}
}

func TestBatchesAreBounded(t *testing.T) {
	s, _ := start(t, Config{Dir: t.TempDir()})
	c := s.Cursor(Span, "a")
	o := s.Origin(nil, nil)
	for range 9 {
		require.NoError(t, s.Append(Span, o, make([]byte, 1000)))
	}
	require.NoError(t, s.Append(Span, o, make([]byte, 7000)))
	require.NoError(t, s.Append(Span, o, make([]byte, 7000)))
	require.NoError(t, s.Append(Span, o, make([]byte, 20<<20)), "longer than a segment")
	for _, tt := range []struct{ bytes, records, want int }{{9000, 3, 3}, {2500, 3, 2}, {1, 3, 1}, {9000, 99, 3}, {9000, 99, 1}, {9000, 99, 1}, {9000, 99, 1}} {
		b := c.Next(tt.bytes, tt.records)
		require.NotNil(t, b)
		assert.Equal(t, tt.want, len(b.Records), tt)
		c.Done(b, tt.want, nil)
	}
	assert.True(t, c.Next(3000, 3) == nil)
	wantCounts(t, c, 12, 12, 0, nil)
}

// What was confirmed does not come again after the death of the process, and
// everything else does.
func TestDeathOfTheProcess(t *testing.T) {
	dir := t.TempDir()
	cfg := small
	cfg.Dir = dir
	s, _ := start(t, cfg)
	a, b := s.Cursor(Span, "a"), s.Cursor(Span, "b")
	o := s.Origin([]byte("res"), []byte("scope"))
	add(t, s, Span, o, 0, 500)
	add(t, s, Log, o, 0, 10)
	assert.Len(t, drain(t, b), 500)
	one, two, three := a.Next(1<<20, 100), a.Next(1<<20, 50), a.Next(1<<20, 10)
	a.Done(two, len(two.Records), nil)
	a.Done(one, len(one.Records), nil)
	confirmed := a.Counts().Delivered
	_ = three // on its way
	s.mu.Lock()
	// A record whose writer did not come to its end.
	s.current.reserveLocked(Span, 100, 1)
	s.current.writers.Add(-1)
	s.mu.Unlock()
	add(t, s, Span, o, 500, 510)
	die(t, s)

	s, said := start(t, cfg)
	a, b = s.Cursor(Span, "a"), s.Cursor(Span, "b")
	fresh, logs := s.Cursor(Span, "new"), s.Cursor(Log, "a")
	wantCounts(t, a, 510-int(confirmed)+1, 0, 510-int(confirmed)+1, nil)
	assert.Equal(t, upTo(int(confirmed), 510), drain(t, a))
	assert.Equal(t, upTo(500, 510), drain(t, b))
	assert.Len(t, drain(t, logs), 10)
	got := drain(t, fresh)
	assert.Equal(t, 510, got[len(got)-1]+1)
	require.NoError(t, s.Close())
	assert.Empty(t, said.String())
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left)
}
