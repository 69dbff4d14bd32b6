// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"math"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
)

func compile(t testing.TB, text string) *query.Program {
	t.Helper()
	q, err := query.Parse(text)
	require.NoError(t, err, text)
	p, err := query.Compile(q)
	require.NoError(t, err, text)
	return p
}

// matchSpan matches a span by itself and as a trace of one span, which must agree,
// and with the hints for it.
func matchSpan(t *testing.T, text string, s *trace.Span) bool {
	t.Helper()
	p := compile(t, text)
	matches := p.MatchSpan(s)
	assert.Equal(t, matches, p.Match([]trace.Span{*s}) != nil, text)
	q, err := query.Parse(text)
	require.NoError(t, err)
	if h := q.Hints(); matches {
		assert.True(t, h.Admits([]trace.Span{*s}), "%s: %+v", text, h)
	}
	return matches
}

func TestValues(t *testing.T) {
	span := &trace.Span{Attributes: pairs(
		"int", 500, "float", 500.0, "text", "500", "spelled", "5e2", "zero", "0500", "half", 0.5, "word", "GET", "empty", "", "yes", true, "no", false,
		"big", int64(math.MaxInt64), "rounded", float64(math.MaxInt64), "nan", math.NaN(), "inf", math.Inf(1), "bytes", []byte("GET"),
		"list", []any{"a", "b", 3}, "none", []any{}, "nil", nil, "twice", "first", "twice", "second", "lines", "one\ntwo",
	)}
	tests := []struct {
		text string
		want bool
	}{
		{`{ .int = 500 }`, true},
		{`{ .int = 500.0 }`, true},
		{`{ .float = 500 }`, true},
		{`{ .int = 500ns }`, true},
		{`{ .int >= 500.5 }`, false},
		{`{ .int < 500.5 }`, true},
		{`{ .int > -0.5 }`, true},
		{`{ .text = 500 }`, true}, // a text that spells a number compares with numbers,
		{`{ .spelled = 500 }`, true},
		{`{ .zero = 500 }`, true},
		{`{ .text > 499 }`, true},
		{`{ .text = "500" }`, true},
		{`{ .spelled = "500" }`, false},
		{`{ .int = "500" }`, false}, // but a number not with a text
		{`{ .int != "500" }`, false},
		{`{ .int > "4" }`, false},
		{`{ .int =~ "5.*" }`, false},
		{`{ .word != 5 }`, false},
		{`{ .word < 5 }`, false},
		{`{ .yes = true }`, true},
		{`{ .yes }`, true},
		{`{ .no }`, false},
		{`{ .no != true }`, true},
		{`{ .yes = 1 }`, false},
		{`{ .word = true }`, false},
		{`{ .missing }`, false},
		{`{ .big = 9223372036854775807 }`, true}, // exactly, not as a float
		{`{ .big = 9223372036854775806 }`, false},
		{`{ .big < 9223372036854775808.0 }`, true},
		{`{ .rounded = 9223372036854775807 }`, false},
		{`{ .rounded > 9223372036854775807 }`, true},
		{`{ .rounded != 1 }`, true},
		{`{ .nan = 1 || .nan != 1 || .nan < 1 || .nan > 1 }`, false},
		{`{ .inf > 1000 }`, true},
		{`{ .bytes = "GET" || .bytes != "GET" }`, false},
		{`{ .word = "GET" }`, true},
		{`{ .word = "get" }`, false},
		{`{ .word != "POST" }`, true},
		{`{ .word < "H" && .word > "GEE" && .word >= "GET" && .word <= "GET" }`, true},
		{`{ .text >= "400" }`, true},
		{`{ .text >= "50" && .text < "6" }`, true},
		{`{ .empty = "" }`, true},
		{`{ .empty != nil }`, true},
		{`{ .missing = "" }`, false},
		{`{ .missing != "x" }`, false},
		{`{ .missing !~ "x" }`, false},
		{`{ !(.missing = "x") }`, true},
		{`{ .missing = nil }`, true},
		{`{ .word = nil }`, false},
		{`{ .nil != nil }`, true},
		{`{ .word in ("POST", "GET") }`, true},
		{`{ .int in (1, "x", 500) }`, true},
		{`{ .int in ("500", true) }`, false},
		{`{ .int in (1, 2.5, 500.0, 1e300, -3) }`, true},
		{`{ .text in (7, 500ns) && .half in (1, 0.5) && .big in (5, maxInt) }`, true},
		{`{ .rounded in (maxInt, 1) }`, false},
		{`{ .word in (1, true) || .nan in (1, 2) || .bytes in ("GET", "x") }`, false},
		{`{ .no in ("x", false) && .yes in (true, true) }`, true},
		{`{ .no in ("x", true) }`, false},
		{`{ .list in (7, 3) && .empty in ("", "x") }`, true},
		{`{ .word =~ "GE" }`, false}, // over the whole text
		{`{ .word =~ "GE." }`, true},
		{`{ .word =~ "G|GET" }`, true},
		{`{ .word =~ "(?i)get" }`, true},
		{`{ .word !~ "P.*" }`, true},
		{`{ .word !~ "G.*" }`, false},
		{`{ .lines =~ "one.*" }`, true},
		{`{ .lines =~ "o.*t.o" }`, true},
		{`{ .word like "G*" }`, true},
		{`{ .word like "G" }`, false},
		{`{ .word like "?E?" }`, true},
		{`{ .word like "*E*" }`, true},
		{`{ .word like "GET\\*" }`, false},
		{`{ .list = "b" }`, true},
		{`{ .list = 3 }`, true},
		{`{ .list = "c" }`, false},
		{`{ .list != "b" }`, false},
		{`{ .list != "c" }`, true},
		{`{ .list =~ "[bc]" }`, true},
		{`{ .list !~ "[bc]" }`, false},
		{`{ .list > 2 }`, true},
		{`{ .none != "x" }`, true},
		{`{ .none = "x" }`, false},
		{`{ .twice = "first" }`, true},
		{`{ .twice = "second" }`, false},
		{`{ 500 < .big && "F" < .word && true != .no }`, true},
		{`{ true && !false }`, true},
		{`{ false || .missing }`, false},
		{`{ .missing && .int = 500 || .word = "GET" }`, true},
		{`{ .word = "GET" || .int = 500 && .missing }`, false}, // from the left
		{`{ .word = "GET" || (.int = 500 && .missing) }`, true},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			assert.Equal(t, test.want, matchSpan(t, test.text, span))
		})
	}
}

