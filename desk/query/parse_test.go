// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/trace"
)

func attr(name string) query.Field { return query.Field{Scope: query.Unscoped, Name: name} }

func intrinsic(name string) query.Field { return query.Field{Scope: query.Intrinsic, Name: name} }

func compare(f query.Field, op query.Op, values ...any) query.Expr {
	return query.Compare{Field: f, Op: op, Values: values}
}

func TestParseTree(t *testing.T) {
	tests := []struct {
		text string
		want query.Expr
	}{
		{`{}`, query.And{}},
		{`{ true }`, query.And{}},
		{`{ false }`, query.Or{}},
		{`{ .a }`, compare(attr("a"), query.Eq, true)},
		{`{ error }`, compare(intrinsic("error"), query.Eq, true)},
		{`{ !.a }`, query.Not{Expr: compare(attr("a"), query.Eq, true)}},
		{`{ .a = nil }`, query.Not{Expr: compare(attr("a"), query.Exists)}},
		{`{ nil != .a }`, compare(attr("a"), query.Exists)},
		{`{ 500 <= span.status }`, compare(query.Field{Scope: query.Span, Name: "status"}, query.Gte, int64(500))},
		{`{ "x" = .a }`, compare(attr("a"), query.Eq, "x")},
		{`{ .a = -1 && .b = 1.5 && .c = 2e3 }`, query.And{compare(attr("a"), query.Eq, int64(-1)), compare(attr("b"), query.Eq, 1.5), compare(attr("c"), query.Eq, 2000.0)}},
		{`{ .a > minInt && .a < maxInt }`, query.And{compare(attr("a"), query.Gt, int64(math.MinInt64)), compare(attr("a"), query.Lt, int64(math.MaxInt64))}},
		{`{ tokens > 20k && .b = 1.5k && .c = 0.0005k && .d = 2M && .e = 1G}`, query.And{
			compare(intrinsic("tokens"), query.Gt, int64(20_000)), compare(attr("b"), query.Eq, int64(1500)),
			compare(attr("c"), query.Eq, 0.5), compare(attr("d"), query.Eq, int64(2e6)), compare(attr("e"), query.Eq, int64(1e9)),
		}},
		{`{ duration > 1h30m || duration < 1.5µs }`, query.Or{compare(intrinsic("duration"), query.Gt, 90*time.Minute), compare(intrinsic("duration"), query.Lt, 1500*time.Nanosecond)}},
		{`{ event:timeSinceStart > -5s }`, compare(intrinsic("event:timeSinceStart"), query.Gt, -5*time.Second)},
		{`{ status = error }`, compare(intrinsic("status"), query.Eq, trace.Error)},
		{`{ ok != span:status }`, compare(intrinsic("status"), query.Ne, trace.OK)},
		{`{ kind in (server, consumer) }`, compare(intrinsic("kind"), query.In, trace.Server, trace.Consumer)},
		{`{ name like "GET *" }`, compare(intrinsic("name"), query.Like, "GET *")},
		{`{ span."a \"b\" \\ c".d."e" = true }`, compare(query.Field{Scope: query.Span, Name: `a "b" \ c.d.e`}, query.Eq, true)},
		{"{ .a = `x\\\"y` }", compare(attr("a"), query.Eq, `x\"y`)},
		{`{ .a = "tab\tline\nü\u00fc\x41" }`, compare(attr("a"), query.Eq, "tab\tline\nüüA")},
		{"{ .a = \"two\nlines\" }", compare(attr("a"), query.Eq, "two\nlines")},
		{`{ .http.request.header.x-id/y:z = 1 }`, compare(attr("http.request.header.x-id/y:z"), query.Eq, int64(1))},
		{`{ .名前 = "値" }`, compare(attr("名前"), query.Eq, "値")},
		{`{ llm.model = "a" && tool.name = "b" }`, query.And{compare(intrinsic("model"), query.Eq, "a"), compare(intrinsic("tool"), query.Eq, "b")}},
		{`{ .a = 1 || .b = 2 && .c = 3 }`, query.And{query.Or{compare(attr("a"), query.Eq, int64(1)), compare(attr("b"), query.Eq, int64(2))}, compare(attr("c"), query.Eq, int64(3))}},
		{`{ .a && (.b && .c) }`, query.And{compare(attr("a"), query.Eq, true), compare(attr("b"), query.Eq, true), compare(attr("c"), query.Eq, true)}},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			q, err := query.Parse(test.text)
			require.NoError(t, err)
			assert.Equal(t, query.Where(test.want), q)
		})
	}
}

