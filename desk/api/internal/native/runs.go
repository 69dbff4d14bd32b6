// SPDX-License-Identifier: Apache-2.0

package native

import (
	"errors"
	"net/http"
	"unicode/utf8"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/analysis/agentrun"
	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/noderecord"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
)

// A runRow is what the run of one of several traces took, and what it was asked.
type runRow struct {
	TraceID    string         `json:"traceId"`
	Question   string         `json:"question,omitempty"` // its beginning
	FirstFrame int64          `json:"firstFrame"`
	Usage      agentrun.Usage `json:"usage"`
	Cost       agentrun.Cost  `json:"cost"`
	Failed     bool           `json:"failed,omitempty"` // as a whole
}

// maxRuns is how many traces are asked for at a time, and maxQuestion how many bytes
// of each question are answered with.
const (
	maxRuns     = 50
	maxQuestion = 400
)

// runs answers with what the runs of some traces took, in the order in which they
// are asked for. Those that are not there are left out, and so are the last ones
// where all have too many spans together.
func (f *face) runs(w http.ResponseWriter, r *http.Request) error {
	p := web.ReadParams(r)
	ids := traceIDs(p)
	if err := p.Strict(); err != nil {
		return err
	}
	rows, spans := []runRow{}, 0
	for _, id := range ids {
		t, err := f.whole(r.Context(), id, source.Range{})
		if errors.Is(err, source.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if spans += len(t.Spans); spans > web.MaxSpans && len(rows) > 0 {
			break
		}
		rows = append(rows, f.runRow(t))
	}
	return web.WriteJSON(w, struct {
		Runs []runRow `json:"runs"`
	}{rows})
}

// traceIDs reads which traces are asked for.
func traceIDs(p *web.Params) (ids []trace.TraceID) {
	for _, text := range p.Texts("trace") {
		id, err := web.TraceID("trace", text)
		if err != nil {
			p.Fail(err)
		}
		ids = append(ids, id)
	}
	if len(ids) == 0 || len(ids) > maxRuns {
		p.Fail(web.BadParam("trace", "%d ids of traces: want 1 to %d", len(ids), maxRuns))
	}
	return ids
}

func (f *face) runRow(t *trace.Trace) runRow {
	tree := treeOf(t.Spans)
	records, _ := noderecord.FromLogs(t.Logs) // those that can be read; the view run says what could not
	run := agentrun.RollUp(tree, records, f.Prices)
	return runRow{t.ID.String(), firstBytes(agentrun.Question(tree, records), maxQuestion), run.FirstFrame, run.Usage, run.Cost, isFailed(tree)}
}

// isFailed reports whether a run failed as a whole: its root, an agent or the server's
// side of a call did, and not only below a tool, which may have been tried again. The
// page finds the same runs by { tool != nil } !>> { status = error && (kind = server ||
// agent != nil || span:parentID = "") }.
func isFailed(t *analysis.Tree) bool {
	inTool := make([]bool, len(t.Nodes))
	for _, node := range t.Order {
		n := &t.Nodes[node]
		if n.Parent != analysis.None {
			parent := &t.Nodes[n.Parent]
			inTool[node] = inTool[n.Parent] || parent.Attrs.Says(parent.Span, semconv.ToolName)
		}
		stands := n.Span.Kind == trace.Server || n.Span.Parent.IsZero() || n.Attrs.Says(n.Span, semconv.AgentName)
		if n.Span.IsError() && stands && !inTool[node] {
			return true
		}
	}
	return false
}

// firstBytes is the beginning of a text that is no longer than that, without a part of a
// character at its end.
func firstBytes(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most] + "…"
}
