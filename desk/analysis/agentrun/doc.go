// SPDX-License-Identifier: Apache-2.0

// Package agentrun says what a run of an agent took: tokens, first frames, time
// and money, in all, per node, per model and per agent, and where each number
// comes from.
//
// [RollUp] reads the attributes of spans, under the names of package semconv,
// and the records of package noderecord. It is pure, takes time in proportion to
// the number of spans and does not recurse.
//
// # Each call counts once
//
// Instrumentations nest: an agent's span repeats the sum of its calls, a
// framework's span those of the client below it, a service's span those of its
// caller, a node's record those of its span. What a span or a record says is a
// claim. Claims are taken from the inside out, and a claim is compared with what
// has been counted below it:
//
//   - with nothing below, it counts: the innermost span owns its numbers;
//   - what equals the sum of those below, or any one of them, or exceeds them in
//     neither input nor output, repeats them and does not count;
//   - what exceeds them in input or output and falls short in neither includes
//     calls that were not instrumented: the difference counts, as [Rest];
//   - what exceeds them in one and falls short in the other contradicts them and
//     does not count.
//
// A claim that does not count is kept as a [Repeat], with its reason. It still
// fills in what the one call below it did not say: its model, cached or
// reasoning tokens, the first frame.
//
// A call of a model does not include those that its tools and agents make, nor
// does a node include the nodes within it; such claims are compared without
// them, except that equal numbers always repeat, and that an agent or tool that
// repeats its only call is as good as that call. Calls of language models are not
// compared with those of embeddings. Two calls with one gen_ai.response.id and
// equal tokens are one.
//
// The rule rather counts too little than twice: where an agent's own calls were
// not instrumented but those of the agents below it were, what both say cannot
// be told apart, and the larger one counts.
//
// # What the numbers mean
//
// Cached and cache-written tokens are among the input, reasoning tokens among the
// output, as the semantic conventions for generative AI 1.41 have it. Spans that
// leave them out are recognised, and the tokens added: where they alone exceed
// the input or output; where the span's total says so; where the convention says
// so (the usage_details of Langfuse, the Vercel AI SDK before version 6 with
// Anthropic); where an outer span's input is larger by just that. An instrumentation that
// passes on Anthropic's counts under the names of the semantic conventions
// without any of these cannot be told, and is believed.
//
// A count that is negative, no whole number or above [MaxTokens] counts as
// missing and is listed in [Run.Problems]; so does 0, which several
// instrumentations write when they do not know.
//
// Times are in nanoseconds, money in billionths of its currency.
package agentrun