func TestScopes(t *testing.T) {
	span := &trace.Span{
		Attributes: pairs("a", "span", "s", "span"),
		Resource:   &trace.Resource{Attributes: pairs("a", "resource", "r", "resource", "service.name", "web")},
		Scope:      &trace.Scope{Name: "grpc", Version: "1.2", Attributes: pairs("a", "scope", "i", "scope")},
		Events:     []trace.Event{{Name: "e", Attributes: pairs("a", "event", "v", "event")}},
		Links:      []trace.Link{{Attributes: pairs("a", "link", "l", "link")}},
	}
	for text, want := range map[string]bool{
		`{ .a = "span" }`: true, `{ .a = "resource" }`: false, `{ .r = "resource" }`: true, `{ .i = "scope" }`: true, `{ .v = "event" }`: false, `{ .l = "link" }`: false,
		`{ span.a = "span" && resource.a = "resource" && instrumentation.a = "scope" && event.a = "event" && link.a = "link" }`: true,
		`{ span.r != nil }`: false, `{ resource.s != nil }`: false, `{ instrumentation.s != nil }`: false,
		`{ instrumentation:name = "grpc" && instrumentation:version = "1.2" }`: true, `{ service = "web" && resource.service.name = "web" }`: true,
	} {
		assert.Equal(t, want, matchSpan(t, text, span), text)
	}
	bare := &trace.Span{}
	for text, want := range map[string]bool{
		`{ resource.a != nil || instrumentation.a != nil || instrumentation:name != nil || instrumentation:version != nil || service != nil }`: false,
		`{ name = "" && statusMessage = "" && span:parentID = "" && kind = unspecified && status = unset }`:                                    true,
	} {
		assert.Equal(t, want, matchSpan(t, text, bare), text)
	}
	strange := &trace.Span{Resource: &trace.Resource{Attributes: pairs("service.name", []any{"a"})}}
	assert.False(t, matchSpan(t, `{ resource.service.name = "a" }`, strange))
	assert.True(t, matchSpan(t, `{ service = "[\"a\"]" }`, strange))
}

