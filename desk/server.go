// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sidetrace/sidetrace/desk/analysis/agentrun"
	"github.com/sidetrace/sidetrace/desk/api"
	"github.com/sidetrace/sidetrace/desk/receive"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/store"
	"github.com/sidetrace/sidetrace/desk/web"
	"github.com/sidetrace/sidetrace/internal/statedir"
)

// A server is a desk that runs.
type server struct {
	addr    string // of the page and the API
	address string // the same as a URL
	pages   *http.Server
	ended   chan error // has what the pages ended with

	store   *store.Store    // nil for a desk over files
	receive *receive.Server // nil likewise
	folder  string
}

// stopWithin is how long requests under way have to end.
const stopWithin = 10 * time.Second

// start opens the store, and listens.
func (s *settings) start(ctx context.Context, report func(error)) (*server, error) {
	folder, err := s.folder()
	if err != nil {
		return nil, err
	}
	if err := statedir.Prepare(folder); err != nil {
		return nil, fmt.Errorf("--data %s: %w", folder, err)
	}
	kept, err := store.Open(store.Config{
		Dir: folder, SyncEvery: s.syncEvery, MaxAge: time.Duration(s.maxAge), MaxBytes: int64(s.maxBytes), CacheBytes: int64(s.cache), HeadSpans: s.segmentSpans,
		Checked: true, Report: report,
	})
	if err != nil {
		return nil, err
	}
	d := &server{store: kept, folder: folder}
	if err := d.listen(ctx, s, report); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

func (d *server) listen(ctx context.Context, s *settings, report func(error)) (err error) {
	if d.receive, err = s.startReceive(ctx, sink{d.store}, report); err != nil {
		return err
	}
	return d.serve(ctx, s, d.store, report)
}

func (s *settings) startReceive(ctx context.Context, to receive.Sink, report func(error)) (*receive.Server, error) {
	token, err := token(s.ingestTokenFile)
	if err != nil {
		return nil, err
	}
	certificate, err := s.tls.Load()
	if err != nil {
		return nil, err
	}
	return receive.Start(ctx, receive.Config{
		GRPC: s.grpc, HTTP: s.http, Token: token, Open: s.open, Hosts: s.hosts, TLS: certificate, Report: report,
		Limits: receive.Limits{MessageBytes: int64(s.maxRequest), DecompressedBytes: int64(s.maxDecompressed), Time: s.timeout},
	}, to)
}

// serve answers readers from a source.
func (d *server) serve(ctx context.Context, s *settings, from source.Source, report func(error)) error {
	g, err := s.guard(s.tokenFile)
	if err != nil {
		return err
	}
	prices, err := s.readPrices()
	if err != nil {
		return err
	}
	places, err := s.places(ctx)
	if err != nil {
		return err
	}
	c := api.Config{
		Source: from, Prices: prices, Read: g, Page: web.Handler(), Objects: places, Version: version(), Report: report,
		Standalone: web.WriteStandalone,
	}
	if d.store != nil {
		if err := d.keeping(s, &c); err != nil {
			return err
		}
	}
	handler, err := api.New(c)
	if err != nil {
		return err
	}
	certificate, err := s.tls.Load()
	if err != nil {
		return err
	}
	l, err := g.Listen(ctx, s.listen, maxConnections)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	d.addr, d.address = l.Addr().String(), "http://"+l.Addr().String()
	if certificate != nil {
		l, d.address = tls.NewListener(l, certificate), "https://"+d.addr
	}
	d.run(handler, l)
	return nil
}

func (s *settings) readPrices() (agentrun.Prices, error) {
	if s.prices == "" && s.priced != "" {
		return agentrun.ReadPrices(strings.NewReader(s.priced))
	}
	return readPrices(s.prices)
}

// keeping adds what a desk has that keeps traces.
func (d *server) keeping(s *settings, c *api.Config) (err error) {
	c.Sink, c.Received, c.Health, c.SavedDir = sink{d.store}, d.receive.Stats, d.store.Health, filepath.Join(d.folder, "saved")
	c.Metrics, c.Endpoint = []prometheus.Collector{removed{d.store}}, d.endpoint(s)
	if s.ingestTokenFile != "" {
		c.Ingest, err = s.guard(s.ingestTokenFile)
	}
	return err
}

// endpoint is where services send to over HTTP, "" for nowhere.
func (d *server) endpoint(s *settings) string {
	_, addr := d.receive.Addrs()
	switch {
	case addr == receive.Off:
		return ""
	case s.tls.Cert != "":
		return "https://" + addr
	}
	return "http://" + addr
}

// version is that of the program, as its build tells.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

const (
	// maxConnections is how many readers' connections are open at a time.
	maxConnections = 1024
	// headerWithin, idleFor and headerBytes are for clients that are slow, or gone.
	headerWithin = 10 * time.Second
	idleFor      = 2 * time.Minute
	headerBytes  = 64 << 10
)

func (d *server) run(handler *api.API, l net.Listener) {
	d.ended = make(chan error, 1)
	d.pages = &http.Server{Handler: handler, ReadHeaderTimeout: headerWithin, IdleTimeout: idleFor, MaxHeaderBytes: headerBytes}
	d.pages.RegisterOnShutdown(handler.EndStreams)
	go func() { d.ended <- d.pages.Serve(l) }()
}

// wait returns when the context is done, or the pages have ended by themselves.
func (d *server) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-d.ended:
		return err
	}
}

// close ends what was started, in the order that lets everything arrive.
func (d *server) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	var errs []error
	if d.receive != nil {
		errs = append(errs, d.receive.Shutdown(ctx))
	}
	if d.pages != nil {
		errs = append(errs, d.pages.Shutdown(ctx))
	}
	if d.store != nil {
		errs = append(errs, d.store.Close())
	}
	return errors.Join(errs...)
}
