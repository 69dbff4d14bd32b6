// SPDX-License-Identifier: Apache-2.0

package agentrun_test

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"github.com/sidetrace/sidetrace/desk/analysis/agentrun"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/noderecord"
)

func TestQuestion(t *testing.T) {
	const messages = "gen_ai.input.messages"
	pair := func(key, value string) trace.KeyValue { return trace.KeyValue{Key: key, Value: trace.String(value)} }
	tests := []struct {
		name    string
		input   []any
		records []noderecord.Record
		want    string
	}{
		{"nothing", nil, nil, ""},
		{"the record", []any{"input.value", "other"}, []noderecord.Record{{}, {Question: " Where to? "}}, "Where to?"},
		{"a plain text", []any{"input.value", "Where to?"}, nil, "Where to?"},
		{"parts", []any{messages, `[{"role":"system","parts":[{"type":"text","content":"be kind"}]},{"role":"user","parts":[{"type":"text","content":"Where to?"}]}]`}, nil, "Where to?"},
		{"content", []any{"gen_ai.prompt", `[{"role":"user","content":"Before"},{"role":"assistant","content":"Yes"},{"role":"user","content":"Where to?"}]`}, nil, "Where to?"},
		{"content in parts", []any{messages, `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{}},{"type":"text","text":"Where to?"}]}]}`}, nil, "Where to?"},
		{"a tool has answered since", []any{messages, `[{"role":"user","content":"Where to?"},{"role":"tool","content":"42"},{"role":"user","content":[{"type":"tool_result"}]}]`}, nil, "Where to?"},
		{"a value with parts", []any{messages, trace.List(trace.Map(pair("role", "user"), pair("content", "Where to?")))}, nil, "Where to?"},
		{"kept elsewhere", []any{messages, "trace_link: s3://bucket/value"}, nil, ""},
		{"kept elsewhere, by others", []any{messages, "gs://bucket/value"}, nil, ""},
		{"nobody asks", []any{messages, `[{"role":"system","content":"be kind"}]`}, nil, ""},
		{"neither text nor conversation", []any{messages, `{"a":[1,2`}, nil, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			all := tree(at(-1, "root", 0, 100), at(0, "chat", 0, 50, test.input...), at(0, "later", 50, 100, messages, "later, if nothing else"))
			want := test.want
			if want == "" {
				want = "later, if nothing else"
			}
			assert.Equal(t, want, agentrun.Question(all, test.records))
		})
	}
	assert.Empty(t, agentrun.Question(tree(), nil))
}

func FuzzQuestion(f *testing.F) {
	f.Add(`[{"role":"user","parts":[{"content":"a"}]}]`)
	f.Add(`{"messages":[{"role":"user","content":[{"text":"a"}]}]}`)
	f.Fuzz(func(t *testing.T, input string) {
		asked := agentrun.Question(tree(at(-1, "chat", 0, 1, "input.value", input)), nil)
		assert.LessOrEqual(t, len(asked), 3*len(input))
		assert.True(t, utf8.ValidString(asked) || !utf8.ValidString(input))
	})
}
