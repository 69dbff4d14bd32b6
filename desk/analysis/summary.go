// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"bytes"
	"cmp"
	"math"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// A Summary is a trace in a few figures. Times are in ns. It does not depend on
// the order in which the spans came, apart from the order of Services and which
// of several spans with one id counts.
type Summary struct {
	TraceID trace.TraceID `json:"traceId"`
	// Root is the node of the earliest span without a parent, or if there is none
	// of the earliest whose parent is missing; None in an empty trace.
	Root        int32  `json:"root"`
	RootService string `json:"rootService"`
	RootName    string `json:"rootName"`
	// Entry is the node of the first span that was called, a server or a
	// consumer: below a root with no parent rather than with a missing one, then
	// the shallowest, then the earliest; None if there is none.
	Entry        int32  `json:"entry"`
	EntryService string `json:"entryService"`
	EntryName    string `json:"entryName"`
	// Category and Code are those of the entry, or without one of the root.
	Category Category    `json:"category"`
	Code     StatusBadge `json:"code"`

	// Start is the first start and End the last end.
	Start    int64 `json:"start,string"`
	End      int64 `json:"end,string"`
	Duration int64 `json:"duration"`
	// Longest and Shortest are durations of spans.
	Longest  int64 `json:"longest"`
	Shortest int64 `json:"shortest"`

	// Services are in the order in which they first occurred; ServiceCount leaves
	// out the one without a name.
	Services     []ServiceCount `json:"services"`
	ServiceCount int            `json:"serviceCount"`

	Spans  int `json:"spans"`
	Errors int `json:"errors"`
	// Orphans are the spans whose parent is missing.
	Orphans int `json:"orphans"`
	// Duplicates are the spans that another with the same id replaced.
	Duplicates int `json:"duplicates"`
	// Levels is the number of spans on the longest way down from a root.
	Levels int `json:"levels"`
	// Requests are the spans that were called: servers and consumers.
	Requests int `json:"requests"`

	// Categories has all of them, also those without spans.
	Categories map[Category]int `json:"categories"`
	Kinds      KindCounts       `json:"kinds"`
	// Skewed says that clocks are off, see [Tree.Waterfall].
	Skewed bool `json:"skewed"`
}

// A ServiceCount is a service's part of a trace.
type ServiceCount struct {
	Name   string `json:"name"`
	Spans  int    `json:"spans"`
	Errors int    `json:"errors"`
}

// KindCounts counts spans by kind.
type KindCounts struct {
	Sync        int `json:"sync"`  // servers and clients
	Async       int `json:"async"` // producers and consumers
	Internal    int `json:"internal"`
	Unspecified int `json:"unspecified"`
}

func (k *KindCounts) add(kind trace.Kind) {
	switch {
	case kind.IsAsync():
		k.Async++
	case kind.IsCalled(), kind.IsCalling():
		k.Sync++
	case kind == trace.Internal:
		k.Internal++
	default:
		k.Unspecified++
	}
}

// Summary sums the trace up.
func (t *Tree) Summary() *Summary {
	s := &Summary{Root: None, Entry: None, Duplicates: t.Replaced, Spans: len(t.Nodes), Categories: map[Category]int{}}
	for _, c := range categories {
		s.Categories[c] = 0
	}
	s.Services = make([]ServiceCount, len(t.Services))
	for i, name := range t.Services {
		s.Services[i].Name = name
		if name != "" {
			s.ServiceCount++
		}
	}
	if len(t.Nodes) == 0 {
		return s
	}
	s.TraceID = t.Nodes[0].Span.TraceID
	s.Start, s.Shortest = math.MaxInt64, math.MaxInt64
	s.End, s.Longest = math.MinInt64, math.MinInt64
	for i := range t.Nodes {
		s.add(&t.Nodes[i])
	}
	s.Duration = subTimes(s.End, s.Start)
	skewed, _ := t.skews()
	s.Skewed = skewed != nil
	s.findRoots(t)
	return s
}

// add counts a node.
func (s *Summary) add(n *Node) {
	service := &s.Services[n.Service]
	service.Spans++
	if n.failed {
		service.Errors++
		s.Errors++
	}
	if n.Mark&Orphan != 0 {
		s.Orphans++
	}
	if n.kind.IsCalled() {
		s.Requests++
	}
	s.Start, s.End = min(s.Start, n.start), max(s.End, n.end)
	d := n.took
	s.Shortest, s.Longest = min(s.Shortest, d), max(s.Longest, d)
	s.Levels = max(s.Levels, int(n.Level)+1)
	s.Categories[n.Category()]++
	s.Kinds.add(n.kind)
}

// findRoots finds the root and the entry.
func (s *Summary) findRoots(t *Tree) {
	var lost, entryLost Mark // whether the root above a node is an orphan
	for _, at := range t.Order {
		n := &t.Nodes[at]
		if n.Parent == None {
			lost = n.Mark & Orphan
			if s.Root == None || t.before(at, s.Root) {
				s.Root = at
			}
		}
		if !n.kind.IsCalled() {
			continue
		}
		if s.Entry == None || cmp.Or(cmp.Compare(lost, entryLost), t.compare(at, s.Entry)) < 0 {
			s.Entry, entryLost = at, lost
		}
	}
	root := &t.Nodes[s.Root]
	s.RootService, s.RootName = t.ServiceOf(s.Root), root.Span.Name
	if s.Entry != None {
		root = &t.Nodes[s.Entry]
		s.EntryService, s.EntryName = t.ServiceOf(s.Entry), root.Span.Name
	}
	s.Category, s.Code = root.Category(), root.StatusBadge()
}

// before reports whether a root goes before another one.
func (t *Tree) before(a, b int32) bool {
	return cmp.Or(cmp.Compare(t.Nodes[a].Mark&Orphan, t.Nodes[b].Mark&Orphan), t.compare(a, b)) < 0
}

// compare sorts the shallowest nodes first, then the earliest, then by id.
func (t *Tree) compare(a, b int32) int {
	m, n := &t.Nodes[a], &t.Nodes[b]
	return cmp.Or(
		cmp.Compare(m.Level, n.Level), cmp.Compare(m.start, n.start), bytes.Compare(m.Span.ID[:], n.Span.ID[:]),
	)
}
