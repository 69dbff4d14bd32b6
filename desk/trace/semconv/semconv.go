// SPDX-License-Identifier: Apache-2.0

// Package semconv finds the attributes of a span that analysis looks at, under
// the names that instrumentations have given them over the years: OpenTelemetry's
// current and former semantic conventions (HTTP and database stable since 1.23
// and 1.30, RPC and messaging, gen_ai up to 1.41), OpenInference, OpenLLMetry,
// the Vercel AI SDK, and the attributes of Sidetrace itself.
//
// A span is looked through once, by [Scan]; what was found is then a lookup away.
package semconv

import "github.com/sidetrace/sidetrace/desk/trace"

// A Field is a meaning that attributes of different names share.
type Field uint8

// The fields, with the names that are read for each, the preferred one first, in names.go.
const (
	HTTPMethod Field = iota
	HTTPURL
	HTTPRoute
	HTTPHost
	HTTPTarget
	HTTPStatus
	RPCSystem
	RPCService
	RPCMethod
	RPCStatus
	DBSystem
	DBName
	DBOperation
	DBStatement
	DBType
	DBInstance
	DBCollection
	MessagingSystem
	MessagingDestination
	MessagingOperation
	MessagingKey
	TaskName
	PeerService
	PeerName
	ErrorType

	NodeID
	NodeType
	NodeName
	NodeLogID
	SID
	ChatID

	Operation
	Provider
	RequestModel
	ResponseModel
	AgentName
	Conversation
	ToolName
	ToolCallID
	ToolArguments
	ToolResult
	InputMessages
	OutputMessages
	InputTokens
	OutputTokens
	TotalTokens
	CachedTokens
	CacheWriteTokens
	ReasoningTokens
	FirstChunkSeconds
	FirstFrameMillis
	SpanType
	Cost
	OperationID // of the Vercel AI SDK
	ResponseID
	CompletionStart // a point in time (RFC 3339), quoted or not
	UsageDetails    // a JSON object of counts
	CostDetails     // a JSON object of amounts

	fields
)

// An Index is where the fields stand among the attributes of one span. It
// belongs to the attributes that it was made from.
type Index [fields]int16

// Scan finds the fields of a span. Where several names of one field occur, the
// first in the list of names.go wins, and of one name its first occurrence.
func Scan(s *trace.Span) (x Index) {
	var rank [fields]uint8
	attrs := s.Attributes[:min(len(s.Attributes), 1<<15-2)]
	for i := range attrs {
		for _, n := range names[attrs[i].Key] {
			if x[n.field] == 0 || n.rank < rank[n.field] {
				x[n.field] = int16(i + 1)
				rank[n.field] = n.rank
			}
		}
	}
	return x
}

// Value is the attribute of a field.
func (x *Index) Value(s *trace.Span, f Field) (trace.Value, bool) {
	i := x[f]
	if i == 0 {
		return trace.Value{}, false
	}
	return s.Attributes[i-1].Value, true
}

// Key is the name under which the span has the field, "" if it has none.
func (x *Index) Key(s *trace.Span, f Field) string {
	i := x[f]
	if i == 0 {
		return ""
	}
	return s.Attributes[i-1].Key
}

// Text is the attribute of a field as text, "" if there is none.
func (x *Index) Text(s *trace.Span, f Field) string {
	v, _ := x.Value(s, f)
	return v.String()
}

// Number is the attribute of a field as a number, and whether it is one.
func (x *Index) Number(s *trace.Span, f Field) (float64, bool) {
	v, _ := x.Value(s, f)
	return v.Number()
}

// Says reports whether the span has the field with something in it: not empty,
// "", 0 or false.
func (x *Index) Says(s *trace.Span, f Field) bool {
	i := x[f]
	return i != 0 && !s.Attributes[i-1].Value.IsBlank()
}

// FieldOf is the field that a key is a spelling of, if it is one of only one.
func FieldOf(key string) (Field, bool) {
	known := names[key]
	if len(known) != 1 {
		return 0, false
	}
	return known[0].field, true
}
