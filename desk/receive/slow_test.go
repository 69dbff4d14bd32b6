// SPDX-License-Identifier: Apache-2.0

package receive_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/receive"
	"github.com/sidetrace/sidetrace/internal/otlptest"
)

// connect opens a connection on which nothing more is sent than text.
func connect(t testing.TB, addr, text string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(20*time.Second)))
	_, err = io.WriteString(c, text)
	require.NoError(t, err)
	return c
}

// http2Start is how a client of HTTP/2 begins: the preface and empty settings (RFC
// 9113, section 3.4).
const http2Start = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "\x00\x00\x00\x04\x00\x00\x00\x00\x00"

// Clients that are slow, or that vanish while they send, are let go in time. They
// hold next to no room until then, and others are taken meanwhile.
func TestSlowClients(t *testing.T) {
	s := start(t, receive.Config{Limits: receive.Limits{Time: 400 * time.Millisecond, InFlightBytes: 40 << 20}})
	head := fmt.Sprintf("POST /v1/traces HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\n", s.http, protobuf)
	for _, tt := range []struct {
		name, text string
		want       string // the answer begins so; empty: there is none
	}{
		{"nothing", "", ""},
		{"half a head", head, ""},
		{"no body", head + "Content-Length: 20000000\r\n\r\n", "HTTP/1.1 503 Service Unavailable\r\n"},
		{"half a body", head + "Content-Length: 10\r\n\r\nhalf", "HTTP/1.1 503 Service Unavailable\r\n"},
		{"half a chunk", head + "Transfer-Encoding: chunked\r\n\r\nffffff\r\nhalf", "HTTP/1.1 503 Service Unavailable\r\n"},
		{"half a preface", http2Start[:10], "HTTP/1.1 400 Bad Request\r\n"},
		{"HTTP/2 that does not answer", http2Start, "\x00\x00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var slow []net.Conn
			for range 20 {
				slow = append(slow, connect(t, s.http, tt.text))
			}
			assert.Zero(t, s.overHTTP(t, receive.Traces, marshal(t, request(aSpan("meanwhile", nil)))))
			assert.Less(t, s.Stats().InFlightBytes, int64(20*(128<<10)), "what has not come takes no room")
			for _, c := range slow {
				got, err := io.ReadAll(c)
				if err != nil {
					require.ErrorContains(t, err, "reset by peer")
				}
				assert.True(t, strings.HasPrefix(string(got), tt.want), "%q", got)
				assert.Equal(t, tt.want == "", len(got) == 0)
			}
		})
	}
	otlptest.Wait(t, "the requests' end", func() bool { return s.Stats().InFlightBytes == 0 })
	assert.EqualValues(t, 60, s.Stats().Refused[receive.TooSlow])
	assert.Len(t, s.spans(t), 7)
}

// slowBody gives some bytes and then none until it is closed.
type slowBody struct {
	io.Reader
	closed chan struct{}
}

func (b *slowBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		<-b.closed
	}
	return n, err
}

func (b *slowBody) Close() error {
	select {
	case <-b.closed:
	default:
		close(b.closed)
	}
	return nil
}

// overHTTP2 sends a body over HTTP/2 without TLS, as gRPC does.
func (s *server) overHTTP2(ctx context.Context, body io.Reader, header ...string) (*http.Response, error) {
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: &protocols}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.grpc+"/opentelemetry.proto.collector.trace.v1.TraceService/Export", body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/grpc")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(io.Discard, resp.Body) // trailers come behind it
	transport.CloseIdleConnections()
	return resp, err
}

// message is one of gRPC, with flags and a length.
func message(flags byte, length uint32, b []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{flags}, length), b...)
}

