// SPDX-License-Identifier: Apache-2.0

package otelstate

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/otel"
	lognoop "go.opentelemetry.io/otel/log/noop"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

func TestIsDefault(t *testing.T) {
	for _, p := range []any{
		nil, otel.GetTracerProvider(), otel.GetMeterProvider(), noop.NewTracerProvider(),
		metricnoop.NewMeterProvider(), lognoop.NewLoggerProvider(),
		trace.SpanFromContext(t.Context()).TracerProvider(),
	} {
		assert.True(t, IsDefault(p), "%T", p)
	}
	sdk := sdktrace.NewTracerProvider()
	assert.False(t, IsDefault(sdk))
	assert.False(t, IsDefault(struct{ trace.TracerProvider }{sdk}))
}
