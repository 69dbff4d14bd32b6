// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

const (
	traceID = "0af7651916cd43dd8448eb211c80319c"
	spanID  = "b7ad6b7169203331"
	parent  = "00-" + traceID + "-" + spanID + "-01"
)

func headers(traceparent string, states ...string) propagation.HeaderCarrier {
	h := http.Header{"Traceparent": {traceparent}}
	for _, s := range states {
		h.Add("Tracestate", s)
	}
	return propagation.HeaderCarrier(h)
}

func TestTraceparent(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     string // flags, empty if invalid
	}{
		{"sampled", parent, "01"},
		{"not sampled", "00-" + traceID + "-" + spanID + "-00", "00"},
		{"random", "00-" + traceID + "-" + spanID + "-02", "02"},
		{"unknown flags", "00-" + traceID + "-" + spanID + "-ff", "03"},
		{"later version", "cc-" + traceID + "-" + spanID + "-01-what-comes", "01"},
		{"white space", " \t" + parent + "\t ", "01"},
		{"later version without dash", "cc-" + traceID + "-" + spanID + "-01.x", ""},
		{"trailing in version 00", parent + "-x", ""},
		{"version ff", "ff-" + traceID + "-" + spanID + "-01", ""},
		{"upper case", strings.ToUpper(parent), ""},
		{"no hex", "00-" + traceID[:31] + "g-" + spanID + "-01", ""},
		{"zero trace id", "00-" + strings.Repeat("0", 32) + "-" + spanID + "-01", ""},
		{"zero span id", "00-" + traceID + "-" + strings.Repeat("0", 16) + "-01", ""},
		{"short", parent[:54], ""},
		{"empty", "", ""},
		{"dashes elsewhere", "00--" + traceID[1:] + "-" + spanID + "-01", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx := TraceContext{}.Extract(t.Context(), headers(tt.in))
			out := propagation.MapCarrier{}
			TraceContext{}.Inject(ctx, out)
			if tt.want == "" {
				assert.Empty(t, out)
				return
			}
			assert.True(t, trace.SpanContextFromContext(ctx).IsRemote())
			assert.Equal(t, "00-"+traceID+"-"+spanID+"-"+tt.want, out["traceparent"])
		})
	}
	twice := headers(parent)
	twice["Traceparent"] = append(twice["Traceparent"], parent)
	assert.Equal(t, t.Context(), TraceContext{}.Extract(t.Context(), twice))
	assert.Equal(t, []string{"traceparent", "tracestate"}, TraceContext{}.Fields())
}

func TestTracestate(t *testing.T) {
	many := func(n int) string {
		var all []string
		for i := range n {
			all = append(all, string(rune('a'+i%26))+strings.Repeat("x", i/26)+"=1")
		}
		return strings.Join(all, ",")
	}
	for _, tt := range []struct {
		name string
		in   []string
		want string
	}{
		{"one", []string{"a=1,b=2"}, "a=1,b=2"},
		{"several headers", []string{"a=1", "", " b=2 ,", "c=3"}, "a=1,b=2,c=3"},
		{"keys of level 2", []string{"a=1,0@b@=2,t*/_-@=3"}, "a=1,0@b@=2,t*/_-@=3"},
		{"only keys of level 2", []string{"foo@=1"}, "foo@=1"},
		{"long key", []string{strings.Repeat("k", 256) + "=1"}, strings.Repeat("k", 256) + "=1"},
		{"32 members", []string{many(32)}, many(32)},
		{"33 members", []string{many(33)}, ""},
		{"too long a key", []string{"a=1," + strings.Repeat("k", 257) + "=1"}, ""},
		{"key begins with @", []string{"a=1,@b=2"}, ""},
		{"upper-case key", []string{"a=1,B=2"}, ""},
		{"twice", []string{"a=1,a=2"}, ""},
		{"twice in two headers", []string{"a@@=1", "a@@=1"}, ""},
		{"no value", []string{"a=,b=2"}, ""},
		{"no sign", []string{"a"}, ""},
		{"two signs", []string{"a=b=c"}, ""},
		{"control character", []string{"a=\x01"}, ""},
		{"too long a value", []string{"a=" + strings.Repeat("v", 257)}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx := TraceContext{}.Extract(t.Context(), headers(parent, tt.in...))
			require.True(t, trace.SpanContextFromContext(ctx).IsValid(), "a bad tracestate does not touch the traceparent")
			out := propagation.MapCarrier{}
			TraceContext{}.Inject(ctx, out)
			assert.Equal(t, tt.want, out["tracestate"])
		})
	}
}

