// SPDX-License-Identifier: Apache-2.0

package finding

import (
	"slices"
	"strings"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
)

// A fact is something that rules want to know of a node; a node has several.
type fact uint32

const (
	isModel     fact = 1 << iota // a call of a language model
	isEmbedding                  // a call of a model for embeddings
	isTool
	isAgent
	isRetrieval
	isDB
	isHTTP
	isCall  // asks somebody else to do something
	isWrite // changes something elsewhere, or may do so
	hasFailed
	// What is true for a descendant.
	callBelow
	writeBelow
	thoughtBelow // a model, a tool or an agent
	// What a node may have attributes of, so that others need not be looked at.
	saysTokens
	saysFrame
	saysPayload
)

const isThought = isModel | isTool | isAgent

// inherited are the facts that a parent gets from a child.
var inherited = [...]struct{ own, below fact }{
	{isCall | callBelow, callBelow}, {isWrite | writeBelow, writeBelow}, {isThought | thoughtBelow, thoughtBelow},
}

func (f *finder) is(node int32, what fact) bool { return f.facts[node]&what != 0 }

func (f *finder) allFacts() []fact {
	facts := make([]fact, len(f.tree.Nodes))
	for _, at := range slices.Backward(f.tree.Order) {
		n := &f.tree.Nodes[at]
		facts[at] |= factsOf(n)
		if n.Parent == none {
			continue
		}
		for _, i := range inherited {
			if facts[at]&i.own != 0 {
				facts[n.Parent] |= i.below
			}
		}
	}
	return facts
}

func factsOf(n *analysis.Node) fact {
	what := roleOf(n)
	kind := n.Span.Kind
	if n.Attrs.Says(n.Span, semconv.DBSystem) && !kind.IsCalled() {
		what |= isDB | isCall
		if !isRead(n) {
			what |= isWrite
		}
	}
	if n.Attrs.Says(n.Span, semconv.HTTPMethod) && kind == trace.Client {
		what |= isHTTP
		if !isSafeMethod(n.Attrs.Text(n.Span, semconv.HTTPMethod)) {
			what |= isWrite
		}
	}
	if kind.IsCalling() || what&(isModel|isEmbedding|isRetrieval) != 0 {
		what |= isCall
	}
	if kind == trace.Producer {
		what |= isWrite
	}
	if n.Span.IsError() || what&isHTTP != 0 && asksForRetry(n) {
		what |= hasFailed
	}
	if what&(isModel|isAgent) != 0 && len(n.Span.Events) > 0 {
		what |= saysFrame
	}
	return what | saidBy(n)
}

// sayings are the fields that rules look at in all nodes.
var sayings = [...]struct {
	field semconv.Field
	what  fact
}{
	{semconv.InputTokens, saysTokens}, {semconv.OutputTokens, saysTokens}, {semconv.TotalTokens, saysTokens},
	{semconv.FirstChunkSeconds, saysFrame}, {semconv.FirstFrameMillis, saysFrame},
	{semconv.InputMessages, saysPayload}, {semconv.OutputMessages, saysPayload},
	{semconv.ToolArguments, saysPayload}, {semconv.ToolResult, saysPayload},
}

func saidBy(n *analysis.Node) (what fact) {
	for i := range sayings {
		if n.Attrs[sayings[i].field] != 0 {
			what |= sayings[i].what
		}
	}
	return what
}

// isSafeMethod reports whether a method only reads (RFC 9110, section 9.2.1).
func isSafeMethod(method string) bool {
	return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE"
}

// asksForRetry reports whether a response says that the same request may succeed
// later: 408, 429 and all of 5xx (RFC 9110, section 15; RFC 6585, section 4).
func asksForRetry(n *analysis.Node) bool {
	status, ok := n.Attrs.Number(n.Span, semconv.HTTPStatus)
	return ok && (status == 408 || status == 429 || status >= 500 && status < 600)
}

