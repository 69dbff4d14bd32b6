// SPDX-License-Identifier: Apache-2.0

// Package format reads and writes traces in the formats of others: OTLP as
// protobuf and as JSON, the JSON of Jaeger and of Zipkin, and the documents of
// BlueKing APM.
//
// [Read] tells them apart. What it reads is [trace.Batch] whatever the format:
// ids as bytes, times in nanoseconds, equal resources and scopes shared. A
// resource or scope that says nothing is nil.
//
// Readers skip members they do not know and take every spelling that is in use
// for those they know. What cannot be read is left out and reported by a
// [PartialError]; the rest is returned with it.
package format

import (
	"fmt"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// MaxValueDepth is how deep lists and maps may be nested in an attribute: the
// default of AttributeValueDepthLimit (OpenTelemetry specification, "Attribute
// Limits"). Spans and log records with deeper values are left out.
const MaxValueDepth = 64

// A PartialError says that part of the input could not be read: spans or log
// records without ids or with values of wrong types, lines that were cut when a
// process was killed, the end of a file that is still being written. What could
// be read was returned with it.
type PartialError struct {
	Skipped int   // how many problems there were, at least 1; each cost a span, a log record, a line or a field outside of these
	Err     error // the first of them: where it is, what was found and what is allowed
}

// Error describes the first problem and counts the others.
func (e *PartialError) Error() string {
	if e.Skipped == 1 {
		return fmt.Sprintf("format: %v", e.Err)
	}
	return fmt.Sprintf("format: %v (and %d more)", e.Err, e.Skipped-1)
}

// Unwrap returns the first problem. It is [io.ErrUnexpectedEOF] for input that
// was cut.
func (e *PartialError) Unwrap() error { return e.Err }

// problems collects what a decoder of protobuf could not read.
type problems struct {
	n     int
	first error
	wrong string // what is wrong with what is at hand, "" if nothing is
}

func (p *problems) err() error {
	if p.n == 0 {
		return nil
	}
	return &PartialError{Skipped: p.n, Err: p.first}
}

// What can be wrong with a span or log record.
var (
	tooDeep = fmt.Sprintf("values are nested in more than %d levels", MaxValueDepth)
	tooLong = "an id is longer than 16 bytes of a trace or 8 of a span"
	noIDs   = "the trace id or the span id is missing"
)

// good reports whether nothing was wrong since the last call. Otherwise it notes
// what was.
func (p *problems) good(what, name string) bool {
	if p.wrong == "" {
		return true
	}
	p.n++
	if p.first == nil {
		p.first = fmt.Errorf("%s %.64q: %s", what, name, p.wrong)
	}
	p.wrong = ""
	return false
}

// id copies an id, padded on the left.
func (p *problems) id(into, id []byte) {
	if len(id) > len(into) {
		p.wrong = tooLong
		return
	}
	clear(into)
	copy(into[len(into)-len(id):], id)
}

// named notes a span without ids, unless something else is wrong with it.
func (p *problems) named(s *trace.Span) {
	if p.wrong == "" && (s.TraceID.IsZero() || s.ID.IsZero()) {
		p.wrong = noIDs
	}
}

// setOrigin gives spans and log records that were just read what they share.
func setOrigin(b *trace.Batch, spans, logs int, set func(**trace.Resource, **trace.Scope)) {
	for i := spans; i < len(b.Spans); i++ {
		set(&b.Spans[i].Resource, &b.Spans[i].Scope)
	}
	for i := logs; i < len(b.Logs); i++ {
		set(&b.Logs[i].Resource, &b.Logs[i].Scope)
	}
}