func TestIntrinsics(t *testing.T) {
	span := &trace.Span{
		TraceID: trace.TraceIDOf("4bf92f3577b34da6a3ce929d0e0e4736"), ID: trace.SpanIDOf("00f067aa0ba902b7"), Parent: trace.SpanIDOf("53ce929d0e0e4736"),
		State: "a=1", Name: "GET /", Kind: trace.Server, Start: 1e9, End: 3e9, Status: trace.Status{Code: trace.Error, Message: "deadline exceeded"},
		Events: []trace.Event{{Name: "retry", Time: 1.5e9}},
		Links:  []trace.Link{{TraceID: trace.TraceIDOf("abc"), SpanID: trace.SpanIDOf("def"), State: "b=2"}},
	}
	for text, want := range map[string]bool{
		`{ name = "GET /" && span:name != "x" }`: true,
		`{ status = error }`:                     true, `{ status != error }`: false, `{ status in (ok, error) }`: true, `{ error }`: true, `{ error = false }`: false, `{ error != true }`: false,
		`{ statusMessage =~ "deadline.*" }`: true,
		`{ kind = server }`:                 true, `{ kind != server }`: false, `{ kind in (client, consumer) }`: false, `{ kind = unspecified }`: false,
		`{ duration = 2s }`: true, `{ duration > 2s }`: false, `{ duration >= 2000000000 }`: true, `{ duration < 2.5e9 }`: true, `{ 1s < duration }`: true,
		`{ duration in (1s, 2s) }`: true, `{ duration != 2s }`: false,
		`{ span:start = 1000000000 && span:end <= 3000000000 }`:     true,
		`{ span:traceState = "a=1" && link:traceState = "b=2" }`:    true,
		`{ trace:id = "4bf92f3577b34da6a3ce929d0e0e4736" }`:         true,
		`{ trace:id = "4BF92F3577B34DA6A3CE929D0E0E4736" }`:         true, // trap 29
		`{ trace:id != "4BF92F3577B34DA6A3CE929D0E0E4736" }`:        false,
		`{ trace:id in ("1", "4BF92F3577B34DA6A3CE929D0E0E4736") }`: true,
		`{ trace:id = "no id" }`:                                    false, `{ trace:id != "no id" }`: true,
		`{ trace:id =~ "4BF9.*" && trace:id like "*E4736" && trace:id > "4BF9" }`: true,
		`{ span:id = "f067aa0ba902b7" }`:                                          true, `{ span:id = "F067AA0BA902B7" }`: true, `{ span:id = "" }`: false,
		`{ span:parentID = "53CE929D0E0E4736" }`: true, `{ span:parentID = "" }`: false, `{ span:parentID > "5" }`: true,
		`{ event:name = "retry" && event:timeSinceStart = 500ms && event:time = 1500000000 }`: true,
		`{ link:traceID = "abc" && link:spanID = "DEF" }`:                                     true, `{ link:traceID = "abd" }`: false, `{ link:spanID != "def" }`: false,
		`{ traceDuration = 2s && trace:spanCount = 1 && trace:depth = 1 && span:childCount = 0 && rootName = "GET /" }`: true,
		`{ trace:entryID = "F067AA0BA902B7" && trace:rootKind = server }`:                                               true,
		`{ any = "GET /" }`: true, `{ any like "*exceed*" }`: true, `{ any = "4bf92f3577b34da6a3ce929d0e0e4736" }`: true, `{ any =~ "0+abc" }`: true,
		`{ any != "retry" }`: false, `{ any !~ "nothing" }`: true, `{ any = "nothing" }`: false,
	} {
		assert.Equal(t, want, matchSpan(t, text, span), text)
	}
}

// TestRedirectsAreNoErrors is trap 18: a status code of HTTP makes no error.
func TestRedirectsAreNoErrors(t *testing.T) {
	for _, code := range []int{301, 404, 500} {
		s := &trace.Span{Attributes: pairs("http.response.status_code", code)}
		assert.False(t, matchSpan(t, `{ error || status = error }`, s))
	}
}

