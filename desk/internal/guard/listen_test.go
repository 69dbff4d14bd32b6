// SPDX-License-Identifier: Apache-2.0

package guard_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/internal/guard"
	"github.com/sidetrace/sidetrace/internal/otlptest"
)

const anyPort = "127.0.0.1:0"

func TestListen(t *testing.T) {
	g := newGuard(t, guard.Config{Addrs: []string{anyPort}})
	l, err := g.Listen(t.Context(), anyPort, 0)
	require.NoError(t, err)
	_, err = g.Listen(t.Context(), l.Addr().String(), 1)
	require.ErrorContains(t, err, "address already in use")
	require.NoError(t, l.Close())
	l, err = g.Listen(t.Context(), l.Addr().String(), 1)
	require.NoError(t, err)
	require.NoError(t, l.Close())
	_, err = l.Accept()
	require.ErrorIs(t, err, net.ErrClosed)
	_, err = g.Listen(t.Context(), "0.0.0.0:0", 1)
	require.ErrorContains(t, err, "others can reach 0.0.0.0:0")

	l, err = newGuard(t, guard.Config{Open: true}).Listen(t.Context(), "0.0.0.0:0", 1)
	require.NoError(t, err)
	require.NoError(t, l.Close())
}

// A connection more than allowed waits until one is closed, and keeps the methods
// of TCP.
func TestConnectionsAreLimited(t *testing.T) {
	l, err := newGuard(t, guard.Config{}).Listen(t.Context(), anyPort, 1)
	require.NoError(t, err)
	accepted := make(chan net.Conn)
	ended := make(chan error)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				ended <- err
				return
			}
			accepted <- c
		}
	}()
	for range 2 {
		c, err := net.Dial("tcp", l.Addr().String())
		require.NoError(t, err)
		defer func() { _ = c.Close() }()
	}
	first := <-accepted
	select {
	case <-accepted:
		t.Fatal("a second connection was accepted")
	default:
	}
	_, ok := first.(interface{ CloseWrite() error })
	assert.True(t, ok)
	require.NoError(t, first.Close())
	require.Error(t, first.Close())
	second := <-accepted
	require.NoError(t, l.Close())
	require.ErrorIs(t, <-ended, net.ErrClosed)
	require.NoError(t, second.Close())
	_ = l.Close()
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestReadToken(t *testing.T) {
	got, err := guard.ReadToken(write(t, "\n "+token+"\r\n"))
	require.NoError(t, err)
	assert.Equal(t, token, got)
	_, err = guard.ReadToken(write(t, ""))
	require.ErrorContains(t, err, "the token has 0 bytes: want at least 16 (in ")
	_, err = guard.ReadToken(write(t, token+"\n"+token))
	require.ErrorContains(t, err, "a header cannot carry it")
	_, err = guard.ReadToken(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestTLSFiles(t *testing.T) {
	certs := otlptest.NewCertificates(t)
	cfg, err := guard.TLSFiles{}.Load()
	require.NoError(t, err)
	assert.Nil(t, cfg)
	for _, tt := range []struct {
		name  string
		files guard.TLSFiles
		want  string
	}{
		{"no key", guard.TLSFiles{Cert: certs.ClientFile}, "want both a certificate and its key"},
		{"only an authority", guard.TLSFiles{ClientCA: certs.CAFile}, "want both a certificate and its key"},
		{"another's key", guard.TLSFiles{Cert: certs.CAFile, Key: certs.ClientKeyFile}, "private key does not match"},
		{"no file", guard.TLSFiles{Cert: certs.CAFile + "x", Key: certs.ClientKeyFile}, "no such file"},
		{"an authority that is none", guard.TLSFiles{Cert: certs.ClientFile, Key: certs.ClientKeyFile, ClientCA: certs.ClientKeyFile}, "holds no certificate: want PEM"},
		{"no authority", guard.TLSFiles{Cert: certs.ClientFile, Key: certs.ClientKeyFile, ClientCA: certs.CAFile + "x"}, "no such file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.files.Load()
			require.ErrorContains(t, err, tt.want)
		})
	}
}

// A client without a certificate is turned away where they are demanded.
func TestClientCertificates(t *testing.T) {
	certs := otlptest.NewCertificates(t)
	files := guard.TLSFiles{Cert: certs.ClientFile, Key: certs.ClientKeyFile, ClientCA: certs.CAFile}
	cfg, err := files.Load()
	require.NoError(t, err)
	cfg.Certificates = certs.Server.Certificates // one that is for servers
	l, err := newGuard(t, guard.Config{}).Listen(t.Context(), anyPort, 10)
	require.NoError(t, err)
	s := &http.Server{TLSConfig: cfg, ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "in") })}
	served := make(chan error, 1)
	go func() { served <- s.ServeTLS(l, "", "") }()
	pem, err := os.ReadFile(certs.CAFile)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(pem))
	pair, err := tls.LoadX509KeyPair(certs.ClientFile, certs.ClientKeyFile)
	require.NoError(t, err)
	get := func(own ...tls.Certificate) error {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: own}}
		defer transport.CloseIdleConnections()
		resp, err := (&http.Client{Transport: transport}).Get("https://" + l.Addr().String())
		if err == nil {
			err = resp.Body.Close()
		}
		return err
	}
	require.NoError(t, get(pair))
	require.ErrorContains(t, get(), "certificate required")
	require.NoError(t, s.Close())
	require.ErrorIs(t, <-served, http.ErrServerClosed)
}
