// SPDX-License-Identifier: Apache-2.0

package noderecord

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Parse reads the JSON of a record. Members may be missing, and unknown ones are
// skipped; numbers may be written as strings. Of what has the wrong type, or is
// no possible count or time, [Record.Problems] says so and the rest is read. The
// error is for input that is no JSON object.
func Parse(b []byte) (*Record, error) {
	var w wireRecord
	err := json.Unmarshal(b, &w)
	var mistyped *json.UnmarshalTypeError
	if err != nil && !errors.As(err, &mistyped) {
		return nil, fmt.Errorf("noderecord: the record: %w", err)
	}
	if mistyped != nil && mistyped.Field == "" || isNull(b) {
		return nil, errors.New("noderecord: the record: want a JSON object")
	}
	r := &reader{}
	if mistyped != nil {
		r.problem("%s: want %s, got %s", mistyped.Field, jsonName(mistyped), mistyped.Value)
	}
	record := r.record(&w)
	record.Problems = r.problems
	return record, nil
}

func isNull(b []byte) bool { return string(bytes.TrimSpace(b)) == "null" }

// jsonName is what JSON calls the type that was wanted.
func jsonName(e *json.UnmarshalTypeError) string {
	switch e.Type.Kind().String() {
	case "slice":
		return "a list"
	case "bool":
		return "true or false"
	case "struct", "map":
		return "an object"
	}
	return "a string"
}

// The wire types are the keys of the format; its times are in milliseconds.
type wireRecord struct {
	ServiceID  string                     `json:"service_id"`
	SID        string                     `json:"sid"`
	AppID      string                     `json:"app_id"`
	UID        string                     `json:"uid"`
	ChatID     string                     `json:"chat_id"`
	Sub        string                     `json:"sub"`
	Caller     string                     `json:"caller"`
	LogCaller  string                     `json:"log_caller"`
	Question   string                     `json:"question"`
	Answer     string                     `json:"answer"`
	Version    string                     `json:"version"`
	Start      number                     `json:"start_time"`
	End        number                     `json:"end_time"`
	Duration   number                     `json:"duration"`
	FirstFrame number                     `json:"first_frame_duration"`
	Srv        map[string]json.RawMessage `json:"srv"`
	Status     struct {
		Code    number `json:"code"`
		Message string `json:"message"`
	} `json:"status"`
	Usage wireUsage  `json:"usage"`
	Trace []wireNode `json:"trace"`
}

type wireNode struct {
	ID              string   `json:"id"`
	SID             string   `json:"sid"`
	NodeID          string   `json:"node_id"`
	NodeType        string   `json:"node_type"`
	NodeName        string   `json:"node_name"`
	FuncID          string   `json:"func_id"`
	FuncType        string   `json:"func_type"`
	FuncName        string   `json:"func_name"`
	Next            []string `json:"next_log_ids"`
	Start           number   `json:"start_time"`
	End             number   `json:"end_time"`
	Duration        number   `json:"duration"`
	FirstFrame      number   `json:"first_frame_duration"`
	ModelFirstFrame number   `json:"node_first_cost_time"` // seconds
	LLMOutput       string   `json:"llm_output"`
	RunningStatus   *bool    `json:"running_status"`
	Data            struct {
		Input  json.RawMessage `json:"input"`
		Output json.RawMessage `json:"output"`
		Config json.RawMessage `json:"config"`
		Usage  wireUsage       `json:"usage"`
	} `json:"data"`
	Logs []line `json:"logs"`
}

type wireUsage struct {
	Question   number `json:"question_tokens"`
	Prompt     number `json:"prompt_tokens"`
	Completion number `json:"completion_tokens"`
	Total      number `json:"total_tokens"`
}

// number takes a JSON number, or one in a string, and remembers anything else.
type number struct {
	value float64
	known bool
	wrong string
}

// UnmarshalJSON does not fail, as that would end the reading.
func (n *number) UnmarshalJSON(b []byte) error {
	text := string(b)
	if text == "null" {
		return nil
	}
	if unquoted, err := strconv.Unquote(text); err == nil {
		text = strings.TrimSpace(unquoted)
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
		*n = number{wrong: fmt.Sprintf("%.40s", b)}
		return nil
	}
	*n = number{value: value, known: true}
	return nil
}

// line takes a string that holds JSON, the object itself, or any text.
type line Line

// UnmarshalJSON does not fail either.
func (l *line) UnmarshalJSON(b []byte) error {
	text := b
	var s string
	if json.Unmarshal(b, &s) == nil {
		text = []byte(s)
	}
	var members struct{ Level, Message, Time string }
	if !bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) || json.Unmarshal(text, &members) != nil {
		*l = line{Message: string(text)}
		return nil
	}
	*l = line(members)
	return nil
}

// reader turns what was written into what is meant.
type reader struct {
	problems []string
}