// operations are the values of gen_ai.operation.name that are no calls of a
// language model (semantic conventions for generative AI 1.41), and the types of
// spans of OpenInference, OpenLLMetry and Langfuse.
var operations = map[string]fact{
	"execute_tool": isTool, "invoke_agent": isAgent, "create_agent": isAgent, "invoke_workflow": isAgent, "plan": isAgent,
	"embeddings": isEmbedding, "retrieval": isRetrieval,
	"embedding": isEmbedding, "llm": isModel, "generation": isModel, "chat": isModel, "completion": isModel, "reranker": isModel, "rerank": isModel,
	"tool": isTool, "agent": isAgent, "retriever": isRetrieval,
}

// roleOf says which part a span has in an agent: by gen_ai.operation.name, then
// by the type that other conventions give it, then by what else it names.
func roleOf(n *analysis.Node) fact {
	if n.Attrs.Says(n.Span, semconv.Operation) {
		if role, ok := operations[n.Attrs.Text(n.Span, semconv.Operation)]; ok {
			return role
		}
		return isModel
	}
	if n.Attrs.Says(n.Span, semconv.SpanType) {
		return operations[strings.ToLower(n.Attrs.Text(n.Span, semconv.SpanType))]
	}
	if n.Attrs.Says(n.Span, semconv.ToolName) {
		return isTool
	}
	if n.Attrs.Says(n.Span, semconv.NodeType) {
		return roleOfNode(n.Attrs.Text(n.Span, semconv.NodeType))
	}
	if n.Attrs.Says(n.Span, semconv.RequestModel) {
		return isModel
	}
	return 0
}

// roleOfNode goes by the names that types of nodes have in workflows, such as
// spark-llm or node-tool.
func roleOfNode(nodeType string) fact {
	for _, r := range []struct {
		part string
		role fact
	}{{"llm", isModel}, {"tool", isTool}, {"plugin", isTool}, {"agent", isAgent}, {"retriev", isRetrieval}, {"knowledge", isRetrieval}} {
		if strings.Contains(nodeType, r.part) {
			return r.role
		}
	}
	return 0
}

// maxTokens bounds the tokens of one span, so that sums do not overflow.
const maxTokens = 1 << 40

// allTokens sums the tokens of models up, in the order of the tree. Where a span
// repeats the tokens of those below it, as agents do, only the latter count.
func (f *finder) allTokens() []int64 {
	t := f.tree
	sums := make([]int64, len(t.Order)+1)
	counted := make([]bool, len(t.Nodes)) // there are tokens below
	for _, at := range slices.Backward(t.Order) {
		n := &t.Nodes[at]
		if !counted[at] && f.is(at, saysTokens) {
			sums[n.Position+1] = tokensOf(n)
			counted[at] = sums[n.Position+1] > 0
		}
		if counted[at] && n.Parent != none {
			counted[n.Parent] = true
		}
	}
	for i := range t.Order {
		sums[i+1] = plus(sums[i], sums[i+1])
	}
	return sums
}

func tokensOf(n *analysis.Node) int64 {
	in, _ := n.Attrs.Number(n.Span, semconv.InputTokens)
	out, _ := n.Attrs.Number(n.Span, semconv.OutputTokens)
	if in <= 0 && out <= 0 {
		in, _ = n.Attrs.Number(n.Span, semconv.TotalTokens)
	}
	return int64(min(max(in, 0)+max(out, 0), maxTokens))
}

// tokens are those of the models in a node and below it.
func (f *finder) tokens(node int32) int64 {
	n := &f.tree.Nodes[node]
	return f.tokensTo[n.Position+n.Size] - f.tokensTo[n.Position]
}

// ownTokens are those that were counted at a node alone.
func (f *finder) ownTokens(node int32) int64 {
	at := f.tree.Nodes[node].Position
	return f.tokensTo[at+1] - f.tokensTo[at]
}
