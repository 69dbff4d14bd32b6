// SPDX-License-Identifier: Apache-2.0

package finding

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
)

// ErrorOrigin is where an error began: the deepest failed span of a chain of
// failed spans, with its message or exception and how far up it went. Nodes are
// the chain from its origin up.
//
// A chain goes on through a span without a status if a failed one above it says
// nothing of its own: neither a message nor an exception, or what the origin says.
// It ends below a span that is fine, and at an attempt after which another
// succeeded: such errors were recovered, and are less severe than one that reached
// a root, or a server that answered as if all were well.
const ErrorOrigin Kind = "errorOrigin"

// An errorChain says how the errors of a trace hang together, for each node.
type errorChain struct {
	// caused: a child that failed, or that passes an error on, explains the node.
	caused []bool
	// top is the uppermost node of the chain that a failed node is in; also for
	// nodes that pass errors on.
	top []int32
	// why is what the origin of the errors at or below a node says.
	why []string
}

// What a node has below itself.
const (
	causedByChild    = 1 << iota // a failed child
	causedBeyondNode             // a failure below a child without a status
)

func (f *finder) errorChain() *errorChain {
	n := len(f.tree.Nodes)
	chain := &errorChain{caused: make([]bool, n), top: make([]int32, n), why: make([]string, n)}
	below := make([]uint8, n)
	for _, at := range slices.Backward(f.tree.Order) {
		chain.caused[at] = below[at]&causedByChild != 0 || below[at] != 0 && f.passesOn(at, chain.why[at])
		if f.tree.Nodes[at].Span.IsError() && !chain.caused[at] {
			chain.why[at] = cut(reason(&f.tree.Nodes[at]), maxReason)
		}
		if parent := f.tree.Nodes[at].Parent; parent != none && f.escapes(at, chain) {
			chain.why[parent] = cmp.Or(chain.why[parent], chain.why[at])
			if f.tree.Nodes[at].Span.IsError() {
				below[parent] |= causedByChild
			} else {
				below[parent] |= causedBeyondNode
			}
		}
	}
	for _, at := range f.tree.Order {
		chain.top[at] = at
		if parent := f.tree.Nodes[at].Parent; parent != none && f.escapes(at, chain) && f.joins(at, parent, chain) {
			chain.top[at] = chain.top[parent]
		}
	}
	return chain
}

// maxReason bounds what is compared of what spans say of their failures, in bytes.
const maxReason = 400

// passesOn reports whether an error from below a child without a status explains
// a node: one without a status itself, or one that failed and does not say why, or
// nothing but what is said below.
func (f *finder) passesOn(node int32, why string) bool {
	s := f.tree.Nodes[node].Span
	return s.Status.Code == trace.Unset || s.IsError() && strings.Contains(why, cut(reason(&f.tree.Nodes[node]), maxReason))
}

// escapes reports whether a node hands an error to its parent.
func (f *finder) escapes(node int32, chain *errorChain) bool {
	s := f.tree.Nodes[node].Span
	if f.isRecovered(node) {
		return false
	}
	return s.IsError() || s.Status.Code == trace.Unset && chain.caused[node]
}

// joins reports whether the error that a node hands up belongs to the chain that
// its parent is in.
func (f *finder) joins(node, parent int32, chain *errorChain) bool {
	s := f.tree.Nodes[parent].Span
	switch {
	case s.IsError():
		return f.tree.Nodes[node].Span.IsError() || f.passesOn(parent, chain.why[node])
	case s.Status.Code == trace.Unset:
		return f.tree.Nodes[chain.top[parent]].Span.IsError()
	}
	return false
}

// isRecovered reports whether a node is an attempt after which another succeeded.
func (f *finder) isRecovered(node int32) bool {
	at := f.retryOf[node]
	return at != none && f.attempts[at].succeeded
}

