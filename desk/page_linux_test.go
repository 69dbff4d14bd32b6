// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// dom is a document as Chromium has it after its scripts ran, and what it said on
// its console.
func dom(t *testing.T, address string) (document, console string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	browser := exec.CommandContext(ctx, "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--no-first-run", "--user-data-dir="+t.TempDir(), "--enable-logging=stderr",
		"--virtual-time-budget=20000", "--dump-dom", address)
	var out, said strings.Builder
	browser.Stdout, browser.Stderr = &out, &said
	require.NoError(t, browser.Run(), said.String())
	for line := range strings.Lines(said.String()) {
		if strings.Contains(line, "CONSOLE") {
			console += line
		}
	}
	return out.String(), console
}

// A trace that is saved as a page opens from a disk, when there is no desk any more,
// and all of its tabs work.
func TestTraceAsPage(t *testing.T) {
	s := started(t, "open", agentFile, "--listen", "127.0.0.1:0")
	status, page := s.get(t, "/api/desk/v1/traces/"+lisbon+"?format=html")
	require.Equal(t, http.StatusOK, status)
	path := filepath.Join(t.TempDir(), "trace.html")
	require.NoError(t, os.WriteFile(path, page, 0o600))
	for tab, want := range map[string]string{
		"waterfall": "POST /v1/chat", "run": "In models", "sequence": "seq-row", "topology": "graph-node", "services": "graph-node",
		"statistics": "Own time", "logs": "log-line",
	} {
		document, console := dom(t, "file://"+path+"#/trace/"+lisbon+"?tab="+tab)
		_, body, _ := strings.Cut(document, "<body>")
		shown, _, _ := strings.Cut(body, `<script type="application/gzip"`)
		assert.Contains(t, shown, want, tab)
		assert.NotContains(t, shown, "state-error", tab)
		assert.Empty(t, console, tab)
	}
}
