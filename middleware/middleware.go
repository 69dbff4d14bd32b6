// SPDX-License-Identifier: Apache-2.0

// Package middleware joins HTTP and gRPC servers and clients, and the senders and
// receivers of messages, into one trace and one session.
//
// It stands on OpenTelemetry's otelhttp and otelgrpc, which make the spans. A
// server takes the session id from the caller or makes one, keeps a
// [nodelog.TraceLog] of each request and tells the caller both ids; a client
// passes the trace on to everybody and the identity to those whom the service
// trusts.
package middleware

import (
	"context"
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/sidetrace/sidetrace/nodelog"
	"github.com/sidetrace/sidetrace/span"
)

// Config says what a [Middleware] is made of. The zero value uses what is set
// globally and makes neither session ids nor records.
type Config struct {
	// TracerProvider makes the spans. Nil means OpenTelemetry's global one. For
	// spans with the identity it needs [span.NewProcessor].
	TracerProvider trace.TracerProvider
	// MeterProvider takes the metrics of otelhttp and otelgrpc. Nil means
	// OpenTelemetry's global one.
	MeterProvider metric.MeterProvider
	// Propagator carries the context. Nil means OpenTelemetry's global one. The
	// identity travels if [span.Propagator] is part of it.
	Propagator propagation.TextMapPropagator
	// NewSID makes the session id of a request that comes without one. Nil
	// means that such a request has none.
	NewSID func() string
	// Records begins the record of each request. Nil means that there is none.
	Records *nodelog.Recorder
	// TrustedHosts are the hosts that the identity is sent to, besides loopback
	// and private addresses: names (api.example.com), suffixes (*.example.com),
	// addresses, prefixes (203.0.113.0/24), or * for all.
	TrustedHosts []string
	// Public is for servers whose callers are not to be trusted: their trace
	// becomes a link and their baggage, the identity in it, is ignored.
	Public bool
	// Filter says whether an HTTP request is traced and recorded. Nil means all
	// are.
	Filter func(*http.Request) bool
}

// Middleware wraps servers and clients. Its methods may be called from several
// goroutines at once.
type Middleware struct {
	cfg   Config
	trust trust
}

// New returns a Middleware. It fails when an element of TrustedHosts cannot be
// understood.
func New(cfg Config) (*Middleware, error) {
	trust, err := parseTrust(cfg.TrustedHosts)
	if err != nil {
		return nil, err
	}
	if cfg.TracerProvider == nil {
		cfg.TracerProvider = otel.GetTracerProvider()
	}
	if cfg.Propagator == nil {
		cfg.Propagator = otel.GetTextMapPropagator()
	}
	return &Middleware{cfg: cfg, trust: trust}, nil
}

func (m *Middleware) httpOptions(p propagation.TextMapPropagator) []otelhttp.Option {
	return []otelhttp.Option{
		otelhttp.WithTracerProvider(m.cfg.TracerProvider),
		otelhttp.WithMeterProvider(m.cfg.MeterProvider),
		otelhttp.WithPropagators(p),
	}
}

// serverPropagator is the propagator of the server side. It prepares the context
// of a request in the one place that comes before the server's span.
type serverPropagator struct {
	propagation.TextMapPropagator
	m *Middleware
}

// Extract returns the context of a request: with the caller's trace and
// identity, a session id, and a record that has begun.
func (p serverPropagator) Extract(ctx context.Context, carrier propagation.TextMapCarrier) context.Context {
	if !p.m.cfg.Public {
		return p.m.begin(p.TextMapPropagator.Extract(ctx, carrier))
	}
	own := baggage.FromContext(ctx)
	ctx = p.TextMapPropagator.Extract(ctx, withoutBaggage{carrier})
	// Other propagators have their own headers for baggage.
	return p.m.begin(baggage.ContextWithBaggage(ctx, own))
}

func (m *Middleware) begin(ctx context.Context) context.Context {
	id := span.IdentityFromContext(ctx)
	if id.SID == "" && m.cfg.NewSID != nil {
		id.SID = m.cfg.NewSID()
		ctx = span.ContextWithIdentity(ctx, id)
	}
	if record := m.cfg.Records.Begin(nodelog.Request{}); record != nil {
		ctx = span.ContextWithTraceLog(ctx, record)
	}
	return ctx
}

// withoutBaggage hides the baggage of a caller that is not trusted.
type withoutBaggage struct{ propagation.TextMapCarrier }

const baggageHeader = "baggage"

// Get implements [propagation.TextMapCarrier].
func (c withoutBaggage) Get(key string) string {
	if key == baggageHeader {
		return ""
	}
	return c.TextMapCarrier.Get(key)
}

// Values implements [propagation.ValuesGetter].
func (c withoutBaggage) Values(key string) []string {
	if key == baggageHeader {
		return nil
	}
	if multi, ok := c.TextMapCarrier.(propagation.ValuesGetter); ok {
		return multi.Values(key)
	}
	if v := c.TextMapCarrier.Get(key); v != "" {
		return []string{v}
	}
	return nil
}

// trustingPropagator is the propagator towards a trusted place.
type trustingPropagator struct{ propagation.TextMapPropagator }

// Inject lets the identity into carrier.
func (p trustingPropagator) Inject(ctx context.Context, carrier propagation.TextMapCarrier) {
	p.TextMapPropagator.Inject(ctx, trustedCarrier{carrier})
}

// trustedCarrier is a carrier to a trusted place; see [span.Propagator].
type trustedCarrier struct{ propagation.TextMapCarrier }

// CarriesIdentity lets the identity in.
func (trustedCarrier) CarriesIdentity() bool { return true }
