// SPDX-License-Identifier: Apache-2.0

package trace_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/trace"
)

func pair(key string, v trace.Value) trace.KeyValue { return trace.KeyValue{Key: key, Value: v} }

func TestValues(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	number := func(n float64) *float64 { return &n }
	tests := []struct {
		name   string
		v      trace.Value
		kind   trace.ValueKind
		text   string
		json   string
		number *float64
		blank  bool
	}{
		{"nothing", trace.Value{}, trace.EmptyValue, "", "null", nil, true},
		{"text", trace.String("a\"b"), trace.StringValue, "a\"b", `"a\"b"`, nil, false},
		{"no text", trace.String(""), trace.StringValue, "", `""`, nil, true},
		{"a text that is a number", trace.String("1.5e3"), trace.StringValue, "1.5e3", `"1.5e3"`, number(1500), false},
		{"a text that is no number", trace.String("NaN"), trace.StringValue, "NaN", `"NaN"`, nil, false},
		{"a text that is no UTF-8", trace.String("a\xff"), trace.StringValue, "a\xff", `"a\ufffd"`, nil, false},
		{"true", trace.Bool(true), trace.BoolValue, "true", "true", nil, false},
		{"false", trace.Bool(false), trace.BoolValue, "false", "false", nil, true},
		{"an integer", trace.Int(-7), trace.IntValue, "-7", "-7", number(-7), false},
		{"zero", trace.Int(0), trace.IntValue, "0", "0", number(0), true},
		{"the smallest integer", trace.Int(math.MinInt64), trace.IntValue, "-9223372036854775808", "-9223372036854775808", number(math.MinInt64), false},
		{"a float", trace.Float(0.25), trace.FloatValue, "0.25", "0.25", number(0.25), false},
		{"a large float", trace.Float(1e300), trace.FloatValue, "1e+300", "1e+300", number(1e300), false},
		{"negative zero", trace.Float(math.Copysign(0, -1)), trace.FloatValue, "-0", "-0", number(0), true},
		{"no number", trace.Float(nan), trace.FloatValue, "NaN", `"NaN"`, nil, false},
		{"infinite", trace.Float(inf), trace.FloatValue, "+Inf", `"+Inf"`, nil, false},
		{"bytes", trace.Bytes([]byte{0, 255}), trace.BytesValue, "AP8=", `"AP8="`, nil, false},
		{"no bytes", trace.Bytes(nil), trace.BytesValue, "", `""`, nil, true},
		{"a list", trace.List(trace.Int(1), trace.Value{}, trace.List()), trace.ListValue, "[1,null,[]]", "[1,null,[]]", nil, false},
		{"no list", trace.List(), trace.ListValue, "[]", "[]", nil, true},
		{"a map", trace.Map(pair("z", trace.Int(1)), pair("a", trace.Map())), trace.MapValue, `{"z":1,"a":{}}`, `{"z":1,"a":{}}`, nil, false},
		{"no map", trace.Map(), trace.MapValue, "{}", "{}", nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.kind, tt.v.Kind())
			assert.Equal(t, tt.text, tt.v.String())
			b, err := json.Marshal(tt.v)
			require.NoError(t, err)
			assert.Equal(t, tt.json, string(b))
			n, ok := tt.v.Number()
			assert.Equal(t, tt.number != nil, ok)
			if ok {
				assert.Equal(t, *tt.number, n)
			}
			assert.Equal(t, tt.blank, tt.v.IsBlank())
			for _, other := range tests {
				assert.Equal(t, tt.name == other.name, tt.v.Equal(other.v), other.name)
			}
		})
	}
}

// A value answers for its own type only.
func TestValuesOfOtherTypes(t *testing.T) {
	all := []trace.Value{{}, trace.String("s"), trace.Bool(true), trace.Int(3), trace.Float(4), trace.Bytes([]byte("b")), trace.List(trace.Int(1)), trace.Map(pair("k", trace.Int(1)))}
	for _, v := range all {
		is := v.Kind()
		assert.Equal(t, is == trace.StringValue, v.Str() == "s", "%v", v)
		assert.Equal(t, is == trace.BoolValue, v.IsTrue(), "%v", v)
		assert.Equal(t, is == trace.IntValue, v.Int64() == 3, "%v", v)
		assert.Equal(t, is == trace.FloatValue, v.Float64() == 4, "%v", v)
		assert.Equal(t, is == trace.BytesValue, string(v.Raw()) == "b", "%v", v)
		assert.Equal(t, is == trace.ListValue, len(v.Elements()) == 1, "%v", v)
		assert.Equal(t, is == trace.MapValue, len(v.Pairs()) == 1, "%v", v)
	}
}

func TestValuesShareNothingThatChanges(t *testing.T) {
	b := []byte("abc")
	v := trace.Bytes(b)
	b[0] = 'x'
	raw := v.Raw()
	raw[1] = 'x'
	assert.Equal(t, "abc", string(v.Raw()))
}

func TestEqualValues(t *testing.T) {
	assert.True(t, trace.Float(math.NaN()).Equal(trace.Float(math.NaN())))
	assert.False(t, trace.Float(0).Equal(trace.Float(math.Copysign(0, -1))))
	assert.False(t, trace.Int(1).Equal(trace.Float(1)))
	assert.False(t, trace.List(trace.Int(1)).Equal(trace.List(trace.Int(1), trace.Int(2))))
	assert.False(t, trace.List(trace.Int(1)).Equal(trace.List(trace.Int(2))))
	a := []trace.KeyValue{pair("a", trace.Int(1)), pair("b", trace.Int(2))}
	assert.True(t, trace.EqualAttributes(a, []trace.KeyValue{pair("a", trace.Int(1)), pair("b", trace.Int(2))}))
	assert.True(t, trace.EqualAttributes(nil, []trace.KeyValue{}))
	assert.False(t, trace.EqualAttributes(a, a[:1]))
	assert.False(t, trace.EqualAttributes(a, []trace.KeyValue{a[1], a[0]}), "the order counts")
	assert.False(t, trace.EqualAttributes(a[:1], []trace.KeyValue{pair("b", trace.Int(1))}))
}

// Attributes are valid JSON whatever they hold.
func TestAttributesAsJSON(t *testing.T) {
	b := trace.AppendAttributesJSON([]byte("x"), []trace.KeyValue{pair("\xff\"\n", trace.Float(math.Inf(-1))), pair("", trace.Value{}), pair("k", trace.Bytes([]byte("\x00")))})
	assert.Equal(t, `x{"\ufffd\"\n":"-Inf","":null,"k":"AA=="}`, string(b))
	assert.Equal(t, "{}", string(trace.AppendAttributesJSON(nil, nil)))
}

func TestLookup(t *testing.T) {
	attrs := []trace.KeyValue{pair("a", trace.Int(1)), pair("a", trace.Int(2)), pair("", trace.Int(3))}
	v, ok := trace.Lookup(attrs, "a")
	assert.True(t, ok)
	assert.EqualValues(t, 1, v.Int64(), "the first counts")
	v, ok = trace.Lookup(attrs, "")
	assert.True(t, ok)
	assert.EqualValues(t, 3, v.Int64())
	v, ok = trace.Lookup(attrs, "b")
	assert.False(t, ok)
	assert.Equal(t, trace.EmptyValue, v.Kind())
}