// Requests that gRPC's own clients never send.
func TestOddMessages(t *testing.T) {
	good := marshal(t, request(aSpan("good", nil)))
	n := uint32(len(good))
	s := start(t, receive.Config{Limits: receive.Limits{Time: 500 * time.Millisecond}})
	for _, tt := range []struct {
		name   string
		body   io.Reader
		header []string
		code   string
		said   string
	}{
		{"good", bytes.NewReader(message(0, n, good)), nil, "0", ""},
		{"no message", bytes.NewReader(nil), nil, "3", "the request ends too soon"},
		{"half a head", bytes.NewReader([]byte{0, 0}), nil, "3", "the request ends too soon"},
		{"half a message", bytes.NewReader(message(0, n, good[:n/2])), nil, "3", "the request ends too soon"},
		{"two messages", bytes.NewReader(append(message(0, n, good), message(0, n, good)...)), nil, "3", "the request goes on behind its length"},
		{"strange flags", bytes.NewReader(message(2, n, good)), nil, "3", "the message has the flags 0x2"},
		{"4 GB", bytes.NewReader(message(0, 1<<32-1, good)), nil, "8", "want at most"},
		{"compressed without saying how", bytes.NewReader(message(1, n, good)), nil, "12", "the encoding is"},
		{"an unknown encoding", bytes.NewReader(message(1, n, good)), []string{"Grpc-Encoding", "snappy"}, "12", `the encoding is "snappy": want gzip or zstd`},
		{"an encoding that is not used", bytes.NewReader(message(0, n, good)), []string{"Grpc-Encoding", "snappy"}, "0", ""},
		{"a strange timeout", bytes.NewReader(message(0, n, good)), []string{"Grpc-Timeout", "soon"}, "3", `the timeout is "soon"`},
		{"a timeout without a number", bytes.NewReader(message(0, n, good)), []string{"Grpc-Timeout", "S"}, "3", `the timeout is "S"`},
		{"too many digits", bytes.NewReader(message(0, n, good)), []string{"Grpc-Timeout", "123456789S"}, "3", "want at most 8 digits"},
		{"a long timeout", bytes.NewReader(message(0, n, good)), []string{"Grpc-Timeout", "99999999H"}, "0", ""},
		{"a slow head", &slowBody{bytes.NewReader([]byte{0, 0}), make(chan struct{})}, nil, "4", "not come in time"},
		{"a slow message", &slowBody{bytes.NewReader(message(0, n, good[:n/2])), make(chan struct{})}, nil, "4", "not come in time"},
		{"a request without end", &slowBody{bytes.NewReader(message(0, n, good)), make(chan struct{})}, nil, "4", "not come in time"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := len(s.spans(t))
			resp, err := s.overHTTP2(t.Context(), tt.body, tt.header...)
			require.NoError(t, err)
			assert.Equal(t, http.StatusOK, resp.StatusCode)
			assert.Equal(t, "application/grpc", resp.Header.Get("Content-Type"))
			assert.Equal(t, "gzip,zstd,identity", resp.Header.Get("Grpc-Accept-Encoding"))
			assert.Equal(t, tt.code, resp.Trailer.Get("Grpc-Status"))
			assert.Contains(t, resp.Trailer.Get("Grpc-Message"), tt.said)
			assert.Equal(t, tt.code == "0", len(s.spans(t)) == before+1)
		})
	}
}

// More streams than a connection's window has room for do not block each other.
func TestManyStreamsOnOneConnection(t *testing.T) {
	s := start(t, receive.Config{})
	conn := s.dial(t)
	body := marshal(t, request(aSpan(strings.Repeat("long", 1<<18), nil)))
	const streams = 60
	done := make(chan []byte)
	for range streams {
		go func() { done <- exportRaw(t, conn, receive.Traces, body) }()
	}
	for range streams {
		assert.Empty(t, <-done)
	}
	assert.Len(t, s.spans(t), streams)
}

// A client that waits to be asked for its body need not send one that is refused.
func TestExpectContinue(t *testing.T) {
	s := start(t, receive.Config{})
	c := connect(t, s.http, fmt.Sprintf("POST /v1/traces HTTP/1.1\r\nHost: %s\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n", s.http))
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	assert.Equal(t, http.StatusUnsupportedMediaType, resp.StatusCode)
}

// A connection is used again after a refusal, whose body was read.
func TestKeepAlive(t *testing.T) {
	s := start(t, receive.Config{})
	dials := 0
	transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		dials++
		var d net.Dialer
		return d.DialContext(ctx, network, addr)
	}}
	defer transport.CloseIdleConnections()
	c := &http.Client{Transport: transport}
	for range 5 {
		for kind, body := range map[string][]byte{"text/plain": bomb(5 << 20), protobuf: marshal(t, request(aSpan("good", nil)))} {
			r, err := http.NewRequest(http.MethodPost, "http://"+s.http+"/v1/traces", bytes.NewReader(body))
			require.NoError(t, err)
			send(t, c, r, "Content-Type", kind)
		}
	}
	assert.Equal(t, 1, dials)
	assert.Len(t, s.spans(t), 5)
}
