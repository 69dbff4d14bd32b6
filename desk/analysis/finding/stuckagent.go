// SPDX-License-Identifier: Apache-2.0

package finding

import (
	"cmp"
	"slices"
	"sort"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
	"github.com/sidetrace/sidetrace/desk/units"
)

// StuckAgent is an agent that turns in circles: it calls the same tool with equal
// arguments three times or more, or a few tools in turn twice or more (A B A B).
// Arguments are compared as JSON, whatever the order of members and the white
// space.
//
// Results that differ are progress, such as those of a state that is polled until
// it changes, or of a file that is read again after it was written. Calls that
// overlap are no circle, nor are calls whose arguments were not recorded. Where no
// results were recorded, the calls must follow each other, and the finding is less
// severe. The cost is the time, and the tokens of the models, from the end of the
// first turn to the end of the last; of equal calls far from each other, only the
// time of the calls and the tokens of the models right before them.
const StuckAgent Kind = "stuckAgent"

// maxPeriod is how many calls in turn are looked for.
const maxPeriod = 4

// A toolCall is a call of a tool by an agent.
type toolCall struct {
	node int32
	// key is equal for equal tools and arguments, none if those are not known.
	key int32
	// result is equal for equal results, none if it is not known.
	result int32
	// changes says that a later call with the same key got another result.
	changes bool
	// circle says that the call is in a circle already.
	circle bool
}

// An agentRun is what one agent did, by start.
type agentRun struct {
	tools  []toolCall
	models []int32 // those with tokens
	tokens []int64 // of all models before each
	// changed counts the tools before each that got something new later on.
	changed []int32
}

func (f *finder) stuckAgents() {
	runs := f.agentRuns()
	for _, run := range runs {
		if len(run.tools) < min(f.options.EqualToolCalls, 4) {
			continue
		}
		f.identify(run)
		for period := 1; period <= maxPeriod; period++ {
			f.circles(run, period)
		}
		f.scattered(run)
	}
}

// agentRuns divides the calls of tools and models by the agent that made them: the
// nearest one above, or the root. A tool inside a tool is the same call.
func (f *finder) agentRuns() []*agentRun {
	var runs []*agentRun
	byAgent := map[int32]*agentRun{}
	agent := make([]int32, len(f.tree.Nodes))
	inTool := make([]bool, len(f.tree.Nodes))
	for _, at := range f.tree.Order {
		agent[at] = at
		if parent := f.tree.Nodes[at].Parent; parent != none && !f.is(at, isAgent) {
			agent[at] = agent[parent]
			inTool[at] = inTool[parent] || f.is(parent, isTool)
		}
		tokens := f.ownTokens(at)
		if tokens == 0 && !f.is(at, isTool) {
			continue
		}
		run := byAgent[agent[at]]
		if run == nil {
			run = &agentRun{}
			runs, byAgent[agent[at]] = append(runs, run), run
		}
		if tokens > 0 {
			run.models = append(run.models, at)
		}
		if f.is(at, isTool) && !inTool[at] {
			run.tools = append(run.tools, toolCall{node: at})
		}
	}
	for _, run := range runs {
		f.arrange(run)
	}
	return runs
}

func (f *finder) arrange(run *agentRun) {
	slices.SortStableFunc(run.tools, func(a, b toolCall) int { return cmp.Compare(f.start[a.node], f.start[b.node]) })
	slices.SortStableFunc(run.models, f.byStart)
	run.tokens = make([]int64, len(run.models)+1)
	for i, model := range run.models {
		run.tokens[i+1] = plus(run.tokens[i], f.ownTokens(model))
	}
}

// tokensBetween are those of the models that began after one time and before another.
func (f *finder) tokensBetween(run *agentRun, from, to int64) int64 {
	at := func(t int64) int {
		return sort.Search(len(run.models), func(i int) bool { return f.start[run.models[i]] >= t })
	}
	return max(0, run.tokens[at(to)]-run.tokens[at(from)])
}

// identify numbers the calls of tools that were called more than once.
func (f *finder) identify(run *agentRun) {
	often := map[string]int{}
	names := make([]string, len(run.tools))
	for i, call := range run.tools {
		names[i] = f.toolName(call.node)
		often[names[i]]++
	}
	keys := map[[2]string]int32{}
	arguments, results := newTexts(), newTexts()
	for i := range run.tools {
		call := &run.tools[i]
		n := &f.tree.Nodes[call.node]
		call.key, call.result = none, none
		asked, known := toolText(n, semconv.ToolArguments)
		if known && often[names[i]] > 1 {
			call.key = number(keys, [2]string{names[i], arguments.of(asked)})
		}
		got, known := toolText(n, semconv.ToolResult)
		switch {
		case n.Span.IsError():
			call.result = number(results.numbers, "failed: "+reason(n))
		case known:
			call.result = number(results.numbers, results.of(got))
		}
	}
	run.markProgress()
}

// markProgress marks the calls after which an equal one got another result, and
// counts them.
func (run *agentRun) markProgress() {
	last := map[int32]int32{}
	for i := range run.tools {
		call := &run.tools[len(run.tools)-1-i]
		result, known := last[call.key]
		if !known {
			last[call.key] = call.result
		}
		call.changes = known && result != call.result
	}
	run.changed = make([]int32, len(run.tools)+1)
	for i := range run.tools {
		run.changed[i+1] = run.changed[i]
		if run.tools[i].changes {
			run.changed[i+1]++
		}
	}
}

