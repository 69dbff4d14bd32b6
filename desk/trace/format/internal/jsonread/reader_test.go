// SPDX-License-Identifier: Apache-2.0

package jsonread_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/trace/format/internal/jsonread"
)

func reader(text string) *jsonread.Reader {
	r := &jsonread.Reader{}
	r.Reset([]byte(text), 1, -1)
	return r
}

// decode reads any JSON as encoding/json does.
func decode(r *jsonread.Reader) any {
	switch r.Next() {
	case jsonread.Object:
		m := map[string]any{}
		r.Object(func(name string) { m[valid(name)] = decode(r) })
		return m
	case jsonread.Array:
		list := []any{}
		r.Array(func(int) { list = append(list, decode(r)) })
		return list
	case jsonread.String:
		return valid(r.Text())
	case jsonread.Number:
		return json.Number(r.Text())
	case jsonread.Bool:
		return r.Bool()
	}
	r.Skip()
	return nil
}

// valid is a text as encoding/json returns it: each byte that is no UTF-8 as U+FFFD.
func valid(s string) string { return string([]rune(s)) }

func TestReadsWhatJSONIs(t *testing.T) {
	for _, text := range []string{
		`{}`, `[]`, `null`, `true`, `false`, `0`, `-0`, `-1.5e+10`, `1E5`, `""`, ` { "a" : [ 1 , { } , [ ] , null ] , "b" : "c" } `,
		`"\"\\\/\b\f\n\r\t\u0041\ud83d\ude00"`, `"\ud83d"`, `"\ud83dx"`, `"\ud83d\u0041"`, `"\ude00"`, "\"\xff\xc3(\"", `"\u00e9é"`, `{"a":1,"a":2}`, `[[[[[]]]]]`, "\r\n\t 1",
	} {
		requireLikeStandard(t, text)
	}
}

