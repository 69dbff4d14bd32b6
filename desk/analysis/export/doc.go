// SPDX-License-Identifier: Apache-2.0

// Package export writes a trace, and the diagrams of package analysis, in the
// formats of other programs: Chrome trace events for Perfetto, profiles for
// speedscope, diagrams for Mermaid and Graphviz, tables as CSV, and JSON that
// stands by itself.
//
// All functions write to the end or return the error of the writer. They are
// pure, do not recurse, and take time in proportion to the number of spans apart
// from sorting. Names come from strangers: whatever they contain, the output is
// valid in its format and shows them as text.
package export
