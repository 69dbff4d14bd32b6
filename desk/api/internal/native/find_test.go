// SPDX-License-Identifier: Apache-2.0

package native_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sidetrace/sidetrace/desk/api/internal/native"
	"github.com/sidetrace/sidetrace/desk/source/sourcetest"
)

func TestFind(t *testing.T) {
	one, two := sourcetest.TraceID(1), sourcetest.TraceID(2)
	coded := base64.StdEncoding.EncodeToString(one[:])
	first, second, missing := one.String(), two.String(), strings.Repeat("ab", 16)
	const span = "0000000000000003"
	found := func(id, span string) string {
		if span != "" {
			span = `"spanId":"` + span + `",`
		}
		return `{"kind":"trace","traceId":"` + id + `",` + span + `"found":true}`
	}
	session := `{"kind":"session","session":"s-1","found":true}`
	for _, tt := range []struct{ name, text, want string }{
		{"the id of a trace", first, found(first, "")},
		{"in upper case and quotes, with spaces", ` "` + strings.ToUpper(first) + `" `, found(first, "")},
		{"in base64", coded, found(first, "")},
		{"with dashes", first[:8] + "-" + first[8:12] + "-" + first[12:16] + "-" + first[16:20] + "-" + first[20:], found(first, "")},
		{"with a name", "trace_id: " + first, found(first, "")},
		{"as in JSON", `"traceId":"` + first + `",`, found(first, "")},
		{"as in HTML", "trace_id=&quot;" + first + "&quot;", found(first, "")},
		{"of 64 bits", first[16:], found(first, "")},
		{"one that is not there", missing, `{"kind":"trace","traceId":"` + missing + `","found":false}`},
		{"the id of a span", "0000000000000004", `{"kind":"trace","traceId":"` + sourcetest.TraceID(4).String() + `","found":true}`},
		{"with its name", "span_id: 0000000000000005", found(sourcetest.TraceID(4).String(), "0000000000000005")},
		{"a span and no trace", "0000000000000005", found(sourcetest.TraceID(4).String(), "0000000000000005")},
		{"neither", "00000000000000ff", `{"kind":"trace","spanId":"00000000000000ff","found":false}`},
		{"traceparent", "00-" + first + "-" + span + "-01", found(first, span)},
		{"the header", "traceparent: 00-" + first + "-" + span + "-01", found(first, span)},
		{"b3", "b3: " + first + "-" + span + "-1", found(first, span)},
		{"uber-trace-id", "uber-trace-id: 1:3:0:1", found(first, span)},
		{"a page of Jaeger", "https://jaeger.example.com/trace/" + first + "?uiFind=" + span, found(first, span)},
		{"its API", "http://localhost:16686/api/traces/1", found(first, "")},
		{"the API of Tempo", "http://localhost:7070/tempo/api/v2/traces/" + first, found(first, "")},
		{"a page of Zipkin", "http://zipkin/zipkin/traces/" + first, found(first, "")},
		{"a page of the desk", "http://127.0.0.1:7070/traces/" + first + "?view=flame&span=" + span, found(first, span)},
		{"its address alone", "/traces/" + first, found(first, "")},
		{"a page of Grafana", `https://grafana/explore?schemaVersion=1&panes=` + esc(`{"a":{"queries":[{"query":"`+first+`","queryType":"traceql"}]}}`) + "&orgId=1", found(first, "")},
		{"a page with the id as a parameter", "https://example.com/x?trace_id=" + second, found(second, "")},
		{"a session", "s-1", session},
		{"a chat", "chat-1", `{"kind":"session","session":"chat-1","found":true}`},
		{"a page with a session", "http://127.0.0.1:7070/sessions/s-1?from=now-1h", session},
		{"a session that is not there", "http://127.0.0.1:7070/sessions/nobody", `{"kind":"session","session":"nobody","found":false}`},
		{"a query", `{ status = error }`, `{"kind":"query","query":"{ status = error }","found":false}`},
		{"text", "checkout", `{"kind":"text","query":"{ any like \"*checkout*\" }","found":false}`},
		{"text with a space", "GET /checkout", `{"kind":"text","query":"{ any like \"*GET /checkout*\" }","found":false}`},
		{"Lucene", "kind: 2", `{"kind":"text","query":"{ kind = server }","found":false}`},
		{"another page", "https://example.com/", `{"kind":"text","query":"{ any like \"*https://example.com/*\" }","found":false}`},
	} {
		t.Run(tt.name, func(t *testing.T) { assert.JSONEq(t, tt.want, get(t, "/find?text="+esc(tt.text))) })
	}
	assert.Contains(t, refused(t, "/find?text=%20", 400), "want an id, the URL of a trace")
	assert.Contains(t, refused(t, "/find?text="+strings.Repeat("x", 20_000), 400), "want at most 16384 bytes")
}