func TestParsePipelines(t *testing.T) {
	a, b, c := &query.Spanset{Where: compare(attr("a"), query.Eq, true)}, &query.Spanset{Where: compare(attr("b"), query.Eq, true)}, &query.Spanset{Where: compare(attr("c"), query.Eq, true)}
	count := query.Aggregate{Func: "count", Op: query.Gt, Value: int64(2)}
	op := func(left query.Set, op query.SetOp, right query.Set) query.Set {
		return &query.Combine{Op: op, Left: left, Right: right}
	}
	tests := []struct {
		text string
		want *query.Query
	}{
		{`{.a}>>{.b}`, &query.Query{From: op(a, ">>", b)}},
		{`{.a} && {.b} >> {.c}`, &query.Query{From: op(a, "&&", op(b, ">>", c))}},
		{`{.a} || {.b} && {.c}`, &query.Query{From: op(op(a, "||", b), "&&", c)}},
		{`{.a} || ({.b} && {.c})`, &query.Query{From: op(a, "||", op(b, "&&", c))}},
		{`{.a} > {.b} > {.c}`, &query.Query{From: op(op(a, ">", b), ">", c)}},
		{`{.a} !< {.b} &~ {.c}`, &query.Query{From: op(op(a, "!<", b), "&~", c)}},
		{`{.a} | count() > 2`, &query.Query{From: a, Stages: []query.Stage{count}}},
		{`count() > 2`, &query.Query{From: &query.Spanset{Where: query.And{}}, Stages: []query.Stage{count}}},
		{`({.a} | count() > 2) ~ {.b}`, &query.Query{From: op(&query.Query{From: a, Stages: []query.Stage{count}}, "~", b)}},
		{`({.a})`, &query.Query{From: a}},
		{`{.a} | {.b} | select(name, .x)`, &query.Query{From: a, Stages: []query.Stage{b, query.Select{Fields: []query.Field{intrinsic("name"), attr("x")}}}}},
		{`{.a} | by(resource.service.name) | max(duration) >= 1s`, &query.Query{From: a, Stages: []query.Stage{
			query.Group{By: query.Field{Scope: query.Resource, Name: "service.name"}},
			query.Aggregate{Func: "max", Field: intrinsic("duration"), Op: query.Gte, Value: time.Second},
		}}},
		{`{.a} with (most_recent=true)`, &query.Query{From: a}},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			q, err := query.Parse(test.text)
			require.NoError(t, err)
			assert.Equal(t, test.want, q)
		})
	}
}

