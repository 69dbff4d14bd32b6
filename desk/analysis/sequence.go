// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"strings"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
)

// A Sequence is a trace as messages between participants, in time order.
type Sequence struct {
	// Participants are the columns, in the order in which they first occur;
	// before them, if anything comes from outside, the one of type Outside.
	Participants []Participant `json:"participants"`
	// Messages are calls and returns.
	Messages []Message `json:"messages"`
	// Blocks are the concurrent parts; a block may lie within another.
	Blocks []Block `json:"blocks"`
	// Groups are the repetitions, as loops.
	Groups []Group `json:"groups"`
}

// A ParticipantType says what a column of a sequence diagram stands for.
type ParticipantType string

// The types.
const (
	Outside   ParticipantType = "outside"   // whoever began the trace
	Component ParticipantType = "component" // a service
	Endpoint  ParticipantType = "endpoint"  // a path that a service serves
	Database  ParticipantType = "database"
)

// A Participant is a column of a sequence diagram.
type Participant struct {
	// Name is shown on top: a service's name, a path, or a database system.
	Name string          `json:"name"`
	Type ParticipantType `json:"type"`
	// Component is the service to which an endpoint or database belongs, or its name itself.
	Component string `json:"component"`
}

// An Arrow is how a message is drawn.
type Arrow string

// The arrows, as Mermaid writes them.
const (
	Call   Arrow = "->>+"  // has a return: client, server and unspecified spans
	Return Arrow = "-->>-" // the end of a Call
	Send   Arrow = "-)"    // asynchronous: producer and consumer spans
	Work   Arrow = "->>"   // internal spans
)

// A Message is a call of one participant to another, or its return.
type Message struct {
	// From and To are indexes in [Sequence.Participants].
	From int32 `json:"from"`
	To   int32 `json:"to"`
	// Node is the span that the message is drawn for. A call between two services
	// is drawn for the span of the called one, and has Caller set.
	Node   int32 `json:"node"`
	Arrow  Arrow `json:"arrow"`
	Caller int32 `json:"caller"`
	// Text is the operation, or both where a call stands for two spans; "" for returns.
	Text string `json:"text"`
	// Parallel is the index in Blocks of the block in which the message is one of
	// several at once, None for none; returns have none.
	Parallel int32 `json:"parallel"`
	// Block is the innermost block around the message, None for none.
	Block int32 `json:"block"`
	// Group is the index in Groups of the repetition of which this is one, None for none.
	Group int32 `json:"group"`
}

// A Block is messages that happen concurrently.
type Block struct {
	// Parent is the block around this one, None for none.
	Parent int32 `json:"parent"`
}

// Sequence draws a trace as messages.
func (t *Tree) Sequence() *Sequence {
	f := t.families(true)
	return f.sequence(t.rootSteps(), f.groups(GroupOptions{}), t.Parallels(ParallelOptions{}))
}

func (f *families) sequence(roots []step, groups *Groups, parallels *Parallels) *Sequence {
	t := f.tree
	w := &messenger{
		tree: t, groups: groups, parallels: parallels,
		sequence: &Sequence{Groups: groups.List, Blocks: t.blocks(parallels), Messages: make([]Message, 0, 2*len(t.Nodes))},
	}
	w.addParticipants()
	w.findMerged()
	f.walk(roots, w.add)
	w.addOutside()
	return w.sequence
}

// blocks are the parallels, each with the one around its members' parent.
func (t *Tree) blocks(p *Parallels) []Block {
	blocks := make([]Block, len(p.List))
	around := t.around(p)
	for i, members := range p.List {
		blocks[i].Parent = None
		if parent := t.Nodes[members[0]].Parent; parent != None {
			blocks[i].Parent = around[parent]
		}
	}
	return blocks
}

// around is the innermost parallel that each node or an ancestor of it is in.
func (t *Tree) around(p *Parallels) []int32 {
	around := unset(len(t.Nodes))
	for _, node := range t.Order {
		switch parent := t.Nodes[node].Parent; {
		case p.Of[node] != None:
			around[node] = p.Of[node]
		case parent != None:
			around[node] = around[parent]
		}
	}
	return around
}

type messenger struct {
	tree      *Tree
	groups    *Groups
	parallels *Parallels
	around    []int32
	sequence  *Sequence
	of        []int32 // the participant of each node
	answered  []bool  // calling spans whose called span is drawn instead
	outside   bool    // some message comes from outside
}

