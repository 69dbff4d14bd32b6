// SPDX-License-Identifier: Apache-2.0

package span

import (
	"cmp"
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/sidetrace/sidetrace/nodelog"
)

// Keys of the attributes that a node's span has beside the identity.
const (
	NodeIDKey   = attribute.Key("node.id")
	NodeTypeKey = attribute.Key("node.type")
	NodeNameKey = attribute.Key("node.name")
	// NodeLogIDKey is the id of the node's log in the request's record.
	NodeLogIDKey = attribute.Key("node.log_id")
)

// Keys that the end of a node's span sets from its log. They are those of the
// OpenTelemetry semantic conventions for generative AI, version 1.41.
const (
	inputTokensKey  = attribute.Key("gen_ai.usage.input_tokens")
	outputTokensKey = attribute.Key("gen_ai.usage.output_tokens")
	firstChunkKey   = attribute.Key("gen_ai.response.time_to_first_chunk") // seconds
)

// StartNode starts a span for a node of a workflow or agent, named after the
// node. When ctx has a record ([ContextWithTraceLog]), the node gets a log in it,
// which [Span.Node] returns and which ends with the span; the log of the node that
// it runs in names it as next.
//
// At its end the span has the log's tokens and first frame as attributes. The
// first frame is the node's to say: s.Node().FirstFrame() when the first token
// arrives. Without a record, also after it has ended, Node returns nil, on which
// every method does nothing.
func StartNode(ctx context.Context, n nodelog.Node) (context.Context, *Span) {
	f := frameOf(ctx)
	log := f.record.StartNode(n)
	if log != nil {
		f.node.Next(log)
	}
	attrs := [...]attribute.KeyValue{
		NodeIDKey.String(n.ID),
		NodeTypeKey.String(n.Type),
		NodeNameKey.String(n.Name),
		NodeLogIDKey.String(log.ID()),
	}
	some := attrs[:]
	if log == nil {
		some = attrs[:3]
	}
	return start(ctx, cmp.Or(n.Name, n.ID, n.Type), trace.SpanKindInternal, log, some)
}

// summarise sets what the node's log has counted.
func (s *Span) summarise() {
	if !s.otel.IsRecording() {
		return
	}
	attrs := make([]attribute.KeyValue, 0, 3)
	if u := s.node.Tokens(); u != (nodelog.Usage{}) {
		attrs = append(attrs, inputTokensKey.Int(u.PromptTokens), outputTokensKey.Int(u.CompletionTokens))
	}
	if d, ok := s.node.FirstFrameDuration(); ok {
		attrs = append(attrs, firstChunkKey.Float64(d.Seconds()))
	}
	if len(attrs) > 0 {
		s.otel.SetAttributes(attrs...)
	}
}