func TestSyntaxErrors(t *testing.T) {
	tests := []struct {
		text   string
		column int
		found  string
		want   string
	}{
		{``, 1, "the end", "{ … }, count()"},
		{`true`, 1, "«true»", "{ … }"},
		{`[ true ]`, 1, "«[»", "an operator, a field or a literal"},
		{`{ .a < 3`, 9, "the end", "&&, || or }"},
		{`{ (.a < 3 }`, 11, "«}»", "&&, || or )"},
		{`{ . }`, 4, "« »", "the name of an attribute"},
		{`{ span. }`, 8, "« »", "the name of an attribute"},
		{`{ < }`, 3, "«<»", "a field such as"},
		{`{ .a < }`, 8, "«}»", "a string, number"},
		{`{ attribute = 4 }`, 3, "«attribute»", "attributes begin with a dot or a scope: .attribute"},
		{`{ cost > 0.005 }`, 3, "«cost»", "tokens or model, as in { tokens > 3000 }"},
		{`{ Cost > 1 }`, 3, "«Cost»", ".gen_ai.usage.cost"},
		{`{ firstFrame > 1s }`, 3, "«firstFrame»", "ttft"},
		{`{ .attribute == 4 }`, 15, "«=»", "a string, number"},
		{`{ .a = error }`, 8, "«error»", "a string, number"},
		{`{ .ü.ü = 1 && foo }`, 15, "«foo»", "a field such as"},
		{`{ trace:status = error }`, 3, "«trace:status»", "one of trace:depth trace:duration"},
		{`{ name }`, 8, "«}»", "one of = != > >= < <= =~ !~ like in"},
		{`{ name = 5 }`, 10, "«5»", "a string in quotes"},
		{`{ duration > "1s" }`, 14, `«"1s"»`, "a duration such as 200ms"},
		{`{ status = "error" }`, 12, `«"error"»`, "error, ok or unset"},
		{`{ status > ok }`, 10, "«>»", "one of = != in"},
		{`{ kind = error }`, 10, "«error»", "server, client"},
		{`{ .a =~ "[" }`, 9, `«"["»`, "missing closing ]"},
		{`{ .a !~ 5 }`, 9, "«5»", "a pattern in quotes"},
		{`{ .a > nil }`, 8, "«nil»", "which only = and != take"},
		{`{ .a > true }`, 8, "«true»", "a string, number"},
		{`{ .a in () }`, 10, "«)»", "a string, number"},
		{`{ .a in (1, }`, 13, "«}»", "a string, number"},
		{`{ !.a = 1 }`, 7, "«=»", "brackets around a comparison after !"},
		{`{ "a" }`, 7, "«}»", "an operator"},
		{`{ "a" =~ .b }`, 7, "«=~»", "after a literal"},
		{`{ .a = .b }`, 8, "«.b»", "a string, number"},
		{`{ .a = 12x }`, 8, "«12x»", "an integer of 64 bits"},
		{`{ .a = 99999999999999999999 }`, 8, "«99999999999999999999»", "an integer of 64 bits"},
		{`{ .a = 1e999 }`, 8, "«1e999»", "an integer of 64 bits"},
		{`{ .a = 3 days }`, 10, "«days»", "&&, || or }"},
		{`{ .a = "x }`, 8, `«"x }»`, `a closing "`},
		{`{ span."x }`, 8, `«"x }»`, `a closing "`},
		{`{ .a = "\q" }`, 8, `«"\q"»`, "a string whose escapes are"},
		{`{ some(.a = 1) }`, 3, "«some»", "conditions on events only or on links only"},
		{`{ some(event.a = 1 && link.b = 2) }`, 3, "«some»", "conditions on events only"},
		{`{ some(event.a = 1 && some(event.b = 2)) }`, 3, "«some»", "conditions on events only"},
		{`{ any > "x" }`, 7, "«>»", "one of = != =~ !~ like in"},
		{`{.a} + {.b}`, 6, "«+»", "an operator, a field or a literal"},
		{`{.a} = {.b}`, 6, "«=»", "| or the end"},
		{`{.a} |`, 7, "the end", "{ … }, count()"},
		{`{.a} | count()`, 15, "the end", "one of = != > >= < <="},
		{`{.a} | count() > "x"`, 18, `«"x"»`, "a number or a duration"},
		{`{.a} | rate()`, 8, "«rate»", "{ … }, count()"},
		{`{.a} | avg(name) > 1`, 8, "«avg»", "a field with numbers in avg( )"},
		{`{.a} | max() = 1`, 12, "«)»", "a field such as"},
		{`{.a} | select()`, 15, "«)»", "a field such as"},
		{`{.a} | select(any)`, 15, "«any»", "one field"},
		{`{.a} | by(name, kind)`, 15, "«,»", ")"},
		{`{.a} with (exemplars=true)`, 12, "«exemplars»", "with (most_recent = true)"},
		{`{.a} {.b}`, 6, "«{»", "| or the end"},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			_, err := query.Parse(test.text)
			e, ok := errors.AsType[*query.SyntaxError](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, test.column, e.Column)
			assert.Equal(t, test.found, e.Found)
			assert.Contains(t, e.Want, test.want)
			assert.Equal(t, test.column, len([]rune(test.text[:e.Offset]))+1)
			assert.Contains(t, err.Error(), "query: column ")
		})
	}
}

