// SPDX-License-Identifier: Apache-2.0

// Package sift checks requests of OTLP in protobuf before they are kept, and cuts
// out of them what cannot be.
//
// Bytes that are no message are an error. Records that nothing could be done with
// later are left out and counted: spans without ids, longer ids than OTLP has,
// values nested too deep, more attributes than anybody has meant. Texts that are
// no UTF-8, which a decoder of protobuf refuses the whole request for, are
// repaired. Everything else is kept as it is, down to fields that are unknown; a
// request without fault is not copied.
package sift

import (
	"fmt"

	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// A Reason is why a record was left out.
type Reason uint8

// The reasons.
const (
	MissingID Reason = iota + 1 // a span without trace id or span id
	LongID                      // an id that is longer than 16 bytes of a trace or 8 of a span
	TooDeep                     // lists and maps in more than [format.MaxValueDepth] levels
	TooMany                     // more attributes, events, links and values of lists than allowed

	reasons
)

// Reasons are all of them.
func Reasons() []Reason { return []Reason{MissingID, LongID, TooDeep, TooMany} }

// String is the reason as the label of a metric.
func (r Reason) String() string {
	return [reasons]string{"", "missing_id", "long_id", "too_deep", "too_many"}[r]
}

// A MalformedError says where bytes are no message of protobuf.
type MalformedError struct {
	Offset int // in bytes
	What   string
}

// Error says what was found where.
func (e *MalformedError) Error() string {
	return fmt.Sprintf("OTLP in protobuf: byte %d: %s", e.Offset, e.What)
}

// A Kept is a request without what could not be kept.
type Kept struct {
	Body     []byte
	Records  int            // that it has
	Rejected map[Reason]int // records that were left out; nil: none
	First    string         // what was wrong with the first of them
	Repaired int            // texts that were no UTF-8
}

// A Sieve checks requests. It is for one goroutine, and one request at a time.
type Sieve struct {
	request *message
	walker
}

// Traces returns a sieve for ExportTraceServiceRequests whose spans may have so
// many attributes, events, links and values of lists together.
func Traces(elements int) *Sieve {
	return &Sieve{request: schemas.traces, walker: walker{limit: elements, wantIDs: true, noun: "span"}}
}

// Logs returns a sieve for ExportLogsServiceRequests, like [Traces].
func Logs(elements int) *Sieve {
	return &Sieve{request: schemas.logs, walker: walker{limit: elements, noun: "log record"}}
}

// Scan looks through a request: it has so many records, and is clean if all of it
// can be kept as it is. An error is a [MalformedError].
func (s *Sieve) Scan(body []byte) (records int, clean bool, err error) {
	s.walker.reset(body)
	s.walk(body, s.request, 0)
	if s.bad != "" {
		return 0, false, &MalformedError{Offset: s.at, What: s.bad}
	}
	return s.records, !s.flawed && !s.garbled, nil
}

// Keep copies what can be kept of a request that [Sieve.Scan] has found to be a
// message.
func (s *Sieve) Keep(body []byte) Kept {
	k := keeper{s: s}
	k.kept.Body = k.message(make([]byte, 0, len(body)), body, s.request)
	return k.kept
}

// flaw is what is said of a reason.
func (s *Sieve) flaw(r Reason) string {
	switch r {
	case MissingID:
		return "the trace id or the span id is missing"
	case LongID:
		return "an id is longer than 16 bytes of a trace or 8 of a span"
	case TooDeep:
		return fmt.Sprintf("values are nested in more than %d levels", format.MaxValueDepth)
	}
	return fmt.Sprintf("there are more than %d attributes, events, links and values", s.limit)
}
