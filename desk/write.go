// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"io"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/analysis/export"
	"github.com/sidetrace/sidetrace/desk/analysis/finding"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

func (j *job) chrome(w io.Writer) error { return export.Chrome(w, j.tree) }

func (j *job) speedscope(w io.Writer) error { return export.Speedscope(w, j.tree) }

func (j *job) mermaidSequence(w io.Writer) error {
	return export.MermaidSequence(w, j.tree, j.tree.Sequence())
}

func (j *job) mermaidTopology(w io.Writer) error {
	return export.MermaidTopology(w, j.tree, j.tree.Topology(nil))
}

func (j *job) mermaidServices(w io.Writer) error {
	return export.MermaidServices(w, j.tree.ServiceTopology())
}

func (j *job) dotTopology(w io.Writer) error {
	return export.DOTTopology(w, j.tree, j.tree.Topology(nil))
}

func (j *job) dotServices(w io.Writer) error {
	return export.DOTServices(w, j.tree.ServiceTopology())
}

func (j *job) csvStatistics(w io.Writer) error {
	s, err := j.statistics()
	if err != nil {
		return err
	}
	return export.StatisticsCSV(w, s)
}

func (j *job) csvList(w io.Writer) error { return export.SummariesCSV(w, j.summaries()) }

func (j *job) summaries() []*analysis.Summary {
	all := make([]*analysis.Summary, len(j.all))
	for i := range j.all {
		all[i] = treeOf(&j.all[i]).Summary()
	}
	return all
}

// otlp writes the trace as a line of OTLP JSON.
func (j *job) otlp(w io.Writer) error {
	b := format.AppendOTLPJSON(nil, &trace.Batch{Spans: j.trace.Spans, Logs: j.trace.Logs})
	return writeLine(w, b)
}

func (j *job) jaeger(w io.Writer) error {
	return writeLine(w, format.AppendJaeger(nil, j.trace.Spans))
}

func writeLine(w io.Writer, b []byte) error {
	if len(b) == 0 || b[len(b)-1] != '\n' {
		b = append(b, '\n')
	}
	_, err := w.Write(b)
	return err
}

func (j *job) json(w io.Writer, view any) error {
	return export.JSON(w, j.tree, export.Named{Name: j.options.view, View: view})
}

func (j *job) jsonTree(w io.Writer) error {
	return j.json(w, j.tree.Waterfall(analysis.WaterfallOptions{Align: true}))
}

func (j *job) jsonFlame(w io.Writer) error {
	return j.json(w, j.tree.FlameGraph(analysis.ParallelOptions{}))
}

func (j *job) jsonSequence(w io.Writer) error { return j.json(w, j.tree.Sequence()) }

func (j *job) jsonTopology(w io.Writer) error { return j.json(w, j.tree.Topology(nil)) }

func (j *job) jsonServices(w io.Writer) error { return j.json(w, j.tree.ServiceTopology()) }

func (j *job) jsonStatistics(w io.Writer) error {
	s, err := j.statistics()
	if err != nil {
		return err
	}
	return j.json(w, s)
}

func (j *job) jsonRun(w io.Writer) error { return j.json(w, j.run(j.tree)) }

// jsonFindings writes the findings as an array, empty if there are none.
func (j *job) jsonFindings(w io.Writer) error {
	return j.json(w, append([]finding.Finding{}, j.findings()...))
}

func (j *job) jsonDiff(w io.Writer) error {
	return export.ComparisonJSON(w, analysis.Compare(j.tree, j.other))
}

// jsonList writes the summaries of all traces as an array, one a line.
func (j *job) jsonList(w io.Writer) error {
	b := []byte("[")
	for i, s := range j.summaries() {
		if i > 0 {
			b = append(b, ',')
		}
		summary, err := json.Marshal(s)
		if err != nil {
			return err
		}
		b = append(append(b, '\n'), summary...)
	}
	return writeLine(w, append(b, "\n]"...))
}
