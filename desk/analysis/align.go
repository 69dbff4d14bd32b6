// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"cmp"
	"maps"
	"slices"
)

const (
	// alignmentBudget is how many steps the alignments of one comparison may take
	// in all: some tenths of a second.
	alignmentBudget = 1 << 25
	// settleReach is how far a partner may be exchanged for one that fits better.
	settleReach = 32
)

// In which of two lists of siblings a key occurs.
const (
	inBaseline = 1 << iota
	inComparison
)

// An alignment pairs siblings of one trace with siblings of another: for each of
// the first it gives the position of its partner in the second, None for none.
// The result is valid until the next call.
type alignment func(baseline, comparison []int32) []int32

// An aligner pairs siblings of equal name and service so that as many as
// possible have a partner: by a longest common subsequence. Where few have the
// same name it takes time in proportion to the siblings, and otherwise to the
// siblings and the square of the differences between them, as long as its budget
// lasts; after that, lists with more than 2×patience differences get a common
// subsequence that may not be the longest.
type aligner struct {
	baseline, comparison side
	seen                 []uint8 // by key: in which of the two lists it occurs
	last                 []int32 // by key: how often or where last it occurs in the second list; else 0
	budget               int

	x, y        []int32 // what remains of the two lists, as positions in them
	kx, ky      []int32 // and their keys
	boxes       []box
	forth, back way
	pairs       []int32 // the result
	taken       []bool  // by position in the second list: has a partner
}

// A side is what is compared of a tree.
type side struct {
	tree  *Tree
	keys  []int32  // by [Node.Similar], the number of the name and service in both trees
	below []uint64 // by node: equal for nodes with equal descendants
	ranks []int32  // by key: its place among all in the order of names
}

func (s *side) key(node int32) int32 { return s.keys[s.tree.Nodes[node].Similar] }

func newAligner(baseline, comparison *Tree) *aligner {
	known := map[nameAndService]int32{}
	a := &aligner{baseline: newSide(baseline, known), comparison: newSide(comparison, known), budget: alignmentBudget}
	a.baseline.ranks = ranks(known)
	a.comparison.ranks = a.baseline.ranks
	a.seen, a.last, a.back.back = make([]uint8, len(known)), make([]int32, len(known)), true
	return a
}

type nameAndService struct{ name, service string }

// ranks does not depend on which trace is the baseline.
func ranks(known map[nameAndService]int32) []int32 {
	sorted := slices.SortedFunc(maps.Keys(known), func(a, b nameAndService) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.service, b.service))
	})
	ranks := make([]int32, len(sorted))
	for i, name := range sorted {
		ranks[known[name]] = int32(i)
	}
	return ranks
}

func newSide(t *Tree, known map[nameAndService]int32) side {
	s := side{tree: t, keys: unset(t.names), below: make([]uint64, len(t.Nodes))}
	for i := range t.Nodes {
		if similar := t.Nodes[i].Similar; s.keys[similar] == None {
			s.keys[similar] = intern(known, nameAndService{t.Nodes[i].Span.Name, t.ServiceOf(int32(i))})
		}
	}
	for _, node := range slices.Backward(t.Order) {
		if parent := t.Nodes[node].Parent; parent != None {
			s.below[parent] = scatter(s.below[parent]) + scatter(s.below[node]+uint64(s.key(node)))
		}
	}
	return s
}

