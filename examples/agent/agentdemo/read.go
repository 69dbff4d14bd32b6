// SPDX-License-Identifier: Apache-2.0

package agentdemo

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// Span is what the demo shows of a span that was exported.
type Span struct {
	TraceID, ID, Parent string
	Service, Name       string
	Start, End          time.Time
	// Attrs has the attributes as text.
	Attrs map[string]string
	// Failed is whether the status is ERROR, and Message says why.
	Failed  bool
	Message string
	// Children are in the order of their starts.
	Children []*Span
}

// Duration is how long the span took.
func (s *Span) Duration() time.Duration { return s.End.Sub(s.Start) }

// Walk calls f for s and all spans below it, with their depth.
func (s *Span) Walk(depth int, f func(s *Span, depth int)) {
	f(s, depth)
	for _, c := range s.Children {
		c.Walk(depth+1, f)
	}
}

// TraceFiles are the files of spans that the services write in dir.
func TraceFiles(dir string) (files []string) {
	for _, service := range Services() {
		files = append(files, filepath.Join(dir, service, "traces.jsonl"))
	}
	return files
}

// ReadTraces reads the spans in files, OTLP JSON lines, and returns the roots of
// the traces with these ids, in that order. A trace that is not there, or whose
// spans do not all hang together, is an error.
func ReadTraces(files []string, ids ...string) ([]*Span, error) {
	traces := map[string][]*Span{}
	for _, file := range files {
		if err := readFile(file, traces); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	var roots []*Span
	for _, id := range ids {
		root, err := link(traces[id])
		if err != nil {
			return nil, fmt.Errorf("trace %s: %w", id, err)
		}
		roots = append(roots, root)
	}
	return roots, nil
}

// link makes a tree of the spans of one trace.
func link(spans []*Span) (root *Span, err error) {
	slices.SortStableFunc(spans, func(a, b *Span) int { return a.Start.Compare(b.Start) })
	byID := map[string]*Span{}
	for _, s := range spans {
		byID[s.ID] = s
	}
	for _, s := range spans {
		switch parent := byID[s.Parent]; {
		case s.Parent == "" && root == nil:
			root = s
		case s.Parent != "" && parent != nil:
			parent.Children = append(parent.Children, s)
		default:
			return nil, fmt.Errorf("span %s %q has no place in the tree", s.ID, s.Name)
		}
	}
	if root == nil {
		return nil, errors.New("no spans of it were exported")
	}
	return root, nil
}

// line is one line of a file: a TracesData message.
type line struct {
	ResourceSpans []struct {
		Resource   struct{ Attributes attributes }
		ScopeSpans []struct {
			Spans []struct {
				TraceID, SpanID, ParentSpanID      string
				Name                               string
				StartTimeUnixNano, EndTimeUnixNano string
				Attributes                         attributes
				Status                             struct {
					Code    int
					Message string
				}
			}
		}
	}
}

type attributes []struct {
	Key   string
	Value map[string]any
}

func (as attributes) text() map[string]string {
	m := map[string]string{}
	for _, a := range as {
		for _, v := range a.Value { // one of stringValue, intValue, …
			m[a.Key] = fmt.Sprint(v)
		}
	}
	return m
}

// maxLine bounds a line: a span with all its events.
const maxLine = 64 << 20

func readFile(name string, traces map[string][]*Span) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		var l line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		for _, s := range l.spans() {
			traces[s.TraceID] = append(traces[s.TraceID], s)
		}
	}
	return lines.Err()
}

func (l *line) spans() (all []*Span) {
	for _, rs := range l.ResourceSpans {
		service := rs.Resource.Attributes.text()["service.name"]
		for _, ss := range rs.ScopeSpans {
			for _, s := range ss.Spans {
				all = append(all, &Span{
					TraceID: s.TraceID, ID: s.SpanID, Parent: s.ParentSpanID, Service: service, Name: s.Name,
					Start: nanos(s.StartTimeUnixNano), End: nanos(s.EndTimeUnixNano), Attrs: s.Attributes.text(),
					Failed: s.Status.Code == statusError, Message: s.Status.Message,
				})
			}
		}
	}
	return all
}

// statusError is STATUS_CODE_ERROR (opentelemetry/proto/trace/v1/trace.proto).
const statusError = 2

func nanos(s string) time.Time {
	n, _ := strconv.ParseInt(s, 10, 64) // the exporter writes nothing else
	return time.Unix(0, n)
}