// TestExamples are the queries of the documentation of TraceQL that are within
// what is supported.
func TestExamples(t *testing.T) {
	for _, text := range []string{
		`{ }`,
		`{ span.http.status_code >= 200 && span.http.status_code < 300 } | count() > 2`,
		`{resource.service.name = "frontend" && name = "POST /api/orders"}`,
		"{\n  resource.service.namespace = \"ecommerce\" &&\n  resource.service.name = \"frontend\" &&\n  resource.deployment.environment = \"production\" &&\n  name = \"POST /api/orders\"\n}",
		`{span.service.name="frontend" && name = "GET /api/products/{id}"} && {span.db.system="postgresql"}`,
		`{ span.http.request.header.Accept =~ "application.*" }`,
		`{ resource.service.name="frontend" } >> { status = error }`,
		`{ } !< { resource.service.name = "productcatalogservice" }`,
		`{ resource.service.name = "productcatalogservice" } ~ { resource.service.name="frontend" }`,
		`{ span:childCount > 10 }`,
		`{ span.http.status_code = 200 } | select(resource.service.name)`,
		`{ span.http.method = "DELETE" && status != ok } && { span.http.method = "GET" }`,
		`{ resource.deployment.environment = "production" && trace:duration > 2s } | count() > 30`,
		`{ link:traceID = "1234" }`, `{ span:parentID = "000000000000001" }`, `{ trace:rootService = "gateway" }`,
		`{ event:timeSinceStart > 2ms}`, `{ instrumentation:version = "1.0.0" }`,
		`{ resource.k8s.cluster.name="service-name" && trace:rootName !~ ".*perf.*"}`,
		`{ event.exception.message =~ ".*something went wrong.*" }`,
		`{ span.attribute."attribute name with space" = "value" }`,
		`{ span.value != minInt && span.value != maxInt }`,
		`{ span.http.status_code >= "400" }`,
		`{ span.cache.hit || span.http.status_code = 500 }`,
		`{ span.http.url = "/path/of/api" && status = error } &>> { status = error }`,
		`avg(duration) > 20ms`, `{ } | sum(span.bytesProcessed) > 1000000000`,
		`{ status = error } | by(resource.service.name) | count() > 1`,
		`{} with (most_recent=true)`, `{ span.foo = "bar" } >> { status = error } with (most_recent=true)`,
		`max(duration) > 3s | { status = error || .http.status = 500 }`,
		`({ true } | count() > 1 | { false }) >> ({ true } | count() > 1 | { false })`,
		`{ status = error && event.exception.message != "" }`,
	} {
		t.Run(text, func(t *testing.T) {
			q, err := query.Parse(text)
			require.NoError(t, err)
			_, err = query.Compile(q)
			require.NoError(t, err)
			requireStable(t, q)
		})
	}
}

// requireStable wants the text of a query to be read as an equal query.
func requireStable(t *testing.T, q *query.Query) {
	t.Helper()
	again, err := query.Parse(q.String())
	require.NoError(t, err, q.String())
	require.Equal(t, q, again, q.String())
	require.Equal(t, q.String(), again.String())
}

func TestCanonicalText(t *testing.T) {
	tests := map[string]string{
		`{}`:                                     `{ }`,
		`{trace:rootService="x"&&span:name="y"}`: `{ rootServiceName = "x" && name = "y" }`,
		`{.a||.b&&.c}`:                           `{ (.a = true || .b = true) && .c = true }`,
		`{span."a.b"=1}`:                         `{ span.a.b = 1 }`,
		`{span."a b"=1.0}`:                       `{ span."a b" = 1.0 }`,
		`{!(.a=nil)}`:                            `{ !(.a = nil) }`,
		`{.a}>>{.b}&&{.c}`:                       `({ .a = true } >> { .b = true }) && { .c = true }`,
		`{.a}&&{.b}&&{.c}`:                       `{ .a = true } && { .b = true } && { .c = true }`,
		"count()>2|{.a}":                         `{ } | count() > 2 | { .a = true }`,
		`{duration>60000ms}`:                     `{ duration > 1m0s }`,
	}
	for text, want := range tests {
		q, err := query.Parse(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, q.String())
		requireStable(t, q)
	}
}

