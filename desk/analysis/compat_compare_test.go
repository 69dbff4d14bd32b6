// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/trace"
)

const divisionByZero = "ZeroDivisionError: division by zero"

// An originalDiff is our comparison of two traces, with siblings aligned as the
// original does it: of the spans from a cursor on, the first to arrive that has
// the same name and service (spec 12.1). What it made of that is derived by rule.
type originalDiff struct {
	*Comparison
	baseline, comparison *original
}

// diffOf is the original's comparison, or the error with which it gives up.
func diffOf(t *testing.T, v *vector, c treeConfig) (*originalDiff, string) {
	t.Helper()
	baseline, problem := originalOf(t, v.Spans, c)
	if problem != "" {
		return nil, problem
	}
	comparison, problem := originalOf(t, v.Compare, c)
	if problem != "" {
		return nil, problem
	}
	d := &originalDiff{baseline: baseline, comparison: comparison}
	d.Comparison = compare(baseline.Tree, comparison.Tree, greedy(baseline.Tree, comparison.Tree))
	return d, ""
}

// greedy is the original's alignment.
func greedy(baseline, comparison *Tree) alignment {
	return func(a, b []int32) []int32 {
		pairs := unset(len(a))
		cursor := 0
		for i, n := range a {
			found := None
			for at := cursor; at < len(b); at++ {
				if sameKey(baseline, n, comparison, b[at]) && (found == None || b[at] < b[found]) {
					found = int32(at)
				}
			}
			if found != None {
				pairs[i] = found
				cursor = int(found) + 1
			}
		}
		return pairs
	}
}

func sameKey(t *Tree, n int32, than *Tree, m int32) bool {
	return t.Nodes[n].Span.Name == than.Nodes[m].Span.Name && t.ServiceOf(n) == than.ServiceOf(m)
}

func TestCompatComparison(t *testing.T) {
	eachVector(t, "diff", func(t *testing.T, v *vector) {
		var outputs map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(v.Outputs["diff"], &outputs))
		sections := map[string]func(t *testing.T, v *vector, want json.RawMessage){
			"tree": compatComparedTree, "topo": compatComparedTopology, "flamegraph": compatComparedFlameGraph,
			"statistics": compatComparedStatistics, "sequence": compatComparedSequence,
		}
		for name, want := range outputs {
			require.Contains(t, sections, name)
			t.Run(name, func(t *testing.T) { sections[name](t, v, want) })
		}
	})
}

// compatComparedSequence: the original has no such diagram, and nor have we.
func compatComparedSequence(t *testing.T, _ *vector, want json.RawMessage) {
	requireError(t, want, "NotImplementedError")
}

func compatComparedTree(t *testing.T, v *vector, want json.RawMessage) {
	d, problem := diffOf(t, v, treeConfig{})
	if problem != "" {
		requireOutput(t, want, failed(problem))
		return
	}
	nodes := []any{}
	for i := range d.Nodes {
		if d.counted(int32(i)) {
			nodes = append(nodes, d.nodeOutput(int32(i)))
		}
	}
	want = withoutDivisions(t, want)
	levels := d.levelsOutput(want)
	if string(want) == `"`+undefined+`"` {
		require.True(t, d.onlyRemoved(), "D-12: a level of only removed nodes")
		return
	}
	requireOutput(t, want, object{"nodes": nodes, "levels": levels, "similarity_check": d.check()})
}

// levelsOutput is our levels. How a percentage of nothing is written, or whether it
// is at all, is not the original's to say but the vector's (D-12).
func (d *originalDiff) levelsOutput(want json.RawMessage) object {
	var wanted struct{ Levels map[string]object }
	unread := json.Unmarshal(want, &wanted) != nil
	levels := object{}
	for i := range d.Levels {
		level := levelOutput(&d.Levels[i])
		levels[strconv.Itoa(i)] = level
		if unread || d.Levels[i].Similarity != nil {
			continue
		}
		if written, ok := wanted.Levels[strconv.Itoa(i)]["percentage"]; !ok {
			delete(level, "percentage")
		} else if written == 0.0 {
			level["percentage"] = written
		}
	}
	return levels
}

