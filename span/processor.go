// SPDX-License-Identifier: Apache-2.0

package span

import (
	"context"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// NewProcessor returns a span processor that puts the identity of the context
// onto the spans of other instrumentation, such as HTTP servers and database
// clients. Those of this package have it from the start.
func NewProcessor() sdktrace.SpanProcessor { return processor{} }

type processor struct{}

// OnStart implements [sdktrace.SpanProcessor].
func (processor) OnStart(ctx context.Context, s sdktrace.ReadWriteSpan) {
	f := frameOf(ctx)
	if f.session == nobody || s.InstrumentationScope().Name == ScopeName {
		return
	}
	s.SetAttributes(f.session.attrs[:]...)
}

// OnEnd implements [sdktrace.SpanProcessor].
func (processor) OnEnd(sdktrace.ReadOnlySpan) {}

// Shutdown implements [sdktrace.SpanProcessor].
func (processor) Shutdown(context.Context) error { return nil }

// ForceFlush implements [sdktrace.SpanProcessor].
func (processor) ForceFlush(context.Context) error { return nil }
