// SPDX-License-Identifier: Apache-2.0

package query

import (
	"math"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// The names under which instrumentations write what shorthands stand for, the
// preferred one first; package semconv knows the same.
var (
	sessionKeys = []string{"sid", "session.id", "gen_ai.conversation.id", "langfuse.session.id", "traceloop.association.properties.session_id"}
	modelKeys   = []string{
		"gen_ai.request.model", "llm.model_name", "embedding.model_name", "ai.model.id", "llm.request.model",
		"gen_ai.response.model", "ai.response.model", "llm.response.model",
	}
	inputTokenKeys = []string{
		"gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt", "llm.usage.prompt_tokens",
		"ai.usage.inputTokens", "ai.usage.promptTokens",
	}
	outputTokenKeys = []string{
		"gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion", "llm.usage.completion_tokens",
		"ai.usage.outputTokens", "ai.usage.completionTokens",
	}
	totalTokenKeys  = []string{"gen_ai.usage.total_tokens", "llm.token_count.total", "llm.usage.total_tokens", "ai.usage.totalTokens", "ai.usage.tokens"}
	firstChunkKeys  = []string{"gen_ai.response.time_to_first_chunk", "gen_ai.server.time_to_first_token", "gen_ai.response.time_to_first_token"}
	firstFrameKeys  = []string{"first_frame_duration", "ai.response.msToFirstChunk", "ai.stream.msToFirstChunk", "llm.time_to_first_token_ms"}
	tokenSlots      = slots(inputTokenKeys, outputTokenKeys, totalTokenKeys)
	timeToFirstSlot = slots(firstChunkKeys, firstFrameKeys)
)

// A slot is one of several quantities that a shorthand reads, and how far back a
// key stands among its names.
type slot struct{ of, rank int8 }

func slots(quantities ...[]string) map[string]slot {
	all := map[string]slot{}
	for of, keys := range quantities {
		for rank, key := range keys {
			all[key] = slot{int8(of), int8(rank)}
		}
	}
	return all
}

// quantities reads up to three numbers from the attributes of a span, each
// under the most preferred of its names that holds a number.
func quantities(s *trace.Span, known map[string]slot) (found [3]number, has [3]bool) {
	var rank [3]int8
	for i := range s.Attributes {
		key := s.Attributes[i].Key
		if len(key) < len("ai.usage.tokens") {
			continue // than all names; most keys need no look into the map
		}
		at, ok := known[key]
		if !ok || has[at.of] && rank[at.of] <= at.rank {
			continue
		}
		if n, ok := numberOf(&s.Attributes[i].Value); ok {
			found[at.of], has[at.of], rank[at.of] = n, true, at.rank
		}
	}
	return found, has
}

func tokens(s *scan) (trace.Value, bool) {
	n, has := quantities(s.span, tokenSlots)
	if has[0] || has[1] {
		return n[0].add(n[1]).value(), true
	}
	return n[2].value(), has[2]
}

// timeToFirst is in nanoseconds: from names that hold seconds or else from those
// that hold milliseconds.
func timeToFirst(s *scan) (trace.Value, bool) {
	n, has := quantities(s.span, timeToFirstSlot)
	if has[0] {
		return float(math.Round(n[0].float() * 1e9)).value(), true
	}
	return float(math.Round(n[1].float() * 1e6)).value(), has[1]
}

// value is the number as an attribute value; a float that is an integer of 64
// bits becomes one.
func (n number) value() trace.Value {
	if !n.isFloat {
		return trace.Int(n.i)
	}
	if n.f == math.Trunc(n.f) && n.f >= -1<<63 && n.f < 1<<63 {
		return trace.Int(int64(n.f))
	}
	return trace.Float(n.f)
}
