// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/query"
)

func TestQueryStrings(t *testing.T) {
	tests := []struct {
		text string
		want string
	}{
		{``, `{ }`},
		{`  `, `{ }`},
		{`*`, `{ }`},
		{`timeout`, `{ any like "*timeout*" }`},
		{`"connection refused"`, `{ any like "*connection refused*" }`},
		{`hello world`, `{ any like "*hello*" || any like "*world*" }`},
		{`vers\*on`, `{ any like "*vers\\*on*" }`},
		{`v?rs*`, `{ any like "v?rs*" }`},
		{`a\ b`, `{ any like "*a b*" }`},
		{`a&quot;b`, `{ any like "*a\"b*" }`},
		{`a-b`, `{ any like "*a-b*" }`},
		{`TOTAL`, `{ any like "*TOTAL*" }`},
		{`123`, `{ any = "123" }`},
		{`/x.*y/`, `{ any =~ "x.*y" }`},
		{`/a\/b\d/`, `{ any =~ "a/b\\d" }`},
		{`4bf92f3577b34da6a3ce929d0e0e4736`, `{ trace:id = "4bf92f3577b34da6a3ce929d0e0e4736" }`},
		{`4BF92F3577B34DA6A3CE929D0E0E4736`, `{ trace:id = "4BF92F3577B34DA6A3CE929D0E0E4736" }`}, // trap 29
		{` trace_id: "4bf92f3577b34da6a3ce929d0e0e4736"`, `{ trace:id = "4bf92f3577b34da6a3ce929d0e0e4736" }`},
		{`00f067aa0ba902b7`, `{ span:id = "00f067aa0ba902b7" }`},
		{`span_id:00F067AA0BA902B7`, `{ span:id = "00F067AA0BA902B7" }`},
		{`00f067aa0ba902b7 AND gate`, `{ span:id = "00f067aa0ba902b7" && any like "*gate*" }`},
		{`attributes.x: 00f067aa0ba902b7`, `{ span.x = "00f067aa0ba902b7" }`},
		{`kind: 2 AND gate`, `{ kind = server && any like "*gate*" }`},
		{`collections.kind: 2`, `{ kind = server }`},
		{`kind: server OR kind:CLIENT`, `{ kind = server || kind = client }`},
		{`status.code: 2 AND span_name: *GET\ \/api*`, `{ status = error && name like "*GET /api*" }`},
		{`status.code: error`, `{ status = error }`},
		{`span_name: checkout`, `{ name like "*checkout*" }`},
		{`span_name: "GET /pay"`, `{ name = "GET /pay" }`},
		{`span_name: "a\"b"`, `{ name = "a\"b" }`},
		{`span_name: ""`, `{ name = "" }`},
		{`status.message: "refused"`, `{ statusMessage like "*refused*" }`},
		{`events.attributes.exception.message: "no route"`, `{ event.exception.message like "*no route*" }`},
		{`span_name: /GET.*/`, `{ name =~ "GET.*" }`},
		{`span_name: ("a" OR "b c")`, `{ name = "a" || name = "b c" }`},
		{`span_name: (*a* AND *b*)`, `{ name like "*a*" && name like "*b*" }`},
		{`span_name: (a b)`, `{ name like "*a*" || name like "*b*" }`},
		{`kind: (>2 OR 0)`, `{ kind in (client, producer, consumer) || kind = unspecified }`},
		{`elapsed_time: >=100 AND elapsed_time: <900`, `{ duration >= 100µs && duration < 900µs }`},
		{`elapsed_time:>100 OR elapsed_time: <= 5`, `{ duration > 100µs || duration <= 5µs }`},
		{`elapsed_time: [1 TO 5]`, `{ duration >= 1µs && duration <= 5µs }`},
		{`elapsed_time: {1 TO 5}`, `{ duration > 1µs && duration < 5µs }`},
		{`elapsed_time: [1 TO 5}`, `{ duration >= 1µs && duration < 5µs }`},
		{`elapsed_time: [10 TO *]`, `{ duration >= 10µs }`},
		{`elapsed_time: [* TO 10]`, `{ duration <= 10µs }`},
		{`elapsed_time: [* TO *]`, `{ duration != nil }`},
		{`attributes.d: ["a b" TO c:d]`, `{ span.d >= "a b" && span.d <= "c:d" }`},
		{`attributes.n: [-5 TO -1]`, `{ span.n >= -5 && span.n <= -1 }`},
		{`attributes.n: -1`, `{ span.n = -1 }`},
		{`attributes.n: >-1`, `{ span.n > -1 }`},
		{`attributes.n: 500`, `{ span.n = 500 }`},
		{`attributes.n: "500"`, `{ span.n = 500 }`},
		{`attributes.ok: true`, `{ span.ok in ("true", true) }`},
		{`resource.service.name: *`, `{ resource.service.name != nil }`},
		{`NOT resource.service.name: *`, `{ resource.service.name = nil }`},
		{`_exists_: attributes.a`, `{ span.a != nil }`},
		{`http.method: GET`, `{ .http.method like "*GET*" }`},
		{`trace_duration: >1000000 AND error: true`, `{ traceDuration > 1s && trace:errorCount > 0 }`},
		{`session: "s1" AND tokens: >20000 AND tool: search`, `{ session = "s1" && tokens > 20000 && tool like "*search*" }`},
		{`a OR b AND c`, `{ any like "*a*" || (any like "*b*" && any like "*c*") }`},
		{`(a OR b) AND c`, `{ (any like "*a*" || any like "*b*") && any like "*c*" }`},
		{`a && b || !c`, `{ (any like "*a*" && any like "*b*") || !(any like "*c*") }`},
		{`a NOT b`, `{ any like "*a*" && !(any like "*b*") }`},
		{`+a b -c`, `{ any like "*a*" && !(any like "*c*") }`},
		{`a b -c`, `{ (any like "*a*" || any like "*b*") && !(any like "*c*") }`},
		{`a NOT (b AND c)`, `{ any like "*a*" && !(any like "*b*" && any like "*c*") }`},
		{`a -b AND c`, `{ any like "*a*" || (!(any like "*b*") && any like "*c*") }`},
		{`a (NOT b)`, `{ any like "*a*" || !(any like "*b*") }`},
		{`+(a OR b) c`, `{ any like "*a*" || any like "*b*" }`},
		{`-a`, `{ !(any like "*a*") }`},
		{`NOT NOT a`, `{ !(!(any like "*a*")) }`},
		{`events.name: "exception" AND events.attributes.type: "T" AND span_name: "s"`, `{ event:name = "exception" && event.type = "T" && name = "s" }`},
		{`attributes.a\:b: x`, `{ span.a:b like "*x*" }`},
		{`名前`, `{ any like "*名前*" }`},
		{`*a* AND *`, `{ any like "*a*" }`},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			e, err := query.ParseQueryString(test.text)
			require.NoError(t, err)
			q := query.Where(e)
			assert.Equal(t, test.want, q.String())
			requireStable(t, q)
			_, err = query.Compile(q)
			require.NoError(t, err)
		})
	}
}

