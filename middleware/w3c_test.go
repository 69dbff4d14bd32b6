// SPDX-License-Identifier: Apache-2.0

package middleware_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The cases of the W3C's validation service for Trace Context, Level 2
// (https://github.com/w3c/trace-context/tree/main/test), restated as tables.
// As there, a harness sends a request with headers to a service, asks it to call
// back, and looks at the headers of the calls. Each case is one row of w3cCases,
// with as many requests as the original makes.

// w3cRequest is a request of the harness and what it expects of the callbacks.
type w3cRequest struct {
	headers []string // alternating names and values
	calls   int      // how many callbacks it asks for; zero means one

	keepsTrace bool     // the trace id is that of the request, with another parent id
	newTrace   bool     // it is not
	flags      string   // of the traceparent, if it matters
	state      []string // members of the tracestate in this order, others are allowed
	noState    []string // keys that the tracestate must not have
	stateLen   int      // how many members it has, if it matters
}

type w3cCase struct {
	name     string
	requests []w3cRequest
}

const (
	w3cTrace  = "12345678901234567890123456789012"
	w3cTP     = "00-" + w3cTrace + "-1234567890123456-01"
	w3cTP0    = "00-" + w3cTrace + "-1234567890123456-00"
	keyChars  = "abcdefghijklmnopqrstuvwxyz0123456789_-*/"
	tenBefore = "bar01=01,bar02=02,bar03=03,bar04=04,bar05=05,bar06=06,bar07=07,bar08=08,bar09=09,bar10=10"
)

// refused is a request whose traceparent must be ignored.
func refused(values ...string) w3cRequest {
	r := w3cRequest{newTrace: true}
	for _, v := range values {
		r.headers = append(r.headers, "traceparent", v)
	}
	return r
}

// accepted is a request whose traceparent must be continued.
func accepted(name, value string) w3cRequest {
	return w3cRequest{headers: []string{name, value}, keepsTrace: true}
}

// stated is a request with a good traceparent and tracestate headers.
func stated(states ...string) w3cRequest {
	r := accepted("traceparent", w3cTP0)
	for _, s := range states {
		r.headers = append(r.headers, "tracestate", s)
	}
	return r
}

func (r w3cRequest) has(members ...string) w3cRequest { r.state = members; return r }
func (r w3cRequest) hasNot(keys ...string) w3cRequest { r.noState = keys; return r }
func (r w3cRequest) times(n int) w3cRequest           { r.calls = n; return r }
func (r w3cRequest) withMembers(n int) w3cRequest     { r.stateLen = n; return r }
func (r w3cRequest) named(name, value string) w3cRequest {
	r.headers = append(r.headers, name, value)
	return r
}

