// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"math"

	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// The attributes that summaries read, the preferred one first; package semconv
// knows the same.
var (
	inputTokens = []string{
		"gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt", "llm.usage.prompt_tokens",
		"ai.usage.inputTokens", "ai.usage.promptTokens",
	}
	outputTokens = []string{
		"gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion", "llm.usage.completion_tokens",
		"ai.usage.outputTokens", "ai.usage.completionTokens",
	}
	totalTokens   = []string{"gen_ai.usage.total_tokens", "llm.token_count.total", "llm.usage.total_tokens", "ai.usage.totalTokens", "ai.usage.tokens"}
	sessions      = []string{"sid", "session.id"}
	chats         = []string{"chat_id"}
	conversations = []string{"gen_ai.conversation.id", "langfuse.session.id", "traceloop.association.properties.session_id"}
	users         = []string{"uid", "user.id"}
)

// maxIdentity is the longest text that is an identity, in bytes.
const maxIdentity = 256

// summarize sums a trace up whose spans are in order.
func summarize(t *trace.Trace) digest.Summary {
	var m digest.Summer
	s := m.Sum(digests(t.Spans))
	s.TraceID, s.Logs = t.ID, len(t.Logs)
	for i := range t.Spans {
		s.Identity.Fill(identityOf(t.Spans[i].Attributes))
	}
	return s
}

func digests(spans []trace.Span) []digest.Span {
	all := make([]digest.Span, len(spans))
	for i := range spans {
		s := &spans[i]
		all[i] = digest.Span{
			ID: s.ID, Parent: s.Parent, Start: s.Start, Duration: s.Duration(), Service: s.Service(), Name: s.Name,
			Kind: s.Kind, Status: s.Status.Code, Tokens: tokensOf(s.Attributes),
		}
	}
	return all
}

func tokensOf(attrs []trace.KeyValue) digest.Tokens {
	return digest.Tokens{Input: count(attrs, inputTokens), Output: count(attrs, outputTokens), Total: count(attrs, totalTokens)}
}

// count is the first attribute under the most preferred key that is a number of
// tokens.
func count(attrs []trace.KeyValue, keys []string) int64 {
	v, _ := first(attrs, keys, func(v trace.Value) bool {
		n, ok := v.Number()
		return ok && n >= 0 && n <= digest.MaxTokens && n == math.Trunc(n)
	})
	n, _ := v.Number()
	return int64(n)
}

func identityOf(attrs []trace.KeyValue) digest.Identity {
	return digest.Identity{SID: text(attrs, sessions), ChatID: text(attrs, chats), Conversation: text(attrs, conversations), UID: text(attrs, users)}
}

func text(attrs []trace.KeyValue, keys []string) string {
	v, _ := first(attrs, keys, func(v trace.Value) bool {
		isText := v.Kind() == trace.StringValue && v.Str() != "" && len(v.Str()) <= maxIdentity
		return isText || v.Kind() == trace.IntValue
	})
	return v.String()
}

// first is the first attribute under the most preferred key that has one of use.
func first(attrs []trace.KeyValue, keys []string, isOfUse func(trace.Value) bool) (trace.Value, bool) {
	for _, key := range keys {
		for i := range attrs {
			if attrs[i].Key == key && isOfUse(attrs[i].Value) {
				return attrs[i].Value, true
			}
		}
	}
	return trace.Value{}, false
}
