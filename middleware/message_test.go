// SPDX-License-Identifier: Apache-2.0

package middleware_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/sidetrace/sidetrace/middleware"
	"github.com/sidetrace/sidetrace/otlp"
	"github.com/sidetrace/sidetrace/span"
)

// kafkaHeader has the shape of the Kafka clients' types.
type kafkaHeader struct {
	Key   string
	Value []byte
}

func TestMessages(t *testing.T) {
	s := newService(t, nil)
	ctx := s.caller(t)
	traceID := trace.SpanContextFromContext(ctx).TraceID()
	for name, global := range map[string]propagation.TextMapPropagator{
		"nothing set": propagation.NewCompositeTextMapPropagator(),
		"set by us":   propagation.NewCompositeTextMapPropagator(otlp.TraceContext{}, span.Propagator{}),
	} {
		t.Run(name, func(t *testing.T) {
			before := otel.GetTextMapPropagator()
			t.Cleanup(func() { otel.SetTextMapPropagator(before) })
			otel.SetTextMapPropagator(global)

			m := map[string]string{"own": "kept"}
			middleware.InjectMap(ctx, m)
			assert.Equal(t, "kept", m["own"])
			upper := map[string]string{}
			for k, v := range m {
				upper[string(k[0]-32)+k[1:]] = v
			}
			for _, headers := range []map[string]string{m, upper} {
				got := middleware.ExtractMap(t.Context(), headers)
				assert.Equal(t, span.Identity{SID: "s1", UID: "u1"}, span.IdentityFromContext(got))
				assert.Equal(t, traceID, trace.SpanContextFromContext(got).TraceID())
			}

			headers := []kafkaHeader{{"own", []byte("kept")}, {"Traceparent", []byte("of another time")}}
			headers = middleware.InjectHeaders(ctx, headers)
			assert.Len(t, headers, 3)
			assert.Equal(t, kafkaHeader{"own", []byte("kept")}, headers[0])
			got := middleware.ExtractHeaders(t.Context(), headers)
			assert.Equal(t, "s1", span.IdentityFromContext(got).SID)
			assert.Equal(t, traceID, trace.SpanContextFromContext(got).TraceID())
			assert.True(t, trace.SpanContextFromContext(got).IsRemote())
		})
	}
	assert.Equal(t, t.Context(), middleware.ExtractMap(t.Context(), nil))
	assert.Equal(t, t.Context(), middleware.ExtractHeaders[kafkaHeader](t.Context(), nil))
}
