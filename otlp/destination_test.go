// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"crypto/tls"
	"net/url"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A file that another process writes has another name, but it is the same place:
// what was confirmed there is not written again.
func TestCursorOfAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "traces.jsonl")
	cfg := &Config{File: FileConfig{Traces: path}}
	var first, second Pipeline
	for _, p := range []*Pipeline{&first, &second} {
		all, err := p.destinations(cfg)
		require.NoError(t, err)
		require.Len(t, all, 1)
		assert.Equal(t, path, all[0].cursor)
		defer func() { require.NoError(t, p.closeFiles()) }()
	}
	assert.NotEqual(t, first.Files(), second.Files())
}

// Transports change the configuration that they are given.
func TestTLSConfigIsNotShared(t *testing.T) {
	e := Endpoint{TLS: &tls.Config{MinVersion: tls.VersionTLS12}}
	u, err := url.Parse("https://localhost")
	require.NoError(t, err)
	assert.NotSame(t, e.TLS, e.tls(u))
}
