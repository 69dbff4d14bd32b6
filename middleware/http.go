// SPDX-License-Identifier: Apache-2.0

package middleware

import (
	"cmp"
	"context"
	"encoding/hex"
	"net/http"
	"strings"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/sidetrace/sidetrace/nodelog"
	"github.com/sidetrace/sidetrace/span"
)

// Response headers that tell the caller what to ask for, in canonical form.
// Traceresponse is from the W3C draft Trace Context Level 2, "Trace Context HTTP
// Response Headers Format".
const (
	sidHeader           = "X-Sid"
	traceresponseHeader = "Traceresponse"
)

// HTTP returns a handler that traces requests and passes them to next. The
// request's context has the server's span ([span.FromContext]), the identity and
// the record ([span.TraceLogFromContext]), which ends with the request: its
// status is the code that the span was given or, from 400 on, that of HTTP, and
// its first frame is the first byte of the body.
//
// The response has the headers X-Sid and traceresponse. Its writer is a Flusher,
// Hijacker, Pusher or ReaderFrom when the server's is. A panic is recorded and
// goes on.
func (m *Middleware) HTTP(next http.Handler) http.Handler {
	opts := append(m.httpOptions(serverPropagator{m.cfg.Propagator, m}), otelhttp.WithTracerProvider(serverProvider{m.cfg.TracerProvider}))
	if m.cfg.Public { // asking for each request would copy it
		opts = append(opts, otelhttp.WithPublicEndpointFn(func(*http.Request) bool { return true }))
	}
	if m.cfg.Filter != nil {
		opts = append(opts, otelhttp.WithFilter(m.cfg.Filter))
	}
	return otelhttp.NewHandler(&handler{next, m.cfg.Records != nil}, "", opts...)
}

// handler runs inside the server's span.
type handler struct {
	next    http.Handler
	records bool
}

// ServeHTTP implements [http.Handler].
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	panicked := true
	defer func() { route(r, panicked) }()
	answer(w.Header(), span.IdentityFromContext(ctx).SID, trace.SpanContextFromContext(ctx))
	if !h.records {
		defer span.CapturePanic(ctx)
		h.next.ServeHTTP(w, r)
		panicked = false
		return
	}
	span.FromContext(ctx) // the first one is the record's entry
	req := request{record: span.TraceLogFromContext(ctx), status: http.StatusOK}
	// The panic is recorded before the record ends.
	defer func() { req.end(r, panicked) }()
	defer span.CapturePanic(ctx)
	h.next.ServeHTTP(req.wrap(w), r)
	panicked = false
}

// route tells the server's span which pattern an [http.ServeMux] has chosen.
// otelhttp names the span after it, unless the handler panics.
func route(r *http.Request, panicked bool) {
	slash := strings.IndexByte(r.Pattern, '/')
	if slash < 0 {
		return
	}
	path := r.Pattern[slash:] // without method and host
	s := trace.SpanFromContext(r.Context())
	s.SetAttributes(semconv.HTTPRoute(path))
	if s, ok := s.(sdktrace.ReadWriteSpan); ok && panicked && !strings.Contains(s.Name(), " ") {
		s.SetName(s.Name() + " " + path)
	}
}

// serverProvider hands otelhttp spans that keep what [span.Fail] has said: otelhttp
// sets the status of its span from that of the response, with no description. The
// context has the span itself.
type serverProvider struct{ trace.TracerProvider }

// Tracer implements [trace.TracerProvider].
func (p serverProvider) Tracer(name string, opts ...trace.TracerOption) trace.Tracer {
	return serverTracer{p.TracerProvider.Tracer(name, opts...)}
}

type serverTracer struct{ trace.Tracer }

// Start implements [trace.Tracer].
func (t serverTracer) Start(ctx context.Context, name string, opts ...trace.SpanStartOption) (context.Context, trace.Span) {
	ctx, s := t.Tracer.Start(ctx, name, opts...)
	if s, ok := s.(sdktrace.ReadWriteSpan); ok {
		return ctx, &serverSpan{s}
	}
	return ctx, s
}

type serverSpan struct{ sdktrace.ReadWriteSpan }

// SetStatus leaves a description in place where there would be none.
func (s *serverSpan) SetStatus(code codes.Code, description string) {
	if description != "" || s.Status().Code != code {
		s.ReadWriteSpan.SetStatus(code, description)
	}
}

// answer sets the response headers.
func answer(h http.Header, sid string, sc trace.SpanContext) {
	values := new([2]string) // both in one allocation
	if sid != "" {
		values[0] = sid
		h[sidHeader] = values[0:1:1]
	}
	if sc.IsValid() {
		values[1] = traceresponse(sc)
		h[traceresponseHeader] = values[1:2:2]
	}
}

// traceresponse has the form of a traceparent, with the id of the server's span.
func traceresponse(sc trace.SpanContext) string {
	traceID, spanID := sc.TraceID(), sc.SpanID()
	b := [...]byte{2: '-', 35: '-', 52: '-', 54: '0' + byte(sc.TraceFlags()&trace.FlagsSampled)}
	b[0], b[1], b[53] = '0', '0', '0'
	hex.Encode(b[3:], traceID[:])
	hex.Encode(b[36:], spanID[:])
	return string(b[:])
}

// request is what the middleware knows of a request with a record.
type request struct {
	record *nodelog.TraceLog
	status int  // of the response
	final  bool // whether the status has been sent
	wrote  bool // whether a byte of the body has left
}

func (q *request) end(r *http.Request, panicked bool) {
	if out := q.record.Outcome(); out.Code == 0 { // otherwise the handler has said so
		code, message := 0, out.Message
		switch {
		case q.status >= http.StatusBadRequest:
			code, message = q.status, cmp.Or(message, http.StatusText(q.status))
		case panicked:
			code, message = http.StatusInternalServerError, cmp.Or(message, "the handler panicked")
		case out.Failed:
			code = http.StatusInternalServerError
		}
		q.record.Status(code, message)
	}
	q.record.End(r.Context())
}

// body notes that a part of the body of n bytes leaves.
func (q *request) body(n int) {
	q.final = true
	if !q.wrote && n > 0 {
		q.wrote = true
		q.record.FirstFrame()
	}
}

// transport sends the identity along where the host is trusted.
type transport struct {
	m                 *Middleware
	trusting, careful http.RoundTripper
}

// Transport returns a RoundTripper that traces requests and passes them to base,
// nil meaning [http.DefaultTransport]. The trace goes along with every request,
// the identity only to trusted hosts.
func (m *Middleware) Transport(base http.RoundTripper) http.RoundTripper {
	return &transport{
		m:        m,
		trusting: otelhttp.NewTransport(base, m.httpOptions(trustingPropagator{m.cfg.Propagator})...),
		careful:  otelhttp.NewTransport(base, m.httpOptions(m.cfg.Propagator)...),
	}
}

// RoundTrip implements [http.RoundTripper].
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.m.trust.host(r.URL.Hostname()) {
		return t.trusting.RoundTrip(r)
	}
	return t.careful.RoundTrip(r)
}