// undefined stands for what the original divides by zero (D-11, D-12).
const undefined = "ZeroDivisionError"

// withoutDivisions writes undefined wherever an output says, in whatever words,
// that a number or an answer was a division by zero.
func withoutDivisions(t *testing.T, output json.RawMessage) json.RawMessage {
	t.Helper()
	var value any
	require.NoError(t, json.Unmarshal(output, &value))
	var replace func(v any) any
	replace = func(v any) any {
		switch v := v.(type) {
		case string:
			if strings.HasPrefix(v, undefined) {
				return undefined
			}
		case object:
			if problem, ok := v["error"].(string); ok && len(v) == 1 {
				return replace(problem)
			}
			for key := range v {
				if v[key] = replace(v[key]); v[key] == nil && (key == "percentage" || key == "similarity_check") {
					v[key] = undefined
				}
			}
		case []any:
			for i := range v {
				v[i] = replace(v[i])
			}
		}
		return v
	}
	b, err := json.Marshal(replace(value))
	require.NoError(t, err)
	return b
}

// counted reports whether the original has a node of its own for this one: it
// does not go below what was added or removed.
func (d *originalDiff) counted(node int32) bool {
	p := d.Nodes[node].Parent
	return p == None || d.Nodes[p].both()
}

func (d *originalDiff) id(node int32) string {
	n := &d.Nodes[node]
	if n.Baseline != None {
		return d.baseline.id(n.Baseline)
	}
	return d.comparison.id(n.Comparison)
}

// diffInfo is what became of a node, in µs.
func (d *originalDiff) diffInfo(node int32) object {
	n := &d.Nodes[node]
	return object{"mark": n.Change, "baseline": micros(n.BaselineDuration), "comparison": micros(n.ComparisonDuration)}
}

func (d *originalDiff) nodeOutput(node int32) object {
	n := &d.Nodes[node]
	out := object{
		"depth": n.Depth, "id": d.id(node), "baseline": nil, "comparison": nil, "mark": n.Change, "delta": n.Delta,
		"diff_info": d.diffInfo(node),
	}
	if n.Baseline != None {
		out["baseline"] = d.baseline.id(n.Baseline)
	}
	if n.Comparison != None {
		out["comparison"] = d.comparison.id(n.Comparison)
	}
	if n.Change == Changed && n.BaselineDuration == 0 {
		out["delta"] = undefined // D-11
	}
	return out
}

func levelOutput(l *ComparedLevel) object {
	marks := object{}
	for change, n := range map[Change]int{Added: l.Added, Removed: l.Removed, Changed: l.Changed, Unchanged: l.Unchanged} {
		if n > 0 {
			marks[string(change)] = n
		}
	}
	out := object{"hit": l.hits(), "total": l.hits() + l.Added, "missed": l.Added, "percentage": l.Similarity, "marks": marks}
	if l.Similarity == nil {
		out["percentage"] = undefined // D-12
	}
	return out
}

// order is the order in which the original finishes nodes: children first.
func (d *originalDiff) order() (nodes []int32) {
	var open []int32
	leave := func(parent int32) {
		for len(open) > 0 && open[len(open)-1] != parent {
			nodes = append(nodes, open[len(open)-1])
			open = open[:len(open)-1]
		}
	}
	for i := range d.Nodes {
		leave(d.Nodes[i].Parent)
		open = append(open, int32(i))
	}
	leave(None)
	return nodes
}

// check is the original's answer to whether the traces are similar. It looks at
// the levels in the order in which it came to them, and fails at one that has
// only removed nodes (D-12), which we leave out.
func (d *originalDiff) check() any {
	seen := map[int32]bool{}
	for _, node := range d.order() {
		depth := d.Nodes[node].Depth
		if !d.counted(node) || seen[depth] {
			continue
		}
		seen[depth] = true
		if d.Levels[depth].Similarity == nil {
			return undefined
		}
		if !d.Levels[depth].similar(int(depth)) {
			return false
		}
	}
	return d.Similar
}

