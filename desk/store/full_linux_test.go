// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/store"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/internal/disktest"
)

// noise is spans that do not compress.
func noise(r *rand.Rand, n int) []trace.Span {
	spans := make([]trace.Span, n)
	for i := range spans {
		text := make([]byte, 400)
		for j := range text {
			text[j] = byte('!' + r.IntN(90))
		}
		spans[i] = trace.Span{
			TraceID: trace.TraceID{byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()), 1}, ID: trace.SpanID{byte(i), 1}, Start: began,
			Attributes: []trace.KeyValue{{Key: "text", Value: trace.String(string(text))}},
		}
	}
	return spans
}

// A full disk answers that there is no room, serves reads, and is used again as soon
// as there is some.
func TestFullDisk(t *testing.T) {
	dir := disktest.New(t, "8m")
	said := &reports{}
	s, err := store.Open(store.Config{Dir: filepath.Join(dir, "store"), HeadSpans: 2000, HoldBack: time.Nanosecond, ReserveBytes: 2 << 20, Report: said.add})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	r := rand.New(rand.NewPCG(1, 1))
	kept := map[trace.TraceID]int{}
	add := func() error {
		spans := noise(r, 100)
		traces, _ := encode(t, &trace.Batch{Spans: spans})
		err := s.Append(t.Context(), store.Traces, traces)
		if err == nil {
			for i := range spans {
				kept[spans[i].TraceID]++
			}
		}
		return err
	}
	for range 10 {
		require.NoError(t, add())
	}
	giveBack := disktest.FillUp(t, dir)
	for err = nil; err == nil; {
		err = add()
	}
	full, ok := errors.AsType[*store.FullError](err)
	require.True(t, ok, "%v", err)
	require.ErrorIs(t, full, syscall.ENOSPC)
	require.Error(t, s.Health(t.Context()))
	has := func() {
		for id, n := range kept {
			got, err := s.Trace(t.Context(), id, source.Range{})
			require.NoError(t, err)
			require.Len(t, got.Spans, n)
		}
	}
	has()
	ask(t, s)
	giveBack()
	require.NoError(t, add())
	require.NoError(t, s.Flush(t.Context()))
	require.NoError(t, s.Health(t.Context()))
	require.Positive(t, s.Segments())
	has()
}

// The room that was set aside is enough to write a segment, which makes room in the
// log.
func TestReserve(t *testing.T) {
	dir := disktest.New(t, "6m")
	s := open(t, store.Config{Dir: filepath.Join(dir, "store"), HoldBack: time.Nanosecond, ReserveBytes: 2 << 20})
	send(t, s, &trace.Batch{Spans: noise(rand.New(rand.NewPCG(1, 1)), 1000)})
	giveBack := disktest.FillUp(t, dir)
	require.NoError(t, s.Flush(t.Context()))
	assert.NoFileExists(t, filepath.Join(dir, "store", "reserve"))
	giveBack()
	s.KeepReserve()
	info, err := os.Stat(filepath.Join(dir, "store", "reserve"))
	require.NoError(t, err)
	assert.EqualValues(t, 2<<20, info.Size())
}

func TestDiskBecomesReadOnly(t *testing.T) {
	dir := disktest.New(t, "8m")
	said := &reports{}
	s, err := store.Open(store.Config{Dir: filepath.Join(dir, "store"), Report: said.add, ReserveBytes: -1})
	require.NoError(t, err)
	batches := agentBatches(1, 4, 60)
	sendAll(t, s, batches[:2])
	require.NoError(t, s.Flush(t.Context()))
	s.EndLogFile()
	writable := disktest.ReadOnly(t, dir)
	traces, _ := encode(t, batches[2])
	require.ErrorIs(t, s.Append(t.Context(), store.Traces, bytes.Clone(traces)), syscall.EROFS)
	require.ErrorIs(t, s.Health(t.Context()), syscall.EROFS)
	modelOf(batches[:2]).has(t, s)
	ask(t, s)
	writable()
	require.NoError(t, s.Append(t.Context(), store.Traces, traces), "it was not kept before")
	modelOf(batches[:3]).has(t, s)
	require.NoError(t, s.Health(t.Context()))
	require.NoError(t, s.Close())
	require.ErrorIs(t, s.Health(t.Context()), store.ErrClosed)
}
