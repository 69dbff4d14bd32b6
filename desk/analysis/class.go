// SPDX-License-Identifier: Apache-2.0

package analysis

import "github.com/sidetrace/sidetrace/desk/trace/semconv"

// A Class is what kind of work a span does, as far as its attributes tell: the
// icon that it gets.
type Class string

// The classes.
const (
	ClassModel     Class = "model" // a call of a language model or of embeddings
	ClassTool      Class = "tool"
	ClassAgent     Class = "agent"
	ClassHTTP      Class = "http"
	ClassRPC       Class = "rpc"
	ClassQueue     Class = "async_backend" // names a destination of messages
	ClassDB        Class = "db"
	ClassMessaging Class = "message" // names a system of messages but no destination
	ClassOther     Class = "other"
)

// Class is the class of a node; the first that its attributes speak for, in the
// order of the constants.
func (n *Node) Class() Class {
	if n.Attrs.Says(n.Span, semconv.Operation) {
		return n.agentClass()
	}
	for _, rule := range classRules {
		if n.Attrs.Says(n.Span, rule.field) {
			return rule.class
		}
	}
	return ClassOther
}

var classRules = []struct {
	field semconv.Field
	class Class
}{
	{semconv.HTTPMethod, ClassHTTP},
	{semconv.RPCSystem, ClassRPC},
	{semconv.MessagingDestination, ClassQueue},
	{semconv.DBSystem, ClassDB},
	{semconv.MessagingSystem, ClassMessaging},
}

// agentClass goes by gen_ai.operation.name (semantic conventions for generative AI 1.41).
func (n *Node) agentClass() Class {
	switch n.Attrs.Text(n.Span, semconv.Operation) {
	case "execute_tool":
		return ClassTool
	case "invoke_agent", "create_agent", "invoke_workflow", "plan":
		return ClassAgent
	}
	return ClassModel
}
