// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/store"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// spansOf are n traces of a span each, from one on.
func spansOf(from, n int) *trace.Batch {
	b := &trace.Batch{Spans: make([]trace.Span, n)}
	for i := range b.Spans {
		s := &b.Spans[i]
		binary.BigEndian.PutUint64(s.TraceID[:], uint64(from+i)*0x9e3779b97f4a7c15)
		binary.BigEndian.PutUint64(s.ID[:], uint64(from+i)+1)
		s.TraceID[15], s.Name, s.Start, s.End = 1, "one", began+int64(from+i), began+int64(from+i)+1
	}
	return b
}

// Each trace that is taken for one that goes on is looked for in all segments by each
// search: however many segments there are, few are that do not.
func TestNewTracesAreKnownAsNew(t *testing.T) {
	const each, segments = 64, 100
	cfg := store.Config{Dir: t.TempDir(), HeadSpans: each}
	s, err := store.Open(cfg)
	require.NoError(t, err)
	for i := range segments {
		send(t, s, spansOf(i*each, each))
		require.NoError(t, s.Flush(t.Context()))
	}
	require.Equal(t, segments, s.Segments())
	ask := func(t *testing.T, s *store.Store, from int) {
		send(t, s, spansOf(from, each/2))
		assert.LessOrEqual(t, s.Continued(), 1, "of %d that are new", each/2)
		before := s.Continued()
		send(t, s, spansOf(from%each, each/4))
		assert.Equal(t, before+each/4, s.Continued(), "all that go on")
	}
	ask(t, s, segments*each)
	require.NoError(t, s.Close())
	t.Run("opened again", func(t *testing.T) {
		s := open(t, cfg)
		assert.LessOrEqual(t, s.Continued(), 1+each/4, "read from the log")
		require.NoError(t, s.Flush(t.Context()))
		ask(t, s, 2*segments*each+each/2)
	})
}
