// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// A treeConfig is the original's configuration of a tree (spec 2.1).
type treeConfig struct {
	Group              bool  `json:"with_group"`
	Parallel           bool  `json:"with_parallel_detection"`
	Return             bool  `json:"with_virtual_return"`
	IgnoreSequence     bool  `json:"group_ignore_sequence"`
	MinGroupSpans      int   `json:"min_group_spans_count"`
	MinGroupMembers    int   `json:"min_group_members"`
	MinParallelMembers int   `json:"min_parallel_members"`
	MinParallelGap     int64 `json:"min_parallel_gap"` // µs
}

// UnmarshalJSON keeps apart what is left out, which has the original's default,
// and what is 0: at least no more than one member, and no gap that is small enough.
func (c *treeConfig) UnmarshalJSON(b []byte) error {
	type plain treeConfig
	read := plain{MinGroupSpans: 5, MinGroupMembers: 2, MinParallelMembers: 2, MinParallelGap: 500}
	if err := json.Unmarshal(b, &read); err != nil {
		return err
	}
	read.MinGroupSpans, read.MinGroupMembers = max(read.MinGroupSpans, 1), max(read.MinGroupMembers, 1)
	read.MinParallelMembers = max(read.MinParallelMembers, 1)
	if read.MinParallelGap == 0 {
		read.MinParallelGap = -1
	}
	*c = treeConfig(read)
	return nil
}

func (c treeConfig) groupOptions() GroupOptions {
	o := GroupOptions{MinSpans: c.MinGroupSpans, MinMembers: c.MinGroupMembers}
	if c.IgnoreSequence {
		o.Mode = Anywhere
	}
	return o
}

// An original is our tree with what the original would have made of it: where
// it is mistaken, its answer is derived from ours by the rule of the defect.
type original struct {
	*Tree
	raw       []trace.Span // with those that another one of the same id replaced
	below     *families
	ids       map[trace.SpanID]string
	config    treeConfig
	groups    *Groups
	parallels *Parallels
	roots     []step // with returns, if those are wanted
}

// originalOf is the original's tree of documents, or the error with which it
// gives up.
func originalOf(t *testing.T, documents json.RawMessage, c treeConfig) (*original, string) {
	t.Helper()
	spans, ids := spansOf(t, documents)
	o := &original{Tree: Build(spans), raw: spans, ids: ids, config: c}
	if problem := o.problem(documents); problem != "" {
		return o, problem
	}
	o.forgetCycles()
	o.below = o.families(c.Return)
	o.groups, o.parallels = o.Groups(GroupOptions{MinSpans: len(spans) + 1}), &Parallels{Of: unset(len(o.Nodes)), Before: unset(len(o.Nodes))}
	if c.Group {
		o.groups = o.originalGroups()
	}
	if c.Parallel {
		o.parallels = o.originalParallels()
	}
	o.roots = o.originalRoots()
	return o, ""
}

// problem is why the original makes no tree: D-9 for a span without
// service.name, and a trace without roots (spec 2.2) where we cut cycles.
func (o *original) problem(documents json.RawMessage) string {
	var spans []struct {
		ID       string         `json:"span_id"`
		Resource map[string]any `json:"resource"`
	}
	if json.Unmarshal(documents, &spans) != nil {
		return "unreadable"
	}
	for _, s := range spans {
		if _, ok := s.Resource["service.name"]; !ok {
			return "KeyError: 'service.name'"
		}
	}
	for _, root := range o.Roots {
		if o.Nodes[root].Mark&CycleCut == 0 {
			return ""
		}
	}
	return "Exception: trace tree is not ready, roots missing"
}

// forgetCycles takes out what the original cannot reach: cycles and what hangs on them.
func (o *original) forgetCycles() {
	cut := map[int32]bool{}
	for _, root := range o.Roots {
		if o.Nodes[root].Mark&CycleCut != 0 {
			for _, n := range o.Subtree(root) {
				cut[n] = true
			}
		}
	}
	o.Roots = slices.DeleteFunc(o.Roots, func(n int32) bool { return cut[n] })
	o.Order = slices.DeleteFunc(slices.Clone(o.Order), func(n int32) bool { return cut[n] })
}

// originalGroups is D-1: ignoring the sequence, a span that fits nowhere opens a
// candidate even if it failed, and a span goes into every candidate that takes it.
// And returns are twins that share a span's children but not the note that one of
// them failed (spec 5), so that they may be in a group without their span.
func (o *original) originalGroups() *Groups {
	options := o.config.groupOptions()
	groups := o.below.groups(options)
	if !o.config.IgnoreSequence && !o.config.Return || len(o.Nodes) < orDefault(options.MinSpans, 5) {
		return groups
	}
	options.MinMembers = orDefault(options.MinMembers, 2)
	g := newGrouper(o.below, options)
	o.postOrder(func(node int32) {
		candidates := o.adjacent
		if o.config.IgnoreSequence {
			candidates = o.anywhere
		}
		for _, c := range candidates(g, o.below.of(node)) {
			g.add(c)
		}
	})
	return g.groups
}