// fromOutside stands for the participant that is added last, if at all.
const fromOutside int32 = -2

func (w *messenger) addParticipants() {
	type column struct {
		name      string
		kind      ParticipantType
		component int32
	}
	known := map[column]int32{}
	w.of = make([]int32, len(w.tree.Nodes))
	for i := range w.tree.Nodes {
		p := w.tree.participant(int32(i))
		at := intern(known, column{p.Name, p.Type, w.tree.Nodes[i].Service})
		if int(at) == len(w.sequence.Participants) {
			w.sequence.Participants = append(w.sequence.Participants, p)
		}
		w.of[i] = at
	}
}

func (t *Tree) participant(node int32) Participant {
	n := &t.Nodes[node]
	service := t.ServiceOf(node)
	if target, ok := n.Attrs.Value(n.Span, semconv.HTTPTarget); ok {
		path, _, _ := strings.Cut(target.String(), "?")
		return Participant{Name: path, Type: Endpoint, Component: service}
	}
	if system, ok := n.Attrs.Value(n.Span, semconv.DBSystem); ok {
		return Participant{Name: system.String(), Type: Database, Component: service}
	}
	if service == "" {
		service = n.Span.Name
	}
	return Participant{Name: service, Type: Component, Component: service}
}

// findMerged marks the calling spans that have a called child.
func (w *messenger) findMerged() {
	w.around = w.tree.around(w.parallels)
	w.answered = make([]bool, len(w.tree.Nodes))
	for i := range w.tree.Nodes {
		if caller := w.caller(int32(i)); caller != None {
			w.answered[caller] = true
		}
	}
}

// caller is the calling span right above a called one, None if there is none.
func (w *messenger) caller(node int32) int32 {
	n := &w.tree.Nodes[node]
	if !n.kind.IsCalled() || n.Parent == None || !w.tree.Nodes[n.Parent].kind.IsCalling() {
		return None
	}
	return n.Parent
}

func (w *messenger) add(s step) {
	if w.answered[s.node] {
		return
	}
	n := &w.tree.Nodes[s.node]
	arrow := arrowOf(n.kind)
	m := Message{
		From: w.from(s.node), To: w.of[s.node], Node: s.node, Arrow: arrow, Caller: None,
		Parallel: None, Block: w.around[s.node], Group: w.groups.Of[s.node],
	}
	switch {
	case !s.back:
		w.describe(&m)
	case arrow == Call:
		m.From, m.To, m.Arrow, m.Group = m.To, m.From, Return, w.groups.returnOf[s.node]
	default:
		return
	}
	w.sequence.Messages = append(w.sequence.Messages, m)
}

// describe says what a call is about; a call that stands for two spans names
// both, the one further left first.
func (w *messenger) describe(m *Message) {
	name := w.tree.Nodes[m.Node].Span.Name
	m.Text, m.Parallel = name, w.parallels.Of[m.Node]
	m.Caller = w.caller(m.Node)
	if m.Caller == None {
		return
	}
	caller := w.tree.Nodes[m.Caller].Span.Name
	m.Text = name + " <--- " + caller
	if w.of[m.Caller] < w.of[m.Node] {
		m.Text = caller + " ---> " + name
	}
	if m.Parallel == None {
		m.Parallel = w.parallels.Of[m.Caller]
	}
}

// from is the participant that a span was called by: that of its parent. A span
// without one was called from outside or, if it is not of a called kind, began
// by itself.
func (w *messenger) from(node int32) int32 {
	n := &w.tree.Nodes[node]
	switch {
	case n.Parent != None:
		return w.of[n.Parent]
	case n.kind.IsCalled() && n.Mark&SelfParent == 0:
		w.outside = true
		return fromOutside
	}
	return w.of[node]
}

func arrowOf(k trace.Kind) Arrow {
	switch k {
	case trace.Producer, trace.Consumer:
		return Send
	case trace.Internal:
		return Work
	}
	return Call
}

// addOutside puts the participant for what is outside of the trace first.
func (w *messenger) addOutside() {
	if !w.outside {
		return
	}
	w.sequence.Participants = append([]Participant{{Name: "Start", Type: Outside, Component: "Start"}}, w.sequence.Participants...)
	for i := range w.sequence.Messages {
		m := &w.sequence.Messages[i]
		m.From, m.To = max(m.From+1, 0), max(m.To+1, 0)
	}
}
