// SPDX-License-Identifier: Apache-2.0

package span

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// NewProcessor returns a span processor that puts the identity of the context,
// as far as it is known, onto the spans of other instrumentation, such as HTTP
// servers and database clients. Those of this package have it from the start.
func NewProcessor() sdktrace.SpanProcessor { return processor{} }

type processor struct{}

// OnStart implements [sdktrace.SpanProcessor].
func (processor) OnStart(ctx context.Context, s sdktrace.ReadWriteSpan) {
	id := frameOf(ctx).identity
	if *id == (Identity{}) || s.InstrumentationScope().Name == ScopeName {
		return
	}
	s.SetAttributes(id.known()...)
}

// known returns the attributes of the fields that are not empty.
func (id *Identity) known() []attribute.KeyValue {
	n := 0
	for _, m := range id.members() {
		if *m.value != "" {
			n++
		}
	}
	attrs := make([]attribute.KeyValue, 0, n)
	for _, m := range id.members() {
		if *m.value != "" {
			attrs = append(attrs, attribute.String(m.key, *m.value))
		}
	}
	return attrs
}

// OnEnd implements [sdktrace.SpanProcessor].
func (processor) OnEnd(sdktrace.ReadOnlySpan) {}

// Shutdown implements [sdktrace.SpanProcessor].
func (processor) Shutdown(context.Context) error { return nil }

// ForceFlush implements [sdktrace.SpanProcessor].
func (processor) ForceFlush(context.Context) error { return nil }
