// SPDX-License-Identifier: Apache-2.0

package receive

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
)

// A writing is a connection that keeps what is written in each call.
type writing struct {
	net.Conn
	calls [][]byte
	err   error
}

func (w *writing) Write(p []byte) (int, error) {
	w.calls = append(w.calls, bytes.Clone(p))
	return len(p), w.err
}

// frames are what a function writes.
func frames(t *testing.T, write func(*http2.Framer) error) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, write(http2.NewFramer(&out, nil)))
	return out.Bytes()
}

func TestUpdatesOfWindowsWait(t *testing.T) {
	credit := func(n uint32) []byte {
		return frames(t, func(f *http2.Framer) error {
			return errors.Join(f.WriteWindowUpdate(0, n), f.WriteWindowUpdate(3, n))
		})
	}
	ping := frames(t, func(f *http2.Framer) error { return f.WritePing(true, [8]byte{1}) })
	little, much := credit(heldCredit/8), frames(t, func(f *http2.Framer) error { return f.WriteWindowUpdate(3, heldCredit) })
	for name, tt := range map[string]struct{ writes, want [][]byte }{
		"they wait":                      {[][]byte{little, little, little}, nil},
		"until they are worth it":        {[][]byte{little, little, little, little}, [][]byte{bytes.Repeat(little, 4)}},
		"and then again":                 {[][]byte{little, little, little, little, little}, [][]byte{bytes.Repeat(little, 4)}},
		"large ones do not":              {[][]byte{much}, [][]byte{much}},
		"they go with others":            {[][]byte{little, ping, ping}, [][]byte{append(bytes.Clone(little), ping...), ping}},
		"behind others they do not wait": {[][]byte{append(bytes.Clone(ping), little...)}, [][]byte{append(bytes.Clone(ping), little...)}},
		"what is no frame is written":    {[][]byte{[]byte("HTTP/1.1 200 OK"), little[:5]}, [][]byte{[]byte("HTTP/1.1 200 OK"), little[:5]}},
	} {
		t.Run(name, func(t *testing.T) {
			w := &writing{}
			c := &thriftyConn{Conn: w}
			for _, p := range tt.writes {
				n, err := c.Write(p)
				require.NoError(t, err)
				assert.Equal(t, len(p), n)
			}
			assert.Equal(t, tt.want, w.calls)
		})
	}
	w := &writing{}
	c := &thriftyConn{Conn: w}
	for range heldBytes {
		_, err := c.Write(credit(1))
		require.NoError(t, err)
	}
	assert.NotEmpty(t, w.calls, "many that are worth little do not pile up")
	w.err = io.ErrClosedPipe
	_, err := c.Write(ping)
	assert.ErrorIs(t, err, io.ErrClosedPipe)
}

// counted counts the calls of a connection.
type counted struct {
	net.Conn
	reads, writes *atomic.Int64
}

func (c counted) Read(p []byte) (int, error)  { c.reads.Add(1); return c.Conn.Read(p) }
func (c counted) Write(p []byte) (int, error) { c.writes.Add(1); return c.Conn.Write(p) }

type counting struct {
	net.Listener
	reads, writes atomic.Int64
}

func (l *counting) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return counted{c, &l.reads, &l.writes}, err
}

// A body that is many times as long as the windows comes through, whose updates
// are written in a part of the calls that there would be one for each frame.
func TestLongBodiesTakeFewCalls(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	calls := &counting{Listener: l}
	s := (&Server{cfg: Config{Limits: Limits{}.orDefaults()}}).newHTTPServer()
	s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		assert.NoError(t, err)
		assert.EqualValues(t, 2, r.ProtoMajor)
		assert.EqualValues(t, r.ContentLength, n)
	})
	served := make(chan error, 1)
	go func() { served <- s.Serve(thrifty{calls}) }()
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	client := &http.Client{Transport: &http.Transport{Protocols: &protocols}}
	const size, frame = 32 << 20, 16 << 10
	resp, err := client.Post("http://"+l.Addr().String(), "text/plain", bytes.NewReader(make([]byte, size)))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Less(t, calls.writes.Load(), int64(size/frame/3), "one for each frame, or two")
	assert.Less(t, calls.reads.Load(), int64(size/frame*5/4), "two for each frame")
	require.NoError(t, s.Close())
	assert.ErrorIs(t, <-served, http.ErrServerClosed)
}
