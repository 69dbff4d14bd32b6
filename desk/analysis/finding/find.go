// SPDX-License-Identifier: Apache-2.0

package finding

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
	"github.com/sidetrace/sidetrace/desk/units"
)

// maxNodes bounds the nodes of a finding.
const maxNodes = 1000

// Find looks for all kinds of findings in a trace: the most severe first, of
// those the costliest first. The same tree and options give the same findings in
// the same order. An empty tree has none.
func Find(t *analysis.Tree, o Options) []Finding {
	if len(t.Nodes) == 0 {
		return nil
	}
	f := newFinder(t, o.withDefaults())
	var all []Finding
	for i := range rules {
		all = append(all, f.apply(&rules[i])...)
	}
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(b.Cost, a.Cost))
	})
	return all
}

// A rule finds what one kind of finding is about.
type rule struct {
	kind Kind
	// savable: the cost is what could be saved.
	savable bool
	// look adds what it finds by finder.add.
	look func(f *finder)
	// describe says what was found, in a line with its numbers, and what to do
	// about it in one sentence. It may add nodes.
	describe func(f *finder, c *candidate) (title, advice phrase)
}

// rules are applied in this order: later ones use what the retries and the
// repeated calls have left in the finder.
var rules = [...]rule{
	{Retry, true, (*finder).retries, (*finder).describeRetry},
	{ErrorOrigin, false, (*finder).errors, (*finder).describeError},
	{StuckAgent, true, (*finder).stuckAgents, (*finder).describeStuck},
	{NPlusOne, true, (*finder).repeatedCalls, (*finder).describeRepeated},
	{DuplicateQuery, true, (*finder).equalQueries, (*finder).describeEqual},
	{SerialCalls, true, (*finder).serialCalls, (*finder).describeSerial},
	{SlowFirstFrame, false, (*finder).slowFrames, (*finder).describeFrame},
	{Gap, false, (*finder).gaps, (*finder).describeGap},
	{EndsAfterParent, false, (*finder).overruns, (*finder).describeOverrun},
	{ClockSkew, false, (*finder).clockSkews, (*finder).describeSkew},
	{Orphan, false, (*finder).orphans, (*finder).describeOrphans},
	{BrokenParent, false, (*finder).brokenParents, (*finder).describeBroken},
	{Bottleneck, false, (*finder).bottleneck, (*finder).describeBottleneck},
	{Path, false, (*finder).path, (*finder).describePath},
	{OffloadedValue, false, (*finder).offloaded, (*finder).describeOffloaded},
}

// A finder looks for findings in one trace.
type finder struct {
	*clock
	options Options
	facts   []fact
	total   int64 // what the trace took
	notable int64 // the time from which on time matters

	tokensTo []int64 // tokens of models before each place in the tree's order, see tokens
	pieces   []piece // of the critical path
	onPath   []int64 // time of each node on it
	calls    *calls
	values   []string // scratch of needs
	siblings buckets

	attempts []attempts // retries
	retryOf  []int32    // the index in attempts for each node, none for none
	repeated []bool     // nodes that an NPlusOne rests on

	found []candidate
	seen  map[place]int // index in found
	keys  map[string]int32
}

func newFinder(t *analysis.Tree, o Options) *finder {
	f := &finder{clock: newClock(t), options: o}
	f.total = f.extent()
	f.notable = max(int64(o.MinCost), share(f.duration(f.main), o.MinShare))
	f.facts = f.allFacts()
	f.tokensTo = f.allTokens()
	f.pieces = f.criticalPath(int64(o.Overrun))
	f.onPath = f.selfOnPath(f.pieces)
	f.calls = f.allCalls()
	f.siblings = newBuckets(len(t.Nodes), f.calls.keys)
	f.repeated = make([]bool, len(t.Nodes))
	return f
}

// share is a part of a duration.
func share(d int64, part float64) int64 { return int64(float64(d) * min(part, 1)) }

// percent is how much of a whole a part is.
func percent(part, whole int64) string {
	return fmt.Sprintf("%.0f %%", 100*float64(part)/float64(whole))
}