func (d *originalDiff) onlyRemoved() bool {
	return slices.ContainsFunc(d.Levels, func(l ComparedLevel) bool { return l.Similarity == nil })
}

func compatComparedTopology(t *testing.T, v *vector, want json.RawMessage) {
	d, problem := diffOf(t, v, treeConfig{Group: true, IgnoreSequence: true})
	if problem != "" {
		requireOutput(t, want, failed(problem))
		return
	}
	groups, divided := d.originalGroups()
	if divided || d.onlyRemoved() { // D-11, D-12
		requireOutput(t, want, failed(divisionByZero))
		require.NotEmpty(t, d.Topology(nil).Nodes, "we draw it")
		return
	}
	out := d.topologyOutput(groups)
	out["similarity_check"] = d.Similar
	levels := object{}
	for i := range d.Levels {
		levels[strconv.Itoa(i)] = d.Levels[i].Similarity
	}
	out["similarity_map"] = levels
	requireOutput(t, want, out)
}

// An originalRepetition also says what became of what both traces have.
type originalRepetition struct {
	repetition
	change Change
	slower int // the sign of the difference
}

func (d *originalDiff) originalRepetitions() (kinds []originalRepetition) {
	for i, r := range d.repetitions() {
		n := &d.Nodes[i]
		kind := originalRepetition{repetition: r, change: n.Change}
		if n.both() {
			kind.slower = cmp.Compare(n.ComparisonDuration, n.BaselineDuration)
		}
		if n.Delta != nil {
			kind.slower = cmp.Compare(*n.Delta, 0) // of a negative baseline, the other way round
		}
		kinds = append(kinds, kind)
	}
	return kinds
}

// originalGroups is D-1 as in a single trace; and it compares the signs of
// deltas, of which one may be a division by zero (D-11).
func (d *originalDiff) originalGroups() (groups *comparedGroups, divided bool) {
	groups = &comparedGroups{of: unset(len(d.Nodes))}
	kinds := d.originalRepetitions()
	for _, siblings := range d.families(2) {
		var candidates [][]int32
		for _, s := range siblings {
			taken, fits := false, kinds[s].similar != None
			for i, c := range candidates {
				if !fits || len(c) > 0 && !d.repeats(kinds, c[len(c)-1], s, &divided) {
					continue
				}
				candidates[i], taken = append(c, s), true
			}
			if !taken && fits {
				candidates = append(candidates, []int32{s})
			} else if !taken {
				candidates = append(candidates, nil)
			}
		}
		for _, c := range candidates {
			if len(c) >= 2 {
				groups.add(c)
			}
		}
	}
	return groups, divided
}

// repeats reports whether a node joins one that it is compared with.
func (d *originalDiff) repeats(kinds []originalRepetition, last, node int32, divided *bool) bool {
	a, b := kinds[last], kinds[node]
	signs := []int{a.slower, b.slower}
	a.slower, b.slower = 0, 0
	if b.change == Unchanged || b.change == Changed {
		for _, n := range []int32{last, node} {
			*divided = *divided || a == b && d.Nodes[n].Change == Changed && d.Nodes[n].BaselineDuration == 0
		}
	}
	return a == b && signs[0] == signs[1]
}

// topologyOutput is our topology in the original's form. Of boxes with one id the
// last is kept, at the place of the first; a group shows the details of the last
// of its members that refers to it.
func (d *originalDiff) topologyOutput(groups *comparedGroups) object {
	topology := d.topology(groups)
	colours := d.askedColours(topology, groups)
	nodes, relations := []any{}, []any{}
	places, known := map[string]int{}, map[[2]string]bool{}
	for _, box := range topology.Nodes {
		out := d.boxOutput(box, groups, colours)
		id := out["id"].(string)
		if at, again := places[id]; again {
			nodes[at] = out
			continue
		}
		places[id] = len(nodes)
		nodes = append(nodes, out)
	}
	for _, e := range topology.Edges {
		source, target := d.id(topology.Nodes[e.Source].Nodes[0]), cutID(d.id(topology.Nodes[e.Target].Nodes[0]))
		if !known[[2]string{source, target}] {
			known[[2]string{source, target}] = true
			relations = append(relations, object{"source": source, "target": target})
		}
	}
	return object{"nodes": nodes, "relations": relations}
}