func TestAny(t *testing.T) {
	deep := value("needle")
	for range 60 {
		deep = trace.List(trace.Map(trace.KeyValue{Key: "k", Value: deep}))
	}
	spans := map[string]*trace.Span{
		"attribute":  {Attributes: pairs("a", "needle")},
		"list":       {Attributes: pairs("a", []any{1, "needle"})},
		"map":        {Attributes: []trace.KeyValue{{Key: "a", Value: trace.Map(pairs("b", "needle")...)}}},
		"resource":   {Resource: &trace.Resource{Attributes: pairs("a", "needle")}},
		"scope":      {Scope: &trace.Scope{Name: "needle"}},
		"version":    {Scope: &trace.Scope{Version: "needle"}},
		"event":      {Events: []trace.Event{{}, {Name: "needle"}}},
		"event text": {Events: []trace.Event{{Attributes: pairs("a", "needle")}}},
		"link":       {Links: []trace.Link{{Attributes: pairs("a", "needle")}}},
	}
	for name, s := range spans {
		assert.True(t, matchSpan(t, `{ any like "*eedl*" }`, s), name)
		assert.True(t, matchSpan(t, `{ any = "needle" }`, s), name)
		assert.False(t, matchSpan(t, `{ any like "*noodle*" }`, s), name)
	}
	assert.False(t, matchSpan(t, `{ any = "needle" }`, &trace.Span{Attributes: []trace.KeyValue{{Key: "a", Value: deep}}}), "too deep")
	assert.False(t, matchSpan(t, `{ any = "needle" }`, &trace.Span{Attributes: pairs("needle", "x")}), "keys are not values")
	assert.True(t, matchSpan(t, `{ any = "42" }`, &trace.Span{Attributes: pairs("a", 42)}))
}

// TestOneEvent is trap 24: conditions on events are about one event.
func TestOneEvent(t *testing.T) {
	span := &trace.Span{
		Name: "s",
		Events: []trace.Event{
			{Name: "exception", Attributes: pairs("type", "Timeout", "attempt", 1)},
			{Name: "exception", Attributes: pairs("type", "Refused")},
			{Name: "retry", Attributes: pairs("attempt", 2)},
		},
		Links: []trace.Link{{SpanID: spanID(1), Attributes: pairs("k", "v")}, {SpanID: spanID(2)}},
	}
	for text, want := range map[string]bool{
		`{ event:name = "exception" && event.type = "Timeout" }`:                                  true,
		`{ event:name = "retry" && event.type = "Timeout" }`:                                      false,
		`{ event:name = "retry" && name = "s" && event.type = "Timeout" }`:                        false,
		`{ (event:name = "retry") && (event.type = "Timeout") }`:                                  false,
		`{ event:name = "retry" && (event.type = "Timeout" || event.attempt = 1) }`:               false,
		`{ event:name = "retry" && (event.type = "Timeout" || event.attempt = 2) }`:               true,
		`{ event:name = "retry" && (event.type = "Timeout" || name = "x") }`:                      true, // a bracket that mixes stands for itself
		`{ some(event:name = "retry") && some(event.type = "Timeout") }`:                          true,
		`{ event.type = "Timeout" && event.type = "Refused" }`:                                    false,
		`{ event.type = "Timeout" || event:name = "none" }`:                                       true,
		`{ event:name = "exception" && event.type != "Timeout" }`:                                 true,
		`{ event:name = "retry" && event.type != "Timeout" }`:                                     false, // it has no type
		`{ !(event.type = "Timeout") }`:                                                           false,
		`{ !(event.type = "Other") }`:                                                             true,
		`{ event:name = "exception" && !(event.type = "Timeout") }`:                               false,
		`{ some(event:name = "exception" && !(event.type = "Timeout")) }`:                         true,
		`{ some(event:name = "retry" && !(event.attempt = 2)) }`:                                  false,
		`{ event.missing = nil }`:                                                                 true,
		`{ event.type = nil }`:                                                                    false, // alone: no event has it
		`{ event.type = nil && event.attempt = nil }`:                                             false,
		`{ event:name = "retry" && event.type = nil }`:                                            true, // of this event
		`{ event:name = "exception" && event.attempt = nil && event.type = "Timeout" }`:           false,
		`{ event.type != nil }`:                                                                   true,
		`{ link:spanID = "1" && link.k = "v" }`:                                                   true,
		`{ link:spanID = "2" && link.k = "v" }`:                                                   false,
		`{ link:spanID = "2" && link.k = nil && event:name = "retry" && event.attempt = 2 }`:      true,
		`{ event:name like "ex*" && event:name =~ "e.*" && event:name in ("exception", "other")}`: true,
	} {
		assert.Equal(t, want, matchSpan(t, text, span), text)
	}
	bare := &trace.Span{}
	for text, want := range map[string]bool{
		`{ event:name = "x" }`: false, `{ event:name != "x" }`: false, `{ event.a = nil }`: true, `{ event.a != nil }`: false, `{ !(link.a = 1) }`: true,
	} {
		assert.Equal(t, want, matchSpan(t, text, bare), text)
	}
}