func allValueChars() string {
	var b strings.Builder
	for c := byte(0x20); c <= 0x7e; c++ {
		if c != ',' && c != '=' {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func w3cCases() []w3cCase {
	in := func(old, new string) string { return strings.Replace(w3cTP, old, new, 1) }
	second := []string{"bar11=11,bar12=12,bar13=13,bar14=14,bar15=15,bar16=16,bar17=17,bar18=18,bar19=19,bar20=20",
		"bar21=21,bar22=22,bar23=23,bar24=24,bar25=25,bar26=26,bar27=27,bar28=28,bar29=29,bar30=30"}
	return []w3cCase{
		// traceparent
		{"both_traceparent_and_tracestate_missing", []w3cRequest{{}}},
		{"traceparent_included_tracestate_missing", []w3cRequest{accepted("traceparent", w3cTP)}},
		{"traceparent_duplicated", []w3cRequest{refused(in("9012-", "9011-"), w3cTP)}},
		{"traceparent_header_name", []w3cRequest{
			{headers: []string{"trace-parent", w3cTP}, newTrace: true},
			{headers: []string{"trace.parent", w3cTP}, newTrace: true}}},
		{"traceparent_header_name_valid_casing", []w3cRequest{
			accepted("TraceParent", w3cTP), accepted("TrAcEpArEnT", w3cTP), accepted("TRACEPARENT", w3cTP)}},
		{"traceparent_version_0x00", []w3cRequest{refused(w3cTP + "."), refused(w3cTP + "-what-the-future-will-be-like")}},
		{"traceparent_version_0xcc", []w3cRequest{
			accepted("traceparent", in("00-", "cc-")),
			accepted("traceparent", in("00-", "cc-")+"-what-the-future-will-be-like"),
			refused(in("00-", "cc-") + ".what-the-future-will-be-like")}},
		{"traceparent_version_0xff", []w3cRequest{refused(in("00-", "ff-"))}},
		{"traceparent_version_illegal_characters", []w3cRequest{refused(in("00-", ".0-")), refused(in("00-", "0.-"))}},
		{"traceparent_version_too_long", []w3cRequest{refused(in("00-", "000-")), refused(in("00-", "0000-"))}},
		{"traceparent_version_too_short", []w3cRequest{refused(in("00-", "0-"))}},
		{"traceparent_trace_id_all_zero", []w3cRequest{refused(in(w3cTrace, strings.Repeat("0", 32)))}},
		{"traceparent_trace_id_illegal_characters", []w3cRequest{
			refused(in(w3cTrace, "."+w3cTrace[1:])), refused(in(w3cTrace, w3cTrace[:31]+"."))}},
		{"traceparent_trace_id_too_long", []w3cRequest{refused(in(w3cTrace, w3cTrace+"3"))}},
		{"traceparent_trace_id_too_short", []w3cRequest{refused(in(w3cTrace, w3cTrace[:31]))}},
		{"traceparent_parent_id_all_zero", []w3cRequest{refused(in("-1234567890123456-", "-0000000000000000-"))}},
		{"traceparent_parent_id_illegal_characters", []w3cRequest{
			refused(in("-1234567890123456-", "-.234567890123456-")), refused(in("-1234567890123456-", "-123456789012345.-"))}},
		{"traceparent_parent_id_too_long", []w3cRequest{refused(in("-1234567890123456-", "-12345678901234567-"))}},
		{"traceparent_parent_id_too_short", []w3cRequest{refused(in("-1234567890123456-", "-123456789012345-"))}},
		{"traceparent_trace_flags_illegal_characters", []w3cRequest{refused(in("-01", "-.0")), refused(in("-01", "-0."))}},
		{"traceparent_trace_flags_too_long", []w3cRequest{refused(in("-01", "-001"))}},
		{"traceparent_trace_flags_too_short", []w3cRequest{refused(in("-01", "-1"))}},
		{"traceparent_ows_handling", []w3cRequest{
			accepted("traceparent", " "+w3cTP), accepted("traceparent", "\t"+w3cTP), accepted("traceparent", w3cTP+" "),
			accepted("traceparent", w3cTP+"\t"), accepted("traceparent", "\t "+w3cTP+" \t")}},
		// tracestate
		{"tracestate_included_traceparent_missing", []w3cRequest{
			w3cRequest{}.named("tracestate", "foo=1").hasNot("foo"),
			w3cRequest{}.named("tracestate", "foo=1,bar=2").hasNot("foo", "bar")}},
		{"tracestate_included_traceparent_included", []w3cRequest{stated("foo=1,bar=2").has("foo=1", "bar=2")}},
		{"tracestate_header_name", []w3cRequest{
			stated().named("trace-state", "foo=1").hasNot("foo"), stated().named("trace.state", "foo=1").hasNot("foo")}},
		{"tracestate_header_name_valid_casing", []w3cRequest{
			stated().named("TraceState", "foo=1").has("foo=1"), stated().named("TrAcEsTaTe", "foo=1").has("foo=1"),
			stated().named("TRACESTATE", "foo=1").has("foo=1")}},
		{"tracestate_empty_header", []w3cRequest{stated(""), stated("foo=1", "").has("foo=1"), stated("", "foo=1").has("foo=1")}},
		{"tracestate_multiple_headers_different_keys", []w3cRequest{
			stated("foo=1,bar=2", "rojo=1,congo=2", "baz=3").has("foo=1", "bar=2", "rojo=1", "congo=2", "baz=3")}},
		{"tracestate_duplicated_keys", []w3cRequest{
			stated("foo=1,foo=1").hasNot("foo"), stated("foo=1,foo=2").hasNot("foo"),
			stated("foo=1", "foo=1").hasNot("foo"), stated("foo=1", "foo=2").hasNot("foo")}},
		{"tracestate_all_allowed_characters", []w3cRequest{
			stated(keyChars + "=" + allValueChars()).has(keyChars + "=" + allValueChars()),
			stated(keyChars + "@a-z0-9_-*/=" + allValueChars()).has(keyChars + "@a-z0-9_-*/=" + allValueChars())}},
		{"tracestate_ows_handling", []w3cRequest{
			stated("foo=1 \t , \t bar=2, \t baz=3").has("foo=1", "bar=2", "baz=3"),
			stated("foo=1\t \t,\t \tbar=2,\t \tbaz=3").has("foo=1", "bar=2", "baz=3"),
			stated(" foo=1").has("foo=1"), stated("\tfoo=1").has("foo=1"), stated("foo=1 ").has("foo=1"),
			stated("foo=1\t").has("foo=1"), stated("\t foo=1 \t").has("foo=1")}},
		{"tracestate_key_illegal_characters", []w3cRequest{
			stated("foo =1").hasNot("foo ", "foo"), stated("FOO=1").hasNot("FOO"), stated("foo.bar=1").hasNot("foo.bar")}},
		// Level 2 allows @ anywhere but at the beginning.
		{"tracestate_key_illegal_vendor_format", []w3cRequest{
			stated("foo@=1,bar=2").has("foo@=1", "bar=2"), stated("@foo=1,bar=2").hasNot("@foo", "bar"),
			stated("foo@@bar=1,bar=2").has("foo@@bar=1", "bar=2"), stated("foo@bar@baz=1,bar=2").has("foo@bar@baz=1", "bar=2")}},
		{"tracestate_member_count_limit", []w3cRequest{
			stated(tenBefore, second[0], second[1], "bar31=31,bar32=32").has("bar01=01", "bar32=32").withMembers(32),
			stated(tenBefore, second[0], second[1], "bar31=31,bar32=32,bar33=33").hasNot("bar01")}},
		// Level 2 limits a key to 256 characters, whatever its parts.
		{"tracestate_key_length_limit", []w3cRequest{
			stated("foo=1", strings.Repeat("z", 256)+"=1").has("foo=1", strings.Repeat("z", 256)+"=1"),
			stated("foo=1", strings.Repeat("z", 257)+"=1").hasNot("foo"),
			stated("foo=1", strings.Repeat("t", 241)+"@"+strings.Repeat("v", 14)+"=1").has("foo=1"),
			stated("foo=1", strings.Repeat("t", 242)+"@v=1").has("foo=1", strings.Repeat("t", 242)+"@v=1"),
			stated("foo=1", "t@"+strings.Repeat("v", 15)+"=1").has("foo=1", "t@"+strings.Repeat("v", 15)+"=1"),
			stated("foo=1", "t@"+strings.Repeat("v", 255)+"=1").hasNot("foo")}},
		{"tracestate_value_illegal_characters", []w3cRequest{stated("foo=bar=baz").hasNot("foo"), stated("foo=,bar=3").hasNot("foo", "bar")}},
		// several callbacks
		{"multiple_requests_with_valid_traceparent", []w3cRequest{accepted("traceparent", w3cTP).times(3)}},
		{"multiple_requests_without_traceparent", []w3cRequest{{calls: 3}}},
		{"multiple_requests_with_illegal_traceparent", []w3cRequest{refused(in(w3cTrace, strings.Repeat("0", 32))).times(3)}},
		// Level 2
		{"propagates_random_flag", []w3cRequest{func() w3cRequest {
			r := accepted("traceparent", in("-01", "-02"))
			r.flags = "02"
			return r
		}()}},
	}
}

// w3cService is the service under test: it calls the URLs in the body of a
// request by the middleware's client.
func w3cService(t *testing.T) *httptest.Server {
	s := newService(t, nil)
	client := &http.Client{Transport: s.Transport(nil)}
	return s.serve(t, func(w http.ResponseWriter, r *http.Request) {
		var targets []string
		if err := json.NewDecoder(r.Body).Decode(&targets); err != nil {
			t.Error(err)
			return
		}
		for _, url := range targets {
			req, err := http.NewRequestWithContext(r.Context(), http.MethodPost, url, nil)
			if err != nil {
				t.Error(err)
				return
			}
			resp, err := client.Do(req)
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	})
}

var traceparentForm = regexp.MustCompile(`^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$`)

func TestW3C(t *testing.T) {
	cases := w3cCases()
	require.Len(t, cases, 41)
	service := w3cService(t)
	var calls []http.Header
	harness := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { calls = append(calls, r.Header.Clone()) }))
	defer harness.Close()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for _, r := range c.requests {
				calls = nil
				r.send(t, service.URL, harness.URL)
				require.Len(t, calls, max(r.calls, 1))
				r.check(t, calls)
			}
		})
	}
}