func TestQueryStringErrors(t *testing.T) {
	tests := []struct {
		text   string
		column int
		want   string
	}{
		{`(a`, 3, ")"},
		{`a)`, 2, "AND, OR, NOT or the end"},
		{`a AND`, 6, "a word"},
		{`OR a`, 1, "a word"},
		{`NOT`, 4, "a word"},
		{`"a`, 1, "a closing \""},
		{`/a`, 1, "a closing /"},
		{`span_name: /[/`, 12, "missing closing ]"},
		{`a\`, 2, "a character after the backslash"},
		{`span_name:`, 11, "a word"},
		{`span_name: AND a`, 12, "a word"},
		{`a:b:c`, 3, "a word"},
		{`a:(b c:d)`, 6, "within the brackets of a field"},
		{`attr*: x`, 1, "a field without wildcards"},
		{`[1 TO 2]`, 1, "a field before the range"},
		{`>5`, 1, "a field before >"},
		{`a: >`, 5, "a value after >"},
		{`a: [1 2]`, 7, "TO"},
		{`a: [1 TO 2`, 11, "] or }"},
		{`a: [1 TO`, 9, "the end of a range"},
		{`kind: [a TO 2]`, 8, "a number"},
		{`kind: http`, 7, "0 to 5 or the name of a kind"},
		{`kind: ser*`, 7, "one of = != in"},
		{`elapsed_time: slow`, 15, "a duration"},
		{`root_service_category: http`, 1, "a field that traces are searched by"},
		{`error: maybe`, 8, "true or false"},
		{`_exists_: "a"`, 11, "the name of a field"},
		{`a~2`, 2, "no boost and no fuzzy search"},
		{`"a b"~2`, 6, "a word"},
		{`a^2`, 2, "no boost"},
		{`ü AND a^`, 8, "no boost"},
		{strings.Repeat("(", 30_000), 100, "at most 100 levels"},
		{strings.Repeat("NOT ", 10_000), 397, "at most 100 levels"},
		{strings.Repeat("(a OR b AND ", 60) + "c" + strings.Repeat(")", 60), 1, "at most 100 levels"},
		{strings.Repeat("a ", query.MaxLength), 65537, "at most 65536"},
		{`span_name: *` + strings.Repeat("a", 2000), 12, "more than 1000 bytes"},
	}
	for _, test := range tests {
		t.Run(test.text[:min(len(test.text), 30)], func(t *testing.T) {
			_, err := query.ParseQueryString(test.text)
			e, ok := errors.AsType[*query.SyntaxError](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, test.column, e.Column)
			assert.Contains(t, e.Want, test.want)
			assert.Less(t, len(err.Error()), 300)
		})
	}
}

func FuzzParseQueryString(f *testing.F) {
	for _, text := range []string{
		`kind: 2 AND (span_name: *GET\ \/a* OR -elapsed_time: [1 TO *}) +x NOT "y z" /r.e/ status.code:>=1`, `4bf92f3577b34da6a3ce929d0e0e4736`,
		`events.attributes.exception.message: ("a" AND b?) a&quot;b _exists_: attributes.x error: true`, "\xff: \\",
	} {
		f.Add(text)
	}
	spans := agentTrace(2)
	f.Fuzz(func(t *testing.T, text string) {
		query.Keyword(text)
		e, err := query.ParseQueryString(text)
		if err != nil {
			_, ok := errors.AsType[*query.SyntaxError](err)
			require.True(t, ok, "%v", err)
			return
		}
		q := query.Where(e)
		p, err := query.Compile(q)
		require.NoError(t, err)
		p.Match(spans)
		if len(q.String()) <= query.MaxLength {
			requireStable(t, q)
		}
	})
}
