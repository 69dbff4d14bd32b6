// SPDX-License-Identifier: Apache-2.0

package receive_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	colmetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	statuspb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/sidetrace/sidetrace/desk/receive"
)

// statusOf reads the Status message of an answer, in whatever type it has.
func statusOf(t testing.TB, a *answer) *statuspb.Status {
	t.Helper()
	s := &statuspb.Status{}
	if a.Header.Get("Content-Type") == jsonBody {
		require.NoError(t, protojson.Unmarshal(a.body, s), "%s", a.body)
		return s
	}
	require.Equal(t, protobuf, a.Header.Get("Content-Type"))
	require.NoError(t, proto.Unmarshal(a.body, s))
	return s
}

// bomb is zeros that take next to nothing compressed.
func bomb(n int) []byte { return make([]byte, n) }

const limit = 1 << 20

// tight are limits that are quickly exceeded.
var tight = receive.Limits{MessageBytes: limit, DecompressedBytes: limit, InFlightBytes: 8 * limit}

// Bad requests over HTTP are refused with the status and the message that the
// specification wants, and leave the server as it was.
func TestRefusedOverHTTP(t *testing.T) {
	good := marshal(t, request(aSpan("good", nil)))
	goodJSON := []byte(`{"resourceSpans":[]}`)
	s := start(t, receive.Config{Limits: tight})
	for _, tt := range []struct {
		name   string
		method string // empty: POST
		path   string // empty: /v1/traces
		header []string
		body   []byte
		want   int
		said   string
		reason receive.Reason
	}{
		{name: "malformed protobuf", header: []string{"Content-Type", protobuf}, body: good[:len(good)-1], want: 400, said: "byte 0: a field goes beyond the end", reason: receive.Malformed},
		{name: "JSON as protobuf", header: []string{"Content-Type", protobuf}, body: goodJSON, want: 400, said: "OTLP in protobuf", reason: receive.Malformed},
		{name: "protobuf as JSON", header: []string{"Content-Type", jsonBody}, body: good, want: 400, said: "the body is not one object of JSON", reason: receive.Malformed},
		{name: "cut JSON", header: []string{"Content-Type", jsonBody}, body: goodJSON[:10], want: 400, said: "the body is not one object of JSON", reason: receive.Malformed},
		{name: "two objects", header: []string{"Content-Type", jsonBody}, body: []byte("{}{}"), want: 400, said: "not one object", reason: receive.Malformed},
		{name: "a list", header: []string{"Content-Type", jsonBody}, body: []byte("[]"), want: 400, said: "not one object", reason: receive.Malformed},
		{name: "nothing as JSON", header: []string{"Content-Type", jsonBody}, want: 400, said: "not one object", reason: receive.Malformed},
		{name: "endless brackets", header: []string{"Content-Type", jsonBody}, body: bytes.Repeat([]byte(`{"a":`), 100_000), want: 400, said: "not one object", reason: receive.Malformed},
		{name: "too much JSON", header: []string{"Content-Type", jsonBody}, body: []byte(`{"resourceSpans":[{}` + strings.Repeat(`,{}`, 100_000) + `]}`), want: 413, said: "too many objects", reason: receive.TooLarge},
		{name: "no gzip", header: []string{"Content-Type", protobuf, "Content-Encoding", "gzip"}, body: good, want: 400, said: "gzip: ", reason: receive.Malformed},
		{name: "cut gzip", header: []string{"Content-Type", protobuf, "Content-Encoding", "gzip"}, body: gzipped(t, good)[:20], want: 400, said: "gzip: unexpected EOF", reason: receive.Malformed},
		{name: "no zstd", header: []string{"Content-Type", protobuf, "Content-Encoding", "zstd"}, body: good, want: 400, said: "zstd: ", reason: receive.Malformed},
		{name: "cut zstd", header: []string{"Content-Type", jsonBody, "Content-Encoding", "zstd"}, body: zstded(t, good)[:20], want: 400, said: "zstd: unexpected EOF", reason: receive.Malformed},
		{name: "a zstd window too large", header: []string{"Content-Type", protobuf, "Content-Encoding", "zstd"}, body: []byte{0x28, 0xb5, 0x2f, 0xfd, 0, 0xf8, 1, 0, 0}, want: 400, said: "zstd: window size exceeded", reason: receive.Malformed},
		{name: "a gzip bomb", header: []string{"Content-Type", protobuf, "Content-Encoding", "gzip"}, body: gzipped(t, bomb(16<<20)), want: 413, said: "want at most 1048576 bytes decompressed", reason: receive.TooLarge},
		{name: "a zstd bomb", header: []string{"Content-Type", protobuf, "Content-Encoding", "zstd"}, body: zstded(t, bomb(16<<20)), want: 413, said: "want at most 1048576 bytes decompressed", reason: receive.TooLarge},
		{name: "64 MB", header: []string{"Content-Type", protobuf}, body: bomb(64 << 20), want: 413, said: "want at most 1048576 bytes as it is sent", reason: receive.TooLarge},
		{name: "one byte too much", header: []string{"Content-Type", protobuf}, body: bomb(limit + 1), want: 413, said: "want at most 1048576 bytes as it is sent", reason: receive.TooLarge},
		{name: "no content type", body: good, want: 415, said: `the content type is ""`, reason: receive.Unsupported},
		{name: "another content type", header: []string{"Content-Type", "text/plain"}, body: good, want: 415, said: `the content type is "text/plain"`, reason: receive.Unsupported},
		{name: "a broken content type", header: []string{"Content-Type", protobuf + "; ="}, body: good, want: 415, said: "the content type is", reason: receive.Unsupported},
		{name: "gRPC over HTTP/1", header: []string{"Content-Type", "application/grpc"}, body: good, want: 415, said: "the content type is", reason: receive.Unsupported},
		{name: "another encoding", header: []string{"Content-Type", protobuf, "Content-Encoding", "br"}, body: good, want: 415, said: `the content encoding is "br"`, reason: receive.Unsupported},
		{name: "two encodings", header: []string{"Content-Type", protobuf, "Content-Encoding", "gzip, gzip"}, body: good, want: 415, said: "the content encoding is", reason: receive.Unsupported},
		{name: "GET", method: http.MethodGet, want: 405, said: `the method is "GET": want POST`, reason: receive.Unsupported},
		{name: "OPTIONS", method: http.MethodOptions, want: 405, said: `the method is "OPTIONS": want POST`, reason: receive.Unsupported},
		{name: "metrics", path: "/v1/metrics", header: []string{"Content-Type", protobuf}, want: 404, said: `nothing is taken at "/v1/metrics": want /v1/traces or /v1/logs`, reason: receive.Unsupported},
		{name: "the root", method: http.MethodGet, path: "/", want: 404, said: "nothing is taken", reason: receive.Unsupported},
		{name: "out of the way", path: "/v1/../../etc/traces", header: []string{"Content-Type", protobuf}, want: 404, said: "nothing is taken", reason: receive.Unsupported},
		{name: "another host", header: []string{"Content-Type", protobuf, "Host", "evil.example.com"}, body: good, want: 403, said: `the host "evil.example.com" is not this server`, reason: receive.Forbidden},
		{name: "another site", header: []string{"Content-Type", jsonBody, "Origin", "https://evil.example.com"}, body: goodJSON, want: 403, said: `the origin "https://evil.example.com" is another site`, reason: receive.Forbidden},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := s.Stats()
			method, path := tt.method, tt.path
			if method == "" {
				method = http.MethodPost
			}
			if path == "" {
				path = "/v1/traces"
			}
			r, err := http.NewRequest(method, "http://"+s.http, bytes.NewReader(tt.body))
			require.NoError(t, err)
			r.URL.Path = path
			a := send(t, http.DefaultClient, r, tt.header...)
			assert.Equal(t, tt.want, a.StatusCode)
			got := statusOf(t, a)
			assert.Contains(t, got.Message, tt.said)
			assert.Less(t, len(got.Message), 400)
			if a.Request.Header.Get("Content-Type") == protobuf {
				assert.Equal(t, protobuf, a.Header.Get("Content-Type"), "the type of the request")
			}
			if tt.want == http.StatusBadRequest {
				detail, err := got.Details[0].UnmarshalNew()
				require.NoError(t, err)
				assert.Equal(t, got.Message, detail.(*errdetails.BadRequest).FieldViolations[0].Description)
			}
			assert.Equal(t, map[int]string{405: "POST"}[tt.want], a.Header.Get("Allow"))
			assert.Empty(t, a.Header.Get("Retry-After"))
			for name := range a.Header {
				assert.False(t, strings.HasPrefix(name, "Access-Control-"), name)
			}
			after := s.Stats()
			assert.Equal(t, before.Refused[tt.reason]+1, after.Refused[tt.reason])
			assert.Zero(t, after.InFlightBytes)
			assert.Equal(t, before.Traces, after.Traces)
			require.Empty(t, s.all(receive.Traces))
		})
	}
	assert.Zero(t, s.overHTTP(t, receive.Traces, good), "it takes what is good as before")
	assert.Len(t, s.spans(t), 1)
}

