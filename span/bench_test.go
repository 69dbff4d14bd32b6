// SPDX-License-Identifier: Apache-2.0

package span_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/sidetrace/sidetrace/span"
)

// drop is a span processor that does nothing: what comes after a span's end is
// the same for both sides.
type drop struct{}

func (drop) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (drop) OnEnd(sdktrace.ReadOnlySpan)                     {}
func (drop) Shutdown(context.Context) error                  { return nil }
func (drop) ForceFlush(context.Context) error                { return nil }

func benchContext(tb testing.TB, opts ...sdktrace.TracerProviderOption) (context.Context, trace.TracerProvider) {
	tb.Helper()
	p := sdktrace.NewTracerProvider(append(opts, sdktrace.WithSpanProcessor(drop{}))...)
	unbind, err := span.Bind(p, span.Config{})
	require.NoError(tb, err)
	tb.Cleanup(unbind)
	return span.ContextWithIdentity(span.ContextWithProvider(context.Background(), p), alice), p
}

// BenchmarkSpan compares start, four attributes, one event and end with the same
// done by hand: identity and span_version are attributes like the four.
func BenchmarkSpan(b *testing.B) {
	ctx, p := benchContext(b)
	b.Run("impl=sidetrace", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, s := span.Start(ctx, "plan", attribute.String("a", "x"), attribute.Int("b", 1), attribute.Bool("c", true), attribute.Float64("d", 1.5))
			s.Info("asking the model")
			s.End()
		}
	})
	b.Run("impl=otel", func(b *testing.B) {
		tracer := p.Tracer("bench")
		id := alice
		b.ReportAllocs()
		for b.Loop() {
			_, s := tracer.Start(ctx, "plan", trace.WithAttributes(
				attribute.String("sid", id.SID), attribute.String("app_id", id.AppID), attribute.String("uid", id.UID),
				attribute.String("chat_id", id.ChatID), attribute.String("span_version", "1.0.0"),
				attribute.String("a", "x"), attribute.Int("b", 1), attribute.Bool("c", true), attribute.Float64("d", 1.5)))
			s.AddEvent("INFO", trace.WithAttributes(attribute.String("INFO LOG", "asking the model")))
			s.End()
		}
	})
}

// offContexts are a process without an SDK, and a request that is not sampled.
func offContexts(tb testing.TB) map[string]context.Context {
	tb.Helper()
	unsampled, _ := benchContext(tb, sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.NeverSample())))
	unsampled, root := span.Start(unsampled, "root")
	require.Nil(tb, root)
	return map[string]context.Context{
		"disabled":  span.ContextWithIdentity(context.Background(), alice),
		"unsampled": unsampled,
	}
}

//go:noinline
func takeAttributes(context.Context, ...attribute.KeyValue) {}

// BenchmarkOff measures calls that record nothing. OpenTelemetry's constructors
// of attributes run before any call and cost most of it: "attributes" is what a
// function with an empty body costs, "made before" what ours adds.
func BenchmarkOff(b *testing.B) {
	made := []attribute.KeyValue{attribute.String("a", "x"), attribute.Int("b", 1), attribute.Bool("c", true), attribute.Float64("d", 1.5)}
	b.Run("attributes", func(b *testing.B) {
		ctx := context.Background()
		for b.Loop() {
			takeAttributes(ctx, attribute.String("a", "x"), attribute.Int("b", 1), attribute.Bool("c", true), attribute.Float64("d", 1.5))
		}
	})
	for state, ctx := range offContexts(b) {
		b.Run(state+"/Start", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, s := span.Start(ctx, "plan", attribute.String("a", "x"), attribute.Int("b", 1), attribute.Bool("c", true), attribute.Float64("d", 1.5))
				s.End()
			}
		})
		b.Run(state+"/Start made before", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, s := span.Start(ctx, "plan", made...)
				s.End()
			}
		})
		_, s := span.Start(ctx, "off")
		b.Run(state+"/Info", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.Info("text", attribute.String("a", "x"), attribute.Int("b", 1), attribute.Bool("c", true), attribute.Float64("d", 1.5))
			}
		})
	}
}

func TestOffDoesNotAllocate(t *testing.T) {
	for state, ctx := range offContexts(t) {
		n := testing.AllocsPerRun(100, func() {
			_, s := span.Start(ctx, "", attribute.String("a", "x"), attribute.Int("b", 1), attribute.Bool("c", true), attribute.Float64("d", 1.5))
			s.Set(attribute.String("a", "x"), attribute.Int("b", 1))
			s.Info("text", attribute.String("a", "x"), attribute.Int("b", 1))
			s.Event("text", attribute.String("a", "x"), attribute.Int("b", 1))
			s.SetCode(1)
			s.End()
		})
		if n != 0 {
			t.Errorf("%s: %v allocations, want none", state, n)
		}
	}
}
