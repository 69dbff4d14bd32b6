// SPDX-License-Identifier: Apache-2.0

// Package spantest records spans for tests.
//
//	rec := spantest.New(t)
//	handle(rec.Context(t.Context()))
//	s := rec.Span("plan")
//	if s.Status().Code != codes.Ok { … }
package spantest

import (
	"context"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/sidetrace/sidetrace/span"
)

// Recorder keeps the spans of its own TracerProvider in memory. Several may be
// used at once; nothing global is touched.
type Recorder struct {
	tb       testing.TB
	spans    *tracetest.SpanRecorder
	provider *sdktrace.TracerProvider
}

// New returns a Recorder that samples everything and lives as long as the test.
func New(tb testing.TB) *Recorder {
	tb.Helper()
	return NewWithConfig(tb, span.Config{})
}

// NewWithConfig is [New] for spans that are treated by cfg.
func NewWithConfig(tb testing.TB, cfg span.Config, opts ...sdktrace.TracerProviderOption) *Recorder {
	tb.Helper()
	r := &Recorder{tb: tb, spans: tracetest.NewSpanRecorder()}
	opts = append([]sdktrace.TracerProviderOption{
		sdktrace.WithSpanProcessor(span.NewProcessor()),
		sdktrace.WithSpanProcessor(r.spans),
		sdktrace.WithoutPanicRecording(), // span.End does that
	}, opts...)
	r.provider = sdktrace.NewTracerProvider(opts...)
	unbind, err := span.Bind(r.provider, cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(unbind)
	return r
}

// Provider returns the TracerProvider.
func (r *Recorder) Provider() trace.TracerProvider { return r.provider }

// Context returns ctx whose root spans are recorded.
func (r *Recorder) Context(ctx context.Context) context.Context {
	return span.ContextWithProvider(ctx, r.provider)
}

// Ended returns the ended spans in the order of their ends.
func (r *Recorder) Ended() []sdktrace.ReadOnlySpan { return r.spans.Ended() }

// Span returns the only ended span of that name, or fails the test.
func (r *Recorder) Span(name string) sdktrace.ReadOnlySpan {
	r.tb.Helper()
	var names []string
	var found []sdktrace.ReadOnlySpan
	for _, s := range r.Ended() {
		names = append(names, s.Name())
		if s.Name() == name {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		r.tb.Fatalf("%d spans are named %q; the ended ones are %q", len(found), name, strings.Join(names, ", "))
	}
	return found[0]
}

// Attr returns the attribute of s, or the empty value.
func Attr(s sdktrace.ReadOnlySpan, key attribute.Key) attribute.Value {
	return attr(s.Attributes(), key)
}

// EventAttr returns the attribute of e, or the empty value.
func EventAttr(e sdktrace.Event, key attribute.Key) attribute.Value {
	return attr(e.Attributes, key)
}

func attr(attrs []attribute.KeyValue, key attribute.Key) attribute.Value {
	i := slices.IndexFunc(attrs, func(kv attribute.KeyValue) bool { return kv.Key == key })
	if i < 0 {
		return attribute.Value{}
	}
	return attrs[i].Value
}