func TestRefusedOverGRPC(t *testing.T) {
	s := start(t, receive.Config{Limits: tight})
	conn := s.dial(t)
	good := marshal(t, request(aSpan("good", nil)))
	for _, tt := range []struct {
		name   string
		method string // empty: the Export of traces
		body   []byte
		opts   []grpc.CallOption
		header []string
		want   codes.Code
		said   string
		reason receive.Reason
	}{
		{name: "malformed", body: good[1:], want: codes.InvalidArgument, said: "OTLP in protobuf: byte ", reason: receive.Malformed},
		{name: "text", body: []byte("hello"), want: codes.InvalidArgument, said: "OTLP in protobuf: byte 2", reason: receive.Malformed},
		{name: "64 MB", body: bomb(64 << 20), opts: []grpc.CallOption{grpc.MaxCallSendMsgSize(1 << 30)}, want: codes.ResourceExhausted, said: "want at most 1048576 bytes as it is sent", reason: receive.TooLarge},
		{name: "a gzip bomb", body: bomb(8 << 20), opts: []grpc.CallOption{grpc.UseCompressor("gzip")}, want: codes.ResourceExhausted, said: "want at most 1048576 bytes decompressed", reason: receive.TooLarge},
		{name: "a zstd bomb", body: bomb(8 << 20), opts: []grpc.CallOption{grpc.UseCompressor("zstd")}, want: codes.ResourceExhausted, said: "want at most 1048576 bytes decompressed", reason: receive.TooLarge},
		{name: "metrics", method: colmetrics.MetricsService_Export_FullMethodName, body: good, want: codes.Unimplemented, said: "want the Export of traces or logs", reason: receive.Unsupported},
		{name: "reflection", method: "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", want: codes.Unimplemented, said: "is not served", reason: receive.Unsupported},
		{name: "JSON", body: []byte("{}"), opts: []grpc.CallOption{grpc.CallContentSubtype("json")}, want: codes.Unimplemented, said: "the content type is", reason: receive.Unsupported},
		{name: "a page's request", body: good, header: []string{"origin", "https://evil.example.com"}, want: codes.PermissionDenied, said: "is another site", reason: receive.Forbidden},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := s.Stats()
			method := tt.method
			if method == "" {
				method = coltrace.TraceService_Export_FullMethodName
			}
			ctx := metadata.AppendToOutgoingContext(t.Context(), tt.header...)
			var answer []byte
			got := status.Convert(conn.Invoke(ctx, method, tt.body, &answer, append([]grpc.CallOption{grpc.ForceCodec(rawCodec{})}, tt.opts...)...))
			assert.Equal(t, tt.want, got.Code(), got.Message())
			assert.Contains(t, got.Message(), tt.said)
			for _, d := range got.Details() {
				_, ok := d.(*errdetails.RetryInfo)
				assert.False(t, ok, "it is no use to try again")
			}
			after := s.Stats()
			assert.Equal(t, before.Refused[tt.reason]+1, after.Refused[tt.reason])
			assert.Zero(t, after.InFlightBytes)
			require.Empty(t, s.all(receive.Traces))
		})
	}
	assert.Zero(t, s.overGRPC(t, receive.Traces, good))
	assert.Len(t, s.spans(t), 1)
}

