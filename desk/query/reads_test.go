// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/query"
)

func TestFields(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
	}{
		{`{ }`, []string{}},
		{`{ name = "a" && (span.x > 1 || !(event.y != nil)) }`, []string{"name", "span.x", "event.y"}},
		{`{ kind = server } >> { some(link.z = 1) } | by(.a) | avg(duration) > 1s | count() > 2 | select(tokens, name)`, []string{"kind", "link.z", ".a", "duration", "tokens", "name"}},
		{`({ status = error } | count() > 1) && { span.x = 1 } | { span.x = 2 }`, []string{"status", "span.x"}},
	} {
		q, err := query.Parse(tt.text)
		require.NoError(t, err, tt.text)
		got := []string{}
		for _, f := range q.Fields() {
			got = append(got, f.String())
		}
		assert.ElementsMatch(t, tt.want, got, tt.text)
	}
}

func TestAttributeKeys(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string // some of them
	}{
		{"span.x", []string{"x"}}, {".x", []string{"x"}}, {"resource.x", nil}, {"event.x", nil}, {"name", nil}, {"any", nil}, {"traceDuration", nil},
		{"tokens", []string{"gen_ai.usage.input_tokens", "gen_ai.usage.completion_tokens", "llm.usage.total_tokens"}},
		{"ttft", []string{"gen_ai.server.time_to_first_token", "first_frame_duration"}},
		{"session", []string{"sid", "session.id"}},
	} {
		f, err := query.ParseField(tt.text)
		require.NoError(t, err)
		got := f.AttributeKeys()
		assert.Subset(t, got, tt.want, tt.text)
		assert.Equal(t, tt.want == nil, got == nil, tt.text)
	}
}
