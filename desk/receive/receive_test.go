// SPDX-License-Identifier: Apache-2.0

package receive_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/sidetrace/sidetrace/desk/receive"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// memory is a sink that keeps everything, unless it is told to fail.
type memory struct {
	mu     sync.Mutex // guards what follows
	bodies map[receive.Signal][][]byte
	before func(ctx context.Context) error
}

// Append implements [receive.Sink].
func (m *memory) Append(ctx context.Context, signal receive.Signal, body []byte) error {
	m.mu.Lock()
	before := m.before
	m.mu.Unlock()
	if before != nil {
		if err := before(ctx); err != nil {
			return err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.bodies == nil {
		m.bodies = map[receive.Signal][][]byte{}
	}
	m.bodies[signal] = append(m.bodies[signal], body)
	return nil
}

// failing makes the sink call f before it keeps anything; nil: it works again.
func (m *memory) failing(f func(ctx context.Context) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.before = f
}

// forget drops what the sink has.
func (m *memory) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bodies = nil
}

func (m *memory) all(signal receive.Signal) [][]byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.bodies[signal])
}

// spans are all that the sink has.
func (m *memory) spans(t testing.TB) (all []trace.Span) {
	t.Helper()
	for _, b := range m.all(receive.Traces) {
		spans, err := format.UnmarshalTraces(b)
		require.NoError(t, err, "a sink gets what package format takes")
		all = append(all, spans...)
	}
	return all
}

func (m *memory) logs(t testing.TB) (all []trace.Log) {
	t.Helper()
	for _, b := range m.all(receive.Logs) {
		logs, err := format.UnmarshalLogs(b)
		require.NoError(t, err)
		all = append(all, logs...)
	}
	return all
}

// server is one on loopback, with what it has.
type server struct {
	*receive.Server
	*memory
	grpc, http string // addresses
}

// start starts a server that ends with the test.
func start(t testing.TB, cfg receive.Config) *server {
	t.Helper()
	m := &memory{}
	return startWith(t, cfg, m, m)
}

func startWith(t testing.TB, cfg receive.Config, sink receive.Sink, m *memory) *server {
	t.Helper()
	cfg.GRPC, cfg.HTTP = "127.0.0.1:0", "127.0.0.1:0"
	s, err := receive.Start(context.Background(), cfg, sink)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		assert.NoError(t, s.Shutdown(ctx))
		assert.Zero(t, s.Stats().InFlightBytes, "nothing is held when nothing is under way")
	})
	out := &server{Server: s, memory: m}
	out.grpc, out.http = s.Addrs()
	return out
}

// post sends a body over HTTP.
func (s *server) post(t testing.TB, path string, body []byte, header ...string) *answer {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, "http://"+s.http+path, bytes.NewReader(body))
	require.NoError(t, err)
	return send(t, http.DefaultClient, r, header...)
}

// answer is one over HTTP, read.
type answer struct {
	*http.Response
	body []byte
}

// send sends a request with headers, given in pairs. A Host is one of them.
func send(t testing.TB, c *http.Client, r *http.Request, header ...string) *answer {
	t.Helper()
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
			continue
		}
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := c.Do(r)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return &answer{resp, body}
}

func marshal(t testing.TB, m proto.Message) []byte {
	t.Helper()
	b, err := proto.Marshal(m)
	require.NoError(t, err)
	return b
}

const (
	protobuf = "application/x-protobuf"
	jsonBody = "application/json"
)
