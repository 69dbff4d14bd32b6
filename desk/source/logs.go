// SPDX-License-Identifier: Apache-2.0

package source

import "github.com/sidetrace/sidetrace/desk/trace"

// A LogSearch asks for log records.
type LogSearch struct {
	// Traces are the traces that the records belong to; nil: any, or none.
	Traces []trace.TraceID
	// Span is the span that they belong to; zero: any.
	Span trace.SpanID
	// Session is one of whose records all are found that have it as an attribute
	// ([SessionKeys]), beside those of Traces. "": none.
	Session string
	// Range is when they were written, or, where that is not known, seen.
	Range Range
	// MinSeverity is the least severity, by the numbers of OTLP. 0: any.
	MinSeverity int32
	// Contains is a text that the body contains as text, in either case; "": any.
	Contains string
	// Order is [Newest] or [Oldest]. Records of the same time are in the order in
	// which they came.
	Order Order
	// Limit is how many a page has at most, at least 1.
	Limit int
	// After is where the page before ended; nil: this is the first.
	After *Position
}

// A LogPage is part of the log records that were found.
type LogPage struct {
	Logs   []trace.Log
	Next   *Position // where the next page goes on; nil: this is the last
	Effort Effort
}

// SessionKeys are the attributes that say which session, chat or conversation
// something belongs to.
func SessionKeys() []string {
	return []string{
		"sid", "session.id", "chat_id", "gen_ai.conversation.id",
		"langfuse.session.id", "traceloop.association.properties.session_id",
	}
}

// LogTime is when a record was written, or, where that is not known, seen.
func LogTime(l *trace.Log) int64 {
	if l.Time == 0 {
		return l.Observed
	}
	return l.Time
}