// FuzzFind checks that any text leads somewhere.
func FuzzFind(f *testing.F) {
	for _, text := range []string{"1", "http://a/traces/%zz", "00-1-2-3", "{", "\xff", "https://[::1", "/traces//x", "?traceId&span="} {
		f.Add(text)
	}
	h := handler(sample())
	f.Fuzz(func(t *testing.T, text string) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, native.Base+"/find?text="+esc(text), nil))
		assert.Less(t, w.Code, 500, w.Body)
	})
}

// TestConditions checks that queries which are rows of conditions come back the same
// from these.
func TestConditions(t *testing.T) {
	type answer struct {
		Valid, Simple bool
		Query         string
		Conditions    []any
	}
	for _, text := range []string{
		`{ name = "a \"b\" \\c" }`, `{ resource.service.name = "web" && span.http.response.status_code >= 500 && duration > 1.5s }`,
		`{ status = error && kind != client }`, `{ span.a = 1.5 }`, `{ .b = true }`, `{ span.a = nil }`, `{ event.x != nil }`, `{ name =~ "a.*" && !(span."odd key" !~ "b") }`,
		`{ name like "GET *" && kind in (server, consumer) }`, `{ trace:id = "1" }`, `{ tokens > 20000 && session = "s" }`, `{ span.a < -1 }`, `{ name = "` + "\n\u2028" + `" }`,
	} {
		got := decoded[answer](t, get(t, "/query?q="+esc(text)))
		same := assert.New(t)
		same.True(got.Simple, text)
		again := decoded[answer](t, get(t, "/query?conditions="+esc(string(encoded(t, got.Conditions)))))
		same.Equal(got, again, text)
	}
	for _, text := range []string{
		`{ name = "a" } >> { }`, `{ } | count() > 2`, `{ name = "a" || kind = server }`, `{ name = "a" } | select(kind)`, `{ some(event:name = "a") }`, `{ !(name = "a" && kind = server) }`,
	} {
		got := decoded[answer](t, get(t, "/query?q="+esc(text)))
		assert.False(t, got.Simple, text)
		assert.Empty(t, got.Conditions)
		assert.NotEmpty(t, got.Query)
	}
	joined := decoded[answer](t, get(t, "/query?service=web&conditions="+esc(`[{"field":"status","op":"=","values":[{"type":"status","text":"error"}]}]`)+"&q="+esc(`{ name = "x" }`)))
	assert.True(t, joined.Simple)
	assert.Len(t, joined.Conditions, 3)
	for _, tt := range []struct{ conditions, want string }{
		{`{}`, "want a list of at most 100"},
		{`[{"field":"{","op":"="}]`, "number 1:"},
		{`[{"field":"name","op":"~"}]`, `number 1: the operator "~"`},
		{`[{"field":"name","op":"=","values":[{"type":"int","text":"x"}]}]`, `"x" is no int`},
		{`[{"field":"name","op":"=","values":[{"type":"date","text":"x"}]}]`, `the type "date"`},
		{`[{"field":"kind","op":"=","values":[{"type":"kind","text":"x"}]}]`, `"x" is no kind`},
		{`[` + strings.Repeat(`{"field":"name","op":"exists"},`, 100) + `{"field":"name","op":"exists"}]`, "want a list of at most 100"},
	} {
		assert.Contains(t, refused(t, "/query?conditions="+esc(tt.conditions), 400), tt.want)
	}
	for _, text := range []string{`[{"field":"name","op":"="}]`, `[{"field":"name","op":"=","values":[{"type":"int","text":"1"}]}]`} {
		assert.False(t, decoded[answer](t, get(t, "/query?conditions="+esc(text))).Valid, "a condition that a query cannot have")
	}
}
