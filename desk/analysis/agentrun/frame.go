// SPDX-License-Identifier: Apache-2.0

package agentrun

import (
	"math"
	"strings"
	"time"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
)

// firstFrame is the time from the start of a span to its first frame: by an
// attribute in seconds or milliseconds, or of the moment itself, else by the
// first event that tells of a frame.
func (r *rollup) firstFrame(at int32) int64 {
	if r.frames[at] == unread {
		r.frames[at] = r.readFrame(at)
	}
	return r.frames[at]
}

// unread stands for a first frame that was not looked for yet.
const unread = Unknown - 1

func (r *rollup) readFrame(at int32) int64 {
	n := &r.tree.Nodes[at]
	for _, known := range [...]struct {
		field semconv.Field
		unit  float64
	}{{semconv.FirstChunkSeconds, 1e9}, {semconv.FirstFrameMillis, 1e6}} {
		if n.Attrs[known.field] == 0 {
			continue
		}
		if frame := r.frameAttribute(at, known.field, known.unit); frame != Unknown {
			return frame
		}
	}
	if n.Attrs[semconv.CompletionStart] != 0 {
		if frame := r.frameMoment(at); frame != Unknown {
			return frame
		}
	}
	return frameEvent(n)
}

// maxFrame is the longest time to a first frame that is believed, a week.
const maxFrame = float64(7 * 24 * time.Hour)

// frameAttribute reads a duration, of which -1 means that there was no frame.
func (r *rollup) frameAttribute(at int32, f semconv.Field, unit float64) int64 {
	n := &r.tree.Nodes[at]
	number, ok := n.Attrs.Number(n.Span, f)
	if ok && number == -1 {
		return Unknown
	}
	if !ok || number < 0 || number*unit > maxFrame {
		r.problem(at, f, "a time from 0 to a week")
		return Unknown
	}
	return int64(math.Round(number * unit))
}

// frameMoment reads a point in time, in JSON as Langfuse has it or plain.
func (r *rollup) frameMoment(at int32) int64 {
	n := &r.tree.Nodes[at]
	moment, err := time.Parse(time.RFC3339Nano, strings.Trim(n.Attrs.Text(n.Span, semconv.CompletionStart), `"`))
	frame := moment.UnixNano() - n.Span.Start
	if err != nil || frame < 0 || float64(frame) > maxFrame {
		r.problem(at, semconv.CompletionStart, "a point in time after the start (RFC 3339)")
		return Unknown
	}
	return frame
}

// frameEvent goes by the first event that is named for a frame, such as "First
// Token Stream Event" (OpenInference), "ai.stream.firstChunk" (Vercel) or
// "gen_ai.content.completion.chunk" (OpenLLMetry).
func frameEvent(n *analysis.Node) int64 {
	frame := Unknown
	for i := range n.Span.Events {
		e := &n.Span.Events[i]
		after := e.Time - n.Span.Start
		if !isFrame(e) || after < 0 || float64(after) > maxFrame {
			continue
		}
		if frame == Unknown || after < frame {
			frame = after
		}
	}
	return frame
}

// frameNames are what the names of such events have in them, without case and
// punctuation.
var frameNames = []string{"firsttoken", "firstchunk", "firstframe", "firstdelta", "firstbyte", "completionchunk", "contentchunk"}

// isFrame reports whether an event tells of a frame.
func isFrame(e *trace.Event) bool {
	if len(e.Name) > 64 {
		return false
	}
	letters := strings.Map(func(c rune) rune {
		switch {
		case c >= 'A' && c <= 'Z':
			return c + 'a' - 'A'
		case c >= 'a' && c <= 'z':
			return c
		}
		return -1
	}, e.Name)
	for _, name := range frameNames {
		if strings.Contains(letters, name) {
			return true
		}
	}
	return letters == "stream" || letters == "streamstart" || letters == "streamstarted"
}
