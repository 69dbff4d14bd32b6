// SPDX-License-Identifier: Apache-2.0

package agentrun

import (
	"strings"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
)

// A role is the part that a span has in an agent.
type role uint8

const (
	noRole role = iota
	modelRole
	embeddingRole
	toolRole
	agentRole
	workflowRole // also a loop of calls and tools that is no agent by name
	retrievalRole
	chainRole // a step around others, of no more than its name
)

func (r role) isModel() bool { return r == modelRole || r == embeddingRole }

// opens reports whether what runs within a span of this role is no part of a call
// of a model around it.
func (r role) opens() bool { return r == toolRole || r == agentRole || r == workflowRole }

// call is the kind of what a span of this role has counted on its own: where it
// names something that makes calls, nobody knows how many.
func (r role) call() CallKind {
	switch r {
	case noRole, modelRole:
		return ModelCall
	case embeddingRole:
		return EmbeddingCall
	}
	return Rest
}

// node is the kind of node that a span of this role is, "" if it is none.
func (r role) node() NodeKind {
	return [...]NodeKind{modelRole: ModelNode, embeddingRole: EmbeddingNode, toolRole: ToolNode, agentRole: AgentNode,
		workflowRole: AgentNode, retrievalRole: RetrievalNode, chainRole: ""}[r]
}

// operations are the values of gen_ai.operation.name (semantic conventions for
// generative AI 1.41, and those that instrumentations had before) and of
// llm.request.type.
var operations = map[string]role{
	"chat": modelRole, "generate_content": modelRole, "text_completion": modelRole, "completion": modelRole,
	"responses": modelRole, "message": modelRole, "messages": modelRole, "generate": modelRole, "invoke_model": modelRole,
	"embeddings": embeddingRole, "embedding": embeddingRole, "rerank": embeddingRole,
	"execute_tool": toolRole, "invoke_agent": agentRole, "create_agent": agentRole,
	"invoke_workflow": workflowRole, "plan": workflowRole, "retrieval": retrievalRole,
}

// spanTypes are the types of OpenInference, OpenLLMetry, Langfuse and LoongSuite.
var spanTypes = map[string]role{
	"llm": modelRole, "generation": modelRole, "embedding": embeddingRole, "reranker": embeddingRole,
	"tool": toolRole, "agent": agentRole, "workflow": workflowRole, "retriever": retrievalRole,
	"chain": chainRole, "task": chainRole, "step": chainRole, "entry": chainRole, "span": chainRole,
	"guardrail": chainRole, "evaluator": chainRole, "prompt": chainRole,
}

// roleOf goes by the name of the operation, not by what else stands there: the
// spans of models have the attributes of their agents and tools as well.
func roleOf(n *analysis.Node) role {
	for _, known := range [...]struct {
		field semconv.Field
		roles map[string]role
	}{{semconv.Operation, operations}, {semconv.SpanType, spanTypes}} {
		if n.Attrs[known.field] == 0 {
			continue
		}
		if r := known.roles[strings.ToLower(n.Attrs.Text(n.Span, known.field))]; r != noRole {
			return r
		}
	}
	switch {
	case n.Attrs[semconv.OperationID] != 0:
		return roleOfVercel(n.Attrs.Text(n.Span, semconv.OperationID))
	case n.Attrs[semconv.ToolName] != 0:
		return toolRole
	case n.Attrs[semconv.NodeType] != 0:
		return roleOfNode(n.Attrs.Text(n.Span, semconv.NodeType))
	case n.Attrs.Says(n.Span, semconv.RequestModel):
		return modelRole
	}
	return noRole
}

// roleOfVercel goes by ai.operationId: ai.streamText makes several calls
// ai.streamText.doStream, with the tools' ai.toolCall below them.
func roleOfVercel(id string) role {
	switch {
	case strings.HasSuffix(id, ".doGenerate"), strings.HasSuffix(id, ".doStream"):
		return modelRole
	case strings.HasSuffix(id, ".doEmbed"):
		return embeddingRole
	case id == "ai.toolCall":
		return toolRole
	case strings.HasPrefix(id, "ai.embed"):
		return chainRole
	}
	return workflowRole
}

// roleOfNode goes by the names that types of nodes have in workflows, such as
// spark-llm or plugin. A node that is called something else may still have called
// a model.
func roleOfNode(nodeType string) role {
	nodeType = strings.ToLower(nodeType)
	for _, r := range [...]struct {
		part string
		role role
	}{{"llm", modelRole}, {"tool", toolRole}, {"plugin", toolRole}, {"agent", agentRole}, {"retriev", retrievalRole}, {"knowledge", retrievalRole}} {
		if strings.Contains(nodeType, r.part) {
			return r.role
		}
	}
	return noRole
}
