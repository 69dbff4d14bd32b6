// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/store"
	"github.com/sidetrace/sidetrace/desk/store/wal"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
	"github.com/sidetrace/sidetrace/internal/disktest"
)

// childEnv tells the test binary that it is to append to a store until it is killed,
// from a number on.
const childEnv = "STORE_TEST_APPEND"

func TestMain(m *testing.M) {
	if from, ok := os.LookupEnv(childEnv); ok {
		if err := appendForever(os.Args[len(os.Args)-1], from); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	disktest.MayMount()
	m.Run()
}

// restless writes and merges segments all the time.
var restless = store.Config{HeadSpans: 300, HoldBack: 5 * time.Millisecond, HeadAge: 30 * time.Millisecond, ReserveBytes: -1}

// request is the nth of those that a child appends: a trace of its own, and a span
// of one that several share.
func request(n uint64) []trace.Span {
	id := func(n uint64) (id trace.TraceID) {
		binary.BigEndian.PutUint64(id[8:], n+1)
		return id
	}
	span := func(i uint64) (id trace.SpanID) {
		binary.BigEndian.PutUint64(id[:], n<<8|i+1)
		return id
	}
	spans := []trace.Span{{TraceID: id(1<<40 + n/16), ID: span(0), Name: "shared", Start: began + int64(n), End: began + int64(n) + 5}}
	for i := range n % 7 {
		spans = append(spans, trace.Span{TraceID: id(n), ID: span(i + 1), Name: "own", Start: began + int64(n), End: began + int64(n) + 9})
	}
	return spans
}

func appendForever(dir, from string) error {
	cfg := restless
	cfg.Dir, cfg.Report = dir, func(err error) { fmt.Fprintln(os.Stderr, err) }
	s, err := store.Open(cfg)
	if err != nil {
		return err
	}
	n, err := strconv.ParseUint(from, 10, 64)
	for ; err == nil; n++ {
		var body []byte
		if body, err = format.MarshalTraces(request(n)); err != nil {
			return err
		}
		if err = s.Append(context.Background(), store.Traces, body); err == nil {
			_, err = fmt.Println(n)
		}
	}
	return err
}

// child appends to a store until it is killed after a while. It returns the last
// request that was answered.
func child(t *testing.T, dir string, from uint64, after time.Duration) (last uint64) {
	t.Helper()
	cmd := exec.Command(os.Args[0], dir)
	cmd.Env = append(os.Environ(), childEnv+"="+strconv.FormatUint(from, 10))
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	require.NoError(t, cmd.Start())
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	last = from - 1
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if n, err := strconv.ParseUint(lines.Text(), 10, 64); err == nil {
			last = n
		}
	}
	_, _ = io.Copy(io.Discard, out)
	require.Error(t, cmd.Wait())
	for line := range strings.Lines(stderr.String()) {
		assert.Contains(t, line, "the log's end was cut off", "what else it had to tell")
	}
	return last
}

// has all requests up to a number, once, and maybe the next.
func hasRequests(t *testing.T, s *store.Store, last uint64) (upTo uint64) {
	t.Helper()
	want := map[trace.TraceID][]trace.Span{}
	for n := range last + 1 {
		for _, sp := range request(n) {
			want[sp.TraceID] = append(want[sp.TraceID], sp)
		}
	}
	got := map[trace.TraceID]int{}
	_, err := s.Scan(t.Context(), &source.Search{}, func(hit *source.Hit) bool {
		id := hit.Summary.TraceID
		require.Zero(t, got[id], "%s is listed twice", id)
		tr, err := s.Trace(t.Context(), id, source.Range{})
		require.NoError(t, err)
		require.Equal(t, hit.Summary.Spans, len(tr.Spans))
		got[id] = len(tr.Spans)
		return true
	})
	require.NoError(t, err)
	for _, sp := range request(last + 1) {
		if _, err := s.Trace(t.Context(), sp.TraceID, source.Range{}); err == nil && sp.Name == "own" || got[sp.TraceID] > len(want[sp.TraceID]) {
			last++
			for _, sp := range request(last) {
				want[sp.TraceID] = append(want[sp.TraceID], sp)
			}
			break
		}
	}
	require.Len(t, got, len(want))
	for id, spans := range want {
		require.Equal(t, len(spans), got[id], "%s", id)
	}
	return last
}