// cutID is D-5.
func cutID(id string) string { return id[:min(16, len(id))] }

func (d *originalDiff) boxOutput(box TopologyNode, groups *comparedGroups, colours map[string]string) object {
	details, info, spans := box.Nodes[0], object{}, []string{}
	for _, n := range box.Nodes {
		info[d.id(n)] = d.diffInfo(n)
		spans = append(spans, d.id(n))
		if groups.of[n] == groups.of[box.Nodes[0]] {
			details = n
		}
	}
	t, node := d.shown(&d.Nodes[details])
	service := t.ServiceOf(node)
	failure := 0
	if t.Nodes[node].Span.IsError() {
		failure = 1
	}
	return object{
		"id": cutID(spans[0]), "duration": micros(box.Duration), "color": colours[service], "service_name": service,
		"error": failure, "spans": spans, "icon": icon(t.Nodes[node].Class()), "operationName": t.Nodes[node].Span.Name,
		"collapsed": len(spans) > 1, "diff_info": info,
	}
}

// askedColours are the colours of services. They are asked for as nodes are
// finished, for every member of a group again, but not for what is below groups.
func (d *originalDiff) askedColours(topology *Topology, groups *comparedGroups) map[string]string {
	boxed := map[int32]bool{}
	for _, box := range topology.Nodes {
		boxed[box.Nodes[0]] = true
	}
	var c colours
	known := map[string]string{}
	for _, node := range d.order() {
		if groups.of[node] == None && !boxed[node] || !d.reached(node, groups) {
			continue
		}
		t, n := d.shown(&d.Nodes[node])
		service := t.ServiceOf(n)
		known[service] = c.of(service)
	}
	return known
}

// reached reports whether no ancestor is in a group.
func (d *originalDiff) reached(node int32, groups *comparedGroups) bool {
	for p := d.Nodes[node].Parent; p != None; p = d.Nodes[p].Parent {
		if groups.of[p] != None {
			return false
		}
	}
	return true
}

func compatComparedFlameGraph(t *testing.T, v *vector, want json.RawMessage) {
	d, problem := diffOf(t, v, treeConfig{Parallel: true})
	if problem != "" {
		requireOutput(t, want, failed(problem))
		return
	}
	frames := d.flameGraph(d.baseline.parallels).Frames
	children := make([][]any, len(frames))
	top := []any{}
	for at, f := range slices.Backward(frames) {
		compared := f.Node
		f.Node = d.Nodes[compared].Baseline
		if f.Sibling != None {
			f.Sibling = d.Nodes[f.Sibling].Baseline
		}
		out := d.baseline.frameOutput(f)
		slices.Reverse(children[at])
		out["children"], out["diff_info"] = append([]any{}, children[at]...), d.diffInfo(compared)
		if f.Parent == None {
			top = append(top, out)
		} else {
			children[f.Parent] = append(children[f.Parent], out)
		}
	}
	slices.Reverse(top)
	requireOutput(t, want, object{"flame_data": top})
}

func compatComparedStatistics(t *testing.T, v *vector, want json.RawMessage) {
	var asked statisticsOutput
	require.NoError(t, json.Unmarshal(want, &asked))
	if asked.Rows == nil { // an error that does not say what was asked
		asked.GroupFields = []string{"span_name", "resource.service.name"}
	}
	options := StatisticsOptions{} // without a filter (D-10)
	for _, f := range asked.GroupFields {
		require.Contains(t, statisticsFields, f)
		options.By = append(options.By, statisticsFields[f])
	}
	baseline, comparison := recordsTree(t, v.Spans), recordsTree(t, v.Compare)
	for _, tree := range []*Tree{baseline, comparison} {
		if problem := asked.problem(t, tree, options); problem != "" {
			requireError(t, want, problem)
			return
		}
	}
	s, err := Compare(baseline, comparison).Statistics(options)
	require.NoError(t, err)
	rows := []object{}
	for i := range s.Rows {
		rows = append(rows, asked.comparedRow(baseline, comparison, &s.Rows[i]))
	}
	requireOutput(t, want, object{"group_fields": asked.GroupFields, "rows": rows})
}