// fits reports whether the original groups a step at all.
func (o *original) fits(s step) bool {
	n := &o.Nodes[s.node]
	return !n.failed && (s.back || !n.ChildFailed)
}

func (o *original) adjacent(g *grouper, siblings []step) (candidates [][]step) {
	for i, s := range siblings {
		switch {
		case !o.fits(s):
		case i > 0 && o.fits(siblings[i-1]) && g.equal(siblings[i-1], s):
			last := len(candidates) - 1
			candidates[last] = append(candidates[last], s)
		default:
			candidates = append(candidates, []step{s})
		}
	}
	return candidates
}

func (o *original) anywhere(g *grouper, siblings []step) (candidates [][]step) {
	for _, s := range siblings {
		taken := false
		for i, c := range candidates {
			if o.fits(s) && (len(c) == 0 || g.equal(c[len(c)-1], s)) {
				candidates[i], taken = append(c, s), true
			}
		}
		if !taken && o.fits(s) {
			candidates = append(candidates, []step{s})
		} else if !taken {
			candidates = append(candidates, nil)
		}
	}
	return candidates
}

// originalParallels is D-3: a span with children is measured by those that were
// attached to it when it was looked at.
func (o *original) originalParallels() *Parallels {
	options := ParallelOptions{Gap: time.Duration(o.config.MinParallelGap) * time.Microsecond, MinMembers: o.config.MinParallelMembers}
	gap, least := int64(500*time.Microsecond), orDefault(options.MinMembers, 2)
	if options.Gap != 0 {
		gap = int64(options.Gap)
	}
	d := &detector{original: o, gap: gap, least: least, attached: map[int32][]int32{}, open: map[int32][]int32{}}
	d.parallels = &Parallels{Of: unset(len(o.Nodes)), Before: unset(len(o.Nodes))}
	d.run()
	return d.parallels
}

type detector struct {
	*original
	gap       int64
	least     int
	attached  map[int32][]int32
	open      map[int32][]int32
	parallels *Parallels
}

// run attaches the nodes as they arrive; children that came early wait for their parent.
func (d *detector) run() {
	known := make([]bool, len(d.Nodes))
	waiting := map[int32][]int32{}
	arrive := func(node int32) {
		known[node] = true
		if parent := d.Nodes[node].Parent; parent != None {
			if !known[parent] {
				waiting[parent] = append(waiting[parent], node)
			} else {
				d.attach(parent, node)
			}
		}
		for _, child := range waiting[node] {
			d.attach(node, child)
		}
	}
	for i := range d.Nodes {
		arrive(int32(i))
	}
	for parent := range d.Nodes {
		d.finish(int32(parent))
	}
}

func (d *detector) attach(parent, node int32) {
	d.attached[parent] = append(d.attached[parent], node)
	if open := d.open[parent]; len(open) > 0 && !d.together(open[len(open)-1], node) {
		d.finish(parent)
	}
	d.open[parent] = append(d.open[parent], node)
}

func (d *detector) finish(parent int32) {
	members := d.open[parent]
	d.open[parent] = nil
	if len(members) < d.least {
		return
	}
	for i, m := range members {
		d.parallels.Of[m] = int32(len(d.parallels.List))
		if i > 0 {
			d.parallels.Before[m] = members[i-1]
		}
	}
	d.parallels.List = append(d.parallels.List, members)
}

func (d *detector) together(before, node int32) bool {
	aStart, aEnd := d.extent(before, d.attached[before])
	bStart, _ := d.extent(node, d.attached[node])
	apart := aStart - bStart
	return aEnd > bStart || max(apart, -apart) < d.gap
}

// extent is the range of the children, or the node's own if it has none.
func (o *original) extent(node int32, children []int32) (start, end int64) {
	if len(children) == 0 {
		s := o.Nodes[node].Span
		return s.Start, s.End
	}
	start, end = o.Nodes[children[0]].Span.Start, o.Nodes[children[0]].Span.End
	for _, c := range children {
		start, end = min(start, o.Nodes[c].Span.Start), max(end, o.Nodes[c].Span.End)
	}
	return start, end
}

// originalRoots is D-4: the return of a root goes before the first later root
// that comes after it, but right behind the root if there is none.
func (o *original) originalRoots() []step {
	var roots []step
	for _, node := range slices.Sorted(slices.Values(o.Roots)) {
		at := len(roots)
		for at > 0 && o.when(roots[at-1]) > o.Nodes[node].Span.Start {
			at--
		}
		roots = slices.Insert(roots, at, step{node: node})
		if !o.config.Return {
			continue
		}
		behind := at + 1
		for i := at + 1; i < len(roots); i++ {
			if o.when(roots[i]) > o.Nodes[node].Span.End {
				behind = i
				break
			}
		}
		roots = slices.Insert(roots, behind, step{node: node, back: true})
	}
	return roots
}

// steps are all steps in the original's order, returns only if they are wanted.
func (o *original) steps() (steps []step) {
	if o.config.Return {
		o.below.walk(o.roots, func(s step) { steps = append(steps, s) })
		return steps
	}
	for _, n := range o.Order {
		steps = append(steps, step{node: n})
	}
	return steps
}

