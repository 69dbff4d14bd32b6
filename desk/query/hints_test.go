// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/trace"
)

func hint(tokens ...string) query.SpanHint {
	h := query.SpanHint{}
	for _, group := range tokens {
		h.Tokens = append(h.Tokens, strings.Fields(group))
	}
	return h
}

func TestHints(t *testing.T) {
	one := func(alternatives ...query.SpanHint) [][]query.SpanHint { return [][]query.SpanHint{alternatives} }
	id := trace.TraceIDOf("ab")
	tests := []struct {
		text string
		need [][]query.SpanHint
	}{
		{`{ }`, nil},
		{`{ .a = "x" }`, one(hint("a=x"))},
		{`{ span.a = 5 }`, one(hint("a=5"))},
		{`{ resource.a = 5.0 }`, one(hint("a=5"))},
		{`{ .a = 5ns }`, one(hint("a=5"))},
		{`{ .a = "05" }`, one(hint("a=5"))},
		{`{ .a = 0.5 }`, one(hint("a=0.5"))},
		{`{ instrumentation.a = true }`, one(hint("a=true"))},
		{`{ .a = "x" && .b = "y" }`, one(hint("a=x", "b=y"))},
		{`{ .a = "x" || .b = "y" }`, one(hint("a=x b=y"))},
		{`{ .a in ("y", "x", "y") }`, one(hint("a=x a=y"))},
		{`{ .a =~ "y|z1|z2" }`, nil},
		{`{ .a =~ "GET|PUT" }`, one(hint("a=GET a=PUT"))},
		{`{ .a like "x" }`, one(hint("a=x"))},
		{`{ .a like "x*" }`, nil},
		{`{ .a > 5 }`, nil},
		{`{ .a != "x" }`, nil},
		{`{ !(.a = "x") }`, nil},
		{`{ .a != nil }`, nil},
		{`{ .a = "x" && .b > 5 }`, one(hint("a=x"))},
		{`{ .a = "x" || .b > 5 }`, nil},
		{`{ (.a = "x" || .b = "y") && .c = "z" }`, one(hint("a=x b=y", "c=z"))},
		{`{ event.a = "x" && link.b = "y" && .c = "z" }`, one(hint("c=z"))},
		{`{ .a = "` + strings.Repeat("x", 257) + `" }`, nil},
		{`{ session = "s" }`, one(hint("gen_ai.conversation.id=s langfuse.session.id=s session.id=s sid=s traceloop.association.properties.session_id=s"))},
		{`{ tool in ("t") }`, one(hint("ai.toolCall.name=t gen_ai.tool.name=t tool.name=t"))},
		{`{ tokens = 5 }`, nil},
		{`{ service = "web" }`, one(query.SpanHint{Services: []string{"web"}})},
		{`{ resource.service.name in ("web", "shop") }`, one(query.SpanHint{Services: []string{"web", "shop"}})},
		{`{ resource.service.name = 5 }`, one(hint("service.name=5"))},
		{`{ .service.name = "web" }`, one(hint("service.name=web"))},
		{`{ name = "n" && service = "web" }`, one(query.SpanHint{Names: []string{"n"}, Services: []string{"web"}})},
		{`{ name = "n" || service = "web" }`, one(query.SpanHint{Names: []string{"n"}}, query.SpanHint{Services: []string{"web"}})},
		{`{ status = error }`, one(query.SpanHint{ErrorOnly: true})},
		{`{ error && .a = "x" }`, one(query.SpanHint{ErrorOnly: true, Tokens: [][]string{{"a=x"}}})},
		{`{ status = ok }`, nil},
		{`{ status in (ok, error) }`, nil},
		{`{ error = false }`, nil},
		{`{ duration > 1s }`, one(query.SpanHint{MinDuration: time.Second})},
		{`{ duration >= 1s && duration < 2s && duration > 500ms }`, one(query.SpanHint{MinDuration: time.Second, MaxDuration: 2 * time.Second})},
		{`{ duration > 1.5 }`, one(query.SpanHint{MinDuration: 1})},
		{`{ duration < 1.5 }`, one(query.SpanHint{MaxDuration: 2})},
		{`{ duration = 1s }`, one(query.SpanHint{MinDuration: time.Second, MaxDuration: time.Second})},
		{`{ duration in (3s, 1s) }`, one(query.SpanHint{MinDuration: time.Second, MaxDuration: 3 * time.Second})},
		{`{ duration < 1e30 || duration < 0 }`, nil},
		{`{ duration > -5s }`, nil},
		{`{ traceDuration > 1s }`, nil},
		{`{ trace:id = "AB" }`, one(query.SpanHint{TraceIDs: []trace.TraceID{id}})},
		{`{ trace:id in ("ab", "no id") }`, one(query.SpanHint{TraceIDs: []trace.TraceID{id}})},
		{`{ trace:id like "ab" }`, nil},
		{`{ span:id = "1" }`, one(query.SpanHint{SpanIDs: []trace.SpanID{spanID(1)}})},
		{`{ .a = "x" } && { .b = "y" }`, [][]query.SpanHint{{hint("a=x")}, {hint("b=y")}}},
		{`{ .a = "x" } >> { .b = "y" }`, [][]query.SpanHint{{hint("a=x")}, {hint("b=y")}}},
		{`{ .a = "x" } !>> { .b = "y" }`, [][]query.SpanHint{{hint("b=y")}}},
		{`{ .a = "x" } &> { .b = "y" }`, [][]query.SpanHint{{hint("a=x")}, {hint("b=y")}}},
		{`{ .a = "x" } || { .b = "y" }`, one(hint("a=x"), hint("b=y"))},
		{`{ .a = "x" } || { }`, nil},
		{`({ .a = "x" } && { .b = "y" }) || { .c = "z" }`, [][]query.SpanHint{{hint("a=x"), hint("c=z")}, {hint("b=y"), hint("c=z")}}},
		{`{ .a = "x" } | count() > 1 | { .b = "y" }`, [][]query.SpanHint{{hint("a=x")}, {hint("b=y")}}},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			q, err := query.Parse(test.text)
			require.NoError(t, err)
			assert.Equal(t, test.need, q.Hints().Need)
		})
	}
}