// A place says what is the same if it is found again: operations, most often by
// [analysis.Node.Similar].
type place [3]int32

// A candidate is something found at one or more places.
type candidate struct {
	severity Severity
	place    place
	// nodes are those of the costliest place; the slice may belong to others.
	nodes []int32
	count int   // how many there are if not all are in nodes
	cost  int64 // of the costliest place
	value int64 // what describe needs besides
	text  string
	said  phrase
	shift int64 // see [Finding.Shift]

	// The sums of all places.
	places, totalCost, tokens int64
}

// add takes a finding at one place, together with those that are the same.
func (f *finder) add(c candidate) {
	c.places, c.totalCost = 1, c.cost
	at, again := f.seen[c.place]
	if !again {
		f.seen[c.place] = len(f.found)
		f.found = append(f.found, c)
		return
	}
	same := &f.found[at]
	if c.cost > same.cost || c.cost == same.cost && c.value > same.value {
		*same, c = c, *same
	}
	same.places += c.places
	same.totalCost = plus(same.totalCost, c.totalCost)
	same.tokens = plus(same.tokens, c.tokens)
}

// plus adds what is not negative without overflow.
func plus(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// apply makes findings of what a rule finds.
func (f *finder) apply(r *rule) []Finding {
	f.found, f.seen, f.keys = f.found[:0], map[place]int{}, map[string]int32{}
	r.look(f)
	slices.SortStableFunc(f.found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.severity, a.severity), cmp.Compare(b.totalCost, a.totalCost))
	})
	kept := f.found[:min(len(f.found), f.options.Limit)]
	all := make([]Finding, 0, len(kept))
	for i := range kept {
		all = append(all, f.finding(r, &kept[i]))
	}
	if left := len(f.found) - len(kept); left > 0 {
		all[len(all)-1].More = left
	}
	return all
}

func (f *finder) finding(r *rule, c *candidate) Finding {
	title, advice := r.describe(f, c)
	if c.places > 1 {
		title = title.and("; the same at %s", plural(int(c.places-1), "other place"))
		if c.totalCost > 0 {
			title = title.and(", together costing %s", units.Duration(min(c.totalCost, f.total)))
		}
	}
	return Finding{
		Kind: r.kind, Severity: c.severity, Title: title.english, Advice: advice.english,
		Translations: Translations{Chinese: Wording{title.chinese, advice.chinese}},
		Nodes:        slices.Clone(c.nodes[:min(len(c.nodes), maxNodes)]), Count: max(c.count, len(c.nodes)), Places: int(c.places),
		Cost: time.Duration(min(c.totalCost, f.total)), Tokens: c.tokens, Savable: r.savable && c.totalCost > 0, Shift: time.Duration(c.shift),
	}
}

// name is the name of a span, short enough for a title.
func (f *finder) name(node int32) string {
	name := f.tree.Nodes[node].Span.Name
	if name == "" {
		return "a span without a name"
	}
	return cut(name, 60)
}

// named is the name of a span and of its service.
func (f *finder) named(node int32) string {
	if service := f.tree.ServiceOf(node); service != "" {
		return fmt.Sprintf("%s (%s)", f.name(node), cut(service, 40))
	}
	return f.name(node)
}

// step is the nearest model, tool, retrieval or agent that a node is in, or the
// node itself; none if it is in none.
func (f *finder) step(node int32) int32 {
	for node != none && !f.is(node, isThought|isRetrieval|isEmbedding) {
		node = f.tree.Nodes[node].Parent
	}
	return node
}

// placed is the name of a span behind that of the step that it is part of, which
// authors of agents know, and the model that was asked there.
func (f *finder) placed(node int32) string {
	step := f.step(node)
	if step == none {
		return f.named(node)
	}
	n := &f.tree.Nodes[step]
	name := cut(cmp.Or(n.Attrs.Text(n.Span, semconv.NodeName), f.name(step)), 60)
	if model := n.Attrs.Text(n.Span, semconv.RequestModel); model != "" && !strings.Contains(name, model) {
		name += " (" + cut(model, 40) + ")"
	}
	if step == node {
		return name
	}
	return name + " › " + f.named(node)
}
