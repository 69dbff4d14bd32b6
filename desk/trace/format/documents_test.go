// SPDX-License-Identifier: Apache-2.0

package format_test

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

func document(members string) string {
	return `{"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7","start_time":1000,"end_time":3000` + members + `}`
}

// Documents are the same however they stand in the file.
func TestDocumentsStandInMany(t *testing.T) {
	want, err := format.Documents(strings.NewReader("[" + document("") + "," + document("") + "]"))
	require.NoError(t, err)
	require.Len(t, want, 2)
	for _, in := range []string{
		document("") + "\n" + document(""),
		document("") + "\n\n" + document("") + "\n",
		`{"spans":[` + document("") + `,` + document("") + `],"name":"x"}`,
		`{"_source":` + document("") + `}` + "\n" + `{"sort":[1],"_source":` + document("") + `}`,
		`[{"_source":` + document("") + `},` + document("") + `]`,
		`{"took":1,"hits":{"total":2,"hits":[{"_source":` + document("") + `},{"_source":` + document("") + `}]}}`,
		`[[` + document("") + `],[` + document("") + `]]`,
	} {
		got, err := format.Documents(strings.NewReader(in))
		require.NoError(t, err, in)
		assert.Equal(t, want, got, in)
	}
}

func TestDocumentTimes(t *testing.T) {
	tests := []struct {
		name, in   string
		start, end int64
		offset     int64
		duration   int64
	}{
		{"no elapsed time", `{"trace_id":"a","span_id":"b","start_time":1000,"end_time":3000}`, 1e6, 3e6, 0, 2e6},
		{"null", `{"trace_id":"a","span_id":"b","start_time":1000,"end_time":3000,"elapsed_time":null}`, 1e6, 3e6, 0, 2e6},
		{"equal", `{"trace_id":"a","span_id":"b","start_time":1000,"end_time":3000,"elapsed_time":2000}`, 1e6, 3e6, 0, 2e6},
		{"one less", `{"elapsed_time":1999,"trace_id":"a","span_id":"b","start_time":1000,"end_time":3000}`, 1e6, 3e6, -1000, 1999e3},
		{"zero", `{"trace_id":"a","span_id":"b","start_time":1000,"end_time":3000,"elapsed_time":0}`, 1e6, 3e6, -2e6, 0},
		{"negative", `{"trace_id":"a","span_id":"b","start_time":3000,"end_time":1000,"elapsed_time":-2000}`, 3e6, 1e6, 0, -2e6},
		{"texts", `{"trace_id":"a","span_id":"b","start_time":"1000","end_time":3e3,"elapsed_time":"5"}`, 1e6, 3e6, 5000 - 2e6, 5000},
		{"after 2262", `{"trace_id":"a","span_id":"b","start_time":18446744073709551,"end_time":18446744073709551}`, -616, -616, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			spans, err := format.Documents(strings.NewReader(tt.in))
			require.NoError(t, err)
			s := spans[0]
			assert.Equal(t, []int64{tt.start, tt.end, tt.offset, tt.duration}, []int64{s.Start, s.End, s.Offset, s.Duration()})
		})
	}
}

func TestDocumentValues(t *testing.T) {
	spans, err := format.Documents(strings.NewReader(document(`,"attributes":{"z":1,"a":-0,"m":1.0,"b":9223372036854775808,"e":1e999,"s":"1","t":true,"n":null,"l":[],"o":{"y":{},"x":[[1]]},"z":2}`)))
	require.NoError(t, err)
	want := []trace.KeyValue{
		{Key: "z", Value: trace.Int(1)}, {Key: "a", Value: trace.Float(math.Copysign(0, -1))}, {Key: "m", Value: trace.Float(1)}, {Key: "b", Value: trace.Float(9223372036854775808)},
		{Key: "e", Value: trace.Float(math.Inf(1))}, {Key: "s", Value: trace.String("1")}, {Key: "t", Value: trace.Bool(true)}, {Key: "n", Value: trace.Value{}},
		{Key: "l", Value: trace.List()}, {Key: "o", Value: trace.Map(
			trace.KeyValue{Key: "y", Value: trace.Map()}, trace.KeyValue{Key: "x", Value: trace.List(trace.List(trace.Int(1)))},
		)}, {Key: "z", Value: trace.Int(2)},
	}
	got := spans[0].Attributes
	assert.True(t, trace.EqualAttributes(want, got), "%v\n%v", trace.Map(want...), trace.Map(got...))
}

func TestDocumentsShareResources(t *testing.T) {
	in := document(`,"resource":{"service.name":"a"}`) + document(`,"resource":{"service.name":"b"}`) + document(`,"resource":{"service.name":"a"}`) + document(`,"resource":{}`)
	spans, err := format.Documents(strings.NewReader(in))
	require.NoError(t, err)
	assert.Same(t, spans[0].Resource, spans[2].Resource)
	assert.NotSame(t, spans[0].Resource, spans[1].Resource)
	assert.Nil(t, spans[3].Resource)
	assert.Equal(t, "b", spans[1].Service())
}