// send writes the request by hand: net/http would tidy the headers up.
func (r w3cRequest) send(t *testing.T, service, harness string) {
	t.Helper()
	var targets []string
	for range max(r.calls, 1) {
		targets = append(targets, harness)
	}
	body, err := json.Marshal(targets)
	require.NoError(t, err)
	var raw strings.Builder
	raw.WriteString("POST / HTTP/1.1\r\nHost: service\r\nConnection: close\r\n")
	for i := 0; i < len(r.headers); i += 2 {
		raw.WriteString(r.headers[i] + ": " + r.headers[i+1] + "\r\n")
	}
	resp := rawRequest(t, service, raw.String(), body)
	require.Equal(t, http.StatusOK, resp.StatusCode)
}

func (r w3cRequest) check(t *testing.T, calls []http.Header) {
	t.Helper()
	traces, parents := map[string]bool{}, map[string]bool{}
	for _, h := range calls {
		require.Len(t, h["Traceparent"], 1)
		m := traceparentForm.FindStringSubmatch(h.Get("traceparent"))
		require.NotNil(t, m, "%q", h.Get("traceparent"))
		traces[m[1]], parents[m[2]] = true, true
		assert.NotEqual(t, strings.Repeat("0", 32), m[1])
		assert.NotEqual(t, "1234567890123456", m[2])
		if r.keepsTrace {
			assert.Equal(t, w3cTrace, m[1])
		}
		if r.newTrace {
			assert.NotContains(t, []string{w3cTrace, w3cTrace[:31] + "1", w3cTrace[1:] + "3"}, m[1])
		}
		if r.flags != "" {
			assert.Equal(t, r.flags, m[3])
		}
		r.checkState(t, strings.Join(h["Tracestate"], ","))
	}
	assert.Len(t, parents, len(calls), "each call has a parent id of its own")
	if r.keepsTrace {
		assert.Len(t, traces, 1)
	}
}

func (r w3cRequest) checkState(t *testing.T, state string) {
	t.Helper()
	members := strings.FieldsFunc(state, func(c rune) bool { return c == ',' })
	at := -1
	for _, want := range r.state {
		next := -1
		for i, m := range members {
			if m == want {
				next = i
			}
		}
		require.Greater(t, next, at, "%q in %q", want, state)
		at = next
	}
	for _, m := range members {
		key, _, _ := strings.Cut(m, "=")
		assert.NotContains(t, r.noState, key)
	}
	if r.stateLen > 0 {
		assert.Len(t, members, r.stateLen)
	}
	if len(r.state) == 0 {
		assert.Empty(t, state, "there was nothing to pass on")
	}
}