func (f *finder) errors() {
	chain := f.errorChain()
	messages := map[string]int32{}
	counted := make([]bool, len(f.tree.Nodes)) // tops whose tokens were counted
	for _, at := range f.tree.Order {
		n := &f.tree.Nodes[at]
		if !n.Span.IsError() || chain.caused[at] {
			continue
		}
		top := chain.top[at]
		why := reason(n)
		number, ok := messages[why]
		if !ok {
			number = int32(len(messages))
			messages[why] = number
		}
		c := candidate{severity: f.errorSeverity(top), nodes: []int32{at}, cost: f.duration(at), value: int64(top), text: why}
		c.place = place{n.Similar, number, int32(c.severity)}
		if !counted[top] {
			c.tokens, counted[top] = f.tokens(top), true
		}
		f.add(c)
	}
}

// errorSeverity goes by how far up an error went.
func (f *finder) errorSeverity(top int32) Severity {
	switch {
	case f.isRecovered(top):
		return Info
	case f.tree.Nodes[top].Parent != none && !f.isHidden(top):
		return Warning
	}
	return Critical
}

// isHidden reports whether a request failed, but was answered as if it had not.
func (f *finder) isHidden(node int32) bool {
	n := &f.tree.Nodes[node]
	status, ok := n.Attrs.Number(n.Span, semconv.HTTPStatus)
	return ok && n.Span.Kind == trace.Server && status >= 200 && status < 400
}

func (f *finder) describeError(c *candidate) (title, advice phrase) {
	origin, top := c.nodes[0], int32(c.value)
	c.nodes, c.count = f.chainUp(origin, top)
	title = say("%s failed", f.named(origin))
	if c.text != "" {
		title = title.and(": %s", cut(c.text, 160))
	}
	parent := f.tree.Nodes[top].Parent
	switch {
	case top != origin:
		title = title.and("; %s above it failed too, up to %s", plural(c.count-1, "span"), f.named(top))
	case parent == none:
		title = title.and("; nothing is above it")
	}
	switch {
	case c.severity == Info:
		return title.and(", and a later attempt succeeded"), say("Nothing failed for the caller, but look at it if it happens often.")
	case parent == none:
		return title, say("Begin here: the spans above failed because of this one.")
	case f.isHidden(top):
		return title.and(", which answered with a status of success, so that %s could not know", f.named(parent)),
			say("Begin here, and answer with a status of 400 or more where a request fails, or callers take it for done.")
	}
	return title.and("; %s, which called it, did not fail", f.named(parent)), say("Check that its caller means to go on without the result.")
}

// chainUp is a node and its ancestors up to top that failed, as many as fit in a
// finding, and how many there are.
func (f *finder) chainUp(node, top int32) (chain []int32, count int) {
	chain, count = []int32{node}, 1
	for node != top {
		node = f.tree.Nodes[node].Parent
		if !f.tree.Nodes[node].Span.IsError() {
			continue
		}
		count++
		if len(chain) < maxNodes {
			chain = append(chain, node)
		}
	}
	return chain, count
}

// reason is what a span says of its failure: the exception that it recorded last
// (semantic conventions for exceptions), its status message, or the type of error.
func reason(n *analysis.Node) string {
	for _, e := range slices.Backward(n.Span.Events) {
		if e.Name != "exception" {
			continue
		}
		what, _ := trace.Lookup(e.Attributes, "exception.type")
		message, _ := trace.Lookup(e.Attributes, "exception.message")
		if text := joined(shortType(what.String()), message.String()); text != "" {
			return text
		}
	}
	if n.Span.Status.Message != "" {
		return n.Span.Status.Message
	}
	return n.Attrs.Text(n.Span, semconv.ErrorType)
}

// shortType is the name of a type without a path before it, as Go's have.
func shortType(name string) string { return name[strings.LastIndex(name, "/")+1:] }

func joined(what, message string) string {
	switch {
	case message == "":
		return what
	case what == "" || strings.HasPrefix(message, what):
		return message
	}
	return what + ": " + message
}