func TestLimits(t *testing.T) {
	const many = 30_000
	deep := map[string]string{
		"brackets in braces":  "{" + strings.Repeat("(", many),
		"closed brackets":     "{" + strings.Repeat("(", 200) + ".a" + strings.Repeat(")", 200) + "}",
		"brackets of sets":    strings.Repeat("(", many),
		"negations":           "{" + strings.Repeat("!", many),
		"some":                "{" + strings.Repeat("some(", many/2),
		"chained sets":        "{}" + strings.Repeat(">>{}", many/4),
		"alternating":         "{.a" + strings.Repeat("&&.a||.a", many/8) + "}",
		"alternating sets":    "{}" + strings.Repeat("&&{}||{}", many/8),
		"nested pipelines":    strings.Repeat("({}|", many/4),
		"too long":            "{" + strings.Repeat(" ", query.MaxLength) + "}",
		"a large expression":  `{.a =~ "` + strings.Repeat("(a{30}){30}", 20) + `"}`,
		"a long expression":   `{.a =~ "` + strings.Repeat("a", 2000) + `"}`,
		"a long pattern":      `{.a like "` + strings.Repeat("?", 2000) + `"}`,
		"deep in expressions": `{.a =~ "` + strings.Repeat("(", 900) + `"}`,
	}
	for name, text := range deep {
		t.Run(name, func(t *testing.T) {
			_, err := query.Parse(text)
			_, ok := errors.AsType[*query.SyntaxError](err)
			require.True(t, ok, "%v", err)
			assert.Less(t, len(err.Error()), 400)
		})
	}
	wide := map[string]string{
		"and":      "{.a" + strings.Repeat("&&.a", many/8) + "}",
		"list":     "{.a in (1" + strings.Repeat(",1", many/2) + ")}",
		"select":   "{} | select(.a" + strings.Repeat(",.a", many/3) + ")",
		"stages":   "{}" + strings.Repeat("|{}", many/3),
		"brackets": "{" + strings.Repeat("(", 90) + ".a" + strings.Repeat(")", 90) + "}",
	}
	for name, text := range wide {
		t.Run(name, func(t *testing.T) {
			q, err := query.Parse(text)
			require.NoError(t, err)
			requireStable(t, q)
			p, err := query.Compile(q)
			require.NoError(t, err)
			p.Match([]trace.Span{{}})
		})
	}
}

func TestParseField(t *testing.T) {
	for text, want := range map[string]query.Field{
		"span.http.route": {Scope: query.Span, Name: "http.route"}, ".x": {Name: "x"}, `link."a b"`: {Scope: query.Link, Name: "a b"},
		"trace:duration": intrinsic("traceDuration"), "session": intrinsic("session"),
	} {
		f, err := query.ParseField(text)
		require.NoError(t, err)
		assert.Equal(t, want, f)
		again, err := query.ParseField(f.String())
		require.NoError(t, err)
		assert.Equal(t, f, again)
	}
	for _, text := range []string{"", "x", "span.a b", "5", `span."`} {
		_, err := query.ParseField(text)
		assert.Error(t, err, text)
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		`{ resource.service.name = "x" && span."a b" >= 500 } >> { !(event:name =~ "a.*|b") } | by(name) | avg(duration) > 1.5s | select(.x)`,
		"{ some(link.a != nil && link.b = nil) } !~ ({} | count() = -1)", "{ .a in (1, 2.5, true, \"x\", 1h) || kind in (server) }", "{ `", `{ .a = "\xff" }`,
	} {
		f.Add(text)
	}
	spans := agentTrace(3)
	f.Fuzz(func(t *testing.T, text string) {
		q, err := query.Parse(text)
		if err != nil {
			e, ok := errors.AsType[*query.SyntaxError](err)
			require.True(t, ok)
			require.LessOrEqual(t, e.Offset, len(text))
			return
		}
		if len(q.String()) <= query.MaxLength {
			requireStable(t, q)
		}
		p, err := query.Compile(q)
		require.NoError(t, err)
		if len(p.Match(spans)) > 0 {
			h := q.Hints()
			require.True(t, h.Admits(spans), "%s", q)
		}
	})
}
