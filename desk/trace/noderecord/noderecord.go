// SPDX-License-Identifier: Apache-2.0

// Package noderecord reads the records that the nodelog package of Sidetrace
// writes, and the Python package before it: a NodeTraceLog for each request with
// a NodeLog for each node that ran in it.
//
// A record travels as the body of an OpenTelemetry log record. What it says in
// milliseconds and seconds is nanoseconds here, as everywhere in the desk.
package noderecord

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// Scope and EventName are the instrumentation scope and the event name of the
// log records whose body is a record; either is enough to tell.
const (
	Scope     = "github.com/sidetrace/sidetrace/nodelog"
	EventName = "sidetrace.node_trace_log"
)

// Unknown is a time to the first frame of something that had none.
const Unknown int64 = -1

// A Record is what a service wrote of one request.
type Record struct {
	// TraceID and SpanID are the span that the record was written in, zero for a
	// record that came without one.
	TraceID trace.TraceID `json:"traceId"`
	SpanID  trace.SpanID  `json:"spanId"`

	ServiceID string `json:"serviceId"`
	SID       string `json:"sid"`
	AppID     string `json:"appId"`
	UID       string `json:"uid"`
	ChatID    string `json:"chatId"`
	Sub       string `json:"sub"`
	Caller    string `json:"caller"`
	LogCaller string `json:"logCaller"`
	Question  string `json:"question"`
	Answer    string `json:"answer"`
	Version   string `json:"version"`

	Start      int64 `json:"start"` // since 1970; 0: not said
	End        int64 `json:"end"`
	Duration   int64 `json:"duration"`
	FirstFrame int64 `json:"firstFrame"` // after Start, or Unknown

	Srv     map[string]string `json:"srv,omitempty"`
	Code    int64             `json:"code"` // 0: success
	Message string            `json:"message"`
	Usage   Usage             `json:"usage"` // of all nodes
	Nodes   []Node            `json:"nodes"`

	// Problems are the members that were not what the format says, at most
	// [MaxProblems] of them; such a member counts as missing.
	Problems []string `json:"problems,omitempty"`
}

// MaxProblems bounds the problems that a record lists.
const MaxProblems = 20

// A Node is what is known of one run of a node.
type Node struct {
	LogID string `json:"logId"` // new for each run; the node's span has it as node.log_id
	SID   string `json:"sid"`

	ID       string `json:"id"`
	Type     string `json:"type"`
	Name     string `json:"name"`
	FuncID   string `json:"funcId"`
	FuncType string `json:"funcType"`
	FuncName string `json:"funcName"`

	Next []string `json:"next,omitempty"` // log ids of those that ran after this one

	Start      int64 `json:"start"`
	End        int64 `json:"end"`
	Duration   int64 `json:"duration"`
	FirstFrame int64 `json:"firstFrame"` // after Start, or Unknown
	// ModelFirstFrame is the time to the first frame that an external model
	// reported of itself, or Unknown.
	ModelFirstFrame int64 `json:"modelFirstFrame"`

	LLMOutput string          `json:"llmOutput"`
	Failed    bool            `json:"failed"`
	Input     json.RawMessage `json:"input,omitempty"`
	Output    json.RawMessage `json:"output,omitempty"`
	Config    json.RawMessage `json:"config,omitempty"`
	Usage     Usage           `json:"usage"`
	Logs      []Line          `json:"logs,omitempty"`
}

// Usage is the tokens of a node or record. None is negative.
type Usage struct {
	Question   int64 `json:"question"` // those of the user's question, within Prompt
	Prompt     int64 `json:"prompt"`
	Completion int64 `json:"completion"`
	Total      int64 `json:"total"`
}

// A Line is something that a node logged.
type Line struct {
	Level   string `json:"level"` // DEBUG, INFO, WARN or ERROR; "" for a line that is no JSON
	Message string `json:"message"`
	Time    string `json:"time"` // in the service's local time, without its zone
}

// IsRecord reports whether a log record's body is a record.
func IsRecord(l *trace.Log) bool {
	return l.EventName == EventName || l.Scope != nil && l.Scope.Name == Scope
}

// FromLog reads the record in the body of a log record: the JSON in a string or
// in bytes, or the same as a map. What it returns shares nothing with l.
func FromLog(l *trace.Log) (*Record, error) {
	var body []byte
	switch l.Body.Kind() {
	case trace.StringValue:
		body = []byte(l.Body.Str())
	case trace.BytesValue:
		body = l.Body.Raw()
	case trace.MapValue:
		body = l.Body.AppendJSON(nil)
	default:
		return nil, errors.New("noderecord: the body of the log record: want a string, bytes or a map")
	}
	r, err := Parse(body)
	if err != nil {
		return nil, err
	}
	r.TraceID, r.SpanID = l.TraceID, l.SpanID
	return r, nil
}

// FromLogs reads those of the log records that are records, in their order. The
// error is of the first that could not be read, and says how many could not.
func FromLogs(logs []trace.Log) ([]Record, error) {
	var (
		records []Record
		first   error
		failed  int
	)
	for i := range logs {
		if !IsRecord(&logs[i]) {
			continue
		}
		r, err := FromLog(&logs[i])
		if err != nil {
			failed++
			if first == nil {
				first = fmt.Errorf("log record %d: %w", i, err)
			}
			continue
		}
		records = append(records, *r)
	}
	if failed > 1 {
		first = fmt.Errorf("%w (and %d more)", first, failed-1)
	}
	return records, first
}
