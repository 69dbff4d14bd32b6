// SPDX-License-Identifier: Apache-2.0

// Package web has the desk's page, built and embedded. Its sources are in this
// folder; the README there says how it is built.
package web

import (
	"bytes"
	"embed"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// dist is what the build makes: index.html, and below assets files whose names
// change with what they contain.
//
//go:embed all:dist
var dist embed.FS

// places are the addresses of the page, which reads the rest of them itself.
var places = []string{"/{$}", "/trace/{id}", "/compare", "/services", "/sessions", "/sessions/{id}"}

// Handler answers with the page and its files, to GET and HEAD. Addresses of the
// page are answered with the same document, which browsers ask for again each time;
// what it loads may be kept for ever. So are other addresses, with status 404: the page
// says then that there is nothing, and leads back. It sets no headers of security
// (guard.SecurityHeaders). It may be used by any number of goroutines.
func Handler() http.Handler {
	mux := http.NewServeMux()
	index := file("dist/index.html", "no-cache", http.StatusOK)
	mux.Handle("GET /", file("dist/index.html", "no-cache", http.StatusNotFound))
	mux.Handle("GET /assets/", http.NotFoundHandler())
	for _, place := range places {
		mux.Handle("GET "+place, index)
	}
	for _, name := range names() {
		caching := "no-cache"
		if strings.HasPrefix(name, "dist/assets/") {
			caching = "public, max-age=31536000, immutable" // a year
		}
		mux.Handle("GET "+strings.TrimPrefix(name, "dist"), file(name, caching, http.StatusOK))
	}
	return mux
}

// names are the files of the page but index.html, which is asked for as /.
func names() (all []string) {
	_ = fs.WalkDir(dist, "dist", func(name string, d fs.DirEntry, err error) error { // what is embedded can be walked
		if err == nil && !d.IsDir() && name != "dist/index.html" {
			all = append(all, name)
		}
		return err
	})
	return all
}

// types are those of files that systems may know under other names.
var types = map[string]string{
	".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
}

// file answers with an embedded file.
func file(name, caching string, status int) http.Handler {
	content, err := dist.ReadFile(name)
	if err != nil {
		return http.NotFoundHandler()
	}
	mediaType := types[path.Ext(name)]
	if mediaType == "" {
		mediaType = mime.TypeByExtension(path.Ext(name))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", mediaType)
		w.Header().Set("Cache-Control", caching)
		w.Header().Set("Content-Length", strconv.Itoa(len(content)))
		w.WriteHeader(status)
		if r.Method == http.MethodGet {
			_, _ = bytes.NewReader(content).WriteTo(w) // who has gone needs no answer
		}
	})
}
