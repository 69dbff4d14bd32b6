// SPDX-License-Identifier: Apache-2.0

package receive_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/sidetrace/sidetrace/desk/receive"
	"github.com/sidetrace/sidetrace/internal/otlptest"
)

func TestConfig(t *testing.T) {
	const token = "0123456789abcdef"
	for _, tt := range []struct {
		name string
		cfg  receive.Config
		want string
	}{
		{"all addresses over gRPC", receive.Config{GRPC: ":0"}, "receive: guard: others can reach :0: it wants a token, or to be allowed to be open"},
		{"all addresses over HTTP", receive.Config{GRPC: receive.Off, HTTP: "0.0.0.0:0"}, "others can reach 0.0.0.0:0"},
		{"no port", receive.Config{HTTP: "127.0.0.1"}, "want host:port"},
		{"a short token", receive.Config{Token: "short"}, "want at least 16"},
		{"a strange host", receive.Config{Hosts: []string{"a b"}}, `host "a b"`},
		{"a negative limit", receive.Config{Limits: receive.Limits{Time: -1}}, "a limit is negative"},
		{"too little in flight", receive.Config{Limits: receive.Limits{InFlightBytes: 30 << 20}}, "31457280 bytes may be in flight: want at least 41943040"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := receive.Start(t.Context(), tt.cfg, &memory{})
			require.ErrorContains(t, err, tt.want)
		})
	}
	for _, cfg := range []receive.Config{{GRPC: receive.Off, HTTP: "0.0.0.0:0", Token: token}, {GRPC: receive.Off, HTTP: "0.0.0.0:0", Open: true}} {
		s, err := receive.Start(t.Context(), cfg, &memory{})
		require.NoError(t, err)
		grpc, http := s.Addrs()
		assert.Equal(t, receive.Off, grpc)
		assert.NotEqual(t, receive.Off, http)
		require.NoError(t, s.Shutdown(t.Context()))
		require.NoError(t, s.Shutdown(t.Context()), "again")
	}
}

// An address that is taken leaves nothing behind.
func TestAddressIsTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	free := otlptest.FreeAddr(t)
	_, err = receive.Start(t.Context(), receive.Config{GRPC: free, HTTP: l.Addr().String()}, &memory{})
	require.ErrorContains(t, err, "receive: guard: listen tcp "+l.Addr().String()+": bind: address already in use")
	again, err := net.Listen("tcp", free)
	require.NoError(t, err)
	require.NoError(t, again.Close())
}

func TestDefaults(t *testing.T) {
	s, err := receive.Start(t.Context(), receive.Config{}, &memory{})
	if err != nil {
		require.ErrorContains(t, err, "address already in use", "another desk runs on this machine")
		return
	}
	grpc, http := s.Addrs()
	assert.Equal(t, "127.0.0.1:4317", grpc)
	assert.Equal(t, "127.0.0.1:4318", http)
	require.NoError(t, s.Shutdown(t.Context()))
}

// With TLS both protocols are served, over HTTP/1 and HTTP/2; who speaks plain text
// or has no certificate where one is demanded stays outside.
func TestTLS(t *testing.T) {
	certs := otlptest.NewCertificates(t)
	s := start(t, receive.Config{TLS: certs.Server})
	pem, err := os.ReadFile(certs.CAFile)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(pem))
	own, err := tls.LoadX509KeyPair(certs.ClientFile, certs.ClientKeyFile)
	require.NoError(t, err)
	client := &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{own}}
	in := &coltrace.ExportTraceServiceRequest{ResourceSpans: request(aSpan("good", nil)).ResourceSpans}
	export := func(c credentials.TransportCredentials) error {
		_, err := coltrace.NewTraceServiceClient(s.dial(t, grpc.WithTransportCredentials(c))).Export(t.Context(), in)
		return err
	}
	require.NoError(t, export(credentials.NewTLS(client)))
	assert.Equal(t, codes.Unavailable, status.Code(export(insecure.NewCredentials())))
	assert.Equal(t, codes.Unavailable, status.Code(export(credentials.NewTLS(&tls.Config{RootCAs: pool}))))
	for _, http2 := range []bool{false, true} {
		transport := &http.Transport{TLSClientConfig: client.Clone(), ForceAttemptHTTP2: http2}
		r, err := http.NewRequest(http.MethodPost, "https://"+s.http+"/v1/traces", nil)
		require.NoError(t, err)
		a := send(t, &http.Client{Transport: transport}, r, "Content-Type", protobuf)
		assert.Equal(t, http.StatusOK, a.StatusCode)
		assert.Equal(t, http2, a.ProtoMajor == 2)
		transport.CloseIdleConnections()
	}
	assert.Len(t, s.spans(t), 1)
}