// A sampler may change the state on the way through; what OpenTelemetry's type
// cannot hold follows what it can.
func TestTracestateChangedOnTheWay(t *testing.T) {
	ctx := TraceContext{}.Extract(t.Context(), headers(parent, "a=1,0@@b=2,c=3"))
	sc := trace.SpanContextFromContext(ctx)
	assert.Equal(t, "a=1,c=3", sc.TraceState().String())
	ts, err := sc.TraceState().Delete("c").Insert("ot", "th:8")
	require.NoError(t, err)
	out := propagation.MapCarrier{}
	TraceContext{}.Inject(trace.ContextWithSpanContext(ctx, sc.WithTraceState(ts)), out)
	assert.Equal(t, "ot=th:8,a=1,0@@b=2", out["tracestate"])

	out = propagation.MapCarrier{}
	other := sc.WithTraceID(trace.TraceID{1}).WithTraceState(trace.TraceState{})
	TraceContext{}.Inject(trace.ContextWithSpanContext(ctx, other), out)
	assert.Empty(t, out["tracestate"], "another trace has its own")
}

func TestInjectExtract(t *testing.T) {
	sc := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: 1})
	bag, err := baggage.Parse("k=v")
	require.NoError(t, err)
	ctx := baggage.ContextWithBaggage(trace.ContextWithSpanContext(t.Context(), sc), bag)
	carrier := Inject(ctx)
	assert.Equal(t, map[string]string{"traceparent": "00-01000000000000000000000000000000-0200000000000000-01", "baggage": "k=v"}, carrier)
	got := Extract(t.Context(), map[string]string{"Traceparent": carrier["traceparent"], "BAGGAGE": carrier["baggage"]})
	assert.Equal(t, sc.TraceID(), trace.SpanContextFromContext(got).TraceID())
	assert.Equal(t, "v", baggage.FromContext(got).Member("k").Value())
	assert.Empty(t, Inject(t.Context()))
	assert.Equal(t, t.Context(), Extract(t.Context(), nil))

	before := otel.GetTextMapPropagator()
	t.Cleanup(func() { otel.SetTextMapPropagator(before) })
	otel.SetTextMapPropagator(propagation.TraceContext{})
	assert.NotContains(t, Inject(ctx), "baggage", "a global propagator has the say")
}

func TestNewPropagator(t *testing.T) {
	for _, name := range PropagatorNames() {
		p, err := NewPropagator([]string{name}, nil)
		require.NoError(t, err)
		assert.Equal(t, name == "none", len(p.Fields()) == 0, name)
	}
	p, err := NewPropagator([]string{"b3", "tracecontext"}, nil)
	require.NoError(t, err)
	sc := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: 1})
	out := propagation.MapCarrier{}
	p.Inject(trace.ContextWithSpanContext(t.Context(), sc), out)
	assert.Contains(t, out, "b3")
	assert.Contains(t, out, "traceparent")
	_, err = NewPropagator([]string{"smoke-signals"}, nil)
	require.ErrorContains(t, err, "xray")
}

func FuzzTraceContext(f *testing.F) {
	f.Add(parent, "a=1,0@b=2")
	f.Add("cc-"+traceID+"-"+spanID+"-01-x", " , a=1 ")
	f.Fuzz(func(t *testing.T, traceparent, tracestate string) {
		ctx := TraceContext{}.Extract(context.Background(), headers(traceparent, tracestate))
		once := propagation.MapCarrier{}
		TraceContext{}.Inject(ctx, once)
		if once["traceparent"] == "" {
			require.Empty(t, once)
			return
		}
		twice := propagation.MapCarrier{}
		TraceContext{}.Inject(TraceContext{}.Extract(context.Background(), once), twice)
		require.Equal(t, once, twice, "what we send we understand")
	})
}
