// SPDX-License-Identifier: Apache-2.0

// Package receive takes traces and logs by OTLP, over gRPC and over HTTP, and
// hands what can be kept to a [Sink].
//
// A request is answered when the sink has it: what was acknowledged is not lost by
// a shutdown. Everything is bounded: the size of a request as it is sent and
// decompressed, what is in one record, the time a request may take, the
// connections, and the bytes of all requests that are under way. Beyond the last
// of these, requests wait for a moment and then are asked to come again: back
// pressure in place of growth.
//
// Either address takes either protocol, which the OTLP specification allows
// ("OTLP/HTTP Connection"). Both are served by net/http, also gRPC: a server of
// grpc-go has a message in memory, decompressed, before anybody can refuse it, and
// would hold a place for each client that is slow to send one. Here a request
// weighs what has come of it.
package receive

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/sidetrace/sidetrace/desk/internal/guard"
)

// A Signal says what a request carries.
type Signal uint8

// The signals.
const (
	Traces Signal = 1 + iota // an ExportTraceServiceRequest
	Logs                     // an ExportLogsServiceRequest
)

// String is the name that OTLP has for the signal in paths.
func (s Signal) String() string {
	if s == Logs {
		return "logs"
	}
	return "traces"
}

// noun is what the signal's records are.
func (s Signal) noun() string {
	if s == Logs {
		return "log record"
	}
	return "span"
}

// A Sink keeps requests. Any number of goroutines use it at once.
type Sink interface {
	// Append keeps the records of a request: an export request of the signal in
	// protobuf with at least one record, all texts of which are UTF-8, and none of
	// which package format would leave out. When it returns nil they survive
	// whatever the sink promises. The body is the sink's from then on.
	//
	// An error is answered so that the client comes again. One with a method
	// RetryAfter() time.Duration, in its chain, says when, and that it is for want
	// of room: that is back pressure. Others go to [Config.Report].
	Append(ctx context.Context, signal Signal, body []byte) error
}

// The addresses of a [Config] that says nothing else (OTLP specification, "Default
// Port"), and what stands for none.
const (
	DefaultGRPC = "127.0.0.1:4317"
	DefaultHTTP = "127.0.0.1:4318"
	Off         = "off"
)

// A Config says where and for whom a [Server] is.
type Config struct {
	// GRPC and HTTP are where it listens, as host:port. Empty means [DefaultGRPC]
	// and [DefaultHTTP].
	GRPC, HTTP string
	// Token is what requests must have as "Authorization: Bearer". Empty: they need
	// none, and the addresses must be loopback unless Open is set.
	Token string
	// Open allows addresses that others can reach without a token.
	Open bool
	// Hosts are further names that requests over HTTP without a token may have as
	// their Host. Names of loopback and the address itself need not be listed.
	Hosts []string
	// TLS is the server's certificate, and who vouches for its clients if they need
	// one; nil: plain text.
	TLS *tls.Config
	// Limits bound what is taken.
	Limits Limits
	// Report is told what goes wrong in the sink and below; nil: nobody is. Clients
	// are not told more than that it went wrong.
	Report func(error)
}

// The limits of a [Server] that most have to know; those of the others are where
// [Limits] names them.
const (
	DefaultMessageBytes      = 20 << 20
	DefaultDecompressedBytes = 20 << 20
	DefaultTime              = 30 * time.Second
)

// Limits bound what a [Server] takes. Zero means the default of each.
type Limits struct {
	// MessageBytes is how long a request may be as it is sent: [DefaultMessageBytes],
	// as the OTLP specification recommends.
	MessageBytes int64
	// DecompressedBytes is how long it may be decompressed:
	// [DefaultDecompressedBytes]. JSON takes many times its length while it is read,
	// and may be as long as InFlightBytes have room for.
	DecompressedBytes int64
	// Elements is how many attributes, events, links and values of lists a span or
	// a log record may have together: 100,000.
	Elements int
	// InFlightBytes is how much memory the requests under way may take together:
	// 128 MiB.
	InFlightBytes int64
	// Wait is how long a request waits for that room before the client is asked to
	// come again: a second.
	Wait time.Duration
	// Time is how long a request may take to come, and then again the sink to keep
	// it: [DefaultTime].
	Time time.Duration
	// Idle is how long a connection may be open without a request: 5 minutes.
	Idle time.Duration
	// Connections is how many connections each address may have: 256.
	Connections int
}

func (l Limits) orDefaults() Limits {
	l.MessageBytes = cmp.Or(l.MessageBytes, DefaultMessageBytes)
	l.DecompressedBytes = cmp.Or(l.DecompressedBytes, DefaultDecompressedBytes)
	l.Elements = cmp.Or(l.Elements, 100_000)
	l.InFlightBytes = cmp.Or(l.InFlightBytes, 128<<20)
	l.Wait = cmp.Or(l.Wait, time.Second)
	l.Time = cmp.Or(l.Time, DefaultTime)
	l.Idle = cmp.Or(l.Idle, 5*time.Minute)
	l.Connections = cmp.Or(l.Connections, 256)
	return l
}

// check refuses limits with which no request could be taken.
func (l *Limits) check() error {
	if l.MessageBytes < 0 || l.DecompressedBytes < 0 || l.Elements < 0 || l.Wait < 0 || l.Time < 0 || l.Idle < 0 || l.Connections < 0 {
		return errors.New("receive: a limit is negative: want a positive one, or zero for the default")
	}
	if need := l.MessageBytes + l.DecompressedBytes; l.InFlightBytes < need {
		return fmt.Errorf("receive: %d bytes may be in flight: want at least %d, as a request may have sent and decompressed", l.InFlightBytes, need)
	}
	return nil
}

