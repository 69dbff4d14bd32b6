// SPDX-License-Identifier: Apache-2.0

package format_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// zipkin reads spans, and finds them by their names.
func zipkin(t *testing.T, in ...string) map[string]trace.Span {
	t.Helper()
	spans, err := format.Zipkin(strings.NewReader("[" + strings.Join(in, ",") + "]"))
	require.NoError(t, err)
	named := map[string]trace.Span{}
	for _, s := range spans {
		named[s.Name] = s
	}
	require.Len(t, named, len(in))
	return named
}

// of is a span by its name, kind, service, id, parent and start.
func of(name, kind, service, id, parent string, start int) string {
	return fmt.Sprintf(`{"traceId":"1","name":%q,"kind":%q,"id":%q,"parentId":%q,"timestamp":%d,"duration":10,"localEndpoint":{"serviceName":%q}}`, name, kind, id, parent, start, service)
}

func shared(span string) string { return strings.Replace(span, "{", `{"shared":true,`, 1) }

func TestSharedIDs(t *testing.T) {
	got := zipkin(t,
		of("child of the server", "CLIENT", "shop", "b", "a", 120),
		shared(of("server", "SERVER", "shop", "a", "9", 110)),
		of("client", "CLIENT", "web", "a", "9", 100),
		of("child of the client", "", "web", "c", "a", 105),
		of("child of neither", "", "else", "d", "a", 105),
		shared(of("server of the child", "SERVER", "bank", "b", "a", 130)),
		shared(of("alone", "SERVER", "web", "9", "8", 90)),
	)
	client, server := got["client"], got["server"]
	assert.Equal(t, trace.SpanID{7: 10}, client.ID)
	assert.Equal(t, trace.SpanID{7: 9}, client.Parent)
	assert.NotEqual(t, client.ID, server.ID)
	assert.Equal(t, client.ID, server.Parent)
	assert.Equal(t, server.ID, got["child of the server"].Parent)
	assert.Equal(t, client.ID, got["child of the client"].Parent)
	assert.Equal(t, client.ID, got["child of neither"].Parent)
	assert.Equal(t, got["child of the server"].ID, got["server of the child"].Parent)
	assert.Equal(t, trace.SpanID{7: 9}, got["alone"].ID, "its client is not in the file")
	assert.Equal(t, trace.SpanID{7: 8}, got["alone"].Parent)
}

func TestSharedIDsWithoutTheMark(t *testing.T) {
	got := zipkin(t, of("client", "CLIENT", "web", "a", "", 100), of("server", "SERVER", "shop", "a", "", 110))
	assert.Equal(t, got["client"].ID, got["server"].Parent)
	assert.NotEqual(t, got["client"].ID, got["server"].ID)
}

// A service that calls itself: children that begin before the server are the client's.
func TestSharedIDsOfOneService(t *testing.T) {
	got := zipkin(t,
		of("client", "CLIENT", "web", "a", "", 100),
		shared(of("first", "SERVER", "web", "a", "", 110)),
		shared(of("second", "SERVER", "web", "a", "", 120)),
		of("before", "", "web", "b", "a", 109), of("in the first", "", "web", "c", "a", 110), of("in the second", "", "web", "d", "a", 125),
	)
	assert.NotEqual(t, got["first"].ID, got["second"].ID)
	assert.Equal(t, got["client"].ID, got["before"].Parent)
	assert.Equal(t, got["first"].ID, got["in the first"].Parent)
	assert.Equal(t, got["second"].ID, got["in the second"].Parent)
}

// Clocks differ between services, so children of the server may seem to begin before it.
func TestSharedIDsWithSkew(t *testing.T) {
	got := zipkin(t, of("client", "CLIENT", "web", "a", "", 100), shared(of("server", "SERVER", "shop", "a", "", 110)), of("child", "", "SHOP", "b", "a", 1))
	assert.Equal(t, got["server"].ID, got["child"].Parent)
}

func TestManySharedIDs(t *testing.T) {
	const n = 50_000
	in := []string{of("client", "CLIENT", "web", "a", "", 100)}
	for i := range n {
		in = append(in, shared(of("server", "SERVER", "shop", "a", "", i)), of("child", "", "shop", fmt.Sprintf("%x", i+100), "a", i))
	}
	spans, err := format.Zipkin(strings.NewReader(strings.Join(in, "\n")))
	require.NoError(t, err)
	ids := map[trace.SpanID]bool{}
	for _, s := range spans {
		ids[s.ID] = true
	}
	assert.Len(t, ids, len(spans))
}