// Whenever the process is killed, every request that was answered is there, once.
func TestKilled(t *testing.T) {
	stores, times := 5, 6 // what there is to check grows with the times
	if testing.Short() {
		stores, times = 1, 3
	}
	var requests atomic.Uint64
	t.Run("stores", func(t *testing.T) {
		for i := range stores {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				requests.Add(killed(t, times))
			})
		}
	})
	require.Greater(t, requests.Load(), uint64(100))
}

// killed kills a process that appends to a store, some times, and returns how many
// requests the store has.
func killed(t *testing.T, times int) (next uint64) {
	t.Helper()
	dir, r := t.TempDir(), rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	for range times {
		last := child(t, dir, next, time.Duration(20+r.IntN(200))*time.Millisecond)
		cfg := restless
		cfg.Dir, cfg.Report = dir, func(err error) { assert.ErrorContains(t, err, "the log's end was cut off") }
		s, err := store.Open(cfg)
		require.NoError(t, err)
		next = hasRequests(t, s, last) + 1
		require.NoError(t, s.Close())
	}
	return next
}

func copyDir(t *testing.T, from string) (to string) {
	t.Helper()
	to = t.TempDir()
	require.NoError(t, os.CopyFS(to, os.DirFS(from)))
	return to
}

// The machine dies: of the log, the end that was not synced is missing.
func TestPowerCut(t *testing.T) {
	dir := t.TempDir()
	s := open(t, store.Config{Dir: dir, HeadSpans: 200, HoldBack: time.Nanosecond})
	const n = 40
	for i := range uint64(n) {
		send(t, s, &trace.Batch{Spans: request(i)})
		if i == n/2 {
			require.NoError(t, s.Flush(t.Context()))
		}
	}
	require.NoError(t, s.Close())
	logs, err := filepath.Glob(filepath.Join(dir, "log", "*.log"))
	require.NoError(t, err)
	newest := logs[len(logs)-1]
	info, err := os.Stat(newest)
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(1, 1))
	for range 25 {
		cut := copyDir(t, dir)
		size := r.Int64N(info.Size())
		require.NoError(t, os.Truncate(filepath.Join(cut, "log", filepath.Base(newest)), size))
		s, err := store.Open(store.Config{Dir: cut, ReserveBytes: -1})
		require.NoError(t, err)
		found := uint64(0)
		for i := range uint64(n) {
			sp := request(i)[0]
			tr, err := s.Trace(t.Context(), sp.TraceID, source.Range{})
			if err == nil && contains(tr, sp.ID) {
				require.Equal(t, i, found, "no request is missing before one that is there")
				found++
			}
		}
		require.Greater(t, found, uint64(n/2))
		require.NoError(t, s.Close())
	}
}

func contains(t *trace.Trace, id trace.SpanID) bool {
	for i := range t.Spans {
		if t.Spans[i].ID == id {
			return true
		}
	}
	return false
}

// The process dies between writing a segment and removing what it has from the log,
// or after half of a segment.
func TestDeathWhileASegmentIsWritten(t *testing.T) {
	dir := t.TempDir()
	batches := agentBatches(1, 4, 100)
	s := open(t, store.Config{Dir: dir, HoldBack: time.Hour})
	sendAll(t, s, batches)
	before := copyDir(t, dir)
	require.NoError(t, s.Flush(t.Context()))
	require.NoError(t, s.Close())
	m := modelOf(batches)

	after := copyDir(t, dir)
	require.NoError(t, os.RemoveAll(filepath.Join(after, "log")))
	require.NoError(t, os.CopyFS(filepath.Join(after, "log"), os.DirFS(filepath.Join(before, "log"))))
	s = open(t, store.Config{Dir: after})
	m.has(t, s)
	names, err := os.ReadDir(filepath.Join(after, "log"))
	require.NoError(t, err)
	assert.Empty(t, names, "what a segment has is removed from the log")

	half := before
	require.NoError(t, os.CopyFS(filepath.Join(half, "seg"), os.DirFS(filepath.Join(dir, "seg"))))
	folders, err := os.ReadDir(filepath.Join(half, "seg"))
	require.NoError(t, err)
	require.NoError(t, os.Remove(filepath.Join(half, "seg", folders[0].Name(), "manifest.json")))
	s = open(t, store.Config{Dir: half})
	m.has(t, s)
	folders, err = os.ReadDir(filepath.Join(half, "seg"))
	require.NoError(t, err)
	assert.Empty(t, folders, "what was not finished is removed")
}

