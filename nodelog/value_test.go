// SPDX-License-Identifier: Apache-2.0

package nodelog

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/big"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func encode(v any) string { return string(capture(v, math.MaxInt).json) }

type point struct {
	X int     `json:"x"`
	Y float64 `json:"y,omitempty"`
	z int
}

type secret string

func (secret) LogValue() slog.Value { return slog.StringValue("(secret)") }

type summary struct{ text string }

func (s summary) LogValue() slog.Value {
	return slog.GroupValue(slog.Int("bytes", len(s.text)), slog.Any("key", secret(s.text)))
}

type broken struct{}

func (broken) MarshalJSON() ([]byte, error) { return nil, errors.New("out of order") }

type invalid struct{}

func (invalid) MarshalJSON() ([]byte, error) { return []byte(`{"a":`), nil }

type panics struct{}

func (panics) MarshalJSON() ([]byte, error) { panic("at the disco") }

type embedded struct {
	point
	Name string
}

func TestValues(t *testing.T) {
	two := 2
	var nilPointer *point
	for _, tt := range []struct {
		name string
		v    any
		want string
	}{
		{"nil", nil, `null`},
		{"bool", true, `true`},
		{"int", -3, `-3`},
		{"int8", int8(-3), `-3`},
		{"uint64", uint64(math.MaxUint64), `18446744073709551615`},
		{"float", 0.1, `0.1`},
		{"small float", 1e-7, `1e-07`},
		{"large float", 1e21, `1e+21`},
		{"float32", float32(0.1), `0.1`},
		{"NaN", math.NaN(), `"NaN"`},
		{"infinities", []float64{math.Inf(1), math.Inf(-1), 1}, `["+Inf","-Inf",1]`},
		{"string", "a\"b\\c\n\r\t\x00\x1f<&>\u2028", `"a\"b\\c\n\r\t\u0000\u001f<&>` + "\u2028\""},
		{"non-ASCII", "提示 \U0001f50e", `"提示 ` + "\U0001f50e\""},
		{"invalid UTF-8", "a\xff\xfeb\xe6\x8f", `"a` + "\ufffd\ufffd" + `b` + "\ufffd\ufffd" + `"`},
		{"bytes", []byte("hi"), `"aGk="`},
		{"nil bytes", []byte(nil), `null`},
		{"strings", []string{"a", "<"}, `["a","<"]`},
		{"mixed", []any{1, "a", nil, []any{}}, `[1,"a",null,[]]`},
		{"map", map[string]any{"b": 1, "a": map[string]string{"y": "1", "x": "2"}}, `{"a":{"x":"2","y":"1"},"b":1}`},
		{"map of ints", map[int]string{10: "a", 9: "b"}, `{"10":"a","9":"b"}`},
		{"struct", point{X: 1, z: 3}, `{"x":1}`},
		{"pointer", &point{X: 1, Y: 2.5}, `{"x":1,"y":2.5}`},
		{"nil pointer", nilPointer, `null`},
		{"pointer to int", &two, `2`},
		{"HTML in a struct", struct{ A string }{"<b>\u2028&"}, `{"A":"<b>` + "\u2028" + `&"}`},
		{"HTML in a key", map[point2]string{{1}: "x"}, `{"<1>":"x"}`},
		{"text marshaler", netip.MustParseAddr("10.0.0.1"), `"10.0.0.1"`},
		{"time", time.Date(2026, 11, 20, 1, 2, 3, 4, time.UTC), `"2026-11-20T01:02:03.000000004Z"`},
		{"big int", big.NewInt(1).Lsh(big.NewInt(1), 70), `1180591620717411303424`},
		{"raw message", json.RawMessage("{\n \"a\": [1,  2]}"), `{"a":[1,2]}`},
		{"broken raw message", json.RawMessage("{"), `"!(json.RawMessage: json: error calling MarshalJSON for type json.RawMessage: unexpected end of JSON input)"`},
		{"error", fmt.Errorf("wrapped: %w", errors.New("cause")), `"wrapped: cause"`},
		{"secret", secret("hunter2"), `"(secret)"`},
		{"secret in a group", summary{"hunter2"}, `{"bytes":7,"key":"(secret)"}`},
		{"marshaler that fails", broken{}, `"!(nodelog.broken: json: error calling MarshalJSON for type nodelog.broken: out of order)"`},
		{"marshaler of nonsense", invalid{}, `"!(nodelog.invalid: json: error calling MarshalJSON for type nodelog.invalid: unexpected end of JSON input)"`},
		{"marshaler that panics", panics{}, `"!(panic while encoding nodelog.panics: at the disco)"`},
		{"channel", make(chan int), `"!(chan int is not serialisable)"`},
		{"function", func() {}, `"!(func() is not serialisable)"`},
		{"complex", complex(1, 2), `"!(complex128 is not serialisable)"`},
		{"one bad field", struct {
			A int
			B chan int `json:"b"`
			C float64
			D string `json:"-"`
			E *point `json:"e,omitempty"`
			F *point
			f int
		}{A: 1, C: math.NaN(), D: "hidden", f: 1}, `{"A":1,"b":"!(chan int is not serialisable)","C":"NaN","F":null}`},
		{"bad part deep down", map[string][]any{"a": {1, point{X: 1}, broken{}, math.Inf(1)}},
			`{"a":[1,{"x":1},"!(nodelog.broken: json: error calling MarshalJSON for type nodelog.broken: out of order)","+Inf"]}`},
		{"map with any keys", map[any]any{"b": 1, 2: "two", true: nil}, `{"2":"two","b":1,"true":null}`},
		{"embedded", struct {
			embedded
			Bad func()
		}{embedded: embedded{point{X: 1, Y: 2}, "n"}}, `{"x":1,"y":2,"Name":"n","Bad":"!(func() is not serialisable)"}`},
		{"text marshaler beside something bad", []any{netip.MustParseAddr("10.0.0.1"), make(chan int)}, `["10.0.0.1","!(chan int is not serialisable)"]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := encode(tt.v)
			assert.True(t, json.Valid([]byte(got)), got)
			assert.Equal(t, tt.want, got)
		})
	}
}

type point2 struct{ n int }

func (p point2) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "<%d>", p.n), nil }

type ring struct {
	Name string
	Next *ring
	All  []*ring
}

func TestCycles(t *testing.T) {
	m := map[string]any{"a": 1}
	m["self"] = m
	m["also"] = []any{m}
	assert.Equal(t, `{"a":1,"also":["!(cycle)"],"self":"!(cycle)"}`, encode(m))

	l := []any{1, nil}
	l[1] = l
	assert.Equal(t, `[1,"!(cycle)"]`, encode(l))

	r := &ring{Name: "one"}
	r.Next = &ring{Name: "two", Next: r, All: []*ring{r, {Name: "three"}}}
	assert.Equal(t, `{"Name":"one","Next":{"Name":"two","Next":"!(cycle)","All":["!(cycle)",{"Name":"three","Next":null,"All":null}]},"All":null}`, encode(r))

	shared := map[string]any{"x": 1}
	assert.Equal(t, `[{"x":1},{"x":1}]`, encode([]any{shared, shared}), "the same map twice is no cycle")

	var deep any = "bottom"
	for range 150 {
		deep = []any{deep}
	}
	got := encode(deep)
	assert.True(t, json.Valid([]byte(got)))
	assert.Contains(t, got, "nested deeper than 100")
}

type agent struct {
	Name  string
	Peers []*agent
	Tools map[string]any
}

// Values that know each other can be walked in more ways than there is memory.
func TestManyCycles(t *testing.T) {
	agents := make([]*agent, 30)
	for i := range agents {
		agents[i] = &agent{Name: fmt.Sprint("agent ", i), Tools: map[string]any{}}
	}
	for _, a := range agents {
		a.Peers = agents
		for _, b := range agents {
			a.Tools[b.Name] = b.Tools
		}
	}
	for _, v := range []any{agents, agents[0].Tools} {
		got := encode(v)
		assert.Less(t, len(got), 1<<20)
		assert.True(t, json.Valid([]byte(got)))
		assert.Contains(t, got, "seen before")
		assert.Contains(t, got, "agent 29")
	}

	large := make([]any, 5000)
	for i := range large {
		large[i] = map[string]any{"i": i, "list": []any{}, "odd": func() {}}
	}
	got := encode(large)
	assert.NotContains(t, got, "seen before", "what is only large stays whole")
	assert.Contains(t, got, `{"i":4999,"list":[],`)
}

// What the caller does to a value afterwards does not change the record.
func TestValuesAreSnapshots(t *testing.T) {
	tl := New(Request{})
	n := tl.StartNode(Node{})
	m := map[string]any{"a": []any{1}}
	n.Input("m", m)
	m["a"].([]any)[0] = 2
	m["b"] = 3
	assert.Contains(t, string(tl.AppendJSON(nil)), `"input":{"m":{"a":[1]}}`)
}

func TestSameKeyAgain(t *testing.T) {
	tl := New(Request{})
	n := tl.StartNode(Node{})
	n.Input("b", 1)
	n.Input("a", 2)
	n.Input("b", "new")
	assert.Contains(t, string(tl.AppendJSON(nil)), `"input":{"b":"new","a":2}`)
}

// offloads takes every text.
type offloads map[string]string

func (o offloads) Offload(text string) (string, bool) {
	link := fmt.Sprintf("s3://traces/%d", len(o))
	o[link] = text
	return link, true
}

// full takes nothing.
type full struct{}

func (full) Offload(string) (string, bool) { return "", false }

// keep is a Sink that keeps what it gets.
type keep struct{ records []Record }

func (k *keep) Write(_ context.Context, r Record) error {
	r.JSON = append([]byte(nil), r.JSON...)
	k.records = append(k.records, r)
	return nil
}

func TestThreshold(t *testing.T) {
	stays, goes := strings.Repeat("s", 5120), strings.Repeat("g", 5121)
	multi := strings.Repeat("提", 1706) + "abc" // 5121 bytes, 1709 characters
	build := func(r *Recorder, text string) {
		tl := r.Begin(Request{Question: text, ServiceID: text})
		tl.Answer(text)
		tl.Srv("k", text)
		tl.Status(1, text)
		n := tl.StartNode(Node{Name: text})
		n.Input("string", text)
		n.Input("deep", map[string]any{"a": []any{map[string]string{"b": text}, []string{text}}})
		n.Input("struct", struct{ Text string }{text})
		n.Input("raw", json.RawMessage(`{"t":"`+text+`"}`))
		n.Input("error", errors.New(text))
		n.Output(text, "a long key stays")
		n.Config("bytes", []byte(text))
		n.LLMOutput(text)
		n.Log(slog.LevelInfo, text)
		tl.End(context.Background())
	}
	count := func(text string) (offloads, string) {
		o, k := offloads{}, &keep{}
		build(NewRecorder(RecorderConfig{Sink: k, Offloader: o}), text)
		require.Len(t, k.records, 1)
		require.True(t, json.Valid(k.records[0].JSON))
		return o, string(k.records[0].JSON)
	}

	got, record := count(stays)
	assert.Len(t, got, 2, "only the base64 form and the log line around it are longer than 5120 bytes")
	assert.Equal(t, 16, strings.Count(record, stays))

	for _, text := range []string{goes, multi} {
		got, record = count(text)
		assert.Len(t, got, 17)
		texts := 0
		for _, offloaded := range got {
			if offloaded == text {
				texts++
			}
		}
		assert.Equal(t, 15, texts, "exactly the text, not its JSON form")
		assert.Equal(t, 1, strings.Count(record, text), "the key is all that is left")
		assert.Less(t, len(record), 2*len(text))
	}

	k := &keep{}
	build(NewRecorder(RecorderConfig{Sink: k, Offloader: full{}}), goes)
	assert.Equal(t, 17, strings.Count(string(k.records[0].JSON), goes), "what nobody takes stays")
	k = &keep{}
	build(NewRecorder(RecorderConfig{Sink: k}), goes)
	assert.Equal(t, 17, strings.Count(string(k.records[0].JSON), goes), "without an Offloader likewise")
	o := offloads{}
	build(NewRecorder(RecorderConfig{Sink: &keep{}, Offloader: o, Threshold: 6000}), goes)
	assert.Len(t, o, 1, "base64")
}

// The bytes that are offloaded are those that were given, even if they are no
// UTF-8.
func TestOffloadsExactBytes(t *testing.T) {
	text := "\xff\x00" + strings.Repeat("x", 6000) + "\xfe"
	o := offloads{}
	tl := NewRecorder(RecorderConfig{Sink: &keep{}, Offloader: o}).Begin(Request{})
	tl.StartNode(Node{}).Input("k", text)
	tl.End(context.Background())
	require.Len(t, o, 1)
	for _, got := range o {
		assert.Equal(t, text, got)
	}
}

func FuzzRaw(f *testing.F) {
	for _, s := range []string{`{"a":"b\u2028\"","c":[1,"\\",{}],"\u003c":null}`, `"x"`, `[]`, `{"a":{"a":"aaaaaaaaaaaaaaaaaaaaa"}}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v := capture(json.RawMessage(s), 16)
		w := writer{}
		w.value(v)
		require.True(t, json.Valid(w.buf), "%q", w.buf)
		if !json.Valid([]byte(s)) {
			return
		}
		assert.Equal(t, decodeAny(t, []byte(s)), decodeAny(t, w.buf))
	})
}

func decodeAny(t *testing.T, b []byte) (v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	require.NoError(t, d.Decode(&v))
	return v
}
