// SPDX-License-Identifier: Apache-2.0

// Package finding says what is wrong with a trace, and what it costs: calls that
// repeat, agents that turn in circles, the span that everything waits for, where
// an error began, what the clocks and the instrumentation got wrong.
//
// [Find] looks for all of it. Spans say what happened, not what it was for, so
// that each rule prefers silence to a false alarm; what it takes for a finding,
// and what it takes for something else, stands with the [Kind].
//
// # Times
//
// Rules compare times of spans below each other, so they need one clock. A span
// of another process that starts before its parent, or is served after its call
// was over, ran by a clock that is off: it and all below it are taken to have
// begun with the parent, as in [analysis.Tree.Waterfall]. A span without an end, as
// in a run that goes on, lasts as long as what is below it; one without a start, or
// that ends before it starts, took no time. Times further than 2^61 ns (73 years) from the start of
// the main root, the longest one, are taken to lie just there.
//
// All functions are pure, take time in proportion to the number of spans apart
// from sorting, do not recurse, and may be called by any number of goroutines for
// one tree.
package finding
