// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/internal/guard"
	"github.com/sidetrace/sidetrace/desk/web"
)

// ask asks a server with the page.
func ask(t *testing.T, method, path string) (*http.Response, string) {
	t.Helper()
	s := httptest.NewServer(guard.SecurityHeaders(web.Handler()))
	defer s.Close()
	r, err := http.NewRequest(method, s.URL+path, nil)
	require.NoError(t, err)
	answer, err := s.Client().Do(r)
	require.NoError(t, err)
	defer func() { require.NoError(t, answer.Body.Close()) }()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer, string(body)
}

func TestAddressesOfThePage(t *testing.T) {
	for _, path := range []string{"/", "/?q=x", "/trace/0af7651916cd43dd8448eb211c80319c?tab=run", "/compare", "/services", "/sessions", "/sessions/a%2Fb"} {
		answer, body := ask(t, http.MethodGet, path)
		assert.Equal(t, http.StatusOK, answer.StatusCode, path)
		assert.Equal(t, "text/html; charset=utf-8", answer.Header.Get("Content-Type"), path)
		assert.Equal(t, "no-cache", answer.Header.Get("Cache-Control"), path)
		assert.Contains(t, body, `<div id="page">`, path)
	}
	for _, path := range []string{"/index.html", "/nothing", "/trace/", "/trace/a/b", "/dist/index.html"} {
		answer, body := ask(t, http.MethodGet, path)
		assert.Equal(t, http.StatusNotFound, answer.StatusCode, path)
		assert.Equal(t, "no-cache", answer.Header.Get("Cache-Control"), path)
		assert.Contains(t, body, `<div id="page">`, path)
	}
	for _, path := range []string{"/assets/", "/assets/none.js"} {
		answer, body := ask(t, http.MethodGet, path)
		assert.Equal(t, http.StatusNotFound, answer.StatusCode, path)
		assert.NotContains(t, body, "<div", path)
	}
	answer, _ := ask(t, http.MethodPost, "/")
	assert.Equal(t, http.StatusMethodNotAllowed, answer.StatusCode)
}

// What the document loads are files of the same server, which never change but for two
// of fixed names, and it has neither scripts nor styles in itself, which the headers of security forbid.
func TestFilesOfThePage(t *testing.T) {
	_, document := ask(t, http.MethodGet, "/")
	assert.NotRegexp(t, `<style|style=|<script[^>]*>[^<]|\son\w+=|https?://`, document)
	loaded := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(document, -1)
	require.GreaterOrEqual(t, len(loaded), 3)
	for _, found := range loaded {
		answer, body := ask(t, http.MethodGet, found[1])
		assert.Equal(t, http.StatusOK, answer.StatusCode, found[1])
		assert.NotEmpty(t, body, found[1])
		assert.Regexp(t, `^(text/(javascript|css); charset=utf-8|image/svg\+xml)$`, answer.Header.Get("Content-Type"), found[1])
		caching := "public, max-age=31536000, immutable"
		if found[1] == "/icon.svg" || found[1] == "/early.js" {
			caching = "no-cache"
		}
		assert.Equal(t, caching, answer.Header.Get("Cache-Control"), found[1])
		head, empty := ask(t, http.MethodHead, found[1])
		assert.Empty(t, empty)
		assert.Equal(t, answer.Header.Get("Content-Length"), head.Header.Get("Content-Length"), found[1])
	}
}