func TestZipkinKindsAndErrors(t *testing.T) {
	tests := []struct {
		members string
		kind    trace.Kind
		status  trace.Status
		left    int
	}{
		{``, trace.Internal, trace.Status{}, 0},
		{`,"kind":null`, trace.Internal, trace.Status{}, 0},
		{`,"kind":"PRODUCER"`, trace.Producer, trace.Status{}, 0},
		{`,"kind":"CONSUMER","tags":{"error":"true"}`, trace.Consumer, trace.Status{Code: trace.Error}, 0},
		{`,"tags":{"span.kind":"internal","error":"why"}`, trace.Internal, trace.Status{Code: trace.Error, Message: "why"}, 0},
		{`,"tags":{"error":"","otel.status_description":"more"}`, trace.Internal, trace.Status{Code: trace.Error, Message: "more"}, 0},
		{`,"tags":{"error":"false"}`, trace.Internal, trace.Status{}, 0},
		{`,"tags":{"error":"why","otel.status_code":"ERROR","n":1,"b":true}`, trace.Internal, trace.Status{Code: trace.Error, Message: "why"}, 2},
		{`,"tags":{"otel.status_code":"OK"}`, trace.Internal, trace.Status{Code: trace.OK}, 0},
	}
	for _, tt := range tests {
		spans, err := format.Zipkin(strings.NewReader(`{"traceId":"1","id":"2"` + tt.members + `}`))
		require.NoError(t, err, tt.members)
		assert.Equal(t, tt.kind, spans[0].Kind, tt.members)
		assert.Equal(t, tt.status, spans[0].Status, tt.members)
		assert.Len(t, spans[0].Attributes, tt.left, tt.members)
	}
}

func TestZipkinIDs(t *testing.T) {
	spans, err := format.Zipkin(strings.NewReader(`[{"traceId":"00000000000000015af7183fb1d4cf5f","id":"2","parentId":"2"},{"traceId":"5AF7183FB1D4CF5F","id":"3","parentId":null}]`))
	require.NoError(t, err)
	assert.Equal(t, "00000000000000015af7183fb1d4cf5f", spans[0].TraceID.String())
	assert.True(t, spans[0].Parent.IsZero(), "no span is its own parent")
	assert.Equal(t, "00000000000000005af7183fb1d4cf5f", spans[1].TraceID.String())
}

func TestWrongZipkin(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"no trace", `{"id":"1"}`, `[1]: traceId is missing`},
		{"no id", `{"traceId":"1"}`, `[1]: id is missing`},
		{"an id", `{"traceId":"1","id":"x"}`, `[1].id: trace: span id "x"`},
		{"a kind", `{"traceId":"1","id":"1","kind":"LOCAL"}`, `[1].kind: want CLIENT, SERVER, PRODUCER or CONSUMER, got "LOCAL"`},
		{"a time", `{"traceId":"1","id":"1","timestamp":"x"}`, `[1].timestamp: want an integer`},
		{"a time before 1970", `{"traceId":"1","id":"1","timestamp":-5}`, `[1]: a start at -5 µs`},
		{"an absurd duration", `{"traceId":"1","id":"1","timestamp":5,"duration":18446744073709551}`, `[1]: a start at 5 µs and a duration of 18446744073709551 µs are before 1970 or after 2554`},
		{"tags", `{"traceId":"1","id":"1","tags":[]}`, `[1].tags: want an object, got an array`},
		{"a tag", `{"traceId":"1","id":"1","tags":{"k":{}}}`, `[1].tags.k: want a string, got an object`},
		{"an endpoint", `{"traceId":"1","id":"1","localEndpoint":"web"}`, `[1].localEndpoint: want an object, got a string`},
		{"annotations", `{"traceId":"1","id":"1","annotations":[{"timestamp":"x"}]}`, `[1].annotations[0].timestamp: want an integer`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			good := `{"traceId":"1","id":"1"}`
			spans, err := format.Zipkin(strings.NewReader("[" + good + "," + tt.in + "," + good + "]"))
			assert.Len(t, spans, 2)
			require.ErrorContains(t, err, "format: line 1: "+tt.want)
			assert.NotContains(t, err.Error(), "more)")
		})
	}
}

func FuzzZipkin(f *testing.F) {
	golden, err := os.ReadFile("testdata/zipkin.json")
	require.NoError(f, err)
	f.Add(golden)
	f.Add([]byte("[" + of("client", "CLIENT", "web", "a", "", 100) + "," + shared(of("server", "SERVER", "shop", "a", "", 110)) + "," + of("child", "", "shop", "b", "a", 1) + "]"))
	f.Fuzz(func(t *testing.T, b []byte) {
		spans, err := format.Zipkin(bytes.NewReader(b))
		if err != nil {
			require.True(t, strings.HasPrefix(err.Error(), "format: "), "%v", err)
		}
		requireWhole(t, &trace.Batch{Spans: spans})
	})
}