func (o *original) id(node int32) string { return o.ids[o.Nodes[node].Span.ID] }

func (o *original) idsOf(nodes []int32) []string {
	ids := make([]string, len(nodes))
	for i, n := range nodes {
		ids[i] = o.id(n)
	}
	return ids
}

// mark is the id of a step; the original writes a return with a tilde.
func (o *original) mark(s step) string {
	if s.back {
		return "~" + o.id(s.node)
	}
	return o.id(s.node)
}

func (o *original) marks(steps []step) []string {
	marks := make([]string, len(steps))
	for i, s := range steps {
		marks[i] = o.mark(s)
	}
	return marks
}

func failed(problem string) map[string]any { return map[string]any{"error": problem} }

type object = map[string]any

// numbers counts groups or parallels in the order in which they are met.
type numbers struct {
	known map[int32]int
	list  []int32
}

func (n *numbers) of(at int32) int {
	if n.known == nil {
		n.known = map[int32]int{}
	}
	number, ok := n.known[at]
	if !ok {
		number = len(n.list)
		n.known[at] = number
		n.list = append(n.list, at)
	}
	return number
}

func TestCompatTree(t *testing.T) {
	configs := map[string]treeConfig{
		"default": {}, "group": {Group: true}, "group_ignore_sequence": {Group: true, IgnoreSequence: true},
		"parallel": {Parallel: true}, "all": {Group: true, Parallel: true, Return: true},
	}
	eachVector(t, "tree", func(t *testing.T, v *vector) {
		var outputs map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(v.Outputs["tree"], &outputs))
		for name, want := range outputs {
			c, ok := configs[name]
			if name == "config" {
				require.NoError(t, json.Unmarshal(v.Config, &c))
				ok = true
			}
			require.True(t, ok, "configuration %q", name)
			t.Run(name, func(t *testing.T) {
				o, problem := originalOf(t, v.Spans, c)
				if problem != "" {
					requireOutput(t, want, failed(problem))
					return
				}
				requireOutput(t, want, o.treeOutput())
			})
		}
	})
}

func (o *original) treeOutput() object {
	var groups, parallels numbers
	order := []any{}
	for _, s := range o.steps() {
		order = append(order, o.nodeOutput(s, &groups, &parallels))
	}
	out := object{
		"spans_count": len(o.Nodes), "roots": o.marks(o.roots), "unreachable": o.unreachable(), "pre_order": order,
		"groups": []any{}, "parallels": []any{},
	}
	for _, at := range groups.list {
		out["groups"] = append(out["groups"].([]any), o.groupOutput(&o.groups.List[at]))
	}
	for _, at := range parallels.list {
		out["parallels"] = append(out["parallels"].([]any), object{"members": o.idsOf(o.parallels.List[at])})
	}
	return out
}

func (o *original) unreachable() []string {
	reached := make([]bool, len(o.Nodes))
	for _, n := range o.Order {
		reached[n] = true
	}
	ids := []string{}
	for i := range o.Nodes {
		if !reached[i] {
			ids = append(ids, o.id(int32(i)))
		}
	}
	slices.Sort(ids)
	return ids
}

func (o *original) nodeOutput(s step, groups, parallels *numbers) object {
	n := &o.Nodes[s.node]
	out := object{"id": o.id(s.node), "parent": nil, "level": n.Level, "virtual_return": s.back}
	if n.Parent != None {
		out["parent"] = o.id(n.Parent)
	}
	group := o.groups.Of[s.node]
	if s.back {
		group = o.groups.returnOf[s.node]
	} else {
		siblings := o.below.of(s.node)
		start, end := o.extent(s.node, o.Children(s.node))
		out["range"], out["children_have_error"] = []int64{micros(start), micros(end)}, n.ChildFailed
		out["children"], out["index"] = o.marks(siblings), o.index(s)
	}
	if group != None {
		out["group"] = groups.of(group)
	}
	if p := o.parallels.Of[s.node]; p != None {
		out["parallel"] = parallels.of(p)
	}
	return out
}

// index is the place of the first sibling with the same id.
func (o *original) index(s step) int {
	siblings := o.roots
	if parent := o.Nodes[s.node].Parent; parent != None {
		siblings = o.below.of(parent)
	}
	return slices.IndexFunc(siblings, func(b step) bool { return b.node == s.node })
}

// groupOutput is S-3: with returns, each member counts twice.
func (o *original) groupOutput(g *Group) object {
	var value int64
	for _, s := range g.steps {
		value += o.Nodes[s.node].Span.Duration()
	}
	return object{
		"members": o.marks(g.steps), "total_value": micros(value), "start_time": micros(g.Start), "end_time": micros(g.End),
		"absolute_duration": micros(g.Duration()),
	}
}

// TestCompatColours checks what the vectors' colours are derived with.
func TestCompatColours(t *testing.T) {
	for _, name := range []string{"service_colors", "service_colors_wrap"} {
		var cases [][2]string
		readMisc(t, name, &cases)
		require.NotEmpty(t, cases)
		var c colours
		for _, want := range cases {
			require.Equal(t, want[1], c.of(want[0]), want[0])
		}
	}
}