func recordsTree(t *testing.T, documents json.RawMessage) *Tree {
	t.Helper()
	spans, _ := records(t, documents, func(*trace.Span) bool { return false })
	return Build(spans)
}

// comparedRow is a row of the baseline with that of the comparison; where one is
// missing, it is the other with zeros.
func (o *statisticsOutput) comparedRow(baseline, comparison *Tree, r *ComparedRow) object {
	var row, other object
	if r.Baseline != nil {
		row = o.row(baseline, r.Baseline, baseline.ServiceClasses())
	}
	if r.Comparison != nil {
		other = o.row(comparison, r.Comparison, comparison.ServiceClasses())
	}
	change := r.Change
	switch {
	case row == nil:
		row = withZeros(other)
	case other == nil:
		other = withZeros(row)
	case sameDurations(row, other):
		change = Unchanged // an average in ns differs where one in µs, rounded, does not
	}
	row["mark"], row["comparison"] = change, other
	return row
}

func withZeros(row object) object {
	copied := maps.Clone(row)
	for _, key := range []string{"max_duration", "min_duration", "avg_duration", "sum_duration", "P95", "count"} {
		copied[key] = 0
	}
	return copied
}

func sameDurations(a, b object) bool {
	return !slices.ContainsFunc([]string{"max_duration", "min_duration", "avg_duration", "sum_duration", "P95"}, func(key string) bool {
		return a[key] != b[key]
	})
}

// TestCompatComparisonOfOnlyRemoved is D-12, where the comparison goes deeper:
// the original counts the level, divides by zero and draws nothing.
func TestCompatComparisonOfOnlyRemoved(t *testing.T) {
	document := func(id, parent string) string {
		return `{"trace_id": "1", "span_id": "` + id + `", "parent_span_id": "` + parent + `", "span_name": "` + id[:1] + `", "start_time": 1, "end_time": 2,
			"elapsed_time": 1, "kind": 1, "status": {"code": 0}, "attributes": {}, "resource": {"service.name": "web"}, "events": []}`
	}
	v := &vector{
		Spans:   json.RawMessage("[" + document("a1", "") + "]"),
		Compare: json.RawMessage("[" + document("a2", "") + "," + document("b2", "a2") + "]"),
	}
	d, problem := diffOf(t, v, treeConfig{})
	require.Empty(t, problem)
	require.True(t, d.onlyRemoved())
	require.Equal(t, undefined, d.check(), "what the original says")
	require.True(t, d.Similar, "what we say")
	compatComparedTopology(t, v, json.RawMessage(`{"error": "`+divisionByZero+`"}`))
	compatComparedTree(t, v, json.RawMessage(`{"similarity_check": "ZeroDivisionError", "nodes": [
		{"depth": 0, "id": "a1", "baseline": "a1", "comparison": "a2", "mark": "unchanged", "delta": 0, "diff_info": {"mark": "unchanged", "baseline": 1, "comparison": 1}},
		{"depth": 1, "id": "b2", "baseline": null, "comparison": "b2", "mark": "removed", "delta": null, "diff_info": {"mark": "removed", "baseline": 0, "comparison": 1}}
	], "levels": {
		"0": {"hit": 1, "total": 1, "missed": 0, "percentage": 1.0, "marks": {"unchanged": 1}},
		"1": {"hit": 0, "total": 0, "missed": 0, "percentage": "ZeroDivisionError", "marks": {"removed": 1}}
	}}`))
}