// A Server takes requests from its start to its shutdown. Its methods may be
// called by any goroutine.
type Server struct {
	cfg    Config
	guard  *guard.Guard
	sink   Sink
	budget *budget
	work   chan struct{} // has an element for each request that a processor is busy with
	stats  counters

	http     *http.Server
	grpcAddr net.Addr // nil: off
	httpAddr net.Addr
	unused   unused
	serving  sync.WaitGroup
	once     sync.Once     // for Shutdown
	over     chan struct{} // closed when it begins
}

// Start listens on both addresses, and serves them in the background until
// Shutdown.
func Start(ctx context.Context, cfg Config, sink Sink) (*Server, error) {
	cfg.GRPC, cfg.HTTP = cmp.Or(cfg.GRPC, DefaultGRPC), cmp.Or(cfg.HTTP, DefaultHTTP)
	cfg.Limits = cfg.Limits.orDefaults()
	if err := cfg.Limits.check(); err != nil {
		return nil, err
	}
	s := &Server{
		cfg: cfg, sink: sink, budget: newBudget(cfg.Limits.InFlightBytes, cfg.Limits.Wait),
		work: make(chan struct{}, runtime.GOMAXPROCS(0)), over: make(chan struct{}),
	}
	var err error
	if s.guard, err = guard.New(guard.Config{Addrs: s.addrs(), Token: cfg.Token, Open: cfg.Open, Hosts: cfg.Hosts}); err != nil {
		return nil, fmt.Errorf("receive: %w", err)
	}
	s.http = s.newHTTPServer()
	if err := s.listen(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// addrs are those it listens on.
func (s *Server) addrs() (addrs []string) {
	for _, addr := range []string{s.cfg.GRPC, s.cfg.HTTP} {
		if addr != Off {
			addrs = append(addrs, addr)
		}
	}
	return addrs
}

// listen serves all addresses, or none.
func (s *Server) listen(ctx context.Context) error {
	var listeners []net.Listener
	for _, at := range []struct {
		addr string
		to   *net.Addr
	}{{s.cfg.GRPC, &s.grpcAddr}, {s.cfg.HTTP, &s.httpAddr}} {
		if at.addr == Off {
			continue
		}
		l, err := s.guard.Listen(ctx, at.addr, s.cfg.Limits.Connections)
		if err != nil {
			for _, l := range listeners {
				err = errors.Join(err, l.Close())
			}
			return fmt.Errorf("receive: %w", err)
		}
		*at.to = l.Addr()
		listeners = append(listeners, l)
	}
	for _, l := range listeners {
		s.serving.Go(func() { s.serve(l) })
	}
	return nil
}

func (s *Server) serve(l net.Listener) {
	serve := s.http.Serve
	if s.cfg.TLS == nil {
		l = thrifty{l}
	} else {
		serve = func(l net.Listener) error { return s.http.ServeTLS(l, "", "") }
	}
	if err := serve(l); !errors.Is(err, http.ErrServerClosed) {
		s.report(fmt.Errorf("receive: %s: %w", l.Addr(), err))
	}
}

// newHTTPServer has the timeouts that keep slow and lost clients from holding on
// to a connection.
func (s *Server) newHTTPServer() *http.Server {
	limits := &s.cfg.Limits
	headers := min(10*time.Second, limits.Time)
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Handler:           s.handler(),
		Protocols:         &protocols,
		TLSConfig:         s.cfg.TLS.Clone(),
		ReadHeaderTimeout: headers,
		ReadTimeout:       limits.Time,
		WriteTimeout:      2*limits.Time + limits.Wait + headers, // it begins with the headers
		IdleTimeout:       limits.Idle,
		MaxHeaderBytes:    64 << 10,
		ConnState:         s.unused.note,
		ErrorLog:          log.New(reporter{s}, "", 0),
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: 128,
			// Streams that wait to be read must not hold up those that are.
			MaxReceiveBufferPerStream:     streamWindow,
			MaxReceiveBufferPerConnection: connWindow,
			// A peer that has vanished does not answer these.
			SendPingTimeout: limits.Time,
			PingTimeout:     limits.Time / 2,
		},
	}
}

// Addrs are where it listens over gRPC and over HTTP, such as 127.0.0.1:4317;
// "off" for none.
func (s *Server) Addrs() (grpc, http string) {
	grpc, http = Off, Off
	if s.grpcAddr != nil {
		grpc = s.grpcAddr.String()
	}
	if s.httpAddr != nil {
		http = s.httpAddr.String()
	}
	return grpc, http
}

// Shutdown takes no more requests, answers those under way, and returns when all
// are answered. When ctx ends first, the rest are cut off, and ctx's error is
// returned. Further calls wait for the first one.
func (s *Server) Shutdown(ctx context.Context) error {
	s.once.Do(func() { close(s.over) })
	s.unused.close()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = fmt.Errorf("receive: shutdown: requests were cut off: %w", err)
		_ = s.http.Close() // of listeners that are closed, and connections that are given up
	}
	s.serving.Wait()
	return err
}

func (s *Server) report(err error) {
	if s.cfg.Report != nil {
		s.cfg.Report(err)
	}
}

// reporter reports lines that net/http would log.
type reporter struct{ s *Server }

// Write implements [io.Writer].
func (r reporter) Write(line []byte) (int, error) {
	r.s.report(fmt.Errorf("receive: %s", line))
	return len(line), nil
}
