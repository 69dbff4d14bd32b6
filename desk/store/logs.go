// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// sessionKeys are the attributes that say to which session a log record belongs.
var sessionKeys = []string{"sid", "session.id", "chat_id"}

// when is the time of a log record: when it was observed, if it does not say more.
func when(l *trace.Log) int64 { return cmp.Or(l.Time, l.Observed) }

// wants reports whether a log record is asked for.
func (r *LogsRequest) wants(l *trace.Log) bool {
	switch {
	case !r.Range.Has(when(l)), !r.TraceID.IsZero() && l.TraceID != r.TraceID, l.Severity < r.MinSeverity:
		return false
	case r.Contains != "" && !strings.Contains(l.Body.String(), r.Contains):
		return false
	}
	return r.Session == "" || slices.ContainsFunc(sessionKeys, func(key string) bool {
		v, ok := trace.Lookup(l.Attributes, key)
		return ok && v.String() == r.Session
	})
}

// Logs are the log records that are asked for, the latest first.
func (s *Store) Logs(ctx context.Context, r LogsRequest) (*LogPage, error) {
	after, err := parseLogCursor(r.Cursor)
	if err != nil {
		return nil, &RequestError{err}
	}
	v, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	defer v.close()
	var found logHeap
	found.limit = limit(r.Limit) + 1
	v.eachLog(&r, func(l *trace.Log) {
		if r.wants(l) && (after == nil || after.before(logKeyOf(l))) {
			found.add(l)
		}
	})
	page := &LogPage{Logs: found.sorted(), Cost: v.cost}
	if n := limit(r.Limit); len(page.Logs) > n {
		page.Logs = page.Logs[:n]
		page.Cursor = logKeyOf(&page.Logs[n-1]).String()
	}
	return page, ctx.Err()
}

// eachLog calls yield with the log records that may be asked for, within the
// budget: those of the head, and then of the segments, the newest first.
func (v *view) eachLog(r *LogsRequest, yield func(*trace.Log)) {
	if !r.TraceID.IsZero() {
		logs := v.wholeLogs(r.TraceID)
		for i := range logs {
			yield(&logs[i])
		}
		return
	}
	for i := range v.head.traces {
		v.yieldLogs(v.head.traces[i].logs, yield)
	}
	v.yieldLogs(v.head.loose, yield)
	read := 0
	for _, g := range slices.Backward(v.segments) {
		if g.Manifest.Logs == 0 || !r.Range.overlaps(g.Manifest.FirstLog, g.Manifest.LastLog) {
			continue
		}
		if read >= cmp.Or(r.Budget, DefaultBudget) || v.ctx.Err() != nil {
			v.cost.Truncated = true
			return
		}
		v.use(g)
		read += g.Manifest.Logs
		if err := g.EachLog(r.MinSeverity, yield); err != nil {
			v.warn(err)
		}
	}
}

func (v *view) yieldLogs(logs []headLog, yield func(*trace.Log)) {
	for i := range logs {
		l := v.logOf(&logs[i])
		yield(&l)
	}
}

// logKey is where a log record stands: by its time, and among those of one time by
// what it says.
type logKey struct {
	time int64
	sum  uint64
}

func logKeyOf(l *trace.Log) logKey {
	h := fnv.New64a()
	_, _ = h.Write(l.TraceID[:]) // it never fails
	_, _ = h.Write(l.SpanID[:])
	_, _ = h.Write([]byte(l.Body.String()))
	_, _ = h.Write(trace.AppendAttributesJSON(nil, l.Attributes))
	return logKey{when(l), h.Sum64()}
}

// before reports whether k comes first in a list.
func (k logKey) before(l logKey) bool {
	return k.time > l.time || k.time == l.time && k.sum < l.sum
}

// String is the key as a cursor.
func (k logKey) String() string {
	b := binary.BigEndian.AppendUint64(nil, uint64(k.time))
	return hex.EncodeToString(binary.BigEndian.AppendUint64(b, k.sum))
}

func parseLogCursor(s string) (*logKey, error) {
	if s == "" {
		return nil, nil
	}
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != 16 {
		return nil, fmt.Errorf("cursor %.64q: want one that a page before had", s)
	}
	return &logKey{int64(binary.BigEndian.Uint64(b)), binary.BigEndian.Uint64(b[8:])}, nil
}

// logHeap keeps the latest log records.
type logHeap struct {
	limit int
	logs  []trace.Log
	keys  []logKey
}

// add keeps a log record, if it is one of the latest.
func (h *logHeap) add(l *trace.Log) {
	if n := len(h.keys); n == h.limit && when(l) < h.keys[n-1].time {
		return
	}
	k := logKeyOf(l)
	at, _ := slices.BinarySearchFunc(h.keys, k, func(a, b logKey) int {
		switch {
		case a.before(b):
			return -1
		case b.before(a):
			return 1
		}
		return 0
	})
	if at >= h.limit {
		return
	}
	h.keys, h.logs = slices.Insert(h.keys, at, k), slices.Insert(h.logs, at, *l)
	if len(h.keys) > h.limit {
		h.keys, h.logs = h.keys[:h.limit], h.logs[:h.limit]
	}
}

func (h *logHeap) sorted() []trace.Log {
	if h.logs == nil {
		return []trace.Log{}
	}
	return h.logs
}
