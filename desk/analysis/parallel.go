// SPDX-License-Identifier: Apache-2.0

package analysis

import "time"

// ParallelOptions choose what [Tree.Parallels] takes for concurrent.
type ParallelOptions struct {
	// Gap is how far apart two siblings may start that do not overlap and still
	// count as concurrent; 0 means 500 µs.
	Gap time.Duration
	// MinMembers is how many members a parallel must have; 0 means 2.
	MinMembers int
}

// Parallels are the runs of siblings that were under way together.
type Parallels struct {
	// List holds the members of each, in the order of arrival.
	List [][]int32
	// Of is the index in List for each node of the tree, None for those in no parallel.
	Of []int32
	// Before is the member of the same parallel that arrived before each node,
	// None for the first and for those in no parallel.
	Before []int32
}

// Parallels finds concurrent siblings: in the order of arrival each is compared
// with the one before it, and belongs to it if that one was not over yet or
// began less than the gap away. Roots are never parallel.
func (t *Tree) Parallels(o ParallelOptions) *Parallels {
	if o.Gap == 0 {
		o.Gap = 500 * time.Microsecond
	}
	o.MinMembers = orDefault(o.MinMembers, 2)
	p := &Parallels{Of: unset(len(t.Nodes)), Before: unset(len(t.Nodes))}
	for _, node := range t.Order {
		p.add(t, t.arrivals(node), o)
	}
	return p
}

func (p *Parallels) add(t *Tree, siblings []int32, o ParallelOptions) {
	for len(siblings) > 0 {
		run := 1
		for run < len(siblings) && t.together(siblings[run-1], siblings[run], int64(o.Gap)) {
			run++
		}
		if run >= o.MinMembers {
			for i, n := range siblings[:run] {
				p.Of[n] = int32(len(p.List))
				if i > 0 {
					p.Before[n] = siblings[i-1]
				}
			}
			p.List = append(p.List, siblings[:run:run])
		}
		siblings = siblings[run:]
	}
}

func (t *Tree) together(before, node int32, gap int64) bool {
	a, b := &t.Nodes[before], &t.Nodes[node]
	apart := max(a.start, b.start) - min(a.start, b.start)
	return a.end > b.start || (0 <= apart && apart < gap)
}
