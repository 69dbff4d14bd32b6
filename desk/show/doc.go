// SPDX-License-Identifier: Apache-2.0

// Package show draws traces as text for a terminal: as a tree with bars, a
// flame graph, a sequence of messages, boxes, tables, and lists.
//
// A [View] says how wide the terminal is and whether it has colours; its methods
// write one drawing each. Whatever a trace contains, a drawing consists of lines
// that are no wider than the view, of printable characters, and of the colours
// of the view: control characters, text directions and broken encodings in the
// names of a trace reach no terminal.
//
// Nothing here knows an environment, a clock or a terminal; the program that
// calls it does.
package show
