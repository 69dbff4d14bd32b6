// SPDX-License-Identifier: Apache-2.0

package native

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/analysis/export"
	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// A job is one trace and what is to be said of it.
type job struct {
	*face
	ctx     context.Context
	trace   *trace.Trace
	tree    *analysis.Tree
	options viewOptions
}

// viewOptions are the parameters of views.
type viewOptions struct {
	align      bool
	statistics analysis.StatisticsOptions
}

// An output is a format of a view, or of a trace as a whole.
type output struct {
	format, mediaType, extension string
	write                        func(j *job, w io.Writer) error
}

// wholes are the formats of a trace as a whole, the first of them the usual one.
var wholes = []output{
	{"otlp", web.ContentJSON, ".otlp.json", (*job).otlp},
	{"jaeger", web.ContentJSON, ".jaeger.json", (*job).jaeger},
	{"chrome", web.ContentJSON, ".chrome.json", func(j *job, w io.Writer) error { return export.Chrome(w, j.tree) }},
	{"columns", contentLines, ".columns.jsonl", (*job).columns},
	{"speedscope", web.ContentJSON, ".speedscope.json", func(j *job, w io.Writer) error { return export.Speedscope(w, j.tree) }},
	{pageFormat, "text/html; charset=utf-8", ".html", (*job).html},
}

// pageFormat is the format of a trace as a page that is a file. Browsers keep it
// and do not show it, as it must not run in place of the desk's own page.
const pageFormat = "html"

// drawings are further formats of views.
var drawings = map[string][]output{
	"sequence": {{"mermaid", "text/plain; charset=utf-8", ".mmd", func(j *job, w io.Writer) error {
		return export.MermaidSequence(w, j.tree, j.tree.Sequence())
	}}},
	"topology": {
		{"mermaid", "text/plain; charset=utf-8", ".mmd", func(j *job, w io.Writer) error {
			return export.MermaidTopology(w, j.tree, j.tree.Topology(nil))
		}},
		{"dot", "text/vnd.graphviz; charset=utf-8", ".dot", func(j *job, w io.Writer) error { return export.DOTTopology(w, j.tree, j.tree.Topology(nil)) }},
	},
	"services": {
		{"mermaid", "text/plain; charset=utf-8", ".mmd", func(j *job, w io.Writer) error { return export.MermaidServices(w, j.tree.ServiceTopology()) }},
		{"dot", "text/vnd.graphviz; charset=utf-8", ".dot", func(j *job, w io.Writer) error { return export.DOTServices(w, j.tree.ServiceTopology()) }},
	},
	"statistics": {{"csv", "text/csv; charset=utf-8", ".csv", func(j *job, w io.Writer) error {
		s, err := j.tree.Statistics(j.options.statistics)
		if err != nil {
			return err
		}
		return export.StatisticsCSV(w, s)
	}}},
}

// trace answers with one trace: as a whole, or views of it.
func (f *face) trace(w http.ResponseWriter, r *http.Request) error {
	id, err := web.TraceID("id", r.PathValue("id"))
	if err != nil {
		return err
	}
	p := web.ReadParams(r)
	hint := p.Range(f.Now())
	names := viewNames(p)
	options := viewParams(p)
	spans := p.OneOf("spans", "all", "none")
	inferred, download := p.Bool("inferred"), p.Bool("download")
	only := spanIDs(p)
	out, err := outputOf(p, names, spans == "all")
	if err != nil {
		return err
	}
	if err := p.Strict(); err != nil {
		return err
	}
	if out.format == pageFormat && f.Standalone == nil {
		return &web.Error{Code: web.Unsupported, Message: "format html: this desk has no page"}
	}
	t, err := f.whole(r.Context(), id, hint)
	if err != nil {
		return err
	}
	j := &job{face: f, ctx: r.Context(), trace: onlySpans(t, only), options: options}
	if len(names) > 0 || out.format != wholes[0].format {
		j.plant(inferred)
	}
	w.Header().Set("Content-Type", out.mediaType)
	if download || out.format == pageFormat {
		w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "trace-"+t.ID.String()+out.extension))
	}
	return out.write(j, w)
}

// spanIDs reads which spans alone are wanted of a trace; none for all.
func spanIDs(p *web.Params) (only []trace.SpanID) {
	for _, text := range p.Texts("span") {
		id, err := web.SpanID("span", text)
		if err != nil {
			p.Fail(err)
		}
		only = append(only, id)
	}
	return only
}

// onlySpans is a trace with some of its spans, and the log records of these.
func onlySpans(t *trace.Trace, only []trace.SpanID) *trace.Trace {
	if len(only) == 0 {
		return t
	}
	wanted := map[trace.SpanID]bool{}
	for _, id := range only {
		wanted[id] = true
	}
	some := &trace.Trace{ID: t.ID}
	for i := range t.Spans {
		if wanted[t.Spans[i].ID] {
			some.Spans = append(some.Spans, t.Spans[i])
		}
	}
	for i := range t.Logs {
		if wanted[t.Logs[i].SpanID] {
			some.Logs = append(some.Logs, t.Logs[i])
		}
	}
	return some
}

