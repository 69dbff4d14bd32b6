// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sidetrace/sidetrace/desk/analysis"
)

// A writer writes what a job is about.
type writer func(j *job, w io.Writer) error

// A way is a format of a view.
type way struct {
	format string
	write  writer
}

// A view is what can be shown of traces, in some formats, the first of which is
// its usual one.
type view struct {
	name string
	ways []way
}

func (v *view) formats() (names []string) {
	for i := range v.ways {
		names = append(names, v.ways[i].format)
	}
	return names
}

func (v *view) way(format string) writer {
	for i := range v.ways {
		if v.ways[i].format == format {
			return v.ways[i].write
		}
	}
	return nil
}

var views = []view{
	{"tree", []way{{"text", (*job).drawTree}}},
	{"flame", []way{{"text", (*job).drawFlame}}},
	{"sequence", []way{{"text", (*job).drawSequence}}},
	{"topology", []way{{"text", (*job).drawTopology}}},
	{"services", []way{{"text", (*job).drawServices}}},
	{"stats", []way{{"text", (*job).drawStatistics}}},
	{"list", []way{{"text", (*job).drawList}}},
}

func viewNames() (names []string) {
	for i := range views {
		names = append(names, views[i].name)
	}
	return names
}

// writer is the way that the flags ask for. A format without a view means the
// first view that has it.
func (o *showOptions) writer() (writer, error) {
	if o.view == "" {
		o.view = views[0].name
		at := slices.IndexFunc(views, func(v view) bool { return v.way(o.format) != nil })
		switch {
		case at >= 0:
			o.view = views[at].name
		case o.format != "":
			return nil, usagef("show: --format %q: want %s", o.format, strings.Join(allFormats(), ", "))
		}
	}
	at := slices.IndexFunc(views, func(v view) bool { return v.name == o.view })
	if at < 0 {
		return nil, usagef("show: --view %q: want %s", o.view, strings.Join(viewNames(), ", "))
	}
	if o.format == "" {
		o.format = views[at].ways[0].format
	}
	write := views[at].way(o.format)
	if write == nil {
		return nil, usagef("show: --view %s has no --format %q: want %s", o.view, o.format, strings.Join(views[at].formats(), ", "))
	}
	return write, nil
}

func allFormats() (names []string) {
	for i := range views {
		for _, f := range views[i].formats() {
			if !slices.Contains(names, f) {
				names = append(names, f)
			}
		}
	}
	return names
}

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
