// SPDX-License-Identifier: Apache-2.0

package native

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/sidetrace/sidetrace/desk/api/objects"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/noderecord"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
)

// Bounds of the large values that a page which is a file has in it: of one, of all
// together, and how many are read for that.
const (
	maxKept      = 1 << 20
	maxKeptTotal = 8 << 20
	maxKeptReads = 100
)

// keepObjects adds the large values that the trace has links to, under the links.
// What is too long, or cannot be read, is left out: the page says where it is.
func (j *job) keepObjects(answers map[string]string) error {
	room, reads := maxKeptTotal, 0
	for _, link := range linksOf(j.trace) {
		body, err := j.stored(j.ctx, link)
		if errors.Is(err, objects.ErrUnknownPlace) {
			continue
		}
		if j.ctx.Err() != nil {
			return j.ctx.Err()
		}
		if err == nil && len(body) <= min(maxKept, room) && utf8.Valid(body) {
			answers[link] = string(body)
			room -= len(body)
		}
		if reads++; reads == maxKeptReads {
			break
		}
	}
	return nil
}

// stored reads a large value, few at a time.
func (f *face) stored(ctx context.Context, link string) ([]byte, error) {
	select {
	case f.reading <- struct{}{}:
		defer func() { <-f.reading }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return objects.Get(ctx, f.Objects, link)
}

// linksOf are what may be links to large values in a trace, each once.
func linksOf(t *trace.Trace) []string {
	l := &links{known: map[string]bool{}}
	for i := range t.Spans {
		l.attributes(t.Spans[i].Attributes)
		for j := range t.Spans[i].Events {
			l.attributes(t.Spans[i].Events[j].Attributes)
		}
	}
	for i := range t.Logs {
		l.attributes(t.Logs[i].Attributes)
	}
	records, _ := noderecord.FromLogs(t.Logs) // those that can be read
	for i := range records {
		for j := range records[i].Nodes {
			n := &records[i].Nodes[j]
			l.add(n.LLMOutput)
			l.json(n.Input)
			l.json(n.Output)
			l.json(n.Config)
		}
	}
	return l.list
}

// links are what was found.
type links struct {
	known map[string]bool
	list  []string
}

// longestLink bounds what may be a link.
const longestLink = 4 << 10

func (l *links) add(text string) {
	if len(text) > longestLink+len(semconv.LinkPrefix) || !strings.Contains(text, "://") {
		return
	}
	link := strings.TrimSpace(strings.TrimPrefix(text, semconv.LinkPrefix))
	if !l.known[link] && !strings.ContainsAny(link, " \n") {
		l.known[link] = true
		l.list = append(l.list, link)
	}
}

func (l *links) attributes(attrs []trace.KeyValue) {
	for i := range attrs {
		l.add(attrs[i].Value.Str())
	}
}

// json adds the texts in a value.
func (l *links) json(value []byte) {
	d := json.NewDecoder(bytes.NewReader(value))
	for {
		token, err := d.Token()
		if err != nil {
			return
		}
		if text, ok := token.(string); ok {
			l.add(text)
		}
	}
}
