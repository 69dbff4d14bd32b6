// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/source/sourcetest"
	"github.com/sidetrace/sidetrace/desk/store"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// The tables as the documentation of the package has them, for a reader that knows
// nothing else of them.
type (
	restEntry struct {
		Key   string   `parquet:"key"`
		Text  *string  `parquet:"text,optional"`
		Int   *int64   `parquet:"int,optional"`
		Float *float64 `parquet:"float,optional"`
		Bool  *bool    `parquet:"bool,optional"`
		Any   []byte   `parquet:"any,optional"`
	}
	spanRow struct {
		TraceID       [16]byte    `parquet:"trace_id"`
		SpanID        [8]byte     `parquet:"span_id"`
		ParentRow     *int64      `parquet:"parent_row,optional"`
		ParentID      *[8]byte    `parquet:"parent_id,optional"`
		Start         int64       `parquet:"start"`
		Duration      int64       `parquet:"duration"`
		Name          string      `parquet:"name"`
		Service       string      `parquet:"service"`
		Kind          int64       `parquet:"kind"`
		Status        int64       `parquet:"status"`
		StatusMessage *string     `parquet:"status_message,optional"`
		Resource      int64       `parquet:"resource"`
		Scope         int64       `parquet:"scope"`
		SID           *string     `parquet:"span.sid,optional"`
		Model         *string     `parquet:"span.gen_ai.request.model,optional"`
		InputTokens   *int64      `parquet:"span.gen_ai.usage.input_tokens,optional"`
		Code          *int64      `parquet:"span.http.response.status_code,optional"`
		Rest          []restEntry `parquet:"rest"`
	}
	eventRow struct {
		Span  int64  `parquet:"span"`
		After int64  `parquet:"after"`
		Name  string `parquet:"name"`
	}
	linkRow struct {
		Span    int64    `parquet:"span"`
		TraceID [16]byte `parquet:"trace_id"`
		SpanID  [8]byte  `parquet:"span_id"`
	}
	logRow struct {
		TraceID  *[16]byte `parquet:"trace_id,optional"`
		Time     int64     `parquet:"time"`
		Severity int64     `parquet:"severity"`
		Text     *string   `parquet:"text,optional"`
	}
	originRow struct {
		Name    string `parquet:"name"`
		Version string `parquet:"version"`
	}
)

func readTable[T any](t *testing.T, dir, name string) []T {
	t.Helper()
	rows, err := parquet.ReadFile[T](filepath.Join(dir, name+".parquet"))
	require.NoError(t, err)
	return rows
}

// sealed is the folder of a segment with a checkout and a run of an agent.
func sealed(t *testing.T) (dir string, want trace.Batch) {
	t.Helper()
	store := open(t, store.Config{Dir: t.TempDir()})
	checkout, agent := sourcetest.Checkout(1, began), sourcetest.Agent(2, began+1_000_000_000, "s-1")
	send(t, store, &checkout)
	send(t, store, &agent)
	require.NoError(t, store.Flush(t.Context()))
	return store.SegmentDirs()[0], trace.Batch{Spans: slices.Concat(checkout.Spans, agent.Spans), Logs: slices.Concat(checkout.Logs, agent.Logs)}
}

