// SPDX-License-Identifier: Apache-2.0

package jsonread

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// divide is the values of a stream as "line/index text", with the errors between.
func divide(s *Stream) (all []string) {
	for range 1000 {
		t, err := s.Next()
		switch {
		case err == io.EOF:
			return all
		case err == nil:
			all = append(all, fmt.Sprintf("%d/%d %s", t.Line, t.Index, t.Bytes))
		default:
			all = append(all, fmt.Sprintf("%d/%d %s: %v", t.Line, t.Index, t.Bytes, err))
			if err != ErrLine {
				return all
			}
		}
	}
	return append(all, "no end")
}

func TestStream(t *testing.T) {
	const eof = ": unexpected EOF"
	tests := []struct {
		name, in string
		want     []string
	}{
		{"nothing", " \r\n\t", nil},
		{"one", "{}", []string{"1/-1 {}"}},
		{"lines", "{\"a\":1}\n\n {\"b\":\"}\"}\r\n{\"c\":\"\\\"{\"}", []string{`1/-1 {"a":1}`, `3/-1 {"b":"}"}`, `4/-1 {"c":"\"{"}`}},
		{"pretty", "\n{\n\"a\":\n1}\n{\n}", []string{"2/-1 {\n\"a\":\n1}", "5/-1 {\n}"}},
		{"side by side", `{}{"a":[]} []`, []string{`1/-1 {}`, `1/-1 {"a":[]}`}},
		{"array", "[\n{},\n[1,{}]\n,\"a,]\"]", []string{"2/0 {}", "3/1 [1,{}]", "4/2 \"a", "4/-1 \"]"}},
		{"empty array", "[ ]", nil},
		{"two arrays", "[{}]\n[{},{}]", []string{"1/0 {}", "2/0 {}", "2/1 {}"}},
		{"an array in lines", "{}\n[{},{}]\n[]", []string{"1/-1 {}", "2/-1 [{},{}]", "3/-1 []"}},
		{"scalars", "1 2\nx\n[3,4 5]", []string{"1/-1 1 2", "2/-1 x", "3/0 3", "3/1 4 5"}},
		{"a cut line", "{}\n{\"a\n{\"b\":1}\n{{\n{}", []string{"1/-1 {}", "2/-1 {\"a: " + ErrLine.Error(), `3/-1 {"b":1}`, "4/-1 {{: " + ErrLine.Error(), "5/-1 {}"}},
		{"a cut end", "{}\n{\"a", []string{"1/-1 {}", "2/-1 {\"a" + eof}},
		{"a cut document", "{\n\"a", []string{"1/-1 {\n\"a" + eof}},
		{"a cut array", "[{},\n", []string{"1/0 {}", "2/0 " + eof}},
		{"a cut element", "[{},\n{", []string{"1/0 {}", "2/1 {" + eof}},
		{"a cut scalar", "[1", []string{"1/0 1" + eof}},
		{"stray brackets", "}\n]", []string{"1/-1 }", "2/-1 ]"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, divide(NewStream(bufio.NewReader(strings.NewReader(tt.in)))))
			slow := bufio.NewReaderSize(iotest.OneByteReader(strings.NewReader(tt.in)), 16)
			assert.Equal(t, tt.want, divide(NewStream(slow)), "in small pieces")
		})
	}
}

func TestStreamLimits(t *testing.T) {
	long := `{"a":"` + strings.Repeat("x", 100) + `"}`
	for _, tt := range []struct{ name, in, want string }{
		{"a document", long, "1/-1"},
		{"a line", "{}\n" + long, "2/-1"},
		{"a scalar", strings.Repeat("x", 100), "1/-1"},
		{"an element", "[" + long + "]", "1/0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := NewStream(bufio.NewReaderSize(strings.NewReader(tt.in), 16))
			s.limits = [2]int{50, 40}
			all := divide(s)
			last := all[len(all)-1]
			assert.True(t, strings.HasPrefix(last, tt.want), last)
			assert.Contains(t, last, "the value is longer than 0 MiB")
		})
	}
	s := NewStream(bufio.NewReader(strings.NewReader("{}\n" + long)))
	s.limits = [2]int{200, 200}
	assert.Len(t, divide(s), 2)
}

func TestStreamErrors(t *testing.T) {
	for _, in := range []string{"", "{", "{}\n", "[", "[{", "[1", "1"} {
		s := NewStream(bufio.NewReader(io.MultiReader(strings.NewReader(in), iotest.ErrReader(io.ErrClosedPipe))))
		var err error
		for err == nil {
			_, err = s.Next()
		}
		require.ErrorIs(t, err, io.ErrClosedPipe, in)
	}
}

// The values of a stream are all of it, but for white space, commas and brackets.
func FuzzStream(f *testing.F) {
	for _, in := range []string{"{}\n{}", "[{},[1]]", "{\"a\":\"\\\"\"}", "1\n[2,3", "[]]{}"} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		s := NewStream(bufio.NewReaderSize(strings.NewReader(string(in)), 16))
		total, line := 0, 1
		for range len(in) + 2 {
			v, err := s.Next()
			total += len(v.Bytes)
			require.GreaterOrEqual(t, v.Line, line)
			line = v.Line
			if err != nil && err != ErrLine {
				require.LessOrEqual(t, total, len(in))
				return
			}
		}
		require.Fail(t, "the stream has no end")
	})
}
