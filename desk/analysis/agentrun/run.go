// SPDX-License-Identifier: Apache-2.0

package agentrun

import (
	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace/noderecord"
)

// None is the index of nothing: of no span, node, call or record.
const None = analysis.None

// Unknown is a time to the first frame of something that had none.
const Unknown = noderecord.Unknown

// A Run is what a trace, or part of one, took. Its lists refer to each other by
// index, and to spans by the index of their node in the tree.
type Run struct {
	Totals
	// FirstFrame is when the first frame of an answer came, after the start of the
	// trace, and FirstFrameSpan the span that says so, None for a record. It is the
	// earliest of any span in no tool, else of a request that a run answers and of
	// its nodes; Unknown if none of them had one, as in a run that failed before.
	FirstFrame     int64 `json:"firstFrame"`
	FirstFrameSpan int32 `json:"firstFrameSpan"`
	// ModelWall and ToolWall are how long at least one model, or one tool, was at
	// work.
	ModelWall int64 `json:"modelWall"`
	ToolWall  int64 `json:"toolWall"`

	// Nodes are the story of the run, by start time.
	Nodes []Node `json:"nodes"`
	// Models and Agents divide the totals, by the name of the model and by the
	// nearest agent around a call; what has neither is under "".
	Models []Model `json:"models"`
	Agents []Agent `json:"agents"`

	// Calls are what was counted, by start time; their sum is the totals.
	Calls []Call `json:"calls"`
	// Repeats are the claims that were not counted, inner ones first.
	Repeats []Repeat `json:"repeats"`
	// Problems are the attributes that could not be read, at most
	// [MaxProblems]; MoreProblems counts the others.
	Problems     []Problem `json:"problems,omitempty"`
	MoreProblems int       `json:"moreProblems,omitempty"`
}

// MaxProblems bounds the problems that a run lists.
const MaxProblems = 100

// Totals are what several calls took together.
type Totals struct {
	Usage Usage `json:"usage"`
	Cost  Cost  `json:"cost"`

	ModelCalls     int32 `json:"modelCalls"` // without embeddings
	EmbeddingCalls int32 `json:"embeddingCalls"`
	ToolCalls      int32 `json:"toolCalls"`
	FailedCalls    int32 `json:"failedCalls"` // of models and embeddings
	FailedTools    int32 `json:"failedTools"`

	// ModelTime and ToolTime are the durations of the calls, summed up: calls
	// that run at once count each, and so does a model that a tool calls.
	ModelTime int64 `json:"modelTime"`
	ToolTime  int64 `json:"toolTime"`
}

// A NodeKind says what made something a node of the story.
type NodeKind string

// The kinds of nodes. A [WorkflowNode] has attributes node.* or a record; where
// no such node is around them, agents, workflows, tools, retrievals and calls of
// models are nodes as well, by their attributes.
const (
	WorkflowNode  NodeKind = "node"
	AgentNode     NodeKind = "agent"
	ToolNode      NodeKind = "tool"
	RetrievalNode NodeKind = "retrieval"
	ModelNode     NodeKind = "model"
	EmbeddingNode NodeKind = "embedding"
)

// A Node is a step of the run. Its totals are of everything within it.
type Node struct {
	Kind  NodeKind `json:"kind"`
	LogID string   `json:"logId,omitempty"` // of this run of the node
	ID    string   `json:"id,omitempty"`    // in the workflow
	Type  string   `json:"type,omitempty"`
	Name  string   `json:"name"`

	Span   int32 `json:"span"`   // None: only its record is known
	Parent int32 `json:"parent"` // the node around it
	// Next are the nodes that ran after it, as its record says.
	Next []int32 `json:"next,omitempty"`

	Start      int64  `json:"start,string"`
	Duration   int64  `json:"duration"`
	FirstFrame int64  `json:"firstFrame"` // after Start, or Unknown
	Failed     bool   `json:"failed"`
	Message    string `json:"message,omitempty"` // of the failure

	Totals
	// Own is the part of Usage that is in none of the nodes within.
	Own Usage `json:"own"`
	// Record is the node's record, nil if there is none: what it was given, what
	// it returned, its configuration and what it logged. It is shared with those
	// that RollUp was given.
	Record *noderecord.Node `json:"record,omitempty"`
}

// A Model is what the calls of one model took.
type Model struct {
	Provider string `json:"provider"`
	Name     string `json:"name"`
	Totals
}

// An Agent is what was done for one agent, and for no agent within it.
type Agent struct {
	Name string `json:"name"`
	Totals
}

// A CallKind says what a counted number is of.
type CallKind string

// The kinds of counted calls.
const (
	ModelCall     CallKind = "model"
	EmbeddingCall CallKind = "embedding"
	// Rest is of calls that nobody recorded, but a span or record around them
	// has counted.
	Rest CallKind = "rest"
)

// A Call is something that was counted: one call of a model, or the [Rest].
type Call struct {
	Kind CallKind `json:"kind"`
	Span int32    `json:"span"` // None: only the record of its node is known
	Node int32    `json:"node"` // the innermost node around it
	// From is the span whose attributes have the tokens, None if they are of the
	// record of Node or unknown.
	From       int32 `json:"from"`
	FromRecord bool  `json:"fromRecord"`

	Provider string `json:"provider,omitempty"`
	Model    string `json:"model,omitempty"`
	Agent    string `json:"agent,omitempty"`
	asked    string // the model of the request, where Model is that of the response

	Usage Usage `json:"usage"`
	// Added says that the span gave its input without cached tokens, or its output
	// without reasoning tokens, and they were added.
	Added bool `json:"added"`

	Start      int64 `json:"start,string"`
	Duration   int64 `json:"duration"`
	FirstFrame int64 `json:"firstFrame"` // after Start, or Unknown
	Failed     bool  `json:"failed"`

	// Computed is the cost by the price table, and Price the pattern of its entry;
	// "" if none fits, or the tokens do not say what to multiply.
	Computed Amount `json:"computed"`
	Price    string `json:"price,omitempty"`
	// Reported is the cost that a span gave, 0 if none did.
	Reported Amount `json:"reported"`
}

// A Reason is why a claim was not counted.
type Reason string

// The reasons.
const (
	// Repeated: its numbers are those of calls below it, or part of them.
	Repeated Reason = "repeated"
	// Exceeded: it includes calls below it; only the difference was counted.
	Exceeded Reason = "exceeded"
	// Contradicted: it is more than the calls below it in one number and less in
	// another.
	Contradicted Reason = "contradicted"
	// SameResponse: the call was seen twice, by the id of its response.
	SameResponse Reason = "sameResponse"
)

// A Repeat is a claim that was not counted.
type Repeat struct {
	Span       int32  `json:"span"`       // None: a record without a span
	Node       int32  `json:"node"`       // the innermost node around it
	FromRecord bool   `json:"fromRecord"` // the claim is the record's, not the span's
	Usage      Usage  `json:"usage"`
	Reported   Amount `json:"reported"`
	Reason     Reason `json:"reason"`
	// Call is the one call that was counted instead, None if there are several.
	Call int32 `json:"call"`
}

// A Problem is an attribute that could not be read, and so counts as missing.
type Problem struct {
	Span  int32  `json:"span"`
	Key   string `json:"key"`
	Value string `json:"value"` // the beginning of it
	Want  string `json:"want"`
}
