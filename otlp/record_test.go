// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/sidetrace/sidetrace/internal/spool"
)

func ended() sdktrace.ReadOnlySpan {
	attrs := []attribute.KeyValue{
		attribute.String("sid", "svc002b0007@hf18bcfe568000203802"), attribute.String("app_id", "travel"), attribute.String("uid", "user-1"),
		attribute.String("chat_id", "chat-1"), attribute.String("http.request.method", "POST"), attribute.Int("http.response.status_code", 200),
		attribute.Float64("share", 0.5), attribute.Bool("cached", false),
	}
	return tracetest.SpanStub{
		Name: "work", StartTime: time.Now(), EndTime: time.Now(), Attributes: attrs, Events: []sdktrace.Event{{Name: "event", Time: time.Now(), Attributes: attrs[:1]}},
		SpanContext: trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled}),
		Resource:    resource.NewSchemaless(attribute.String("service.name", "svc")), InstrumentationScope: instrumentation.Scope{Name: "scope"},
	}.Snapshot()
}

func newRecorder(t testing.TB) *spanRecorder {
	s, err := spool.Open(spool.Config{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return &spanRecorder{spool: s}
}

func TestRecordingAllocatesNothing(t *testing.T) {
	p, s := newRecorder(t), ended()
	p.OnEnd(s) // the scope is new to it
	require.Zero(t, testing.AllocsPerRun(1000, func() { p.OnEnd(s) }))
}

// BenchmarkRecord is what our processor adds to End: encoding, and the copy into
// the spool, whose segments go as if they were delivered.
func BenchmarkRecord(b *testing.B) {
	b.Run("spool", func(b *testing.B) {
		p, s := newRecorder(b), ended()
		c := p.spool.Cursor(spool.Span, "nobody")
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if p.OnEnd(s); i%1000 == 0 {
				for batch := c.Next(1<<20, 1000); batch != nil; batch = c.Next(1<<20, 1000) {
					c.Done(batch, len(batch.Records), nil)
				}
			}
		}
	})
}