func TestShorthands(t *testing.T) {
	span := func(keysAndValues ...any) *trace.Span { return &trace.Span{Attributes: pairs(keysAndValues...)} }
	tests := []struct {
		name string
		text string
		span *trace.Span
		want bool
	}{
		{"input and output", `{ tokens = 30 }`, span("gen_ai.usage.input_tokens", 10, "gen_ai.usage.output_tokens", 20, "gen_ai.usage.total_tokens", 99), true},
		{"input alone", `{ tokens = 10 }`, span("llm.usage.prompt_tokens", 10), true},
		{"total", `{ tokens >= 20k }`, span("llm.token_count.total", 20_000), true},
		{"preferred name", `{ tokens = 1 }`, span("gen_ai.usage.prompt_tokens", 5, "gen_ai.usage.input_tokens", 1), true},
		{"spelled", `{ tokens = 7 }`, span("gen_ai.usage.input_tokens", "7"), true},
		{"not a number", `{ tokens != nil }`, span("gen_ai.usage.input_tokens", "many"), false},
		{"none", `{ tokens >= 0 || tokens < 0 }`, span(), false},
		{"seconds", `{ ttft = 1.5s }`, span("gen_ai.response.time_to_first_chunk", 1.5, "first_frame_duration", 3), true},
		{"milliseconds", `{ ttft > 2s && ttft < 2001ms }`, span("first_frame_duration", 2000.5), true},
		{"sid", `{ session = "s1" }`, span("sid", "s1", "gen_ai.conversation.id", "c1"), true},
		{"conversation", `{ session = "c1" }`, span("sid", "s1", "gen_ai.conversation.id", "c1"), true},
		{"other session", `{ session != "c1" }`, span("sid", "s1", "gen_ai.conversation.id", "c1"), false},
		{"no such session", `{ session != "x" && session !~ "x.*" }`, span("sid", "s1", "gen_ai.conversation.id", "c1"), true},
		{"without session", `{ session != "x" }`, span(), false},
		{"session missing", `{ session = nil }`, span(), true},
		{"requested model", `{ model = "gpt-4o" }`, span("gen_ai.request.model", "gpt-4o", "gen_ai.response.model", "gpt-4o-2024-08-06"), true},
		{"answering model", `{ model =~ "gpt-4o-.*" }`, span("gen_ai.request.model", "gpt-4o", "gen_ai.response.model", "gpt-4o-2024-08-06"), true},
		{"OpenInference", `{ model = "m" && tool = "t" && agent = "a" }`, span("llm.model_name", "m", "tool.name", "t", "agent.name", "a"), true},
		{"chat", `{ chat = "c" }`, span("chat_id", "c"), true},
		{"node", `{ node.type = "llm" && node.id = "n1" && node.name like "pl*" }`, span("node.type", "llm", "node.id", "n1", "node.name", "plan"), true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, matchSpan(t, test.text, test.span))
		})
	}
}

// TestShorthandsAreOfSemconv wants every name that a shorthand reads to mean the
// same to package semconv.
func TestShorthandsAreOfSemconv(t *testing.T) {
	fields := map[string][]semconv.Field{
		"session": {semconv.SID, semconv.Conversation}, "model": {semconv.RequestModel, semconv.ResponseModel}, "tool": {semconv.ToolName},
		"agent": {semconv.AgentName}, "chat": {semconv.ChatID}, "node.id": {semconv.NodeID}, "node.name": {semconv.NodeName}, "node.type": {semconv.NodeType},
		"tokens": {semconv.InputTokens, semconv.OutputTokens, semconv.TotalTokens}, "ttft": {semconv.FirstChunkSeconds, semconv.FirstFrameMillis},
	}
	names := query.ShorthandNames()
	require.Len(t, names, len(fields))
	for shorthand, lists := range names {
		for _, keys := range lists {
			for _, key := range keys {
				// Of two names of one field, the one that comes first counts.
				s := &trace.Span{Attributes: pairs(keys[len(keys)-1], 2, key, 1)}
				x := semconv.Scan(s)
				known := false
				for _, f := range fields[shorthand] {
					known = known || x.Key(s, f) == key
				}
				assert.True(t, known, "%s: %s", shorthand, key)
			}
		}
	}
}

