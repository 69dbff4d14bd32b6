// SPDX-License-Identifier: Apache-2.0

// Package tempo answers as Grafana Tempo does, as far as Grafana's data source and
// searches by TraceQL need it (https://grafana.com/docs/tempo/latest/api_docs/):
// traces by id, search, tags and their values.
//
// Where it differs: searches return the newest traces, the same ones each time; a
// time range is that in which traces begin; queries are those of package query.
package tempo

import (
	"net/http"

	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/source"
)

// Base is where the face is.
const Base = "/tempo"

// answering is the version of Tempo whose answers these are: Grafana asks for it to
// know what it can use.
const answering = "2.8.0"

// face answers from a source.
type face struct{ source source.Source }

// Handler answers what lies below [Base].
func Handler(gate *web.Gate, src source.Source) http.Handler {
	f := &face{src}
	t := gate.NewFace("tempo", func(w http.ResponseWriter, e *web.Error) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(e.Status())
		_, _ = w.Write([]byte(e.Message)) // the client has gone
	})
	for path, handler := range map[string]web.Handler{
		"/api/echo":                       text("echo"),
		"/ready":                          text("ready"),
		"/api/status/buildinfo":           f.buildInfo,
		"/api/search":                     f.search,
		"/api/traces/{id}":                f.traceV1,
		"/api/v2/traces/{id}":             f.traceV2,
		"/api/search/tags":                f.tagsV1,
		"/api/v2/search/tags":             f.tagsV2,
		"/api/search/tag/{tag}/values":    f.valuesV1,
		"/api/v2/search/tag/{tag}/values": f.valuesV2,
	} {
		t.Get(Base+path, handler)
	}
	return t
}

func text(answer string) web.Handler {
	return func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, err := w.Write([]byte(answer))
		return err
	}
}

func (f *face) buildInfo(w http.ResponseWriter, _ *http.Request) error {
	return web.WriteJSON(w, map[string]string{"version": answering, "revision": "", "branch": "", "buildDate": "", "buildUser": "sidetrace", "goVersion": ""})
}

// metrics say what an answer rests on.
type metrics struct {
	InspectedTraces int `json:"inspectedTraces,omitempty"`
	InspectedSpans  int `json:"inspectedSpans,omitempty,string"`
}

func metricsOf(e source.Effort) metrics { return metrics{e.Traces, e.Spans} }
