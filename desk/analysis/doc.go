// SPDX-License-Identifier: Apache-2.0

// Package analysis explains a trace: spans in, diagrams out. Its functions are
// pure: they do no I/O, know no clock and keep nothing between calls.
//
// [Build] makes a [Tree] of the spans; its methods make everything else of it.
// All of them take time in proportion to the number of spans, apart from the
// sorting of siblings, and none of them recurses, so that neither a chain nor a
// fan of 100,000 spans is a problem.
//
// The rules follow the trace diagrams of BlueKing APM, whose answers the package
// gives except where those were mistaken: sizes are a span's own interval, ids
// are not cut, cycles are broken instead of refused, a service below another
// service stays in the picture. Names of attributes are read in their present
// and in their former spellings.
//
// Times and durations are in nanoseconds.
package analysis
