// SPDX-License-Identifier: Apache-2.0

package receive_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"net/http"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/encoding/gzip" // for grpc.UseCompressor

	"github.com/sidetrace/sidetrace/desk/receive"
	"github.com/sidetrace/sidetrace/desk/receive/internal/anyotlp"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
	_ "github.com/sidetrace/sidetrace/otlp" // for zstd in gRPC
)

func gzipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, err := z.Write(b)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return out.Bytes()
}

func zstded(t testing.TB, b []byte) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	return z.EncodeAll(b, nil)
}

// dial connects over gRPC until the test ends.
func (s *server) dial(t testing.TB, opts ...grpc.DialOption) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+s.grpc, append([]grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, conn.Close()) })
	return conn
}

// ways are the ways to send a request of either signal: a body in protobuf, or in
// JSON what package format makes of it.
func (s *server) ways(t testing.TB) map[string]func(t testing.TB, signal receive.Signal, body []byte) {
	conn := s.dial(t)
	overGRPC := func(opts ...grpc.CallOption) func(testing.TB, receive.Signal, []byte) {
		return func(t testing.TB, signal receive.Signal, body []byte) {
			require.Empty(t, exportRaw(t, conn, signal, body, opts...))
		}
	}
	overHTTP := func(encode func(testing.TB, []byte) []byte, header ...string) func(testing.TB, receive.Signal, []byte) {
		return func(t testing.TB, signal receive.Signal, body []byte) {
			a := s.post(t, "/v1/"+signal.String(), encode(t, body), header...)
			require.Equal(t, http.StatusOK, a.StatusCode, "%s", a.body)
			assert.Equal(t, header[1], a.Header.Get("Content-Type"))
			if header[1] == jsonBody {
				assert.Equal(t, "{}", string(a.body))
				return
			}
			assert.Empty(t, a.body)
		}
	}
	plain := func(_ testing.TB, b []byte) []byte { return b }
	return map[string]func(testing.TB, receive.Signal, []byte){
		"grpc":      overGRPC(),
		"grpc gzip": overGRPC(grpc.UseCompressor("gzip")),
		"grpc zstd": overGRPC(grpc.UseCompressor("zstd")),
		"http":      overHTTP(plain, "Content-Type", protobuf),
		"http gzip": overHTTP(gzipped, "Content-Type", protobuf, "Content-Encoding", "gzip"),
		"http zstd": overHTTP(zstded, "Content-Type", protobuf, "Content-Encoding", "ZSTD"),
	}
}

// exportRaw sends a body over gRPC, and returns the answer, which must be a
// success.
func exportRaw(t testing.TB, conn *grpc.ClientConn, signal receive.Signal, body []byte, opts ...grpc.CallOption) []byte {
	t.Helper()
	method := coltrace.TraceService_Export_FullMethodName
	if signal == receive.Logs {
		method = collogs.LogsService_Export_FullMethodName
	}
	var answer []byte
	require.NoError(t, conn.Invoke(context.Background(), method, body, &answer, append(opts, grpc.ForceCodec(rawCodec{}))...))
	return answer
}

// rawCodec sends and receives bytes.
type rawCodec struct{}

func (rawCodec) Name() string                    { return "proto" }
func (rawCodec) Marshal(v any) ([]byte, error)   { return v.([]byte), nil }
func (rawCodec) Unmarshal(b []byte, v any) error { *v.(*[]byte) = bytes.Clone(b); return nil }

// What is sent comes to the sink as it is, whatever the way.
func TestRequestsArriveAsTheyAre(t *testing.T) {
	s := start(t, receive.Config{})
	for name, send := range s.ways(t) {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(30) {
				source := anyotlp.New(seed)
				for signal, body := range map[receive.Signal][]byte{receive.Traces: marshal(t, source.Traces()), receive.Logs: marshal(t, source.Logs())} {
					before := s.all(signal)
					send(t, signal, body)
					after := s.all(signal)[len(before):]
					if records(t, signal, body) == 0 {
						require.Empty(t, after, "what has no records is not stored")
						continue
					}
					require.Len(t, after, 1)
					require.Equal(t, body, after[0])
				}
			}
		})
	}
}

