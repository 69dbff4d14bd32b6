// SPDX-License-Identifier: Apache-2.0

package nodelog

import (
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/sidetrace/sidetrace/internal/jsontext"
)

// AppendJSON appends the record's JSON to b, with all strings in full. An
// unfinished record is written as it stands.
func (t *TraceLog) AppendJSON(b []byte) []byte {
	if t == nil {
		return append(b, "null"...)
	}
	w := writer{buf: b}
	w.traceLog(t)
	return w.buf
}

// MarshalJSON implements [encoding/json.Marshaler]. It does not fail.
func (t *TraceLog) MarshalJSON() ([]byte, error) { return t.AppendJSON(nil), nil }

// writer appends a record to buf, which it grows once to the size that it
// expects.
type writer struct {
	buf     []byte
	offload func(text string) (link string, ok bool) // nil: all strings stay
	large   int
}

// fixedSize is about what a node takes apart from its values, likewise a record.
const fixedSize = 700

func (t *TraceLog) sizeLocked() int {
	n := fixedSize + len(t.req.Question) + len(t.answer) + 2*t.srv.size()
	for _, node := range t.nodes {
		node.mu.Lock()
		n += fixedSize + node.input.size() + node.output.size() + node.config.size() +
			node.logs.size() + len(node.llmOutput) + 36*len(node.next)
		node.mu.Unlock()
	}
	return n
}

func (w *writer) traceLog(t *TraceLog) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w.buf = slices.Grow(w.buf, t.sizeLocked())
	w.large = t.large
	end := t.end
	if end.IsZero() {
		end = t.start
	}
	w.key(`{"service_id":`).text(t.req.ServiceID)
	w.key(`,"sid":`).text(t.req.SID)
	w.key(`,"app_id":`).text(t.req.AppID)
	w.key(`,"uid":`).text(t.req.UID)
	w.key(`,"chat_id":`).text(t.req.ChatID)
	w.key(`,"sub":`).text(t.req.Sub)
	w.key(`,"caller":`).text(t.req.Caller)
	w.key(`,"log_caller":`).text(t.req.LogCaller)
	w.key(`,"question":`).text(t.req.Question)
	w.key(`,"answer":`).text(t.answer)
	w.times(t.start, end)
	w.key(`,"first_frame_duration":`)
	if t.firstFrame < 0 {
		w.key("-1.0")
	} else {
		w.int(millis(t.firstFrame))
	}
	w.key(`,"srv":`).fields(&t.srv)
	w.key(`,"srv_tag":`).fields(&t.srv)
	w.key(`,"status":{"code":`).int(int64(t.code))
	w.key(`,"message":`).text(t.message)
	w.key(`},"usage":`).usage(t.usage)
	w.key(`,"version":"` + Version + `","trace":[`)
	for i, n := range t.nodes {
		if i > 0 {
			w.key(",")
		}
		w.node(n, t.req.SID)
	}
	w.key("]}")
}

func (w *writer) node(n *NodeLog, sid string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	end := n.end
	if end.IsZero() {
		end = n.start
	}
	w.key(`{"id":`).text(n.id)
	w.key(`,"sid":`).text(sid)
	w.key(`,"node_id":`).text(n.node.ID)
	w.key(`,"node_type":`).text(n.node.Type)
	w.key(`,"node_name":`).text(n.node.Name)
	w.key(`,"func_id":`).text(n.node.FuncID)
	w.key(`,"func_type":`).text(n.node.FuncType)
	w.key(`,"func_name":`).text(n.node.FuncName)
	w.key(`,"next_log_ids":[`)
	for i, id := range n.next {
		if i > 0 {
			w.key(",")
		}
		w.text(id)
	}
	w.key("]").times(n.start, end)
	w.key(`,"first_frame_duration":`)
	if n.firstFrame < 0 {
		w.key("-1")
	} else {
		w.int(millis(n.firstFrame))
	}
	w.key(`,"node_first_cost_time":`)
	if n.modelFirst < 0 {
		w.key("-1")
	} else {
		w.buf = strconv.AppendFloat(w.buf, n.modelFirst.Seconds(), 'f', -1, 64)
	}
	w.key(`,"llm_output":`).text(n.llmOutput)
	w.key(`,"running_status":`)
	w.buf = strconv.AppendBool(w.buf, !n.failed)
	w.key(`,"data":{"input":`).fields(&n.input)
	w.key(`,"output":`).fields(&n.output)
	w.key(`,"config":`).fields(&n.config)
	w.key(`,"usage":`).usage(n.usage)
	logs := n.logs
	if n.dropped > 0 {
		logs.json = slices.Clip(logs.json)
		logs = appendLine(logs, n.droppedAt, slog.LevelWarn, fmt.Sprintf("%d more lines were dropped", n.dropped), n.large)
	}
	w.key(`},"logs":[`).value(logs)
	w.key("]}")
}

// key appends text that is JSON already.
func (w *writer) key(json string) *writer {
	w.buf = append(w.buf, json...)
	return w
}

func (w *writer) int(n int64) { w.buf = strconv.AppendInt(w.buf, n, 10) }

// text appends a string value, or its link.
func (w *writer) text(s string) {
	if w.offload != nil && len(s) > w.large {
		if link, ok := w.offload(s); ok {
			s = link
		}
	}
	w.buf = jsontext.AppendString(w.buf, s)
}

// value appends a captured value; its large strings are decided upon now.
func (w *writer) value(v value) {
	from := 0
	for _, h := range v.holes {
		w.buf = append(w.buf, v.json[from:h.at]...)
		w.text(h.text)
		from = h.at
	}
	w.buf = append(w.buf, v.json[from:]...)
}

func (w *writer) fields(f *fields) {
	w.key("{")
	for i, k := range f.keys {
		if i > 0 {
			w.key(",")
		}
		w.buf = jsontext.AppendString(w.buf, k)
		w.key(":").value(f.values[i])
	}
	w.key("}")
}

// times appends start, end and the difference, all in milliseconds. The
// difference is taken of the rounded times, so that the three agree.
func (w *writer) times(start, end time.Time) {
	from := start.UnixMilli()
	to := from + millis(end.Sub(start))
	w.key(`,"start_time":`).int(from)
	w.key(`,"end_time":`).int(to)
	w.key(`,"duration":`).int(to - from)
}

func (w *writer) usage(u Usage) {
	w.key(`{"question_tokens":`).int(int64(u.QuestionTokens))
	w.key(`,"prompt_tokens":`).int(int64(u.PromptTokens))
	w.key(`,"completion_tokens":`).int(int64(u.CompletionTokens))
	w.key(`,"total_tokens":`).int(int64(u.TotalTokens))
	w.key("}")
}

// appendLine adds a log line to the elements in v: a string that holds JSON.
func appendLine(v value, now time.Time, level slog.Level, msg string, large int) value {
	line := make([]byte, 0, 80+len(msg))
	line = append(line, `{"level":"`...)
	line = append(line, levelName(level)...)
	line = append(line, `","message":`...)
	line = jsontext.AppendString(line, msg)
	line = append(line, `,"time":"`...)
	line = now.AppendFormat(line, time.DateTime)
	line = append(line, `"}`...)
	e := encoder{json: v.json, holes: v.holes, large: large}
	if len(v.json) > 0 || len(v.holes) > 0 {
		e.json = append(e.json, ',')
	}
	e.text(string(line))
	return value{json: e.json, holes: e.holes}
}
