// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/analysis/finding"
	draw "github.com/sidetrace/sidetrace/desk/show"
)

// under draws something under the header of the trace.
func (j *job) under(w io.Writer, drawing func() error) error {
	if err := j.view.Header(w, draw.Entry{Tree: j.tree, Run: j.run(j.tree)}); err != nil {
		return err
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return err
	}
	return drawing()
}

func (j *job) findings() []finding.Finding { return finding.Find(j.tree, finding.Options{}) }

// drawTree draws what was found in a line each, and the tree.
func (j *job) drawTree(w io.Writer) error {
	return j.under(w, func() error {
		if found := j.findings(); len(found) > 0 {
			if err := j.view.Headlines(w, found); err != nil {
				return err
			}
			if _, err := io.WriteString(w, "\n"); err != nil {
				return err
			}
		}
		return j.view.Tree(w, j.tree)
	})
}

func (j *job) drawFindings(w io.Writer) error {
	return j.under(w, func() error { return j.view.Findings(w, j.tree, j.findings()) })
}

func (j *job) drawFlame(w io.Writer) error {
	return j.under(w, func() error { return j.view.Flame(w, j.tree) })
}

func (j *job) drawSequence(w io.Writer) error {
	return j.under(w, func() error { return j.view.Sequence(w, j.tree) })
}

func (j *job) drawTopology(w io.Writer) error {
	return j.under(w, func() error { return j.view.Topology(w, j.tree) })
}

func (j *job) drawServices(w io.Writer) error {
	return j.under(w, func() error { return j.view.Services(w, j.tree) })
}

func (j *job) drawRun(w io.Writer) error {
	return j.under(w, func() error { return j.view.Run(w, j.run(j.tree)) })
}

func (j *job) drawStatistics(w io.Writer) error {
	s, err := j.statistics()
	if err != nil {
		return err
	}
	return j.under(w, func() error { return j.view.Statistics(w, s) })
}

func (j *job) drawDiff(w io.Writer) error {
	return j.view.Diff(w, analysis.Compare(j.tree, j.other))
}

func (j *job) drawList(w io.Writer) error {
	entries := make([]draw.Entry, len(j.all))
	for i := range j.all {
		t := treeOf(&j.all[i])
		entries[i] = draw.Entry{Tree: t, Run: j.run(t)}
	}
	return j.view.List(w, entries)
}

// statistics are grouped as the flags say, or by operation.
func (j *job) statistics() (*analysis.Statistics, error) {
	by := j.options.group
	if len(by) == 0 {
		by = list{"service", "name"}
	}
	s, err := j.tree.Statistics(analysis.StatisticsOptions{By: by})
	if err != nil {
		return nil, &usageError{fmt.Errorf("show: --group: %w", err)}
	}
	return s, nil
}
