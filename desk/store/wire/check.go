// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"fmt"
	"unicode/utf8"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// What can be wrong with a record that is left out.
var (
	tooDeep = fmt.Sprintf("values are nested in more than %d levels", format.MaxValueDepth)
	tooLong = "an id is longer than 16 bytes of a trace or 8 of a span"
	missing = "the trace id or the span id is missing"
)

// span checks a Span and keeps it if nothing in it is wrong.
func (r *Request) span(f fields, depth int) error {
	r.Spans = append(r.Spans, Span{Raw: f.b, Group: int32(len(r.Groups) - 1)})
	s := &r.Spans[len(r.Spans)-1]
	var traceID, id, parent []byte
	for f.next() {
		var err error
		switch f.tag {
		case spanAttributes, spanEvents, spanLinks, spanState:
			if !r.checked {
				err = r.spanField(&f, depth)
			}
		case spanTraceID:
			traceID = f.bytes
		case spanID:
			id = f.bytes
		case spanParent:
			parent = f.bytes
		case spanName:
			s.Name = f.bytes
			f.text()
		case spanKind:
			s.Kind = trace.Kind(f.num)
		case spanStart:
			s.Start = int64(f.num)
		case spanEnd:
			s.End = int64(f.num)
		case spanStatus:
			err = s.status(f.in())
		}
		if err != nil {
			return err
		}
	}
	r.id(s.TraceID[:], traceID)
	r.id(s.ID[:], id)
	r.id(s.Parent[:], parent)
	if r.wrong == "" && (s.TraceID.IsZero() || s.ID.IsZero()) {
		r.wrong = missing
	}
	if !r.good("span", s.Name) {
		r.Spans = r.Spans[:len(r.Spans)-1]
	}
	return f.err()
}

// spanField checks a field of a Span that no index needs.
func (r *Request) spanField(f *fields, depth int) error {
	switch f.tag {
	case spanAttributes:
		return r.pair(f.in(), depth+1, 0)
	case spanEvents:
		return r.event(f.in(), depth+1)
	case spanLinks:
		return r.link(f.in(), depth+1)
	}
	f.text()
	return nil
}

func (s *Span) status(f fields) error {
	for f.next() {
		switch f.tag {
		case statusMessage:
			f.text()
		case statusCode:
			s.Status = trace.StatusCode(f.num)
		}
	}
	return f.err()
}

// log checks a LogRecord and keeps it if nothing in it is wrong.
func (r *Request) log(f fields, depth int) error {
	r.Logs = append(r.Logs, Log{Raw: f.b, Group: int32(len(r.Groups) - 1)})
	l := &r.Logs[len(r.Logs)-1]
	var name, traceID, id []byte
	for f.next() {
		var err error
		switch f.tag {
		case logTraceID:
			traceID = f.bytes
		case logSpanID:
			id = f.bytes
		case logTime:
			l.Time = int64(f.num)
		case logSeverityText:
			f.text()
		case logEventName:
			name = f.bytes
			f.text()
		case logBody:
			if !r.checked {
				err = r.value(f.in(), depth+1, 0)
			}
		case logAttributes:
			if !r.checked {
				err = r.pair(f.in(), depth+1, 0)
			}
		}
		if err != nil {
			return err
		}
	}
	r.id(l.TraceID[:], traceID)
	r.id(l.SpanID[:], id)
	if !r.good("log record", name) {
		r.Logs = r.Logs[:len(r.Logs)-1]
	}
	return f.err()
}

// id copies an id, padded on the left.
func (r *Request) id(into, id []byte) {
	if len(id) > len(into) {
		r.wrong = tooLong
		return
	}
	copy(into[len(into)-len(id):], id)
}

func (r *Request) event(f fields, depth int) error {
	for f.next() {
		switch f.tag {
		case eventName:
			f.text()
		case eventAttributes:
			if err := r.pair(f.in(), depth+1, 0); err != nil {
				return err
			}
		}
	}
	return f.err()
}

func (r *Request) link(f fields, depth int) error {
	var traceID, id []byte
	for f.next() {
		switch f.tag {
		case linkTraceID:
			traceID = f.bytes
		case linkSpanID:
			id = f.bytes
		case linkState:
			f.text()
		case linkAttributes:
			if err := r.pair(f.in(), depth+1, 0); err != nil {
				return err
			}
		}
	}
	if len(traceID) > len(trace.TraceID{}) || len(id) > len(trace.SpanID{}) {
		r.wrong = tooLong
	}
	return f.err()
}

func (r *Request) checkResource(f fields) error {
	for f.next() {
		var err error
		switch f.tag {
		case resourceAttributes:
			err = r.pair(f.in(), 4, 0)
		case resourceEntities:
			err = checkEntity(f.in())
		}
		if err != nil {
			return err
		}
	}
	return f.err()
}

func checkEntity(f fields) error {
	for f.next() {
		switch f.tag {
		case entitySchema, entityType, entityIDs, entityDescriptions:
			f.text()
		}
	}
	return f.err()
}

func (r *Request) checkScope(f fields) error {
	for f.next() {
		switch f.tag {
		case scopeName, scopeVersion:
			f.text()
		case scopeAttributes:
			if err := r.pair(f.in(), 5, 0); err != nil {
				return err
			}
		}
	}
	return f.err()
}

// pair checks a KeyValue at a depth of messages, in so many lists and maps.
func (r *Request) pair(f fields, depth, nested int) error {
	if kv := (KeyValue{}); plainPair(f.b, &kv) && depth < maxMessageDepth && utf8.Valid(kv.Key) && utf8.Valid(kv.Value.Raw) {
		return nil
	}
	if depth > maxMessageDepth {
		return f.malformed("messages are nested too deep")
	}
	for f.next() {
		switch f.tag {
		case pairKey:
			f.text()
		case pairValue:
			if err := r.value(f.in(), depth+1, nested); err != nil {
				return err
			}
		}
	}
	return f.err()
}

// value checks an AnyValue.
func (r *Request) value(f fields, depth, nested int) error {
	if depth > maxMessageDepth {
		return f.malformed("messages are nested too deep")
	}
	for f.next() {
		var err error
		switch f.tag {
		case anyString:
			f.text()
		case anyList:
			err = r.values(f.in(), depth+1, nested+1, r.value)
		case anyMap:
			err = r.values(f.in(), depth+1, nested+1, r.pair)
		}
		if err != nil {
			return err
		}
	}
	return f.err()
}

// values checks an ArrayValue or a KeyValueList.
func (r *Request) values(f fields, depth, nested int, element func(f fields, depth, nested int) error) error {
	if depth > maxMessageDepth {
		return f.malformed("messages are nested too deep")
	}
	if nested > format.MaxValueDepth {
		r.wrong = tooDeep
	}
	for f.next() {
		if f.tag == elements {
			if err := element(f.in(), depth+1, nested); err != nil {
				return err
			}
		}
	}
	return f.err()
}