func TestRefusesWhatJSONIsNot(t *testing.T) {
	for _, text := range []string{
		``, ` `, `{`, `}`, `[`, `]`, `{]`, `[}`, `[,]`, `[1,]`, `[1 2]`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{a:1}`, `{"a" 1}`, `{,}`, `nul`, `nulll`, `tru`, `truefalse`, `falsy`, `01`, `-`, `+1`, `.5`, `1.`, `1e`, `1e+`, `0x1`, `NaN`,
		`"`, `"\`, `"\x"`, `"\u12"`, `"\u12g4"`, `"\u+123"`, "\"\n\"", "\"\x00\"", `'a'`, `{} {}`, `1 2`, "\x00", `[1]x`, "1\x00",
	} {
		require.False(t, json.Valid([]byte(text)), text)
		r := reader(text)
		decode(r)
		r.End()
		assert.Error(t, r.Err(), text)
		assert.Equal(t, 1, r.Problems(), text)
		assert.True(t, r.Broken(), text)

		r = reader(text)
		r.Skip()
		r.End()
		assert.Error(t, r.Err(), "skipped: %s", text)
	}
}

func requireLikeStandard(t *testing.T, text string) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var want any
	require.NoError(t, d.Decode(&want), text)
	r := reader(text)
	got := decode(r)
	r.End()
	require.NoError(t, r.Err(), text)
	require.Equal(t, want, got, text)

	r = reader(text)
	assert.Equal(t, strings.Trim(text, " \t\r\n"), string(r.Raw()))
	r.End()
	assert.NoError(t, r.Err(), text)
}

func TestScalars(t *testing.T) {
	tests := []struct {
		text string
		read func(r *jsonread.Reader) any
		want any
		err  string
	}{
		{`"12"`, func(r *jsonread.Reader) any { return r.Int() }, int64(12), ""},
		{`-9223372036854775808`, func(r *jsonread.Reader) any { return r.Int() }, int64(math.MinInt64), ""},
		{`18446744073709551615`, func(r *jsonread.Reader) any { return r.Int() }, int64(-1), ""},
		{`1.7e18`, func(r *jsonread.Reader) any { return r.Int() }, int64(17e17), ""},
		{`null`, func(r *jsonread.Reader) any { return r.Int() }, int64(0), ""},
		{`""`, func(r *jsonread.Reader) any { return r.Int() }, int64(0), ""},
		{`1.5`, func(r *jsonread.Reader) any { return r.Int() }, int64(0), `line 1: want an integer of 64 bits, got "1.5"`},
		{`1e19`, func(r *jsonread.Reader) any { return r.Int() }, int64(0), `want an integer of 64 bits`},
		{`"NaN"`, func(r *jsonread.Reader) any { return r.Int() }, int64(0), `want an integer of 64 bits`},
		{`true`, func(r *jsonread.Reader) any { return r.Int() }, int64(0), `want an integer, got a boolean`},
		{`4294967295`, func(r *jsonread.Reader) any { return r.Count() }, uint32(math.MaxUint32), ""},
		{`4294967296`, func(r *jsonread.Reader) any { return r.Count() }, uint32(0), `want an integer from 0 to 4294967295, got 4294967296`},
		{`"-Infinity"`, func(r *jsonread.Reader) any { return r.Float() }, math.Inf(-1), ""},
		{`1e-3`, func(r *jsonread.Reader) any { return r.Float() }, 0.001, ""},
		{`1e999`, func(r *jsonread.Reader) any { return r.Float() }, math.Inf(1), `want a number of 64 bits, got "1e999"`},
		{`[1]`, func(r *jsonread.Reader) any { return r.Float() }, 0.0, `want a number, got an array`},
		{`"true"`, func(r *jsonread.Reader) any { return r.Bool() }, true, ""},
		{`null`, func(r *jsonread.Reader) any { return r.Bool() }, false, ""},
		{`1`, func(r *jsonread.Reader) any { return r.Bool() }, false, `want a boolean, got a number`},
		{`1.50`, func(r *jsonread.Reader) any { return r.Text() }, "1.50", ""},
		{`true`, func(r *jsonread.Reader) any { return r.Text() }, "true", ""},
		{`null`, func(r *jsonread.Reader) any { return r.Text() }, "", ""},
		{`{"a":1}`, func(r *jsonread.Reader) any { return r.Text() }, "", `want a string, got an object`},
		{`null`, func(r *jsonread.Reader) any { return r.Name() }, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			r := reader(tt.text)
			assert.Equal(t, tt.want, tt.read(r))
			if tt.err == "" {
				require.NoError(t, r.Err())
			} else {
				require.ErrorContains(t, r.Err(), tt.err)
			}
			assert.False(t, r.Broken())
			r.End()
			assert.False(t, r.Broken(), "the value was read to its end")
		})
	}
}

// A problem is found by its line and its path, and costs no other member.
func TestPlaces(t *testing.T) {
	r := &jsonread.Reader{}
	r.Reset([]byte("{\"a\":[{},\n{\"b\":true}],\"c\":\n[\"x\"]}"), 10, 3)
	var c string
	r.Object(func(name string) {
		switch name {
		case "a":
			r.Array(func(int) { r.Object(func(string) { r.Int() }) })
		case "c":
			r.Array(func(int) { c = r.Text() })
		}
	})
	r.End()
	require.EqualError(t, r.Err(), "line 11: [3].a[1].b: want an integer, got a boolean")
	assert.Equal(t, "x", c)
	assert.Equal(t, 1, r.Problems())

	r.Reset([]byte("{\"a\":{\"b\":[1,\n{]}}"), 20, -1)
	r.Skip()
	assert.Equal(t, 2, r.Problems())
	require.ErrorContains(t, r.Err(), "line 11: ", "the first problem of all texts is kept")

	fresh := reader(strings.Repeat(`{"deep":`, 100) + `[}`)
	fresh.Skip()
	require.ErrorContains(t, fresh.Err(), `deep.deep.deep.deep.deep.deep.deep.deep … .deep.deep.deep.deep.deep.deep.deep[0]: want a value, got "}"`)
	assert.Less(t, len(fresh.Err().Error()), 200)
}

func TestStop(t *testing.T) {
	r := reader(`{"a":1,"b":{"c":[1,2]},"d":}`)
	var names []string
	r.Object(func(name string) {
		if names = append(names, name); name == "b" {
			r.Object(func(string) { r.Stop() })
		}
	})
	assert.Equal(t, []string{"a", "b"}, names)
	assert.NoError(t, r.Err())
	r.Reset([]byte(`1`), 1, -1)
	assert.EqualValues(t, 1, r.Int(), "the next text is read")
}

func TestDepth(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	r := reader(nested(jsonread.MaxDepth))
	r.Skip()
	require.NoError(t, r.Err())
	for _, n := range []int{jsonread.MaxDepth + 1, 10_000_000} {
		r = reader(nested(n))
		r.Skip()
		require.ErrorContains(t, r.Err(), "want at most 1000 levels")
		assert.Less(t, len(r.Err().Error()), 200)
	}
}

// Names that are equal share their memory, so that keys cost nothing.
func TestNamesAreShared(t *testing.T) {
	r := reader("")
	text := []byte(`{"service.name":1}`)
	allocs := testing.AllocsPerRun(100, func() {
		r.Reset(text, 1, -1)
		r.Skip()
	})
	assert.Zero(t, allocs)
}

func FuzzReader(f *testing.F) {
	for _, text := range []string{`{"a":[1,-2.5e3,"x\u00e9",true,null]}`, `"\ud83d\ude00"`, `[`, `{"a":{"a":`, "\"\xff\""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := reader(text)
		got := decode(r)
		r.End()
		if !json.Valid([]byte(text)) {
			require.Error(t, r.Err())
			return
		}
		if r.Err() != nil {
			require.ErrorContains(t, r.Err(), "want at most 1000 levels")
			return
		}
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		var want any
		require.NoError(t, d.Decode(&want))
		require.Equal(t, want, got)
	})
}
