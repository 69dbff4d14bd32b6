// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/internal/racing"
	"github.com/sidetrace/sidetrace/desk/internal/tool"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// What OpenTelemetry's own load generator sends is counted exactly, and found by
// all faces.
func TestTelemetrygen(t *testing.T) {
	generator := tool.Path(t, "telemetrygen")
	s := served(t, t.TempDir())
	for protocol, args := range map[string][]string{"grpc": {"--otlp-endpoint", s.grpc}, "http": {"--otlp-http", "--otlp-endpoint", s.http}} {
		out, err := exec.Command(generator, append([]string{"traces", "--otlp-insecure", "--workers", "2", "--traces", "50", "--child-spans", "3", "--rate", "0",
			"--service", "by-" + protocol, "--status-code", "Error", "--telemetry-attributes", "k=7"}, args...)...).CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	var services struct {
		Services []struct {
			Name          string
			Count, Errors int
		}
	}
	s.json(t, "/api/desk/v1/services", &services)
	require.Len(t, services.Services, 2)
	for _, one := range services.Services {
		assert.Equal(t, 2*50*4, one.Count, one.Name)
		assert.Equal(t, 2*50*4, one.Errors, one.Name)

		var jaeger struct {
			Data []struct {
				TraceID string
				Spans   []struct {
					Tags []struct {
						Key, Type string
						Value     any
					}
				}
			}
		}
		// As the Jaeger UI searches (Jaeger, cmd/jaeger/internal/extension/jaegerquery).
		now := time.Now()
		s.json(t, fmt.Sprintf("/api/traces?service=%s&lookback=1h&limit=200&start=%d&end=%d&maxDuration&minDuration", one.Name,
			now.Add(-time.Hour).UnixMicro(), now.Add(time.Minute).UnixMicro()), &jaeger)
		require.Len(t, jaeger.Data, 100)
		for _, found := range jaeger.Data {
			require.Len(t, found.Spans, 4)
			assert.True(t, strings.Contains(fmt.Sprint(found.Spans[0].Tags), "{k int64 7}"), "%v", found.Spans[0].Tags)
		}

		var tempo struct {
			Traces []struct{ RootServiceName string }
		}
		// As Grafana's data source for Tempo searches.
		s.json(t, fmt.Sprintf("/tempo/api/search?q=%%7Bresource.service.name%%3D%%22%s%%22%%20%%26%%26%%20span.k%%3D7%%7D&limit=200&spss=3&start=%d&end=%d", one.Name,
			now.Add(-time.Hour).Unix(), now.Add(time.Minute).Unix()), &tempo)
		require.Len(t, tempo.Traces, 100)
		assert.Equal(t, one.Name, tempo.Traces[0].RootServiceName)
	}
}

// large is a trace of an agent with so many spans, in a tree of some depth.
func large(n int) []trace.Span {
	resource := &trace.Resource{Attributes: []trace.KeyValue{{Key: "service.name", Value: trace.String("engine")}}}
	spans := make([]trace.Span, n)
	for i := range spans {
		s := &spans[i]
		*s = trace.Span{TraceID: trace.TraceID{0xfe, 1}, Name: fmt.Sprintf("step %d", i%50), Start: 1_767_225_600_000_000_000 + int64(i)*1000, Resource: resource}
		s.End = s.Start + int64(n-i)*1000
		binary.BigEndian.PutUint64(s.ID[:], uint64(i)+1)
		if i > 0 {
			binary.BigEndian.PutUint64(s.Parent[:], uint64(i-1)/8+1)
		}
		s.Attributes = []trace.KeyValue{{Key: "gen_ai.usage.input_tokens", Value: trace.Int(int64(i % 97))}}
	}
	return spans
}

// A trace of 100,000 spans that comes in parts is kept, found and analysed.
func TestLargeTrace(t *testing.T) {
	n := racing.Size(100_000)
	s := served(t, t.TempDir(), "--segment-spans", fmt.Sprint(racing.Size(30_000)))
	spans := large(n)
	for i := 0; i < n; i += n / 20 {
		body, err := format.MarshalTraces(spans[i : i+n/20])
		require.NoError(t, err)
		s.posted(t, "/v1/traces", "application/x-protobuf", body)
	}
	id := spans[0].TraceID.String()
	var list struct {
		Traces []struct {
			TraceID string
			Spans   int
			Whole   bool
		}
	}
	s.json(t, fmt.Sprintf("/api/desk/v1/traces?q=%%7B+name%%3D%%22step+7%%22+%%7D+%%7C+count()+%%3E+%d", n/100), &list)
	require.Len(t, list.Traces, 1)
	assert.Equal(t, id, list.Traces[0].TraceID)
	assert.Equal(t, n, list.Traces[0].Spans)
	assert.True(t, list.Traces[0].Whole)
	for _, view := range []string{"tree", "waterfall", "flame", "topology", "services", "sequence", "statistics", "findings", "run"} {
		status, body := s.get(t, "/api/desk/v1/traces/"+id+"?view="+view)
		require.Equal(t, http.StatusOK, status, "%s: %.200s", view, body)
		assert.NotEmpty(t, body, view)
	}
	status, body := s.get(t, "/api/v3/traces/"+id)
	require.Equal(t, http.StatusOK, status)
	assert.Equal(t, n, bytes.Count(body, []byte(`"spanId"`)))
}

// gzipped compresses.
func gzipped(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(b)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

// What is hostile or absurd is refused or kept, and harms nothing else.
func TestHostileRequests(t *testing.T) {
	s := served(t, t.TempDir())
	spans := func(change func(*trace.Span)) []byte {
		one := trace.Span{TraceID: trace.TraceID{1}, ID: trace.SpanID{1}, Name: "x", Start: 1, End: 2}
		change(&one)
		body, err := format.MarshalTraces([]trace.Span{one})
		require.NoError(t, err)
		return body
	}
	const protobuf = "application/x-protobuf"
	for _, tt := range []struct {
		name      string
		mediaType string
		body      []byte
		headers   []string
		want      int
		said      string
	}{
		{"no protobuf", protobuf, []byte("\xff\xff\xff"), nil, http.StatusBadRequest, ""},
		{"no JSON", "application/json", []byte("{"), nil, http.StatusBadRequest, ""},
		{"no gzip", protobuf, []byte("x"), []string{"Content-Encoding", "gzip"}, http.StatusBadRequest, "gzip"},
		{"a bomb", protobuf, gzipped(t, make([]byte, 256<<20)), []string{"Content-Encoding", "gzip"}, http.StatusRequestEntityTooLarge, "decompressed"},
		{"64 MB", protobuf, make([]byte, 64<<20), nil, http.StatusRequestEntityTooLarge, "bytes"},
		{"empty ids", protobuf, spans(func(s *trace.Span) { s.TraceID = trace.TraceID{} }), nil, http.StatusOK, "missing"},
		{"times beyond all bounds", protobuf, spans(func(s *trace.Span) { s.Start, s.End = 1<<63-1, 1 }), nil, http.StatusOK, ""},
		{"10,000 attributes", protobuf, spans(func(s *trace.Span) {
			for i := range 10_000 {
				s.Attributes = append(s.Attributes, trace.KeyValue{Key: fmt.Sprintf("key %d", i), Value: trace.String("v")})
			}
		}), nil, http.StatusOK, ""},
		{"no UTF-8", protobuf, spans(func(s *trace.Span) { s.Name = "\xff\xfe" }), nil, http.StatusOK, ""},
		{"another host", protobuf, nil, []string{"Host", "evil.example.com"}, http.StatusForbidden, "evil.example.com"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, answer := s.post(t, "/v1/traces", tt.mediaType, tt.body, tt.headers...)
			assert.Equal(t, tt.want, status, "%s", answer)
			assert.Contains(t, string(answer), tt.said)
		})
	}
	for path, want := range map[string]int{
		"/../../etc/passwd": http.StatusNotFound, "/api/desk/v1/../../../etc/passwd": http.StatusNotFound, "/api/desk/v1/traces/..%2f..%2fetc": http.StatusBadRequest,
		"/assets/..%2f..%2fgo.mod": http.StatusNotFound, "/api/desk/v1/traces?limit=x": http.StatusBadRequest, "/api/traces?service=a&limit=-1": http.StatusBadRequest,
		"/tempo/api/search?q=%7B": http.StatusBadRequest, "/api/desk/v1/objects?url=file:///etc/passwd": http.StatusBadRequest,
	} {
		status, body := s.get(t, path)
		assert.Equal(t, want, status, "%s: %.200s", path, body)
	}
	status, answer := s.post(t, "/v1/traces", "application/json", []byte(oneSpan))
	assert.Equal(t, http.StatusOK, status, "%s", answer)
	status, _ = s.get(t, "/api/desk/v1/traces/"+oneTrace)
	assert.Equal(t, http.StatusOK, status)
	assert.Empty(t, s.stderr.String())
}