func TestMatchSpanAllocates(t *testing.T) {
	spans := agentTrace(1)
	for _, text := range []string{
		`{ resource.service.name = "planner" && span.http.response.status_code >= 500 || duration > 1s }`,
		`{ tokens > 5k || session = "x" || ttft > 1s || trace:id = "ab" || kind = server || .gen_ai.request.model =~ "claude.*" || event:name = "x" }`,
	} {
		p := compile(t, text)
		allocs := testing.AllocsPerRun(100, func() { p.MatchSpan(&spans[0]) })
		assert.Zero(t, allocs, text)
	}
}

// TestTreesByHand are trees that the parser does not make.
func TestTreesByHand(t *testing.T) {
	event := func(key string) query.Expr { return compare(query.Field{Scope: query.Event, Name: key}, query.Exists) }
	s := &trace.Span{Name: "s", Events: []trace.Event{{Attributes: pairs("a", 1)}, {Attributes: pairs("b", 1, "c", 1)}}}
	named := compare(intrinsic("name"), query.Eq, "s")
	tests := []struct {
		name string
		tree query.Expr
		want bool
	}{
		{"nil", nil, true},
		{"nothing", query.And{}, true},
		{"no alternative", query.Or{}, false},
		{"one event", query.And{event("b"), event("c")}, true},
		{"two events", query.And{event("a"), event("b")}, false},
		{"one event, nested", query.And{named, query.And{named, query.And{named, event("a")}, event("b")}}, false},
		{"one of one", query.Or{query.And{event("b")}}, true},
		{"empty within", query.And{event("b"), query.And{}, query.Not{Expr: query.Or{}}}, true},
		{"span within some", query.And{query.Some{Expr: query.And{event("b"), event("c")}}, named}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, err := query.Compile(query.Where(test.tree))
			require.NoError(t, err)
			assert.Equal(t, test.want, p.MatchSpan(s))
		})
	}
	assert.Equal(t, `{ (name = "s" && name = "s") && !(true) && event.a = nil }`,
		query.Where(query.And{query.And{named, named}, query.Not{Expr: query.And{}}, query.Not{Expr: event("a")}}).String())
}

