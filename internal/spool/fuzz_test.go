// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"bytes"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fuzzed delivers what is in the folder, and checks that it comes to an end.
func fuzzed(t *testing.T, dir string, look func(Record)) Counts {
	t.Helper()
	s, err := Open(Config{Dir: dir, SegmentBytes: 1 << 12, SyncEvery: time.Hour})
	require.NoError(t, err)
	c, other := s.Cursor(Span, "a"), s.Cursor(Log, "a")
	rounds := 0
	for _, c := range []*Cursor{c, other} {
		for b := c.Next(1000, 3); b != nil; b = c.Next(1000, 3) {
			require.NotEmpty(t, b.Records)
			for _, r := range b.Records {
				look(r)
			}
			c.Done(b, len(b.Records), nil)
			rounds++
			require.Less(t, rounds, 1<<20)
		}
		n := c.Counts()
		require.Zero(t, n.Waiting)
		require.Zero(t, n.Taken)
		require.Equal(t, n.Made, n.Delivered+total(n.Dropped))
	}
	require.NoError(t, s.Close())
	return c.Counts()
}

// FuzzReadSegment takes over a file with any bytes: what is delivered is in it, and
// has the right sum.
func FuzzReadSegment(f *testing.F) {
	sealed, torn := segmentFile(f, 12, true), segmentFile(f, 12, false)
	f.Add(sealed)
	f.Add(torn)
	f.Add(sealed[:200])
	f.Add(sealed[:segmentHeader])
	f.Add(append(slices.Clone(torn), torn...))
	f.Add(append(slices.Clone(torn[:500]), torn[segmentHeader:]...))
	f.Add([]byte(nil))
	f.Add(make([]byte, 100))
	f.Fuzz(func(t *testing.T, content []byte) {
		sum := segmentSeq(content)
		fuzzed(t, plant(t, map[string][]byte{firstSegment: content}), func(r Record) {
			require.True(t, stands(content, r.Payload, sum), "%q", r.Payload)
		})
	})
}

// segmentSeq is 0 where there is no header.
func segmentSeq(b []byte) uint64 {
	h, _ := parseHeader(append(slices.Clone(b), make([]byte, segmentHeader)...))
	return h.seq
}

// stands reports whether the payload of a whole record with a right sum is in b.
func stands(b, payload []byte, seq uint64) bool {
	for off := segmentHeader; off+recordHeader <= len(b); off += 8 {
		r, _, s := parse(b[off:], seq)
		if s == whole && bytes.Equal(r.payload, payload) {
			return true
		}
	}
	return false
}

// FuzzCursorFile goes on where any bytes say. No record comes that was not there,
// none twice, and those that do not come are the first ones.
func FuzzCursorFile(f *testing.F) {
	seg := segmentFile(f, 12, true)
	s, err := Open(Config{})
	require.NoError(f, err)
	name := s.Cursor(Span, "a").name
	require.NoError(f, s.Close())
	at := make([]byte, cursorSize-4)
	at[0], at[8], at[16] = 1, 200, 5
	f.Add(at, true)
	f.Add(at[:10], true)
	f.Add(at, false)
	f.Add(slices.Repeat([]byte{0xff}, cursorSize-4), true)
	f.Add([]byte(nil), false)
	f.Fuzz(func(t *testing.T, content []byte, sum bool) {
		if sum {
			content = le.AppendUint32(slices.Clone(content), crc32.Checksum(content, castagnoli))
		}
		dir := plant(t, map[string][]byte{firstSegment: seg, name: content})
		var got []int
		n := fuzzed(t, dir, func(r Record) {
			require.Equal(t, payload(number(r.Payload)), r.Payload)
			require.Equal(t, "res", string(r.Origin.Resource))
			got = append(got, number(r.Payload))
		})
		require.Empty(t, n.Dropped)
		require.Equal(t, append([]int(nil), upTo(12-len(got), 12)...), got)
		_, err := os.Stat(filepath.Join(dir, "process-dead"))
		require.ErrorIs(t, err, fs.ErrNotExist)
	})
}
