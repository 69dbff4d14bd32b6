// SPDX-License-Identifier: Apache-2.0

// Package api answers what traces are asked for over HTTP. It has several faces
// on one address:
//
//	/api/desk/v1/…  the desk's own JSON, described by /api/desk/v1/openapi.json
//	/api/…          Jaeger's query API, the first version and the third
//	/tempo/…        what Grafana asks a Tempo for
//	/metrics        numbers for Prometheus
//	/healthz        whether all is well
//	/               the page
//
// All of them answer from a [source.Source]. Pages of other sites can read nothing:
// there is no CORS, and the guards check where requests come from.
package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sidetrace/sidetrace/desk/analysis/agentrun"
	"github.com/sidetrace/sidetrace/desk/api/internal/jaeger"
	"github.com/sidetrace/sidetrace/desk/api/internal/native"
	"github.com/sidetrace/sidetrace/desk/api/internal/saved"
	"github.com/sidetrace/sidetrace/desk/api/internal/tempo"
	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/api/objects"
	"github.com/sidetrace/sidetrace/desk/internal/guard"
	"github.com/sidetrace/sidetrace/desk/receive"
	"github.com/sidetrace/sidetrace/desk/source"
)

// A Config says what to answer from, and to whom. Only Source must be set.
type Config struct {
	// Source has the traces. If it is a [source.Describer], the status and the
	// metrics say how much it has.
	Source source.Source
	// Prices are what tokens cost. Empty: costs are those that spans tell.
	Prices agentrun.Prices
	// Read is who may read; nil: everybody. Of the page itself only origin and host
	// are checked, since a browser that opens it has no token to send yet.
	Read *guard.Guard
	// Ingest is who may send traces; nil: who may read.
	Ingest *guard.Guard
	// Page answers what belongs to no face, with cache headers of its own; nil: there
	// is no page.
	Page http.Handler
	// Standalone writes the page as one file with the answers about one trace in it,
	// by their addresses; nil: traces cannot be had as a page.
	Standalone func(w io.Writer, title string, answers map[string]string) error
	// Objects are where large values lie that spans and records refer to. Links to
	// other places are refused.
	Objects []objects.Place
	// SavedDir is a folder for traces that are saved to compare others with, which is
	// made if need be; "": none can be saved.
	SavedDir string
	// Sink keeps files of traces that are sent to the page; nil: none are taken.
	Sink receive.Sink
	// ImportBytes is how long such a file may be, as it is sent and decompressed:
	// 64 MiB.
	ImportBytes int64
	// Received is what was counted of requests by OTLP; nil: nothing.
	Received func() receive.Stats
	// Metrics are further numbers for /metrics.
	Metrics []prometheus.Collector
	// Health is nil, or says what is wrong. It has a second.
	Health func(context.Context) error
	// Requests is how many are under way at a time: 64. Others wait.
	Requests int
	// Timeout is how long a request may wait, and then take: 30 seconds. Streams have
	// no such bound.
	Timeout time.Duration
	// Endpoint is where services send to by OTLP over HTTP, such as
	// http://127.0.0.1:4318; "": nothing is received there.
	Endpoint string
	// Version is that of the program.
	Version string
	// Now is the time; nil: that of the system.
	Now func() time.Time
	// Report is told what goes wrong inside, which clients are not; nil: nobody is.
	Report func(error)
}

func (c Config) orDefaults() Config {
	c.Requests = cmp.Or(c.Requests, 64)
	c.Timeout = cmp.Or(c.Timeout, 30*time.Second)
	c.ImportBytes = cmp.Or(c.ImportBytes, 64<<20)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Ingest == nil {
		c.Ingest = c.Read
	}
	if c.Report == nil {
		c.Report = func(error) {}
	}
	return c
}

// An API answers requests. Its methods may be called by any goroutine.
type API struct {
	cfg     Config
	gate    *web.Gate
	saved   *saved.Folder // nil: none
	handler http.Handler
}

// New returns the API over a source. Its server should bound how long headers may
// take to come, and have [API.EndStreams] called by its RegisterOnShutdown: streams
// would else keep it from shutting down.
func New(cfg Config) (*API, error) {
	cfg = cfg.orDefaults()
	if cfg.Source == nil {
		return nil, errors.New("api: there is no source: want something that has traces")
	}
	if cfg.Requests < 0 || cfg.Timeout < 0 || cfg.ImportBytes < 0 {
		return nil, errors.New("api: a limit is negative: want a positive one, or zero for the default")
	}
	a := &API{cfg: cfg}
	if cfg.SavedDir != "" {
		folder, err := saved.Open(cfg.SavedDir)
		if err != nil {
			return nil, fmt.Errorf("api: %w", err)
		}
		a.saved = folder
	}
	metrics, err := newMetrics(a)
	if err != nil {
		return nil, err
	}
	a.gate = web.NewGate(web.GateConfig{
		Requests: cfg.Requests, Timeout: cfg.Timeout, Read: cfg.Read, Ingest: cfg.Ingest, Report: cfg.Report, Observe: metrics.observe,
	})
	a.handler = guard.SecurityHeaders(a.routes(metrics))
	return a, nil
}

// EndStreams ends the streams of events, whose clients come again by themselves,
// and those that are asked for later.
func (a *API) EndStreams() { a.gate.EndStreams() }

// ServeHTTP implements [http.Handler].
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength != 0 {
		// What nobody reads of a body is waited for behind the answer.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(a.cfg.Timeout)) // not all connections know of that
	}
	a.handler.ServeHTTP(w, r)
}

// routes leads requests to the faces. It is no [http.ServeMux], which would
// redirect what is not spelled as it likes.
func (a *API) routes(m *metrics) http.Handler {
	desk := web.Compress(native.Handler(a.gate, native.Config{
		Source: a.cfg.Source, Prices: a.cfg.Prices, Now: a.cfg.Now, Version: a.cfg.Version, Endpoint: a.cfg.Endpoint, Objects: a.cfg.Objects,
		Saved: a.saved, Sink: a.cfg.Sink, ImportBytes: a.cfg.ImportBytes, Standalone: a.cfg.Standalone,
	}))
	others := web.Compress(jaeger.Handler(a.gate, a.cfg.Source, a.cfg.Now))
	grafana := web.Compress(tempo.Handler(a.gate, a.cfg.Source))
	plain := web.Compress(a.plain(m))
	page := a.page()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.EscapedPath()
		switch {
		case below(path, native.Base):
			desk.ServeHTTP(w, r)
		case below(path, "/api"):
			others.ServeHTTP(w, r)
		case below(path, tempo.Base):
			grafana.ServeHTTP(w, r)
		case path == "/metrics", path == "/healthz", a.cfg.Page == nil:
			plain.ServeHTTP(w, r)
		default:
			page.ServeHTTP(w, r)
		}
	})
}

func below(path, base string) bool {
	rest, found := strings.CutPrefix(path, base)
	return found && (rest == "" || rest[0] == '/')
}

// page is the page for who may see it.
func (a *API) page() http.Handler {
	if a.cfg.Read == nil {
		return a.cfg.Page
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := cmp.Or(a.cfg.Read.CheckOrigin(r), a.cfg.Read.CheckHost(r))
		if denied, ok := errors.AsType[*guard.Denied](err); ok {
			http.Error(w, denied.Message, denied.Status)
			return
		}
		a.cfg.Page.ServeHTTP(w, r)
	})
}