func number[K comparable](known map[K]int32, key K) int32 {
	at, ok := known[key]
	if !ok {
		at = int32(len(known))
		known[key] = at
	}
	return at
}

func (f *finder) toolName(node int32) string {
	n := &f.tree.Nodes[node]
	if name := n.Attrs.Text(n.Span, semconv.ToolName); name != "" {
		return name
	}
	return n.Span.Name
}

// toolText is the arguments or the result of a tool.
func toolText(n *analysis.Node, field semconv.Field) (text string, known bool) {
	v, known := n.Attrs.Value(n.Span, field)
	return v.String(), known && v.Kind() != trace.EmptyValue
}

// circles finds calls that repeat those a period before them.
func (f *finder) circles(run *agentRun, period int) {
	turns := 2
	if period == 1 {
		turns = f.options.EqualToolCalls
	}
	for i := 0; i+period < len(run.tools); {
		n := f.circleFrom(run.tools[i:], period)
		if n < turns*period {
			i += max(1, n-period)
			continue
		}
		f.addCircle(run, run.tools[i:i+n/period*period], period)
		i += n
	}
}

// circleFrom is how many of the calls, from the first, go in a circle.
func (f *finder) circleFrom(calls []toolCall, period int) int {
	if slices.ContainsFunc(calls[:period], func(c toolCall) bool { return c.circle || c.changes || c.key == none }) {
		return 0
	}
	n := period
	for n < len(calls) && f.repeats(&calls[n-period], &calls[n]) && f.follows(f.start[calls[n].node], calls[n-1].node) {
		n++
	}
	return n
}

// repeats reports whether a call asks for what an earlier one did and, as far as
// is known, got the same.
func (f *finder) repeats(earlier, later *toolCall) bool {
	return !later.circle && earlier.key == later.key && later.key != none && earlier.result == later.result
}

func (f *finder) addCircle(run *agentRun, calls []toolCall, period int) {
	c := candidate{severity: Critical, value: int64(period), nodes: make([]int32, len(calls))}
	for i := range calls {
		calls[i].circle = true
		c.nodes[i] = calls[i].node
		if calls[i].result == none {
			c.severity = Warning
		}
	}
	from, to := f.end[calls[period-1].node], f.end[calls[len(calls)-1].node]
	c.cost = max(0, to-from)
	c.tokens = f.tokensBetween(run, from, to)
	c.place = place{f.tree.Nodes[c.nodes[0]].Similar, f.tree.Nodes[c.nodes[period-1]].Similar, int32(period)}
	f.add(c)
}

// scattered finds equal calls with equal results that do not follow each other.
func (f *finder) scattered(run *agentRun) {
	calls := map[int32][]int{}
	var keys []int32
	for i, call := range run.tools {
		if call.circle || call.key == none {
			continue
		}
		if calls[call.key] == nil {
			keys = append(keys, call.key)
		}
		calls[call.key] = append(calls[call.key], i)
	}
	for _, key := range keys {
		if f.isStuckAt(run, calls[key]) {
			f.addScattered(run, calls[key])
		}
	}
}

// isStuckAt reports whether equal calls are enough, got known and equal results,
// and came one after the other; and whether no other call between them waited for
// something, as they would wait with it.
func (f *finder) isStuckAt(run *agentRun, calls []int) bool {
	first := &run.tools[calls[0]]
	if len(calls) < f.options.EqualToolCalls || first.result == none {
		return false
	}
	if run.changed[calls[len(calls)-1]] != run.changed[calls[0]] {
		return false
	}
	for i, at := range calls[1:] {
		call, before := &run.tools[at], &run.tools[calls[i]]
		if call.result != first.result || !f.follows(f.start[call.node], before.node) {
			return false
		}
	}
	return true
}

func (f *finder) addScattered(run *agentRun, calls []int) {
	c := candidate{severity: Warning, nodes: make([]int32, len(calls))}
	for i, at := range calls {
		node := run.tools[at].node
		c.nodes[i] = node
		if i > 0 {
			c.cost = plus(c.cost, f.duration(node))
			c.tokens = plus(c.tokens, f.tokensBetween(run, f.end[run.tools[at-1].node], f.start[node]))
		}
	}
	c.place = place{f.tree.Nodes[c.nodes[0]].Similar, none, 0}
	f.add(c)
}

func (f *finder) describeStuck(c *candidate) (title, advice phrase) {
	var names []phrase
	for _, node := range c.nodes[:max(1, int(c.value))] {
		names = append(names, say("%s", cut(f.toolName(node), 40)))
	}
	spent := say("%s", units.Duration(c.cost))
	if c.tokens > 0 {
		spent = spent.and(" and %s", plural(int(c.tokens), "token"))
	}
	advice = say("Tell the model what it has tried already, and end the run when a call repeats without a new result.")
	switch {
	case c.value == 0:
		return say("the agent called %s %s with equal arguments and got the same each time: %s again", names[0], times(len(c.nodes)), spent),
			say("Keep the result in the conversation, or cache it, as nothing changed in between.")
	case len(names) > 1:
		title = say("the agent called %s in turn, %s with equal arguments", list(names, " and "), times(len(c.nodes)/len(names)))
	default:
		title = say("the agent called %s %s in a row with equal arguments", names[0], times(len(c.nodes)))
	}
	if c.severity == Warning {
		return title.and("; what it got was not recorded: %s after the first turn", spent), advice
	}
	return title.and(" and got the same each time: %s after the first turn", spent), advice
}
