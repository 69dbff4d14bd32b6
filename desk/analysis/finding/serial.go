// SPDX-License-Identifier: Apache-2.0

package finding

import (
	"slices"
	"strings"

	"github.com/sidetrace/sidetrace/desk/units"
)

// SerialCalls are siblings that made calls one after the other and could have
// made them at once. Spans do not tell what a call needs from the one before it,
// so it takes one of two signs:
//
// Tools that ran one after the other right after a call of a model, with no other
// in between: the model asked for all of them at once, without knowing the result
// of any. Two are enough.
//
// Or [Options.SerialCalls] calls or more in at least two steps, of different
// operations, with next to no time between the steps. Steps are calls that
// overlap, attempts of one [Retry], or single calls. Models, agents and embeddings
// end the row, as what follows them most often depends on them; so do writes, whose
// order matters, queries of databases, which share a connection, failures, calls of
// an [NPlusOne], and work without calls. What they could save must be a twentieth
// of the main root.
//
// In both cases a step whose input has a value from the result of an earlier one,
// as far as they were recorded, depends on it. The cost is what the steps took
// less the longest of them.
const SerialCalls Kind = "serialCalls"

const (
	// serialShare is the part of the main root that steps of unknown purpose must
	// save.
	serialShare = 0.05
	// toolPause may lie between tools that the model asked for at once.
	toolPause = longPause
	// lookBack is how many earlier steps a step is compared with.
	lookBack = 4
)

// A step is siblings that ran together.
type step struct {
	nodes      []int32 // part of the children of the parent
	first      int     // of them
	calls      int     // how many there are, without short spans between them
	start, end int64
	facts      fact // of any node
	onlyTools  bool
	isCalling  bool // the second sign may hold
}

func (f *finder) serialCalls() {
	var steps []step
	for _, parent := range f.tree.Order {
		children := f.children(parent)
		if len(children) < 2 || f.facts[parent]&(callBelow|thoughtBelow) == 0 {
			continue
		}
		steps = f.steps(steps[:0], children)
		f.afterModels(steps)
		f.inRows(steps)
	}
}

// steps divides children by when they ran. Short ones without calls are left out.
func (f *finder) steps(steps []step, children []int32) []step {
	for i, child := range children {
		if !f.is(child, isCall|callBelow|isThought|thoughtBelow) && f.duration(child) < int64(f.options.MinCost) {
			continue
		}
		end := f.endOfAttempts(child)
		if n := len(steps); n > 0 && steps[n-1].overlaps(f.start[child]) {
			last := &steps[n-1]
			last.nodes = children[last.first : i+1]
			last.end = max(last.end, end)
			f.addTo(last, child)
			continue
		}
		s := step{nodes: children[i : i+1], first: i, start: f.start[child], end: end, onlyTools: true, isCalling: true}
		f.addTo(&s, child)
		steps = append(steps, s)
	}
	return steps
}

// endOfAttempts is the end of a node, or of the attempts that it is one of.
func (f *finder) endOfAttempts(node int32) int64 {
	if at := f.retryOf[node]; at != none {
		return max(f.end[node], f.attempts[at].end)
	}
	return f.end[node]
}

func (s *step) overlaps(start int64) bool {
	return start < s.end-min(overlap, (s.end-s.start)/20)
}

func (f *finder) addTo(s *step, node int32) {
	facts := f.facts[node]
	s.facts |= facts
	s.calls++
	s.onlyTools = s.onlyTools && facts&isTool != 0
	const ends = isModel | isEmbedding | isAgent | isWrite | isDB | writeBelow | thoughtBelow
	s.isCalling = s.isCalling && facts&ends == 0 && facts&(isCall|callBelow) != 0 && !f.repeated[node] &&
		(facts&hasFailed == 0 || f.isRecovered(node))
}

// afterModels finds tools that a model asked for at once.
func (f *finder) afterModels(steps []step) {
	for i := 0; i < len(steps); {
		n := 1
		for i+n < len(steps) && steps[i].facts&isModel != 0 && f.isNextTool(steps[i+1:i+n], &steps[i+n]) {
			n++
		}
		if n > 2 {
			f.addSerial(steps[i+1:i+n], 1)
		}
		i += n
	}
}