// Any name may lead here over gRPC: browsers cannot send it.
func TestHostsOverGRPC(t *testing.T) {
	s := start(t, receive.Config{})
	conn := s.dial(t, grpc.WithAuthority("host.docker.internal:4317"))
	assert.Empty(t, exportRaw(t, conn, receive.Traces, marshal(t, request(aSpan("good", nil)))))
}

func TestTokens(t *testing.T) {
	const token = "a token of this test"
	_, err := receive.Start(t.Context(), receive.Config{Token: token}, &memory{})
	require.ErrorContains(t, err, "receive: guard: the token has a space")
	good := strings.ReplaceAll(token, " ", "-")
	s := start(t, receive.Config{Token: good})
	body := marshal(t, request(aSpan("good", nil)))
	for _, tt := range []struct {
		name, header string
		in           bool
	}{
		{"none", "", false},
		{"another", "Bearer " + good + "x", false},
		{"another scheme", "Basic " + good, false},
		{"the right one", "Bearer " + good, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := s.Stats().Refused[receive.Unauthorized]
			header := []string{"Content-Type", protobuf, "Authorization", tt.header, "Host", "desk.example.com"}
			a := s.post(t, "/v1/traces", body, header...)
			ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", tt.header)
			_, err := coltrace.NewTraceServiceClient(s.dial(t)).Export(ctx, &coltrace.ExportTraceServiceRequest{})
			if tt.in {
				assert.Equal(t, http.StatusOK, a.StatusCode)
				require.NoError(t, err)
				return
			}
			assert.Equal(t, http.StatusUnauthorized, a.StatusCode)
			assert.Equal(t, `Bearer realm="desk"`, a.Header.Get("WWW-Authenticate"))
			assert.Contains(t, statusOf(t, a).Message, "want the header Authorization: Bearer <token>")
			assert.Equal(t, codes.Unauthenticated, status.Code(err))
			assert.Equal(t, before+2, s.Stats().Refused[receive.Unauthorized])
		})
	}
	assert.Len(t, s.spans(t), 1)
	a := s.post(t, "/v1/traces", bomb(30<<20), "Content-Type", protobuf)
	assert.Equal(t, http.StatusUnauthorized, a.StatusCode, "who has no token gets an answer, but no room")
}

