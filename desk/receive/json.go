// SPDX-License-Identifier: Apache-2.0

package receive

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// What a text in JSON takes while it is read, as measured: some bytes for each of
// its own, and for each object, of which some are spans and most are values.
const (
	perByte   = 5
	perObject = 192
)

// objects is how many objects a text in JSON has.
func objects(b []byte) (n int64) {
	inString := false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case c == '{' && !inString:
			n++
		}
	}
	return n
}

// fromJSON is a request in JSON as one in protobuf. The outcome counts records
// that could not be read.
func (r *reading) fromJSON(signal Signal, text []byte, o *outcome) ([]byte, error) {
	if trimmed := bytes.TrimLeft(text, " \t\r\n"); len(trimmed) == 0 || trimmed[0] != '{' || !json.Valid(text) {
		return nil, refuse(Malformed, "the body is not one object of JSON")
	}
	cost := perByte*int64(len(text)) + perObject*objects(text)
	if cost > r.s.cfg.Limits.InFlightBytes {
		return nil, refuse(TooLarge, "the JSON has too many objects: want smaller requests, or protobuf")
	}
	if !r.charge.grow(cost) {
		return nil, r.s.busy()
	}
	defer r.charge.shrink(cost)
	batch, err := format.OTLPJSON(bytes.NewReader(text))
	partial, ok := errors.AsType[*format.PartialError](err)
	if err != nil && !ok {
		return nil, refuse(Malformed, "%v", err)
	}
	if ok {
		o.reject(unreadable, countJSON(signal, text)-records(signal, batch), partial.Err.Error())
	}
	if n := len(batch.Spans) + len(batch.Logs) - records(signal, batch); n > 0 {
		o.reject(unreadable, 0, fmt.Sprintf("%d records that are no %ss: spans are for /v1/traces, log records for /v1/logs", n, signal.noun()))
	}
	if !utf8.Valid(text) {
		o.repaired++
	}
	body, err := marshal(signal, batch)
	if err != nil {
		return nil, refuse(TooLarge, "%v", err)
	}
	return body, nil
}

func records(signal Signal, batch *trace.Batch) int {
	if signal == Logs {
		return len(batch.Logs)
	}
	return len(batch.Spans)
}

func marshal(signal Signal, batch *trace.Batch) ([]byte, error) {
	if signal == Logs {
		return format.MarshalLogs(batch.Logs)
	}
	return format.MarshalTraces(batch.Spans)
}

// The members of a request down to its records, in the spellings that package
// format knows.
var (
	spanMembers = [][]string{
		{"resourceSpans", "resource_spans", "batches"},
		{"scopeSpans", "scope_spans", "instrumentationLibrarySpans", "instrumentation_library_spans"},
		{"spans"},
	}
	logMembers = [][]string{
		{"resourceLogs", "resource_logs"},
		{"scopeLogs", "scope_logs", "instrumentationLibraryLogs", "instrumentation_library_logs"},
		{"logRecords", "log_records", "logs"},
	}
)

// countJSON is how many records a request in JSON holds, readable or not.
func countJSON(signal Signal, text []byte) int {
	if signal == Logs {
		return countMembers(text, logMembers)
	}
	return countMembers(text, spanMembers)
}

// countMembers is how many elements the lists at the end of a path of members
// have. What is of another type has none.
func countMembers(text []byte, path [][]string) (n int) {
	var object map[string]json.RawMessage
	if json.Unmarshal(text, &object) != nil {
		return 0
	}
	for _, name := range path[0] {
		var list []json.RawMessage
		if json.Unmarshal(object[name], &list) != nil {
			continue
		}
		if len(path) == 1 {
			n += len(list)
			continue
		}
		for _, element := range list {
			n += countMembers(element, path[1:])
		}
	}
	return n
}