func (r *reader) problem(format string, args ...any) {
	if len(r.problems) < MaxProblems {
		r.problems = append(r.problems, fmt.Sprintf(format, args...))
	}
}

func (r *reader) record(w *wireRecord) *Record {
	record := &Record{
		ServiceID: w.ServiceID, SID: w.SID, AppID: w.AppID, UID: w.UID, ChatID: w.ChatID, Sub: w.Sub,
		Caller: w.Caller, LogCaller: w.LogCaller, Question: w.Question, Answer: w.Answer, Version: w.Version,
		Start:      r.time("start_time", w.Start),
		End:        r.time("end_time", w.End),
		Duration:   r.time("duration", w.Duration),
		FirstFrame: r.firstFrame("first_frame_duration", w.FirstFrame, millisecond),
		Srv:        texts(w.Srv),
		Code:       r.whole("status.code", w.Status.Code),
		Message:    w.Status.Message,
		Usage:      r.usage("usage", &w.Usage),
		Nodes:      make([]Node, len(w.Trace)),
	}
	for i := range w.Trace {
		record.Nodes[i] = r.node("trace["+strconv.Itoa(i)+"].", &w.Trace[i])
	}
	return record
}

func (r *reader) node(at string, w *wireNode) Node {
	n := Node{
		LogID: w.ID, SID: w.SID, ID: w.NodeID, Type: w.NodeType, Name: w.NodeName,
		FuncID: w.FuncID, FuncType: w.FuncType, FuncName: w.FuncName, Next: w.Next,
		Start:           r.time(at+"start_time", w.Start),
		End:             r.time(at+"end_time", w.End),
		Duration:        r.time(at+"duration", w.Duration),
		FirstFrame:      r.firstFrame(at+"first_frame_duration", w.FirstFrame, millisecond),
		ModelFirstFrame: r.firstFrame(at+"node_first_cost_time", w.ModelFirstFrame, 1000*millisecond),
		LLMOutput:       w.LLMOutput,
		Failed:          w.RunningStatus != nil && !*w.RunningStatus,
		Input:           w.Data.Input, Output: w.Data.Output, Config: w.Data.Config,
		Usage: r.usage(at+"data.usage", &w.Data.Usage),
	}
	for _, l := range w.Logs {
		n.Logs = append(n.Logs, Line(l))
	}
	return n
}

const millisecond = 1e6

// maxTime is the last moment that nanoseconds in an int64 can tell, about 2262.
const maxTime = math.MaxInt64

func (r *reader) time(key string, n number) int64 {
	r.check(key, n)
	switch ns := n.value * millisecond; {
	case ns < 0:
		r.problem("%s: want a time of 0 or more, got %g", key, n.value)
		return 0
	case ns >= maxTime:
		r.problem("%s: want milliseconds, got %g", key, n.value)
		return 0
	}
	// In two steps, as a float64 does not hold today's nanoseconds.
	whole, part := math.Modf(n.value)
	return int64(whole)*millisecond + int64(part*millisecond)
}

// firstFrame reads a duration in a unit, of which any negative one means none.
func (r *reader) firstFrame(key string, n number, unit float64) int64 {
	r.check(key, n)
	ns := n.value * unit
	if !n.known || ns < 0 {
		return Unknown
	}
	if ns >= maxTime {
		r.problem("%s: no time to a first frame: %g", key, n.value)
		return Unknown
	}
	return int64(math.Round(ns))
}

// maxCount bounds the tokens of one call, so that no sum overflows.
const maxCount = 1 << 40

func (r *reader) usage(at string, w *wireUsage) Usage {
	count := func(key string, n number) int64 {
		whole := r.whole(at+"."+key, n)
		if whole < 0 || whole > maxCount {
			r.problem("%s.%s: no possible count: %d", at, key, whole)
			return 0
		}
		return whole
	}
	return Usage{
		Question:   count("question_tokens", w.Question),
		Prompt:     count("prompt_tokens", w.Prompt),
		Completion: count("completion_tokens", w.Completion),
		Total:      count("total_tokens", w.Total),
	}
}

func (r *reader) whole(key string, n number) int64 {
	r.check(key, n)
	if n.value != math.Trunc(n.value) || math.Abs(n.value) > 1<<53 {
		r.problem("%s: want a whole number, got %g", key, n.value)
		return 0
	}
	return int64(n.value)
}

func (r *reader) check(key string, n number) {
	if n.wrong != "" {
		r.problem("%s: want a number, got %s", key, n.wrong)
	}
}

// texts are the members of an object, strings as they are, others as JSON.
func texts(members map[string]json.RawMessage) map[string]string {
	if len(members) == 0 {
		return nil
	}
	all := make(map[string]string, len(members))
	for key, raw := range members {
		var s string
		if json.Unmarshal(raw, &s) != nil {
			s = string(raw)
		}
		all[key] = s
	}
	return all
}