func TestCompileRefuses(t *testing.T) {
	deep := query.Expr(query.And{})
	for range 100_000 {
		deep = query.Not{Expr: deep}
	}
	var sets query.Set = &query.Spanset{}
	for range 100_000 {
		sets = &query.Combine{Op: "&&", Left: sets, Right: &query.Spanset{}}
	}
	field := attr("a")
	trees := map[string]*query.Query{
		"nothing":           {},
		"deep":              query.Where(deep),
		"deep sets":         {From: sets},
		"no such intrinsic": query.Where(compare(intrinsic("nothing"), query.Eq, "x")),
		"no such scope":     query.Where(compare(query.Field{Scope: 99}, query.Eq, "x")),
		"no such operator":  query.Where(compare(field, "==", "x")),
		"no literal":        query.Where(compare(field, query.Eq)),
		"two literals":      query.Where(compare(field, query.Eq, 1, 2)),
		"int":               query.Where(compare(field, query.Eq, 1)),
		"nil":               query.Where(compare(field, query.Eq, nil)),
		"NaN":               query.Where(compare(field, query.Eq, math.NaN())),
		"Inf":               query.Where(compare(field, query.Lt, math.Inf(1))),
		"kind out of range": query.Where(compare(intrinsic("kind"), query.Eq, trace.Kind(9))),
		"exists with more":  query.Where(compare(field, query.Exists, "x")),
		"in without":        query.Where(compare(field, query.In)),
		"bad regex":         query.Where(compare(field, query.Regex, "(")),
		"bad id regex":      query.Where(compare(intrinsic("span:id"), query.Regex, "(")),
		"some of spans":     query.Where(query.Some{Expr: compare(field, query.Eq, "x")}),
		"some of nothing":   query.Where(query.Some{Expr: query.And{}}),
		"nil condition":     query.Where(query.Not{}),
		"no set operator":   {From: &query.Combine{Left: &query.Spanset{}, Right: &query.Spanset{}}},
		"half an operator":  {From: &query.Combine{Op: "!", Left: &query.Spanset{}, Right: &query.Spanset{}}},
		"left of a set":     {From: &query.Combine{Op: "&&", Right: &query.Spanset{}}},
		"nested pipeline":   {From: &query.Query{From: &query.Spanset{}, Stages: []query.Stage{nil}}},
		"some within some":  query.Where(query.Some{Expr: query.Some{Expr: compare(query.Field{Scope: query.Event, Name: "a"}, query.Eq, "x")}}),
		"within or":         query.Where(query.Or{query.Not{}}),
		"within events":     query.Where(query.And{compare(query.Field{Scope: query.Event, Name: "a"}, query.Eq, "x"), compare(query.Field{Scope: query.Event, Name: "a"}, query.Regex, "(")}),
		"any regex":         query.Where(compare(intrinsic("any"), query.Regex, "(")),
		"set operator":      {From: &query.Combine{Op: "+", Left: &query.Spanset{}, Right: &query.Spanset{}}},
		"aggregate":         {From: &query.Spanset{}, Stages: []query.Stage{query.Aggregate{Func: "median", Field: field, Op: query.Gt, Value: int64(1)}}},
		"aggregate op":      {From: &query.Spanset{}, Stages: []query.Stage{query.Aggregate{Func: "count", Op: query.Regex, Value: int64(1)}}},
		"aggregate value":   {From: &query.Spanset{}, Stages: []query.Stage{query.Aggregate{Func: "count", Op: query.Gt, Value: "x"}}},
		"aggregate field":   {From: &query.Spanset{}, Stages: []query.Stage{query.Aggregate{Func: "sum", Field: intrinsic("name"), Op: query.Gt, Value: time.Second}}},
		"select":            {From: &query.Spanset{}, Stages: []query.Stage{query.Select{Fields: []query.Field{intrinsic("x")}}}},
		"group":             {From: &query.Spanset{}, Stages: []query.Stage{query.Group{By: intrinsic("any")}}},
		"nil stage":         {From: &query.Spanset{}, Stages: []query.Stage{nil}},
	}
	for name, q := range trees {
		t.Run(name, func(t *testing.T) {
			_, err := query.Compile(q)
			require.ErrorContains(t, err, "query: ")
			q.Hints()
		})
	}
	p, err := query.Compile(&query.Query{From: &query.Spanset{}})
	require.NoError(t, err)
	assert.True(t, p.MatchSpan(&trace.Span{}), "no condition is one that holds")
}

// TestAnyLooksAtNumbers wants what may be a number or an id to be looked for in
// them, in every way of asking.
func TestAnyLooksAtNumbers(t *testing.T) {
	s := &trace.Span{TraceID: trace.TraceIDOf("abc"), Attributes: pairs("i", -42, "f", 2.5, "big", 1e300, "nan", math.NaN(), "inf", math.Inf(-1), "b", true, "raw", []byte("hi"))}
	for text, want := range map[string]bool{
		`{ any = "-42" }`: true, `{ any in ("x", "2.5") }`: true, `{ any like "*e+300" }`: true, `{ any = "NaN" }`: true, `{ any = "-Inf" }`: true, `{ any = "true" }`: true,
		`{ any like "*0abc" }`: true, `{ any like "tr?e" }`: true, `{ any =~ "4.|tr.." }`: true, `{ any =~ "4.|tr." }`: false, `{ any =~ ".4.|tru." }`: true, `{ any = "aGk=" }`: true, `{ any != "-42" }`: false,
		`{ any like "*" }`: true, `{ any = "false" }`: false, `{ any = "" }`: true,
	} {
		assert.Equal(t, want, matchSpan(t, text, s), text)
	}
}

func TestProgramsAreShared(t *testing.T) {
	p := compile(t, `{ (tokens > 3k && event:name = nil) || name =~ "node 1[0-5]" } >> { duration > 100ms } | select(session)`)
	single := compile(t, `{ tokens > 3k || any like "*node 1?*" || ttft > 1s }`)
	spans := agentTrace(200)
	want := p.Match(spans)
	require.NotEmpty(t, want)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			assert.Equal(t, want, p.Match(spans))
			for i := range spans {
				single.MatchSpan(&spans[i])
			}
		})
	}
	wait.Wait()
}