func TestHealth(t *testing.T) {
	m := &memory{}
	s, err := receive.Start(t.Context(), receive.Config{GRPC: "127.0.0.1:0", HTTP: receive.Off, Token: "0123456789abcdef"}, m)
	require.NoError(t, err)
	addr, _ := s.Addrs()
	conn := (&server{grpc: addr}).dial(t)
	c := healthpb.NewHealthClient(conn)
	for _, service := range []string{"", "opentelemetry.proto.collector.trace.v1.TraceService", "opentelemetry.proto.collector.logs.v1.LogsService"} {
		got, err := c.Check(t.Context(), &healthpb.HealthCheckRequest{Service: service})
		require.NoError(t, err, "without a token")
		assert.Equal(t, healthpb.HealthCheckResponse_SERVING, got.GetStatus())
	}
	_, err = c.Check(t.Context(), &healthpb.HealthCheckRequest{Service: "opentelemetry.proto.collector.metrics.v1.MetricsService"})
	assert.Equal(t, codes.NotFound, status.Code(err))
	_, err = c.Check(t.Context(), &healthpb.HealthCheckRequest{Service: string(make([]byte, 2000))})
	assert.Equal(t, codes.ResourceExhausted, status.Code(err))
	var answer []byte
	err = conn.Invoke(t.Context(), healthpb.Health_Check_FullMethodName, []byte{0x0a}, &answer, grpc.ForceCodec(rawCodec{}))
	assert.Equal(t, codes.InvalidArgument, status.Code(err))

	watch := func(service string) grpc.ServerStreamingClient[healthpb.HealthCheckResponse] {
		w, err := c.Watch(t.Context(), &healthpb.HealthCheckRequest{Service: service})
		require.NoError(t, err)
		return w
	}
	w, unknown := watch(""), watch("nobody's")
	got, err := w.Recv()
	require.NoError(t, err)
	assert.Equal(t, healthpb.HealthCheckResponse_SERVING, got.GetStatus())
	got, err = unknown.Recv()
	require.NoError(t, err)
	assert.Equal(t, healthpb.HealthCheckResponse_SERVICE_UNKNOWN, got.GetStatus())

	require.NoError(t, s.Shutdown(t.Context()), "who watches does not hold up the end")
	got, err = w.Recv()
	require.NoError(t, err)
	assert.Equal(t, healthpb.HealthCheckResponse_NOT_SERVING, got.GetStatus())
	_, err = w.Recv()
	assert.ErrorIs(t, err, io.EOF)
}

// numbered is a request with one span that has a number for its id.
func numbered(n uint64) *coltrace.ExportTraceServiceRequest {
	return &coltrace.ExportTraceServiceRequest{ResourceSpans: request(aSpan("n", func(s *tracepb.Span) { s.SpanId = binary.BigEndian.AppendUint64(nil, n) })).ResourceSpans}
}

// Whatever was acknowledged before or during a shutdown is in the sink, and nobody
// waits for an answer that does not come.
func TestShutdownUnderLoad(t *testing.T) {
	for range 5 {
		m := &memory{}
		s, err := receive.Start(t.Context(), receive.Config{GRPC: "127.0.0.1:0", HTTP: "127.0.0.1:0"}, m)
		require.NoError(t, err)
		out := &server{Server: s, memory: m}
		out.grpc, out.http = s.Addrs()
		var next atomic.Uint64
		var acknowledged sync.Map
		var clients sync.WaitGroup
		begun := make(chan struct{})
		var once sync.Once
		load := func(send func(n uint64) error) {
			clients.Go(func() {
				for {
					n := next.Add(1)
					if send(n) != nil {
						return
					}
					acknowledged.Store(n, true)
					if n > 100 {
						once.Do(func() { close(begun) })
					}
				}
			})
		}
		for range 4 {
			conn := out.dial(t)
			load(func(n uint64) error {
				_, err := coltrace.NewTraceServiceClient(conn).Export(t.Context(), numbered(n))
				return err
			})
			c := &http.Client{Transport: &http.Transport{}}
			load(func(n uint64) error {
				resp, err := c.Post("http://"+out.http+"/v1/traces", protobuf, bytes.NewReader(marshal(t, numbered(n))))
				if err != nil {
					return err
				}
				defer func() { _ = resp.Body.Close() }()
				if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
					return errors.Join(err, errors.New(resp.Status))
				}
				return nil
			})
		}
		<-begun
		require.NoError(t, s.Shutdown(t.Context()))
		clients.Wait()
		stored := map[uint64]int{}
		for _, sp := range m.spans(t) {
			stored[binary.BigEndian.Uint64(sp.ID[:])]++
		}
		n := 0
		acknowledged.Range(func(id, _ any) bool {
			n++
			return assert.Equal(t, 1, stored[id.(uint64)])
		})
		assert.Greater(t, n, 90)
		assert.LessOrEqual(t, len(stored)-n, 8, "at most what was under way is there without an answer")
		assert.EqualValues(t, len(stored), s.Stats().Traces.Records)
	}
}

// A request under way is answered before the end; one that takes too long is cut
// off then.
func TestShutdownWaits(t *testing.T) {
	for _, patient := range []bool{true, false} {
		s := start(t, receive.Config{})
		inside, release := make(chan struct{}), make(chan struct{})
		s.failing(func(ctx context.Context) error {
			close(inside)
			select {
			case <-release:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		answered := make(chan error, 1)
		conn := s.dial(t)
		go func() {
			_, err := coltrace.NewTraceServiceClient(conn).Export(context.Background(), numbered(1))
			answered <- err
		}()
		<-inside
		if !patient {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			err := s.Shutdown(ctx)
			cancel()
			require.ErrorContains(t, err, "receive: shutdown: requests were cut off: context deadline exceeded")
			assert.Equal(t, codes.Unavailable, status.Code(<-answered))
			continue
		}
		ended := make(chan error, 1)
		go func() { ended <- s.Shutdown(context.Background()) }()
		_, err := net.Dial("tcp", s.http)
		for err == nil { // it has not begun
			_, err = net.Dial("tcp", s.http)
		}
		close(release)
		require.NoError(t, <-answered)
		require.NoError(t, <-ended)
	}
}
