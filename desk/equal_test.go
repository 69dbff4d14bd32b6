// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"

	"github.com/sidetrace/sidetrace/desk/internal/gen"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// senders send a batch in the ways that OTLP has.
func (s *running) senders(t *testing.T) []func(*testing.T, *trace.Batch) {
	t.Helper()
	conn, err := grpc.NewClient(s.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	byGRPC := func(opts ...grpc.CallOption) func(*testing.T, *trace.Batch) {
		return func(t *testing.T, b *trace.Batch) {
			answer, err := coltrace.NewTraceServiceClient(conn).Export(t.Context(), &coltrace.ExportTraceServiceRequest{ResourceSpans: format.ToTraces(b.Spans)}, opts...)
			require.NoError(t, err)
			require.Zero(t, answer.GetPartialSuccess().GetRejectedSpans(), answer)
			logs, err := collogs.NewLogsServiceClient(conn).Export(t.Context(), &collogs.ExportLogsServiceRequest{ResourceLogs: format.ToLogs(b.Logs)}, opts...)
			require.NoError(t, err)
			require.Zero(t, logs.GetPartialSuccess().GetRejectedLogRecords(), logs)
		}
	}
	return []func(*testing.T, *trace.Batch){
		byGRPC(), byGRPC(grpc.UseCompressor(gzip.Name)),
		func(t *testing.T, b *trace.Batch) {
			spans, err := format.MarshalTraces(b.Spans)
			require.NoError(t, err)
			logs, err := format.MarshalLogs(b.Logs)
			require.NoError(t, err)
			s.posted(t, "/v1/traces", "application/x-protobuf", spans)
			s.posted(t, "/v1/logs", "application/x-protobuf", logs)
		},
		func(t *testing.T, b *trace.Batch) {
			s.posted(t, "/v1/traces", "application/json", format.AppendOTLPJSON(nil, &trace.Batch{Spans: b.Spans}))
			s.posted(t, "/v1/logs", "application/json", format.AppendOTLPJSON(nil, &trace.Batch{Logs: b.Logs}))
		},
	}
}

func (s *running) posted(t *testing.T, path, mediaType string, body []byte) {
	t.Helper()
	status, answer := s.post(t, path, mediaType, body)
	require.Equal(t, http.StatusOK, status, "%s", answer)
	require.NotContains(t, string(answer), "rejected")
}

// A kept is what a server should have.
type kept map[trace.TraceID]*trace.Trace

func (k kept) add(b *trace.Batch) {
	at := func(id trace.TraceID) *trace.Trace {
		if k[id] == nil {
			k[id] = &trace.Trace{ID: id}
		}
		return k[id]
	}
	for _, s := range b.Spans {
		at(s.TraceID).Spans = append(at(s.TraceID).Spans, s)
	}
	for _, l := range b.Logs {
		if !l.TraceID.IsZero() {
			at(l.TraceID).Logs = append(at(l.TraceID).Logs, l)
		}
	}
}

// ordered sorts what has no order in common with what was sent.
func ordered(b *trace.Batch) *trace.Batch {
	slices.SortStableFunc(b.Spans, func(x, y trace.Span) int {
		return cmp.Or(bytes.Compare(x.ID[:], y.ID[:]), cmp.Compare(x.Start, y.Start), cmp.Compare(x.End, y.End), cmp.Compare(x.Name, y.Name))
	})
	slices.SortStableFunc(b.Logs, func(x, y trace.Log) int {
		return cmp.Or(cmp.Compare(x.Time, y.Time), cmp.Compare(x.Observed, y.Observed), bytes.Compare(x.SpanID[:], y.SpanID[:]), cmp.Compare(fmt.Sprint(x.Body), fmt.Sprint(y.Body)))
	})
	return b
}

func sameSpans(t *testing.T, where string, want, got []trace.Span) {
	t.Helper()
	require.Len(t, got, len(want), where)
	for i := range want {
		require.True(t, gen.SameSpan(&want[i], &got[i]), "%s: span %d\nwant %+v\ngot  %+v", where, i, want[i], got[i])
	}
}

// in checks that a server has exactly this, by its own API and by that of Jaeger.
func (k kept) in(t *testing.T, s *running) {
	t.Helper()
	for id, want := range k {
		ordered(&trace.Batch{Spans: want.Spans, Logs: want.Logs})
		status, body := s.get(t, "/api/desk/v1/traces/"+id.String())
		require.Equal(t, http.StatusOK, status, "%s: %s", id, body)
		own, err := format.Read(bytes.NewReader(body))
		if len(want.Spans)+len(want.Logs) > 0 {
			require.NoError(t, err, "%s: %s", id, body)
		}
		ordered(own)
		sameSpans(t, "the own API", want.Spans, own.Spans)
		require.Len(t, own.Logs, len(want.Logs))
		for i := range want.Logs {
			require.True(t, gen.SameLog(&want.Logs[i], &own.Logs[i]), "log record %d of %s\nwant %+v\ngot  %+v", i, id, want.Logs[i], own.Logs[i])
		}
		k.inJaeger(t, s, id)
	}
}

func (k kept) inJaeger(t *testing.T, s *running, id trace.TraceID) {
	t.Helper()
	want := k[id].Spans
	status, body := s.get(t, "/api/v3/traces/"+id.String())
	if len(want) == 0 {
		require.Equal(t, http.StatusNotFound, status, "Jaeger knows no logs: %s", body)
		return
	}
	require.Equal(t, http.StatusOK, status, "%s: %s", id, body)
	var answer struct{ Result json.RawMessage }
	require.NoError(t, json.Unmarshal(body, &answer))
	got, err := format.Read(bytes.NewReader(answer.Result))
	require.NoError(t, err)
	sameSpans(t, "Jaeger", want, ordered(got).Spans)
}

// Everything that is sent comes back equal: by each protocol, from memory and
// from segments, before and after a restart.
func TestEverythingComesBackEqual(t *testing.T) {
	for _, tt := range []struct {
		name     string
		more     []string
		segments bool
	}{
		{"from memory", nil, false},
		{"from segments", []string{"--segment-spans", "100"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "data")
			s := served(t, folder, tt.more...)
			send := s.senders(t)
			want := kept{}
			random := gen.NewRandom(uint64(len(tt.name)))
			for i := range 120 {
				b := random.Batch()
				send[i%len(send)](t, b)
				want.add(b)
			}
			if tt.segments {
				require.EventuallyWithT(t, func(c *assert.CollectT) { assert.Greater(c, segments(c, folder), 3) }, 30*time.Second, 50*time.Millisecond)
			}
			want.in(t, s)
			s.stop(t)
			assert.Empty(t, s.stderr.String())
			s = served(t, folder, tt.more...)
			want.in(t, s)
		})
	}
}

// segments counts the segments in a store's folder.
func segments(t require.TestingT, folder string) (n int) {
	require.NoError(t, filepath.WalkDir(folder, func(path string, e os.DirEntry, err error) error {
		if err == nil && strings.HasPrefix(e.Name(), "spans") && strings.HasSuffix(path, ".parquet") {
			n++
		}
		return nil
	}))
	return n
}