func records(t testing.TB, signal receive.Signal, body []byte) int {
	t.Helper()
	if signal == receive.Logs {
		logs, err := format.UnmarshalLogs(body)
		require.NoError(t, err)
		return len(logs)
	}
	spans, err := format.UnmarshalTraces(body)
	require.NoError(t, err)
	return len(spans)
}

// What is sent in JSON comes to the sink as if it had been sent in protobuf.
func TestJSONArrivesAsProtobuf(t *testing.T) {
	s := start(t, receive.Config{})
	for _, encoding := range []string{"", "gzip", "zstd"} {
		for seed := range uint64(30) {
			source := anyotlp.New(seed)
			spans, err := format.FromTraces(source.Traces().ResourceSpans)
			require.NoError(t, err)
			logs, err := format.FromLogs(source.Logs().ResourceLogs)
			require.NoError(t, err)
			haveSpans, haveLogs := len(s.spans(t)), len(s.logs(t))
			for path, batch := range map[string]*trace.Batch{"/v1/traces": {Spans: spans}, "/v1/logs": {Logs: logs}} {
				body := format.AppendOTLPJSON(nil, batch)
				switch encoding {
				case "gzip":
					body = gzipped(t, body)
				case "zstd":
					body = zstded(t, body)
				}
				a := s.post(t, path, body, "Content-Type", "application/json; charset=utf-8", "Content-Encoding", encoding)
				require.Equal(t, http.StatusOK, a.StatusCode, "%s", a.body)
				require.Equal(t, "{}", string(a.body))
			}
			gotSpans, gotLogs := s.spans(t)[haveSpans:], s.logs(t)[haveLogs:]
			require.Equal(t,
				string(format.AppendOTLPJSON(nil, &trace.Batch{Spans: spans, Logs: logs})),
				string(format.AppendOTLPJSON(nil, &trace.Batch{Spans: gotSpans, Logs: gotLogs})))
		}
	}
}

// The examples of the specification's repository, shortened: ids in either case,
// numbers as strings, unknown members.
func TestJSONByHand(t *testing.T) {
	s := start(t, receive.Config{})
	a := s.post(t, "/v1/traces", []byte(`{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"my.service"}}]},
		"scopeSpans":[{"scope":{"name":"my.library","version":"1.0.0","later":[{}]},"spans":[{
			"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174","parentSpanId":"eee19b7ec3c1b173",
			"name":"I'm a server span","startTimeUnixNano":"1544712660000000000","endTimeUnixNano":1544712661000000000,
			"kind":2,"attributes":[{"key":"my.span.attr","value":{"intValue":"7"}}]}]}]}]}`), "Content-Type", jsonBody)
	require.Equal(t, http.StatusOK, a.StatusCode)
	assert.Equal(t, "{}", string(a.body))
	spans := s.spans(t)
	require.Len(t, spans, 1)
	got := &spans[0]
	assert.Equal(t, "5b8efff798038103d269b633813fc60c", got.TraceID.String())
	assert.Equal(t, "eee19b7ec3c1b174", got.ID.String())
	assert.Equal(t, "eee19b7ec3c1b173", got.Parent.String())
	assert.Equal(t, trace.Server, got.Kind)
	assert.EqualValues(t, 1e9, got.Duration())
	assert.Equal(t, "my.service", got.Service())
	assert.Equal(t, []trace.KeyValue{{Key: "my.span.attr", Value: trace.Int(7)}}, got.Attributes)

	a = s.post(t, "/v1/logs", []byte(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1","severityNumber":9,"body":{"stringValue":"hello"}}]}]}]}`), "Content-Type", jsonBody)
	require.Equal(t, http.StatusOK, a.StatusCode)
	logs := s.logs(t)
	require.Len(t, logs, 1)
	assert.Equal(t, "hello", logs[0].Body.Str())
}