func TestHintsWholeTrace(t *testing.T) {
	for text, want := range map[string]bool{
		`{ .a = "x" }`: false, `{ } | select(.a) | by(.b)`: false, `{ } | select(traceDuration)`: true, `{ rootName = "x" }`: true, `{ some(event.a = 1) || span:childCount > 1}`: true,
		`{ } && { }`: true, `{ } | count() > 1`: true, `{ } | { }`: true, `({ } | count() > 1)`: true,
	} {
		q, err := query.Parse(text)
		require.NoError(t, err)
		assert.Equal(t, want, q.Hints().WholeTrace, text)
		assert.Equal(t, want, compile(t, text).NeedsTrace(), text)
	}
}

// TestHintsStaySmall wants queries with many alternatives to give few hints.
func TestHintsStaySmall(t *testing.T) {
	side := "(" + strings.Repeat(`name = "x" || `, 9) + `service = "y")`
	set := "{ name = `x` } || { name = `y` }"
	for _, text := range []string{
		"{" + side + strings.Repeat(" && "+side, 8) + "}",
		"{" + strings.Repeat(`.a = "x" || `, 3000) + `.b = "y"}`,
		"{" + strings.Repeat(`.a = "x" && `, 3000) + `.b = "y"}`,
		"(" + set + ")" + strings.Repeat(" && ("+set+")", 50),
		"({} && {.a})" + strings.Repeat(" || ("+set+")", 50),
		"(" + set + " && {.a = 1})" + strings.Repeat(" || ("+set+" && {.a = 1})", 50),
	} {
		q, err := query.Parse(text)
		require.NoError(t, err)
		h := q.Hints()
		assert.LessOrEqual(t, len(h.Need), 16)
		for _, alternatives := range h.Need {
			assert.LessOrEqual(t, len(alternatives), 64)
			for _, a := range alternatives {
				assert.LessOrEqual(t, len(a.Tokens), 64)
			}
		}
	}
}

func TestTokens(t *testing.T) {
	attrs := pairs(
		"text", "GET", "int", 500, "float", 500.0, "spelled", "5e2", "half", 0.5, "big", int64(math.MaxInt64), "large", 1e300, "inf", math.Inf(1), "minus", math.Copysign(0, -1),
		"yes", true, "list", []any{"a", 1, []any{"deep"}}, "empty", "", "nil", nil, "bytes", []byte("x"), "nan", math.NaN(),
		"long", strings.Repeat("x", 256), "longer", strings.Repeat("x", 257))
	var got []string
	query.EachToken(attrs, func(token []byte) { got = append(got, string(token)) })
	assert.Equal(t, []string{
		"text=GET", "int=500", "float=500", "spelled=500", "half=0.5", "big=9223372036854775807", "large=1e+300", "inf=+Inf", "minus=0",
		"yes=true", "list=a", "list=1", "empty=", "long=" + strings.Repeat("x", 256),
	}, got)
}
