// SPDX-License-Identifier: Apache-2.0

// Package native is the desk's own face: everything that its page asks for, as
// JSON, below /api/desk/v1. The document openapi.json in this package describes it.
//
// Times are nanoseconds since 1970 as text, which JavaScript has no numbers for;
// durations are numbers of nanoseconds; ids are hexadecimal. What an answer rests
// on part of is said in its member partial and in warnings.
package native

import (
	_ "embed" // for the document
	"io"
	"net/http"
	"time"

	"github.com/sidetrace/sidetrace/desk/analysis/agentrun"
	"github.com/sidetrace/sidetrace/desk/api/internal/saved"
	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/api/objects"
	"github.com/sidetrace/sidetrace/desk/receive"
	"github.com/sidetrace/sidetrace/desk/source"
)

// Base is where the face is.
const Base = "/api/desk/v1"

// A Config says what to answer from.
type Config struct {
	Source  source.Source
	Prices  agentrun.Prices
	Now     func() time.Time
	Version string
	// Endpoint is where services send to; "": nothing is received.
	Endpoint string
	// Objects are where large values lie.
	Objects []objects.Place
	// Standalone writes the page as a file with answers in it, by their addresses;
	// nil: there is no page.
	Standalone func(w io.Writer, title string, answers map[string]string) error
	// Saved are traces to compare others with; nil: none are saved.
	Saved *saved.Folder
	// Sink keeps files that are imported; nil: none are.
	Sink receive.Sink
	// ImportBytes is how long such a file may be, as it is sent and decompressed.
	ImportBytes int64
}

// document describes the face (OpenAPI Specification 3.0).
//
//go:embed openapi.json
var document []byte

// face answers from a source.
type face struct {
	Config
	streams chan struct{} // has an element for each stream of events
	reading chan struct{} // has an element for each large value that is being read
	// importing has an element while a file is, which is in memory as a whole.
	importing chan struct{}
}

// maxStreams is how many streams of events there may be: a browser opens one for
// each of its pages.
const maxStreams = 64

// Handler answers what lies below [Base].
func Handler(gate *web.Gate, c Config) http.Handler {
	f := &face{Config: c, streams: make(chan struct{}, maxStreams), reading: make(chan struct{}, maxObjects), importing: make(chan struct{}, 1)}
	own := gate.NewFace("desk", fail)
	for path, handler := range map[string]web.Handler{
		"/traces":            f.traces,
		"/traces/{id}":       f.trace,
		"/spans":             f.spans,
		"/runs":              f.runs,
		"/compare":           f.compare,
		"/services":          f.services,
		"/operations":        f.operations,
		"/fields":            f.fields,
		"/fields/values":     f.fieldValues,
		"/fields/top":        f.fieldTop,
		"/fields/statistics": f.fieldStatistics,
		"/fields/graph":      f.fieldGraph,
		"/durations":         f.durations,
		"/scatter":           f.scatter,
		"/statistics":        f.statistics,
		"/map":               f.serviceMap,
		"/logs":              f.logs,
		"/sessions":          f.sessions,
		"/sessions/{id}":     f.session,
		"/query":             f.query,
		"/saved":             f.savedTraces,
		"/find":              f.find,
		"/objects":           f.object,
		"/status":            f.status,
		"/openapi.json":      f.openAPI,
	} {
		own.Get(Base+path, handler)
	}
	own.Stream(Base+"/live", f.live)
	own.Post(Base+"/import", f.importFile)
	own.Change(http.MethodPost, Base+"/saved", f.save)
	own.Change(http.MethodDelete, Base+"/saved/{id}", f.forget)
	return own
}

// fail writes an error.
func fail(w http.ResponseWriter, e *web.Error) {
	web.WriteError(w, e, map[string]problem{"error": {e.Code, e.Message, e.Column}})
}

// A problem is an error as an answer has it.
type problem struct {
	Code    web.Code `json:"code"`
	Message string   `json:"message"`
	Column  int      `json:"column,omitempty"`
}

func (f *face) openAPI(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadParams(r).Strict(); err != nil {
		return err
	}
	w.Header().Set("Content-Type", web.ContentJSON)
	_, err := w.Write(document)
	return err
}

func (f *face) status(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadParams(r).Strict(); err != nil {
		return err
	}
	type kept struct {
		Traces uint64 `json:"traces"`
		Spans  uint64 `json:"spans"`
		Logs   uint64 `json:"logs"`
		Oldest string `json:"oldest,omitempty"`
		Newest string `json:"newest,omitempty"`
		Bytes  uint64 `json:"bytes,omitempty"`
	}
	answer := struct {
		Version      string              `json:"version"`
		Endpoint     string              `json:"endpoint,omitempty"`
		Now          string              `json:"now"`
		Capabilities source.Capabilities `json:"capabilities"`
		Kept         *kept               `json:"kept,omitempty"`
	}{f.Version, f.Endpoint, stamp(f.Now().UnixNano()), f.Source.Capabilities(), nil}
	if d, ok := f.Source.(source.Describer); ok {
		has, err := d.Describe(r.Context())
		if err != nil {
			return err
		}
		answer.Kept = &kept{Traces: has.Traces, Spans: has.Spans, Logs: has.Logs, Bytes: has.Bytes}
		if has.Spans > 0 {
			answer.Kept.Oldest, answer.Kept.Newest = stamp(has.Oldest), stamp(has.Newest)
		}
	}
	return web.WriteJSON(w, answer)
}
