// SPDX-License-Identifier: Apache-2.0

package semconv_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
)

func span(attrs ...trace.KeyValue) *trace.Span { return &trace.Span{Attributes: attrs} }

func text(key, value string) trace.KeyValue {
	return trace.KeyValue{Key: key, Value: trace.String(value)}
}

func TestNamesOldAndNew(t *testing.T) {
	tests := []struct {
		key   string
		field semconv.Field
	}{
		{"http.request.method", semconv.HTTPMethod},
		{"http.method", semconv.HTTPMethod},
		{"url.full", semconv.HTTPURL},
		{"db.system", semconv.DBSystem},
		{"db.system.name", semconv.DBSystem},
		{"rpc.grpc.status_code", semconv.RPCStatus},
		{"messaging.destination", semconv.MessagingDestination},
		{"gen_ai.usage.prompt_tokens", semconv.InputTokens},
		{"llm.token_count.prompt", semconv.InputTokens},
		{"ai.usage.promptTokens", semconv.InputTokens},
		{"gen_ai.system", semconv.Provider},
		{"node.type", semconv.NodeType},
	}
	for _, test := range tests {
		t.Run(test.key, func(t *testing.T) {
			s := span(text("other", "x"), text(test.key, "there"))
			x := semconv.Scan(s)
			assert.Equal(t, "there", x.Text(s, test.field))
			assert.Equal(t, test.key, x.Key(s, test.field))
			assert.True(t, x.Says(s, test.field))
		})
	}
}

func TestThePresentNameWins(t *testing.T) {
	for _, s := range []*trace.Span{
		span(text("http.method", "old"), text("http.request.method", "new")),
		span(text("http.request.method", "new"), text("http.method", "old")),
	} {
		x := semconv.Scan(s)
		assert.Equal(t, "new", x.Text(s, semconv.HTTPMethod))
	}
}

func TestTheFirstOfEqualNamesWins(t *testing.T) {
	s := span(text("http.route", "first"), text("http.route", "second"))
	x := semconv.Scan(s)
	assert.Equal(t, "first", x.Text(s, semconv.HTTPRoute))
}

func TestANameOfTwoFields(t *testing.T) {
	s := span(text("server.address", "db.local"), text("input.value", "{}"))
	x := semconv.Scan(s)
	assert.Equal(t, "db.local", x.Text(s, semconv.HTTPHost))
	assert.Equal(t, "db.local", x.Text(s, semconv.PeerName))
	assert.Equal(t, "{}", x.Text(s, semconv.InputMessages))
	assert.Equal(t, "{}", x.Text(s, semconv.ToolArguments))
}

func TestNothingThere(t *testing.T) {
	s := span()
	x := semconv.Scan(s)
	_, there := x.Value(s, semconv.DBSystem)
	assert.False(t, there)
	assert.Empty(t, x.Text(s, semconv.DBSystem))
	assert.Empty(t, x.Key(s, semconv.DBSystem))
	assert.False(t, x.Says(s, semconv.DBSystem))
	_, number := x.Number(s, semconv.InputTokens)
	assert.False(t, number)
}

func TestBlankSaysNothing(t *testing.T) {
	for _, v := range []trace.Value{{}, trace.String(""), trace.Int(0), trace.Float(0), trace.Bool(false), trace.List(), trace.Map(), trace.Bytes(nil)} {
		s := span(trace.KeyValue{Key: "db.system", Value: v})
		x := semconv.Scan(s)
		_, there := x.Value(s, semconv.DBSystem)
		assert.True(t, there, "%v", v)
		assert.False(t, x.Says(s, semconv.DBSystem), "%v", v)
	}
}

func TestNumbers(t *testing.T) {
	tests := []struct {
		name  string
		value trace.Value
		want  float64
		ok    bool
	}{
		{"integer", trace.Int(42), 42, true},
		{"float", trace.Float(0.5), 0.5, true},
		{"text of a number", trace.String("1500"), 1500, true},
		{"text", trace.String("many"), 0, false},
		{"NaN", trace.Float(math.NaN()), 0, false},
		{"infinity in words", trace.String("Inf"), 0, false},
		{"boolean", trace.Bool(true), 0, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := span(trace.KeyValue{Key: "gen_ai.usage.input_tokens", Value: test.value})
			x := semconv.Scan(s)
			n, ok := x.Number(s, semconv.InputTokens)
			assert.Equal(t, test.ok, ok)
			if ok {
				assert.InDelta(t, test.want, n, 1e-12)
			}
		})
	}
}

// TestManyAttributes: what stands behind the first 32,766 attributes is not looked at.
func TestManyAttributes(t *testing.T) {
	attrs := make([]trace.KeyValue, 40_000)
	for i := range attrs {
		attrs[i] = text(fmt.Sprint("key", i), "x")
	}
	attrs[32_000] = text("http.route", "/seen")
	attrs[35_000] = text("db.system", "unseen")
	s := span(attrs...)
	x := semconv.Scan(s)
	assert.Equal(t, "/seen", x.Text(s, semconv.HTTPRoute))
	assert.False(t, x.Says(s, semconv.DBSystem))
}

func BenchmarkScan(b *testing.B) {
	s := span(text("sid", "x"), text("app_id", "x"), text("uid", "x"), text("chat_id", "x"), text("rpc.system.name", "grpc"),
		text("rpc.method", "Call"), text("server.address", "x"), text("custom.key", "x"), text("another.key", "x"), text("attempt", "1"))
	b.ReportAllocs()
	for b.Loop() {
		semconv.Scan(s)
	}
}