// The process dies after a merge, before the parts are removed.
func TestDeathAfterAMerge(t *testing.T) {
	dir := t.TempDir()
	batches := agentBatches(2, 9, 50)
	cfg := store.Config{Dir: dir, HeadSpans: 160} // they are not small enough to be merged without being told
	s := inSegments(t, cfg, batches)
	before, n := copyDir(t, dir), s.Segments()
	require.NoError(t, s.MergeAll())
	require.Less(t, s.Segments(), n)
	require.NoError(t, s.Close())
	folders, err := os.ReadDir(filepath.Join(dir, "seg"))
	require.NoError(t, err)
	for _, f := range folders {
		_ = os.CopyFS(filepath.Join(before, "seg", f.Name()), os.DirFS(filepath.Join(dir, "seg", f.Name()))) // some are there
	}
	s = open(t, store.Config{Dir: before})
	modelOf(batches).has(t, s)
	assert.Less(t, s.Segments(), n)
}

// The process dies while somebody reads segments that were merged, and what they were
// merged into has been merged again.
func TestDeathWhileMergedSegmentsAreRead(t *testing.T) {
	dir := t.TempDir()
	batches := agentBatches(5, 4, 50)
	s := inSegments(t, store.Config{Dir: dir}, batches[:2])
	_, err := s.Scan(t.Context(), &source.Search{}, func(*source.Hit) bool {
		require.NoError(t, s.MergeAll())
		sendAll(t, s, batches[2:])
		require.NoError(t, s.Flush(t.Context()))
		require.NoError(t, s.MergeAll())
		require.Equal(t, 1, s.Segments())
		dir = copyDir(t, dir)
		return false
	})
	require.NoError(t, err)
	s = open(t, store.Config{Dir: dir})
	assert.Equal(t, 1, s.Segments())
	modelOf(batches).has(t, s)
}

// A request that the log has twice, as it was sent again after its first writing could
// not be made safe, is kept once.
func TestTwiceInTheLog(t *testing.T) {
	dir := t.TempDir()
	batch := &trace.Batch{Spans: request(5)}
	traces, _ := encode(t, batch)
	l, _, err := wal.Open(wal.Config{Dir: filepath.Join(dir, "log")}, 0, nil)
	require.NoError(t, err)
	for range 2 {
		_, err := l.Append(wal.Traces, traces)
		require.NoError(t, err)
	}
	require.NoError(t, l.Close())
	modelOf([]*trace.Batch{batch}).has(t, open(t, store.Config{Dir: dir}))
}

// Traces that go on are held back when a segment is written, and are neither lost
// nor doubled by a restart.
func TestHeldBack(t *testing.T) {
	dir := t.TempDir()
	cfg := store.Config{Dir: dir, HeadSpans: 200, HoldBack: time.Hour}
	s := open(t, cfg)
	batches := append(agentBatches(3, 12, 60), randomBatches(4, 6)...)
	m := modelOf(batches)
	for i, b := range batches {
		send(t, s, b)
		if i%5 == 4 {
			require.NoError(t, s.Close())
			s = open(t, cfg)
		}
	}
	s.WaitForSegments()
	require.Positive(t, s.Segments())
	m.has(t, s)
	require.NoError(t, s.Close())
	s = open(t, cfg)
	m.has(t, s)
	sameLists(t, batches, s)
}