// plant builds the tree, with the callees that recorded nothing if they are wanted.
func (j *job) plant(inferred bool) {
	j.tree = treeOf(j.trace.Spans)
	if inferred {
		j.tree = treeOf(slices.Concat(j.trace.Spans, analysis.InferCallees(j.tree)))
	}
}

func treeOf(spans []trace.Span) *analysis.Tree { return analysis.Build(analysis.Arrange(spans)) }

// viewNames reads which views are wanted, none for the trace as a whole.
func viewNames(p *web.Params) (names []string) {
	text := p.Text("view")
	if text == "" {
		return nil
	}
	for name := range strings.SplitSeq(text, ",") {
		if views[name] == nil {
			p.Fail(web.BadParam("view", "%.100q: want some of %s, with commas", name, strings.Join(allViews, ",")))
		}
		names = append(names, name)
	}
	return names
}

// statisticsFields are what statistics are by if nothing is said.
var statisticsFields = []string{"service", "name"}

func viewParams(p *web.Params) viewOptions {
	o := viewOptions{align: p.OneOf("align", "true", "false") == "true"}
	o.statistics = analysis.StatisticsOptions{
		By: p.Texts("by"), Service: p.Text("service"), Failed: p.Bool("failed"), Keyword: p.Text("keyword"), Slowest: p.Bool("slowest"),
	}
	if len(o.statistics.By) == 0 {
		o.statistics.By = statisticsFields
	}
	if _, err := treeOf(nil).Statistics(o.statistics); err != nil {
		p.Fail(web.BadParam("by", "%v", err))
	}
	return o
}

// outputOf is the format that is wanted.
func outputOf(p *web.Params, names []string, withSpans bool) (*output, error) {
	offered := wholes
	if len(names) > 0 {
		offered = []output{{"json", web.ContentJSON, "." + strings.Join(names, "-") + ".json", func(j *job, w io.Writer) error {
			return j.views(w, names, withSpans)
		}}}
	}
	if len(names) == 1 {
		offered = append(offered, drawings[names[0]]...)
	}
	formats := make([]string, len(offered))
	for i := range offered {
		formats[i] = offered[i].format
	}
	wanted := p.OneOf("format", formats...)
	return &offered[slices.Index(formats, wanted)], p.Err()
}

// otlp writes spans and log records as OTLP, a part at a time.
func (j *job) otlp(w io.Writer) error {
	if _, err := io.WriteString(w, `{"resourceSpans":[`); err != nil {
		return err
	}
	if err := web.NewOTLPWriter(w).Spans(j.trace.Spans); err != nil {
		return err
	}
	end := []byte("]")
	if len(j.trace.Logs) > 0 {
		logs := format.AppendOTLPJSON(nil, &trace.Batch{Logs: j.trace.Logs})
		end = append(append(end, ','), logs[1:len(logs)-1]...) // the member resourceLogs
	}
	_, err := w.Write(append(end, "}\n"...))
	return err
}

func (j *job) jaeger(w io.Writer) error {
	b := web.AppendJaeger([]byte(`{"data":[`), j.trace.Spans)
	_, err := w.Write(append(b, "],\"total\":1,\"limit\":0,\"offset\":0,\"errors\":null}\n"...))
	return err
}

// compare answers with two traces side by side.
func (f *face) compare(w http.ResponseWriter, r *http.Request) error {
	p := web.ReadParams(r)
	view := p.OneOf("view", "diff", "flame", "topology", "statistics")
	options := viewParams(p)
	var trees [2]*analysis.Tree
	ids := [2]trace.TraceID{}
	for i, name := range []string{"baseline", "comparison"} {
		id, err := web.TraceID(name, p.Text(name))
		if err != nil {
			return err
		}
		ids[i] = id
	}
	if ids[0] == ids[1] {
		p.Fail(web.BadParam("comparison", "want another trace than the baseline"))
	}
	if err := p.Strict(); err != nil {
		return err
	}
	for i, id := range ids {
		t, err := f.whole(r.Context(), id, source.Range{})
		if errors.Is(err, source.ErrNotFound) {
			return &web.Error{Code: web.NotFound, Message: fmt.Sprintf("trace not found: %s", id)}
		}
		if err != nil {
			return err
		}
		trees[i] = treeOf(t.Spans)
	}
	c := analysis.Compare(trees[0], trees[1])
	w.Header().Set("Content-Type", web.ContentJSON)
	if view == "diff" {
		return export.ComparisonJSON(w, c)
	}
	return writeCompared(w, c, view, options)
}

// writeCompared writes a view of a comparison, whose spans are those that the view
// diff has.
func writeCompared(w http.ResponseWriter, c *analysis.Comparison, view string, o viewOptions) error {
	answer := map[string]any{"view": view, "diff": c}
	switch view {
	case "flame":
		answer[view] = c.FlameGraph(analysis.ParallelOptions{})
	case "topology":
		answer[view] = c.Topology(nil)
	case "statistics":
		s, err := c.Statistics(o.statistics)
		if err != nil {
			return err
		}
		answer[view] = s
	}
	return web.WriteJSON(w, answer)
}
