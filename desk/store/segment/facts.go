// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"math"

	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/store/table"
	"github.com/sidetrace/sidetrace/desk/store/wire"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// A fact is something that summaries say and attributes have.
type fact uint8

const (
	inputTokens fact = iota
	outputTokens
	totalTokens
	sessionID
	chatID
	conversationID
	userID

	facts
)

// factKeys are the attributes of each fact, the preferred one first; package
// semconv knows the same.
var factKeys = [facts][]string{
	inputTokens: {
		"gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt", "llm.usage.prompt_tokens",
		"ai.usage.inputTokens", "ai.usage.promptTokens",
	},
	outputTokens: {
		"gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion", "llm.usage.completion_tokens",
		"ai.usage.outputTokens", "ai.usage.completionTokens",
	},
	totalTokens:    {"gen_ai.usage.total_tokens", "llm.token_count.total", "llm.usage.total_tokens", "ai.usage.totalTokens", "ai.usage.tokens"},
	sessionID:      {"sid", "session.id"},
	chatID:         {"chat_id"},
	conversationID: {"gen_ai.conversation.id", "langfuse.session.id", "traceloop.association.properties.session_id"},
	userID:         {"uid", "user.id"},
}

// measures are keys whose values nobody looks up by being equal: they would fill
// the index.
var measures = func() map[string]bool {
	all := map[string]bool{
		"gen_ai.response.time_to_first_chunk": true, "gen_ai.server.time_to_first_token": true, "gen_ai.response.time_to_first_token": true,
		"first_frame_duration": true, "ai.response.msToFirstChunk": true, "llm.time_to_first_token_ms": true,
		"gen_ai.usage.cost": true, "llm.cost.total": true, "gen_ai.usage.cache_read.input_tokens": true, "gen_ai.usage.reasoning.output_tokens": true,
	}
	for _, keys := range factKeys[:sessionID] {
		for _, key := range keys {
			all[key] = true
		}
	}
	return all
}()

// A place among the spellings of a fact.
type spelling struct {
	fact fact
	rank int8
}

var spellings = func() map[string]spelling {
	all := map[string]spelling{}
	for f, keys := range factKeys {
		for rank, key := range keys {
			all[key] = spelling{fact(f), int8(rank)}
		}
	}
	return all
}()

// Facts are what the attributes of a span say for a summary.
type Facts struct {
	Tokens   digest.Tokens
	Identity digest.Identity

	rank [facts]int8   // of what was found, counted from 1
	seen [facts]uint16 // a bit for each spelling that occurred
}

// Read reads the attributes of a span in a request. Of several spellings the
// preferred one counts, and of each its first occurrence.
func (f *Facts) Read(pairs []wire.KeyValue) {
	*f = Facts{}
	for i := range pairs {
		if s, ok := spellings[string(pairs[i].Key)]; ok {
			f.take(s, pairs[i].Value.Decode())
		}
	}
}

// ReadSpan reads the attributes of a span.
func (f *Facts) ReadSpan(sp *trace.Span) {
	*f = Facts{}
	for i := range sp.Attributes {
		if s, ok := spellings[sp.Attributes[i].Key]; ok {
			f.take(s, sp.Attributes[i].Value)
		}
	}
}

func (f *Facts) take(s spelling, v trace.Value) {
	twice := f.seen[s.fact]>>s.rank&1 != 0
	f.seen[s.fact] |= 1 << s.rank
	if have := f.rank[s.fact]; twice || have != 0 && have <= s.rank+1 {
		return
	}
	if s.fact < sessionID {
		n, ok := count(v)
		if !ok {
			return
		}
		*tokensOf(&f.Tokens, s.fact) = n
	} else {
		text := identityText(v)
		if text == "" {
			return
		}
		*identityOf(&f.Identity, s.fact) = text
	}
	f.rank[s.fact] = s.rank + 1
}

// tokensOf is where tokens have a fact.
func tokensOf(t *digest.Tokens, f fact) *int64 {
	return [...]*int64{inputTokens: &t.Input, outputTokens: &t.Output, totalTokens: &t.Total}[f]
}

// identityOf is where an identity has a fact.
func identityOf(i *digest.Identity, f fact) *string {
	switch f {
	case sessionID:
		return &i.SID
	case chatID:
		return &i.ChatID
	case conversationID:
		return &i.Conversation
	}
	return &i.UID
}

// KindOf is the kind of values of a type.
func KindOf(k trace.ValueKind) table.Kind {
	switch k {
	case trace.StringValue:
		return table.Text
	case trace.IntValue:
		return table.Int
	case trace.FloatValue:
		return table.Float
	case trace.BoolValue:
		return table.Bool
	}
	return table.Bytes
}

// count is a value as a number of tokens.
func count(v trace.Value) (int64, bool) {
	n, ok := v.Number()
	if !ok || n < 0 || n > digest.MaxTokens || n != math.Trunc(n) {
		return 0, false
	}
	return int64(n), true
}

// maxIdentity is the longest text of an identity that is kept.
const maxIdentity = 256

func identityText(v trace.Value) string {
	if k := v.Kind(); k != trace.StringValue && k != trace.IntValue {
		return ""
	}
	if text := v.String(); len(text) <= maxIdentity {
		return text
	}
	return ""
}
