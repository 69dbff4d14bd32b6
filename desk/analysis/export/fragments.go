// SPDX-License-Identifier: Apache-2.0

package export

import "github.com/sidetrace/sidetrace/desk/analysis"

// A fragment is part of a sequence diagram: the whole, a loop, a par, or a
// branch of one. Messages and fragments within it are items, in their order.
type fragment struct {
	kind   fragmentKind
	parent int32
	block  int32 // for a branch, the block that it is one of
	times  int   // for a loop
	within bool  // it was put into its parent
	items  []item
}

type fragmentKind uint8

const (
	whole fragmentKind = iota
	loop
	par
	branch
)

// An item is a message, or a fragment if there is no message.
type item struct {
	message  *analysis.Message
	fragment int32
}

// fragments are the structure of a sequence diagram; the first is the whole.
type fragments struct {
	list []fragment
	pars map[int32]int32 // the fragment of each block
}

// newFragments divides the messages of a sequence: each belongs to the innermost
// branch or loop that its node or an ancestor of it begins.
func newFragments(t *analysis.Tree, s *analysis.Sequence) *fragments {
	f := &fragments{list: []fragment{{kind: whole, parent: analysis.None, within: true}}, pars: map[int32]int32{}}
	of := f.places(t, s)
	for i := range s.Messages {
		m := &s.Messages[i]
		at := of[m.Node]
		if at == analysis.None {
			continue
		}
		f.attach(at)
		f.list[at].items = append(f.list[at].items, item{message: m})
	}
	return f
}

// places is the fragment of each node, None for repetitions of what was there.
func (f *fragments) places(t *analysis.Tree, s *analysis.Sequence) []int32 {
	first, again := make([]int, len(t.Nodes)), make([]bool, len(t.Nodes))
	for i := range s.Groups {
		members := s.Groups[i].Members
		first[members[0]] = len(members)
		for _, m := range members[1:] {
			again[m] = true
		}
	}
	parallels := t.Parallels(analysis.ParallelOptions{})
	of := make([]int32, len(t.Nodes))
	for _, node := range t.Order {
		around := int32(0)
		if parent := t.Nodes[node].Parent; parent != analysis.None {
			around = of[parent]
		}
		if around == analysis.None || again[node] {
			of[node] = analysis.None
			continue
		}
		if block := parallels.Of[node]; block != analysis.None {
			around = f.new(fragment{kind: branch, parent: around, block: block})
		}
		if first[node] > 1 {
			around = f.new(fragment{kind: loop, parent: around, times: first[node]})
		}
		of[node] = around
	}
	return of
}

func (f *fragments) new(n fragment) int32 {
	f.list = append(f.list, n)
	return int32(len(f.list) - 1)
}

// attach puts a fragment, and those around it, where the next message stands.
func (f *fragments) attach(at int32) {
	var chain []int32
	for ; !f.list[at].within; at = f.list[at].parent {
		chain = append(chain, at)
	}
	for i := len(chain) - 1; i >= 0; i-- {
		at := chain[i]
		into := f.list[at].parent
		if f.list[at].kind == branch {
			into = f.par(f.list[at].block, into)
		}
		f.list[into].items = append(f.list[into].items, item{fragment: at})
		f.list[at].within = true
	}
}

// par is the fragment of a block, which is put into the one around it.
func (f *fragments) par(block, around int32) int32 {
	at, ok := f.pars[block]
	if !ok {
		at = f.new(fragment{kind: par, parent: around, within: true})
		f.pars[block] = at
		f.list[around].items = append(f.list[around].items, item{fragment: at})
	}
	return at
}

// write writes everything. A par of one branch is written without one.
func (f *fragments) write(m *sequenceWriter) {
	type open struct {
		fragment int32
		next     int
	}
	stack := []open{{}}
	for len(stack) > 0 {
		top := &stack[len(stack)-1]
		n := &f.list[top.fragment]
		if top.next == len(n.items) {
			f.close(m, n)
			stack = stack[:len(stack)-1]
			continue
		}
		it := n.items[top.next]
		top.next++
		if it.message != nil {
			m.message(it.message)
			continue
		}
		if n.kind == par && top.next > 1 {
			m.depth--
			m.line("and")
			m.depth++
		}
		f.open(m, &f.list[it.fragment])
		stack = append(stack, open{fragment: it.fragment})
	}
}

func (f *fragments) open(m *sequenceWriter, n *fragment) {
	switch {
	case n.kind == loop:
		m.line("loop %d times", n.times)
	case n.kind == par && len(n.items) > 1:
		m.line("par concurrently")
	default:
		return
	}
	m.depth++
}

func (f *fragments) close(m *sequenceWriter, n *fragment) {
	if n.kind == loop || n.kind == par && len(n.items) > 1 {
		m.depth--
		m.line("end")
	}
}