// Any reader of Parquet finds spans under the names that are documented.
func TestTablesAreAsDocumented(t *testing.T) {
	dir, want := sealed(t)
	rows := readTable[spanRow](t, dir, "spans")
	slices.SortFunc(want.Spans, func(a, b trace.Span) int {
		return cmp.Or(strings.Compare(a.TraceID.String(), b.TraceID.String()), cmp.Compare(a.Start, b.Start))
	})
	require.Len(t, rows, len(want.Spans))
	resources, scopes := readTable[originRow](t, dir, "resources"), readTable[originRow](t, dir, "scopes")
	for i := range want.Spans {
		s, row := &want.Spans[i], &rows[i]
		assert.Equal(t, [16]byte(s.TraceID), row.TraceID)
		assert.Equal(t, [8]byte(s.ID), row.SpanID)
		assert.Equal(t, s.Parent, parentIn(rows, row))
		assert.Equal(t, []int64{s.Start, s.Duration(), int64(s.Kind), int64(s.Status.Code)}, []int64{row.Start, row.Duration, row.Kind, row.Status})
		assert.Equal(t, []string{s.Name, s.Service(), s.Status.Message}, []string{row.Name, row.Service, deref(row.StatusMessage)})
		assert.Equal(t, s.Service(), resources[row.Resource].Name)
		if s.Scope != nil {
			assert.Equal(t, []string{s.Scope.Name, s.Scope.Version}, []string{scopes[row.Scope].Name, scopes[row.Scope].Version})
		}
		assert.Equal(t, valueOf(s, "sid"), trace.String(deref(row.SID)))
		assert.Equal(t, valueOf(s, "gen_ai.request.model"), trace.String(deref(row.Model)))
		if n, ok := s.Attribute("gen_ai.usage.input_tokens"); ok {
			assert.Equal(t, n.Int64(), *row.InputTokens)
		}
	}
	sameChildren(t, dir, want, rows)
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// valueOf is an attribute that is a text, the empty one if there is none.
func valueOf(s *trace.Span, key string) trace.Value {
	v, _ := s.Attribute(key)
	return trace.String(v.Str())
}

func parentIn(rows []spanRow, row *spanRow) (id trace.SpanID) {
	switch {
	case row.ParentRow != nil:
		return rows[*row.ParentRow].SpanID
	case row.ParentID != nil:
		return *row.ParentID
	}
	return id
}

// sameChildren checks lists of attributes, events, links and log records.
func sameChildren(t *testing.T, dir string, want trace.Batch, rows []spanRow) {
	t.Helper()
	events, links, logs := readTable[eventRow](t, dir, "events"), readTable[linkRow](t, dir, "links"), readTable[logRow](t, dir, "logs")
	for i := range want.Spans {
		s := &want.Spans[i]
		if code, ok := s.Attribute("http.response.status_code"); ok && code.Kind() == trace.StringValue {
			at := slices.IndexFunc(rows[i].Rest, func(e restEntry) bool { return e.Key == "http.response.status_code" })
			require.GreaterOrEqual(t, at, 0, "it is not of the type of the column")
			assert.Equal(t, code.Str(), *rows[i].Rest[at].Text)
		}
		for _, e := range s.Events {
			require.NotEmpty(t, events)
			assert.Equal(t, eventRow{int64(i), e.Time - s.Start, e.Name}, events[0])
			events = events[1:]
		}
		for _, l := range s.Links {
			require.NotEmpty(t, links)
			assert.Equal(t, linkRow{int64(i), l.TraceID, l.SpanID}, links[0])
			links = links[1:]
		}
	}
	assert.Empty(t, events)
	assert.Empty(t, links)
	require.Len(t, logs, len(want.Logs))
	for i := range want.Logs {
		l, row := &want.Logs[i], &logs[i]
		assert.Equal(t, []int64{l.Time, int64(l.Severity)}, []int64{row.Time, row.Severity})
		assert.Equal(t, l.Body.Str(), deref(row.Text))
		assert.Equal(t, l.TraceID.IsZero(), row.TraceID == nil)
	}
}

// Every column of every file is documented, and with it the name of its schema.
func TestColumnsAreDocumented(t *testing.T) {
	dir, _ := sealed(t)
	text, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	for _, table := range []string{"spans", "events", "links", "logs", "resources", "scopes"} {
		f, err := os.Open(filepath.Join(dir, table+".parquet"))
		require.NoError(t, err)
		info, err := f.Stat()
		require.NoError(t, err)
		p, err := parquet.OpenFile(f, info.Size())
		require.NoError(t, err)
		assert.Contains(t, string(text), p.Schema().Name())
		for _, c := range p.Root().Columns() {
			if strings.Contains(c.Name(), ".") {
				continue // an attribute
			}
			assert.Regexp(t, `(?m)^//\t`+c.Name()+` +`, string(text), "column %s of %s", c.Name(), table)
		}
		require.NoError(t, f.Close())
	}
}