// scatter makes numbers that differ a little differ a lot (the finaliser of
// MurmurHash3).
func scatter(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

// align is an [alignment]. Siblings that ran at once have no order to keep: if
// some are left without a partner in the order in which they began, those that
// overlap are put in the order of their names, and the better result counts.
func (a *aligner) align(baseline, comparison []int32) []int32 {
	pairs := a.pair(baseline, comparison)
	found := paired(pairs)
	if found == len(baseline) || found == len(comparison) {
		return pairs
	}
	x, y := a.baseline.untangle(baseline), a.comparison.untangle(comparison)
	if x == nil || y == nil {
		return pairs
	}
	inOrder := slices.Clone(pairs)
	pairs = a.pair(pick(baseline, x), pick(comparison, y))
	if paired(pairs) <= found {
		return inOrder
	}
	for i, at := range pairs {
		inOrder[x[i]] = None
		if at != None {
			inOrder[x[i]] = y[at]
		}
	}
	return inOrder
}

// paired counts those that have a partner.
func paired(pairs []int32) (n int) {
	for _, at := range pairs {
		if at != None {
			n++
		}
	}
	return n
}

// pick is nodes in the order of positions.
func pick(nodes, positions []int32) []int32 {
	picked := make([]int32, len(nodes))
	for i, at := range positions {
		picked[i] = nodes[at]
	}
	return picked
}

// untangle is the positions of siblings, of which those that overlap are in the
// order of their names; nil if none do.
func (s *side) untangle(nodes []int32) (positions []int32) {
	overlap := false
	positions = make([]int32, len(nodes))
	for i := range positions {
		positions[i] = int32(i)
	}
	for first := 0; first < len(nodes); {
		next := first + 1
		for until := s.end(nodes[first]); next < len(nodes) && s.tree.Nodes[nodes[next]].start < until; next++ {
			until = max(until, s.end(nodes[next]))
		}
		overlap = overlap || next > first+1
		slices.SortStableFunc(positions[first:next], func(a, b int32) int { return cmp.Compare(s.ranks[s.key(nodes[a])], s.ranks[s.key(nodes[b])]) })
		first = next
	}
	if !overlap {
		return nil
	}
	return positions
}

func (s *side) end(node int32) int64 { return s.tree.Nodes[node].end }

// pair finds partners in the given order; their positions ascend.
func (a *aligner) pair(baseline, comparison []int32) []int32 {
	a.pairs = slices.Grow(a.pairs[:0], len(baseline))[:len(baseline)]
	for i := range a.pairs {
		a.pairs[i] = None
	}
	if len(baseline) == 0 || len(comparison) == 0 {
		return a.pairs
	}
	a.load(baseline, comparison)
	if b := a.trim(box{0, len(a.kx), 0, len(a.ky)}); a.rare(b) {
		a.hunt(b)
	} else {
		a.solve(b)
	}
	a.settle(baseline, comparison)
	return a.pairs
}

// load takes the siblings that may have a partner at all.
func (a *aligner) load(baseline, comparison []int32) {
	for _, n := range baseline {
		a.seen[a.baseline.key(n)] |= inBaseline
	}
	for _, n := range comparison {
		a.seen[a.comparison.key(n)] |= inComparison
	}
	a.x, a.kx = a.shared(a.x[:0], a.kx[:0], &a.baseline, baseline)
	a.y, a.ky = a.shared(a.y[:0], a.ky[:0], &a.comparison, comparison)
	for _, n := range baseline {
		a.seen[a.baseline.key(n)] = 0
	}
	for _, n := range comparison {
		a.seen[a.comparison.key(n)] = 0
	}
}

func (a *aligner) shared(positions, keys []int32, s *side, nodes []int32) (at, of []int32) {
	for i, n := range nodes {
		if key := s.key(n); a.seen[key] == inBaseline|inComparison {
			positions, keys = append(positions, int32(i)), append(keys, key)
		}
	}
	return positions, keys
}

// settle exchanges a partner whose descendants differ for a neighbour without a
// partner whose descendants are equal, so that of several siblings of one name
// the one that is shown as missing is the one that is.
func (a *aligner) settle(baseline, comparison []int32) {
	a.taken = slices.Grow(a.taken[:0], len(comparison))[:len(comparison)]
	clear(a.taken)
	open := len(baseline)
	for _, at := range a.pairs {
		if at != None {
			a.taken[at] = true
			open--
		}
	}
	if open == 0 && len(baseline) == len(comparison) {
		return
	}
	for i := range slices.Backward(a.pairs) {
		a.move(i, baseline, comparison)
	}
	for i := range a.pairs {
		a.move(i, baseline, comparison)
	}
}

func (a *aligner) move(i int, baseline, comparison []int32) {
	at := a.pairs[i]
	if at == None || a.baseline.below[baseline[i]] == a.comparison.below[comparison[at]] {
		return
	}
	for _, way := range []int{1, -1} {
		for to := i + way; a.free(to, i, baseline); to += way {
			if a.same(baseline[to], comparison[at]) {
				a.pairs[i], a.pairs[to] = None, at
				return
			}
		}
		for to := int(at) + way; a.vacant(to, int(at)); to += way {
			if a.same(baseline[i], comparison[to]) {
				a.taken[at], a.taken[to] = false, true
				a.pairs[i] = int32(to)
				return
			}
		}
	}
}

// free reports whether a baseline sibling near from is without a partner.
func (a *aligner) free(to, from int, baseline []int32) bool {
	return 0 <= to && to < len(baseline) && max(to-from, from-to) <= settleReach && a.pairs[to] == None
}

// vacant reports whether a comparison sibling near from is without a partner.
func (a *aligner) vacant(to, from int) bool {
	return 0 <= to && to < len(a.taken) && max(to-from, from-to) <= settleReach && !a.taken[to]
}

func (a *aligner) same(baseline, comparison int32) bool {
	return a.baseline.key(baseline) == a.comparison.key(comparison) && a.baseline.below[baseline] == a.comparison.below[comparison]
}