// Errors in JSON are objects with a code and a message, as protobuf maps them.
func TestErrorsInJSON(t *testing.T) {
	s := start(t, receive.Config{})
	a := s.post(t, "/v1/traces", []byte("{"), "Content-Type", jsonBody)
	var got map[string]any
	require.NoError(t, json.Unmarshal(a.body, &got))
	assert.EqualValues(t, codes.InvalidArgument, got["code"])
	assert.Equal(t, "the body is not one object of JSON", got["message"])
}

// Messages may hold bytes of the client's: they come through the header.
func TestMessagesWithAnyText(t *testing.T) {
	s := start(t, receive.Config{})
	in := &coltrace.ExportTraceServiceRequest{ResourceSpans: []*tracepb.ResourceSpans{{ScopeSpans: []*tracepb.ScopeSpans{{Spans: []*tracepb.Span{
		{Name: "提示\n100%", Attributes: []*commonpb.KeyValue{{Key: "k", Value: text("v")}}},
	}}}}}}
	got := s.overGRPC(t, receive.Traces, marshal(t, in))
	assert.Contains(t, got.message, `span "提示\n100%"`)
	ctx := metadata.AppendToOutgoingContext(t.Context(), "origin", "http://%e6 100%")
	_, err := coltrace.NewTraceServiceClient(s.dial(t)).Export(ctx, in)
	assert.Contains(t, status.Convert(err).Message(), `the origin "http://%e6 100%" is another site`)
}