// An id may be any text, and names the same span wherever it occurs.
func TestDocumentIDs(t *testing.T) {
	spans, err := format.Documents(strings.NewReader(`[{"trace_id":"我","span_id":"root span","start_time":1,"end_time":1},{"trace_id":"我","span_id":"0A","parent_span_id":"root span","start_time":1,"end_time":1,"links":[{"trace_id":"我","span_id":"root span"}]}]`))
	require.NoError(t, err)
	assert.Equal(t, trace.SpanIDOf("root span"), spans[0].ID)
	assert.Equal(t, spans[0].ID, spans[1].Parent)
	assert.Equal(t, spans[0].ID, spans[1].Links[0].SpanID)
	assert.Equal(t, spans[0].TraceID, spans[1].Links[0].TraceID)
	assert.Equal(t, trace.SpanID{7: 10}, spans[1].ID)
}

// A document that is wrong is named, and costs no other.
func TestWrongDocuments(t *testing.T) {
	long := strings.Repeat(`{"a":`, 65) + "1" + strings.Repeat("}", 65)
	tests := []struct{ name, in, want string }{
		{"no trace", `{"span_id":"b","start_time":1,"end_time":1}`, `[1]: trace_id is missing`},
		{"no span", `{"trace_id":"b","start_time":1,"end_time":1}`, `[1]: span_id is missing`},
		{"an empty id", `{"trace_id":"b","span_id":"","start_time":1,"end_time":1}`, `[1]: span_id is missing`},
		{"no start", `{"trace_id":"b","span_id":"b","end_time":1}`, `[1]: start_time is missing`},
		{"no end", `{"trace_id":"b","span_id":"b","start_time":1,"end_time":null}`, `[1]: end_time is missing`},
		{"nothing", `{}`, `[1]: trace_id is missing`},
		{"no object", `7`, `[1]: want an object, got a number`},
		{"null", `null`, `[1]: want an object, got null`},
		{"a text", `"a"`, `[1]: want an object, got a string`},
		{"an id", `{"trace_id":{},"span_id":"b","start_time":1,"end_time":1}`, `[1].trace_id: want a string, got an object`},
		{"a time", document(`,"start_time":"noon"`), `[1].start_time: want an integer of 64 bits, got "noon"`},
		{"a time before 1970", document(`,"start_time":-1`), `[1].start_time: want microseconds since 1970, got -1`},
		{"a time in nanoseconds times thousand", document(`,"start_time":1700000000000000000000`), `[1].start_time: want an integer of 64 bits`},
		{"a time beyond 64 bits", document(`,"end_time":18446744073709552`), `[1].end_time: want at most 18446744073709551 microseconds`},
		{"an absurd duration", document(`,"elapsed_time":-9223372036854775,"end_time":9223372036854775`), `[1]: a duration of`},
		{"a duration", document(`,"elapsed_time":[]`), `[1].elapsed_time: want an integer, got an array`},
		{"a kind", document(`,"kind":"x"`), `[1].kind: want a number, or one of`},
		{"a status", document(`,"status":"x"`), `[1].status: want an object`},
		{"attributes", document(`,"attributes":[]`), `[1].attributes: want an object, got an array`},
		{"deep attributes", document(`,"attributes":{"k":` + long + `}`), `[1].attributes.k.a.a.a.a.a.a … .a.a.a.a.a.a.a.a: values are nested in more than 64 levels`},
		{"events", document(`,"events":{}`), `[1].events: want an array, got an object`},
		{"an event", document(`,"events":[{"timestamp":"x"}]`), `[1].events[0].timestamp: want an integer`},
		{"is_virtual", document(`,"is_virtual":"perhaps"`), `[1].is_virtual: want true or false`},
		{"syntax", `{"trace_id" 1}`, `[1]: want a colon`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			spans, err := format.Documents(strings.NewReader("[" + document("") + ",\n" + tt.in + ",\n" + document("") + "]"))
			assert.Len(t, spans, 2)
			require.ErrorContains(t, err, "format: line 2: "+tt.want)
			assert.NotContains(t, err.Error(), "more)")
		})
	}
	_, err := format.Documents(strings.NewReader(""))
	require.ErrorIs(t, err, format.ErrEmpty)
	_, err = format.Documents(strings.NewReader("hello"))
	require.Error(t, err)
}

func TestManyDocuments(t *testing.T) {
	const n = 100_000
	var in bytes.Buffer
	for i := range n {
		fmt.Fprintf(&in, `{"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"%x","parent_span_id":"%x","start_time":1,"end_time":2,"attributes":{"http.method":"GET","n":%d},"resource":{"service.name":"web","host.name":"n1"}}`+"\n", i+1, i, i)
	}
	spans, err := format.Documents(&in)
	require.NoError(t, err)
	assert.Len(t, spans, n)
	assert.Same(t, spans[0].Resource, spans[n-1].Resource)
}

func FuzzDocuments(f *testing.F) {
	golden, err := os.ReadFile("testdata/documents.json")
	require.NoError(f, err)
	hits, err := os.ReadFile("testdata/elasticsearch.json")
	require.NoError(f, err)
	f.Add(golden)
	f.Add(hits)
	f.Add([]byte(document(`,"elapsed_time":5`) + "\n{"))
	f.Fuzz(func(t *testing.T, b []byte) {
		spans, err := format.Documents(bytes.NewReader(b))
		if err != nil {
			require.True(t, strings.HasPrefix(err.Error(), "format: "), "%v", err)
		}
		requireWhole(t, &trace.Batch{Spans: spans})
	})
}