func (f *finder) isNextTool(row []step, s *step) bool {
	if !s.onlyTools {
		return false
	}
	if len(row) == 0 {
		return true
	}
	last := &row[len(row)-1]
	return s.start-last.end < toolPause && !f.isSameCall(last.nodes[0], s.nodes[0]) && !f.needs(s, row)
}

// isSameCall reports whether two tools are known to have been called for the same.
func (f *finder) isSameCall(a, b int32) bool {
	return f.toolName(a) == f.toolName(b) && f.sameRequest(a, b) == equal
}

// inRows finds calls of different operations with no time between them.
func (f *finder) inRows(steps []step) {
	for i := 0; i < len(steps); {
		n := 1
		for i+n < len(steps) && steps[i].isCalling && f.isNextCall(steps[i:i+n], &steps[i+n]) {
			n++
		}
		if n > 1 {
			f.addRow(steps[i : i+n])
		}
		i += n
	}
}

func (f *finder) isNextCall(row []step, s *step) bool {
	last := &row[len(row)-1]
	shorter := min(last.end-last.start, s.end-s.start)
	return s.isCalling && s.start-last.end <= max(int64(f.options.MinCost), shorter/10) && !f.needs(s, row)
}

func (f *finder) addRow(row []step) {
	calls, different := 0, false
	for i := range row {
		calls += row[i].calls
		different = different || f.operationOf(row[i].nodes[0]) != f.operationOf(row[0].nodes[0])
	}
	saved, _ := savings(row)
	if different && calls >= f.options.SerialCalls && saved >= share(f.duration(f.main), serialShare) {
		f.addSerial(row, 0)
	}
}

func (f *finder) operationOf(node int32) int32 {
	return f.calls.operation(node, &f.tree.Nodes[node])
}

// savings is what steps would save at once, and what they take one after the other.
func savings(row []step) (saved, sum int64) {
	var longest int64
	for i := range row {
		sum = plus(sum, row[i].end-row[i].start)
		longest = max(longest, row[i].end-row[i].start)
	}
	return sum - longest, sum
}

// addSerial adds steps, those that a model asked for with the value 1.
func (f *finder) addSerial(row []step, byModel int64) {
	saved, _ := savings(row)
	if saved < f.notable {
		return
	}
	first := row[0].nodes[0]
	c := candidate{severity: Info, cost: saved, value: byModel}
	if byModel != 0 {
		c.severity = Warning
	}
	c.place = place{f.tree.Nodes[f.tree.Nodes[first].Parent].Similar, f.operationOf(first), f.operationOf(row[1].nodes[0])}
	var names []phrase
	for i := range row {
		c.count += len(row[i].nodes)
		if len(c.nodes) < maxNodes {
			c.nodes = append(c.nodes, row[i].nodes...)
		}
		if i < 4 {
			names = append(names, f.stepName(&row[i]))
		}
	}
	if len(row) > len(names) {
		names = append(names, say("…"))
	}
	_, sum := savings(row)
	c.said = say("%s: %s one after the other, %s at once", list(names, ", then "), units.Duration(sum), units.Duration(sum-saved))
	f.add(c)
}

// stepName is the names of the first spans of a step, each once.
func (f *finder) stepName(s *step) phrase {
	var names []string
	for _, at := range s.nodes[:min(len(s.nodes), maxNeedNodes)] {
		if name := f.name(at); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) > 3 {
		names = append(names[:3], "…")
	}
	return together(names)
}

// together is names of what ran at once: "a", "a and b together", "a, b and c together".
func together(names []string) phrase {
	last := len(names) - 1
	if last == 0 {
		return say("%s", names[0])
	}
	return say("%s and %s together", strings.Join(names[:last], ", "), names[last])
}

func (f *finder) describeSerial(c *candidate) (title, advice phrase) {
	if c.value != 0 {
		return say("tools that the model asked for together, %s", c.said),
			say("Run the tools that a model asks for in one answer at once.")
	}
	return c.said, say("Make these calls at once, if none of them needs the result of another.")
}
