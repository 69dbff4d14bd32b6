// SPDX-License-Identifier: Apache-2.0

package finding

import (
	"math"
	"slices"
	"strings"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
	"github.com/sidetrace/sidetrace/desk/units"
)

// SlowFirstFrame is a streamed answer that began late: the time to the first piece
// is [Options.FirstFrame] or more, as an attribute says or an event of that name
// marks.
//
// It is none if the piece came with the end of the span, as then the answer was
// not streamed and the span is slow as a whole; nor if the time cannot be, because
// it is negative or longer than the span. Where a span repeats what one below it
// says, the one below counts. The cost is the time to the first piece.
const SlowFirstFrame Kind = "slowFirstFrame"

// streamedShare is the part of a span after which its first piece is its last too.
const streamedShare = 0.95

func (f *finder) slowFrames() {
	said := make([]bool, len(f.tree.Nodes)) // it, or one below it, says when the first piece came
	for _, at := range slices.Backward(f.tree.Order) {
		if f.is(at, saysFrame) {
			first, ok := f.firstFrame(at)
			if ok && !said[at] {
				f.addFrame(at, first)
			}
			said[at] = said[at] || ok
		}
		if parent := f.tree.Nodes[at].Parent; said[at] && parent != none {
			said[parent] = true
		}
	}
}

// firstFrame is the time to the first piece of a node, in ns.
func (f *finder) firstFrame(node int32) (ns int64, ok bool) {
	n := &f.tree.Nodes[node]
	value, ok := n.Attrs.Number(n.Span, semconv.FirstChunkSeconds)
	value *= 1e9
	if !ok {
		value, ok = n.Attrs.Number(n.Span, semconv.FirstFrameMillis)
		value *= 1e6
	}
	if !ok && f.is(node, isModel|isAgent) {
		return firstEvent(n)
	}
	return int64(min(max(value, -1), math.MaxInt64/2)), ok
}

// firstEvents are parts of the names that instrumentations give to the event of
// the first piece: gen_ai.content.first_token, ai.stream.firstChunk and the like.
var firstEvents = []string{"first_token", "first_chunk", "firstchunk", "firsttoken", "first token", "first_frame", "firstframe"}

func firstEvent(n *analysis.Node) (ns int64, ok bool) {
	for i := range n.Span.Events {
		name := strings.ToLower(n.Span.Events[i].Name)
		if slices.ContainsFunc(firstEvents, func(part string) bool { return strings.Contains(name, part) }) {
			return relative(n.Span.Events[i].Time, n.Span.Start), true
		}
	}
	return 0, false
}

func (f *finder) addFrame(node int32, first int64) {
	whole := f.duration(node)
	if first < int64(f.options.FirstFrame) || first > share(whole, streamedShare) {
		return
	}
	f.add(candidate{severity: Warning, place: place{f.tree.Nodes[node].Similar}, nodes: []int32{node}, cost: first})
}

func (f *finder) describeFrame(c *candidate) (title, advice phrase) {
	whole := f.duration(c.nodes[0])
	return say("%s began to answer after %s, %s of its %s", f.named(c.nodes[0]), units.Duration(c.cost), percent(c.cost, whole), units.Duration(whole)),
		say("Shorten the prompt or keep its beginning the same so that the model's cache can serve it, or show the user what happens meanwhile.")
}
