// SPDX-License-Identifier: Apache-2.0

// Package wire reads requests of OTLP in protobuf without building messages: it
// checks them as proto.Unmarshal does, finds the records and what an index needs
// of each, and leaves the rest where it is. That is several times cheaper than
// decoding, which is done when a record is read.
//
// What a request holds shares the bytes of the request: they are not to be
// changed as long as any of it is in use.
package wire

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// A Request is what was found in a request. It can be used again; its zero value
// is ready.
type Request struct {
	Groups []Group
	Spans  []Span
	Logs   []Log
	Size   int // of the request, in bytes

	skipped int   // records and attributes that were left out
	first   error // why the first of them was
	wrong   string
	checked bool // what is in records was checked before
}

// A Group is what the records of one ScopeSpans or ScopeLogs share. Its fields
// are the payloads of messages; they are empty where there is none.
type Group struct {
	Resource       []byte // a Resource
	ResourceSchema []byte
	Scope          []byte // an InstrumentationScope
	ScopeSchema    []byte
}

// A Span is one found in a request, with what an index needs.
type Span struct {
	Raw     []byte // the Span message
	Name    []byte
	TraceID trace.TraceID
	ID      trace.SpanID
	Parent  trace.SpanID
	Start   int64
	End     int64
	Kind    trace.Kind
	Status  trace.StatusCode
	Group   int32 // in Request.Groups
}

// A Log is a log record found in a request.
type Log struct {
	Raw     []byte // the LogRecord message
	TraceID trace.TraceID
	SpanID  trace.SpanID
	Time    int64
	Group   int32 // in Request.Groups
}

// How deep messages may be nested in a request: as package format has it.
const maxMessageDepth = 3*(format.MaxValueDepth+1) + 16

// ParseTraces finds the spans of an ExportTraceServiceRequest. It takes what
// [format.UnmarshalTraces] takes, and leaves the same spans out: those that have
// no trace id or span id, longer ids than OTLP, or values nested too deep; they
// are counted by a [format.PartialError]. Bytes that are no message are a
// [MalformedError].
func (r *Request) ParseTraces(b []byte) error {
	r.checked = false
	return r.parse(b, r.span)
}

// FindTraces is [Request.ParseTraces] for a request that was checked before: it
// does not look into attributes, events and links.
func (r *Request) FindTraces(b []byte) error {
	r.checked = true
	return r.parse(b, r.span)
}

// ParseLogs finds the log records of an ExportLogsServiceRequest, as
// [format.UnmarshalLogs] does. They need no ids.
func (r *Request) ParseLogs(b []byte) error {
	r.checked = false
	return r.parse(b, r.log)
}

// FindLogs is [Request.ParseLogs] for a request that was checked before.
func (r *Request) FindLogs(b []byte) error {
	r.checked = true
	return r.parse(b, r.log)
}

// recordParser finds a record that stands at a depth of messages.
type recordParser func(f fields, depth int) error

func (r *Request) parse(b []byte, record recordParser) error {
	*r = Request{Groups: r.Groups[:0], Spans: r.Spans[:0], Logs: r.Logs[:0], Size: len(b), checked: r.checked}
	f := fields{b: b}
	for f.next() {
		if f.tag == requestResources {
			if err := r.origin(f.in(), record); err != nil {
				return err
			}
		}
	}
	if err := f.err(); err != nil {
		return err
	}
	if r.skipped > 0 {
		return &format.PartialError{Skipped: r.skipped, Err: r.first}
	}
	return nil
}

// origin reads a ResourceSpans. Its resource may stand behind its scopes.
func (r *Request) origin(f fields, record recordParser) error {
	from := len(r.Groups)
	var resource joined
	var schema []byte
	wrong := ""
	for f.next() {
		switch f.tag {
		case originResource:
			if err := r.checkResource(f.in()); err != nil {
				return err
			}
			resource.add(f.bytes)
			wrong, r.wrong = cmp.Or(r.wrong, wrong), ""
		case originSchema:
			schema = f.bytes
			f.text()
		case originScopes:
			if err := r.scope(f.in(), record); err != nil {
				return err
			}
		}
	}
	r.wrong = wrong
	r.good("resource", schema)
	for i := from; i < len(r.Groups); i++ {
		r.Groups[i].Resource, r.Groups[i].ResourceSchema = resource.bytes, schema
	}
	return f.err()
}

// scope reads a ScopeSpans or ScopeLogs. One without records is no group: there may
// be one for every two bytes.
func (r *Request) scope(f fields, record recordParser) error {
	at, records := len(r.Groups), len(r.Spans)+len(r.Logs)
	r.Groups = append(r.Groups, Group{})
	var scope joined
	var schema []byte
	wrong := ""
	for f.next() {
		var err error
		switch f.tag {
		case scopeScope:
			err = r.checkScope(f.in())
			scope.add(f.bytes)
			wrong, r.wrong = cmp.Or(r.wrong, wrong), ""
		case scopeSchema:
			schema = f.bytes
			f.text()
		case scopeRecords:
			err = record(f.in(), 4)
		}
		if err != nil {
			return err
		}
	}
	r.wrong = wrong
	r.good("scope", schema)
	r.Groups[at].Scope, r.Groups[at].ScopeSchema = scope.bytes, schema
	if len(r.Spans)+len(r.Logs) == records {
		r.Groups = r.Groups[:at]
	}
	return f.err()
}

// joined is a message that was given in parts: their concatenation, as protobuf
// merges them.
type joined struct {
	bytes []byte
	own   bool // they are a copy, which may grow
}

// add adds a part. However many there are, each byte is copied a few times at most.
func (j *joined) add(part []byte) {
	if len(j.bytes) == 0 {
		*j = joined{bytes: part}
		return
	}
	if !j.own {
		j.bytes, j.own = slices.Clip(j.bytes), true
	}
	j.bytes = append(j.bytes, part...)
}

// good reports whether nothing was wrong since the last call. Otherwise it counts
// what was left out.
func (r *Request) good(what string, name []byte) bool {
	if r.wrong == "" {
		return true
	}
	if r.skipped++; r.first == nil {
		r.first = fmt.Errorf("%s %.64q: %s", what, name, r.wrong)
	}
	r.wrong = ""
	return false
}
