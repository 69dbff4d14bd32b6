// SPDX-License-Identifier: Apache-2.0

package env

import (
	"errors"
	"math"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	setting = Var{Names: []string{"SIDETRACE_X", "OTEL_X", "X"}}
	secret  = Var{Names: []string{"KEY"}, Secret: true}
)

func reader(vars map[string]string) *Reader {
	return NewReader(func(k string) string { return vars[k] })
}

func TestPrecedence(t *testing.T) {
	r := reader(map[string]string{"X": "original", "OTEL_X": " standard ", "SIDETRACE_X": " "})
	name, value := r.Get(setting)
	assert.Equal(t, "OTEL_X", name, "empty counts as unset")
	assert.Equal(t, "standard", value)
	assert.True(t, r.Set(setting))
	assert.Equal(t, "standard", r.Text(setting, "default"))
	assert.Equal(t, "default", reader(nil).Text(setting, "default"))
	assert.False(t, reader(nil).Set(setting))
	t.Setenv("OTEL_X", "of the process")
	assert.Equal(t, "of the process", NewReader(nil).Text(setting, ""))
}

func TestTypes(t *testing.T) {
	with := func(v string) *Reader { return reader(map[string]string{"X": v}) }
	assert.True(t, with("YES").Bool(setting, false))
	assert.False(t, with("off").Bool(setting, true))
	assert.Equal(t, 7, with("7").Int(setting, 1, 0, 10))
	assert.Equal(t, 0.25, with("0.25").Fraction(setting, 1))
	assert.Equal(t, 90*time.Second, with("90").Duration(setting, time.Second, 0))
	assert.Equal(t, 90*time.Millisecond, with("90").Duration(setting, time.Millisecond, 0))
	assert.Equal(t, 90*time.Minute, with("1h30m").Duration(setting, time.Second, 0))
	assert.Equal(t, "b", with("B").Choice(setting, "", "a", "b"))
	assert.Equal(t, []string{"a", "b"}, with(" a,, b ,").List(setting))
	assert.Equal(t, map[string]string{"a": "1 2", "b": "="}, with("a=1%202, b = =").Pairs(setting))
	assert.Empty(t, reader(nil).Pairs(setting))
}

func TestErrors(t *testing.T) {
	for _, tt := range []struct {
		value, want string
		read        func(*Reader)
	}{
		{"x", `X="x": want true, 1, yes, on, false, 0, no or off`, func(r *Reader) { assert.True(t, r.Bool(setting, true)) }},
		{"x", `X="x": want a whole number from 1 to 3`, func(r *Reader) { assert.Equal(t, 2, r.Int(setting, 2, 1, 3)) }},
		{"0", `X="0": want a whole number of at least 1`, func(r *Reader) { r.Int(setting, 2, 1, math.MaxInt) }},
		{"1.5", `X="1.5": want a whole number`, func(r *Reader) { r.Int(setting, 2, math.MinInt, math.MaxInt) }},
		{"NaN", `X="NaN": want a number from 0 to 1`, func(r *Reader) { r.Fraction(setting, 1) }},
		{"abc", `X="abc": want a whole number of seconds or a duration with its unit, such as 90s or 24h`, func(r *Reader) { r.Duration(setting, time.Second, 0) }},
		{"-1s", `X="-1s": want a whole number of milliseconds or`, func(r *Reader) { r.Duration(setting, time.Millisecond, 0) }},
		{"9999999999999999", `X="9999999999999999": want`, func(r *Reader) { r.Duration(setting, time.Second, 0) }},
		{"c", `X="c": want one of a, b`, func(r *Reader) { r.Choice(setting, "", "a", "b") }},
		{"a", `X="a": want a comma-separated list of key=value`, func(r *Reader) { r.Pairs(setting) }},
		{"a=%zz", `X="a=%zz": want`, func(r *Reader) { r.Pairs(setting) }},
	} {
		r := reader(map[string]string{"X": tt.value})
		tt.read(r)
		require.ErrorContains(t, r.Err(), tt.want)
		e, ok := errors.AsType[*Error](r.Err())
		require.True(t, ok)
		assert.Equal(t, "X", e.Name)
		assert.Equal(t, tt.value, e.Value)
	}
	r := reader(map[string]string{"KEY": "hunter2"})
	r.Reject(secret, "a key", errors.New("hunter2 is wrong"))
	r.Reject(secret, "a key", nil)
	assert.Equal(t, `KEY="(hidden)": want a key`, r.Err().Error(), "secrets are not shown, and nothing is said twice")
	cause := errors.New("cause")
	r = reader(nil)
	r.Reject(setting, "something", cause)
	require.ErrorIs(t, r.Err(), cause)
	require.ErrorContains(t, r.Err(), `SIDETRACE_X="": want something: cause`)
	assert.NoError(t, reader(nil).Err())
}

// The table that the README is made of is complete and without repetition.
func TestTable(t *testing.T) {
	known := map[string]bool{}
	for _, e := range Table() {
		require.NotEmpty(t, e.Var.Names)
		for _, name := range e.Var.Names {
			assert.Regexp(t, regexp.MustCompile(`^[A-Z][A-Z0-9_]+$`), name)
			assert.False(t, known[name], "%s stands in the table twice", name)
			known[name] = true
		}
		assert.NotEmpty(t, e.Var.Doc, e.Var.Names)
		assert.NotEmpty(t, e.Var.DocZH, e.Var.Names)
		assert.NotEmpty(t, e.Section.Title)
	}
}
