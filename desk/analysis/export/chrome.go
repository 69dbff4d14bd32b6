// SPDX-License-Identifier: Apache-2.0

package export

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/sidetrace/sidetrace/desk/analysis"
)

// Chrome writes a trace as trace events, which Perfetto (ui.perfetto.dev) and
// chrome://tracing open: the JSON object format of "Trace Event Format", the
// document of the Chromium project
// (https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU).
//
// A service is a process and has as many threads as spans of it were under way
// at once, so that in a thread every span lies within its ancestors. Spans are
// complete events (X); flow events (s, f) lead from a span to its children in
// other services. Times are microseconds from the start of the trace, with three
// decimals; otherData has the trace id and that start.
func Chrome(w io.Writer, t *analysis.Tree) error {
	c := &chromeWriter{jsonList: jsonList{w: bufio.NewWriter(w)}, tree: t, start: startOf(t), thread: make([]int32, len(t.Nodes))}
	c.head()
	all := slicesOf(t)
	byService := make([][]slice, len(t.Services))
	for _, s := range all {
		service := t.Nodes[s.node].Service
		byService[service] = append(byService[service], s)
	}
	for service, of := range byService {
		c.process(service, of)
	}
	for _, s := range all {
		c.flow(s)
	}
	c.raw("\n]}\n")
	return c.flush()
}

// A chromeEvent is one trace event. Process and thread ids begin at 1, as 0 is
// the idle task to Perfetto.
type chromeEvent struct {
	Phase    string      `json:"ph"`
	Name     string      `json:"name"`
	Category string      `json:"cat,omitempty"`
	Time     json.Number `json:"ts,omitempty"`
	Duration json.Number `json:"dur,omitempty"`
	Process  int         `json:"pid"`
	Thread   int         `json:"tid"`
	ID       int         `json:"id,omitempty"`
	Binding  string      `json:"bp,omitempty"`
	Args     any         `json:"args,omitempty"`
}

type chromeWriter struct {
	jsonList
	tree   *analysis.Tree
	start  int64
	thread []int32 // by node
}

func (c *chromeWriter) head() {
	id := ""
	if len(c.tree.Nodes) > 0 {
		id = c.tree.Nodes[0].Span.TraceID.String()
	}
	c.raw(fmt.Sprintf(`{"displayTimeUnit":"ms","otherData":{"traceId":%q,"startTimeUnixNano":"%d"},"traceEvents":[`, id, c.start))
}

// process writes the spans of a service.
func (c *chromeWriter) process(service int, all []slice) {
	name := c.tree.Services[service]
	if name == "" {
		name = "unknown service"
	}
	pid := service + 1
	c.add(chromeEvent{Phase: "M", Name: "process_name", Process: pid, Args: map[string]any{"name": name}})
	c.add(chromeEvent{Phase: "M", Name: "process_sort_index", Process: pid, Args: map[string]any{"sort_index": service}})
	of, count := lanes(c.tree, all)
	for lane := range count {
		c.add(chromeEvent{Phase: "M", Name: "thread_name", Process: pid, Thread: lane + 1, Args: map[string]any{"name": "lane " + strconv.Itoa(lane+1)}})
	}
	for i, s := range all {
		c.thread[s.node] = of[i] + 1
		c.span(s, pid)
	}
}

func (c *chromeWriter) span(s slice, pid int) {
	n := &c.tree.Nodes[s.node]
	c.add(chromeEvent{
		Phase: "X", Name: n.Span.Name, Category: string(n.Class()), Time: micros(s.start), Duration: micros(s.end - s.start),
		Process: pid, Thread: int(c.thread[s.node]), Args: chromeArgs{
			ID: n.Span.ID.String(), Kind: n.Span.Kind.String(), Status: n.Span.Status.Code.String(), Message: n.Span.Status.Message,
			Attributes: attributes(n.Span.Attributes),
		},
	})
}

type chromeArgs struct {
	ID         string     `json:"spanId"`
	Kind       string     `json:"kind"`
	Status     string     `json:"status"`
	Message    string     `json:"message,omitempty"`
	Attributes attributes `json:"attributes,omitempty"`
}

// flow writes the arrow to a span from its parent in another service, from the
// moment at which the span begins, as far as the parent was under way then.
func (c *chromeWriter) flow(s slice) {
	n := &c.tree.Nodes[s.node]
	if n.Parent == analysis.None || c.tree.Nodes[n.Parent].Service == n.Service {
		return
	}
	parent := &c.tree.Nodes[n.Parent]
	origin := c.start
	from := since(origin, parent.Span.Start)
	to := max(since(origin, parent.Span.End), from)
	id := int(s.node) + 1
	c.add(chromeEvent{
		Phase: "s", Name: "call", Category: "call", ID: id, Time: micros(min(max(s.start, from), to)),
		Process: int(parent.Service) + 1, Thread: int(c.thread[n.Parent]),
	})
	c.add(chromeEvent{
		Phase: "f", Binding: "e", Name: "call", Category: "call", ID: id, Time: micros(s.start),
		Process: int(n.Service) + 1, Thread: int(c.thread[s.node]),
	})
}

// micros writes nanoseconds as microseconds, exactly.
func micros(ns int64) json.Number {
	return json.Number(strconv.FormatInt(ns/1000, 10) + fmt.Sprintf(".%03d", ns%1000))
}
