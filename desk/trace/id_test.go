// SPDX-License-Identifier: Apache-2.0

package trace_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// sum is the SHA-256 of "message digest!".
const sum = "3789736b4042b19f684ac4812627daf7beb22685668218466383d089b4645354"

const hexTrace = "4bf92f3577b34da6a3ce929d0e0e4736"

func TestParseTraceID(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"none", "", ""},
		{"hex", hexTrace, hexTrace},
		{"upper case", strings.ToUpper(hexTrace), hexTrace},
		{"64 bits", "a3ce929d0e0e4736", "0000000000000000a3ce929d0e0e4736"},
		{"without leading zeros", "bf92f3577b34da6a3ce929d0e0e4736", "0bf92f3577b34da6a3ce929d0e0e4736"},
		{"one digit", "F", "0000000000000000000000000000000f"},
		{"UUID", "4bf92f35-77b3-4da6-a3ce-929d0e0e4736", hexTrace},
		{"base64", "S/kvNXezTaajzpKdDg5HNg==", hexTrace},
		{"base64url", "S_kvNXezTaajzpKdDg5HNg==", hexTrace},
		{"hex that is base64 as well", "abcdefabcdefabcdefabcdef", "00000000abcdefabcdefabcdefabcdef"},
		{"zero", "00000000000000000000000000000000", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			id, err := trace.ParseTraceID(tt.in)
			require.NoError(t, err)
			assert.Equal(t, tt.want, id.String())
			assert.Equal(t, tt.want == "", id.IsZero())
			assert.Equal(t, id, trace.TraceIDOf(tt.in))
		})
	}
}

func TestParseSpanID(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"none", "", ""},
		{"hex", "00f067aa0ba902b7", "00f067aa0ba902b7"},
		{"upper case", "00F067AA0BA902B7", "00f067aa0ba902b7"},
		{"without leading zeros", "f067aa0ba902b7", "00f067aa0ba902b7"},
		{"an odd number of digits", "1ab", "00000000000001ab"},
		{"base64", "APBnqgupArc=", "00f067aa0ba902b7"},
		{"hex that is base64 as well", "abcdefabcdef", "0000abcdefabcdef"},
		{"zero", "0", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			id, err := trace.ParseSpanID(tt.in)
			require.NoError(t, err)
			assert.Equal(t, tt.want, id.String())
			assert.Equal(t, tt.want == "", id.IsZero())
			assert.Equal(t, id, trace.SpanIDOf(tt.in))
		})
	}
}

// Ids in no known spelling are an error, or, where a source has such, one id each.
func TestIDsThatAreNone(t *testing.T) {
	for _, in := range []string{
		"x", "0x12", " 12", "12 ", hexTrace + "0", hexTrace + hexTrace, "4bf92f3577b34da6a3ce929d0e0e473-", "4bf92f35-77b3-4da6-a3ce-929d0e0e473x",
		"S/kvNXezTaajzpKdDg5HNnE=", "S/kvNXezTaajzpKdDg5HNnFy", "S/kvNXezTaajzpKdDg5HNg=", "APBnqgupArex", "ids may be text", "\x00", strings.Repeat("z", 1000),
		"APBnqgup\nrc=", "S/kvNXezTaajzpKdDg5HN\r\n=",
	} {
		id, err := trace.ParseTraceID(in)
		require.ErrorContains(t, err, "want at most 32 hexadecimal digits or the base64 of 16 bytes", "%q", in)
		assert.True(t, id.IsZero())
		assert.Less(t, len(err.Error()), 400)
		span, err := trace.ParseSpanID(in)
		require.ErrorContains(t, err, "want at most 16 hexadecimal digits or the base64 of 8 bytes", "%q", in)
		assert.True(t, span.IsZero())

		assert.False(t, trace.TraceIDOf(in).IsZero())
		assert.Equal(t, trace.TraceIDOf(in), trace.TraceIDOf(in))
		assert.NotEqual(t, trace.TraceIDOf(in), trace.TraceIDOf(in+"."))
		assert.False(t, trace.SpanIDOf(in).IsZero())
		assert.NotEqual(t, trace.SpanIDOf(in), trace.SpanIDOf(in+"."))
	}
	assert.Equal(t, sum[:32], trace.TraceIDOf("message digest!").String())
	assert.Equal(t, sum[:16], trace.SpanIDOf("message digest!").String())
}

func TestIDsInJSON(t *testing.T) {
	type ids struct {
		Trace trace.TraceID
		Span  trace.SpanID
	}
	in := ids{trace.TraceIDOf(hexTrace), trace.SpanIDOf("1")}
	b, err := json.Marshal(in)
	require.NoError(t, err)
	assert.JSONEq(t, `{"Trace":"4bf92f3577b34da6a3ce929d0e0e4736","Span":"0000000000000001"}`, string(b))
	var out ids
	require.NoError(t, json.Unmarshal(b, &out))
	assert.Equal(t, in, out)

	require.NoError(t, json.Unmarshal([]byte(`{"Trace":"","Span":""}`), &out))
	assert.Zero(t, out, "none is written and read as an empty text")
	require.ErrorContains(t, json.Unmarshal([]byte(`{"Trace":"?"}`), &out), `trace: id "?"`)
	require.ErrorContains(t, json.Unmarshal([]byte(`{"Span":"?"}`), &out), `trace: span id "?"`)
}

func TestDerived(t *testing.T) {
	id := trace.SpanIDOf("00f067aa0ba902b7")
	assert.Equal(t, id.Derived("callee"), id.Derived("callee"))
	ids := map[trace.SpanID]bool{id: true, {}: true, id.Derived("callee"): true, id.Derived(""): true, trace.SpanIDOf("1").Derived("callee"): true, id.Derived("callee").Derived("callee"): true}
	assert.Len(t, ids, 6, "ids of other spans and purposes differ, and are not zero")
	assert.Equal(t, "00f067aa0ba902b7", id.String(), "deriving changes nothing")
}

func FuzzParseTraceID(f *testing.F) {
	for _, s := range []string{"", "1", hexTrace, "S/kvNXezTaajzpKdDg5HNg==", "4bf92f35-77b3-4da6-a3ce-929d0e0e4736", "????????????????????????"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := trace.ParseTraceID(s)
		if err != nil {
			require.True(t, id.IsZero())
			require.False(t, trace.TraceIDOf(s).IsZero())
			return
		}
		for _, spelling := range []string{id.String(), strings.ToUpper(id.String()), base64.StdEncoding.EncodeToString(id[:]), base64.URLEncoding.EncodeToString(id[:])} {
			again, err := trace.ParseTraceID(spelling)
			require.NoError(t, err)
			require.Equal(t, id, again)
		}
	})
}

func FuzzParseSpanID(f *testing.F) {
	for _, s := range []string{"", "1", "00f067aa0ba902b7", "APBnqgupArc=", "????????????"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := trace.ParseSpanID(s)
		if err != nil {
			require.True(t, id.IsZero())
			require.False(t, trace.SpanIDOf(s).IsZero())
			return
		}
		for _, spelling := range []string{id.String(), strings.ToUpper(id.String()), base64.StdEncoding.EncodeToString(id[:]), base64.URLEncoding.EncodeToString(id[:])} {
			again, err := trace.ParseSpanID(spelling)
			require.NoError(t, err)
			require.Equal(t, id, again)
		}
	})
}
