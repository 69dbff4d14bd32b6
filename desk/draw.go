// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"

	"github.com/sidetrace/sidetrace/desk/analysis"
)

func (j *job) drawTree(w io.Writer) error {
	return j.under(w, func() error { return j.view.Tree(w, j.tree) })
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

func (j *job) drawStatistics(w io.Writer) error {
	s, err := j.statistics()
	if err != nil {
		return err
	}
	return j.under(w, func() error { return j.view.Statistics(w, s) })
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

func (j *job) drawList(w io.Writer) error {
	trees := make([]*analysis.Tree, len(j.all))
	for i := range j.all {
		trees[i] = analysis.Build(j.all[i].Spans)
	}
	return j.view.List(w, trees)
}

// under draws something under the header of the trace.
func (j *job) under(w io.Writer, drawing func() error) error {
	if err := j.view.Header(w, j.tree); err != nil {
		return err
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return err
	}
	return drawing()
}
