// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/analysis/agentrun"
	draw "github.com/sidetrace/sidetrace/desk/show"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/noderecord"
)

// A job is what is to be shown.
type job struct {
	options *showOptions
	all     []trace.Trace // the newest first
	logs    []trace.Log
	prices  agentrun.Prices
	view    draw.View
	stderr  io.Writer

	records map[trace.TraceID][]noderecord.Record // of the logs; nil before they were read

	trace *trace.Trace
	tree  *analysis.Tree
	other *analysis.Tree // what the trace is compared with, nil for most views
}

// choose finds the traces that are meant.
func (j *job) choose() (err error) {
	if j.options.view == "list" {
		return nil
	}
	j.trace = &j.all[0]
	if ids := j.options.traces; len(ids) > 0 {
		if j.trace, err = pick(j.all, ids[0]); err != nil {
			return err
		}
	} else if len(j.all) > 1 {
		j.say("%d traces; this is the newest. --trace ID chooses another, --view list shows all.", len(j.all))
	}
	j.tree = treeOf(j.trace)
	if j.options.view == "diff" {
		return j.chooseOther()
	}
	return nil
}

// chooseOther finds the trace to compare with: the one that the flags name, or
// the latest before with the same root.
func (j *job) chooseOther() error {
	if j.options.with != "" {
		other, err := pick(j.all, j.options.with)
		if err != nil {
			return err
		}
		j.other = treeOf(other)
		return nil
	}
	root := j.tree.Summary()
	for i := range j.all {
		if t := &j.all[i]; start(t) <= root.Start && t.ID != j.trace.ID {
			other := treeOf(t)
			if s := other.Summary(); s.RootName == root.RootName && s.RootService == root.RootService {
				j.say("compared with trace %s, the latest before with the same root. --with ID chooses another.", idText(t.ID))
				j.other = other
				return nil
			}
		}
	}
	return usagef("show: --view diff: no earlier trace begins with %q: name one by --with ID: %s", root.RootName, listIDs(j.all))
}

// say writes a remark beside the output; that nobody reads it is no reason to stop.
func (j *job) say(format string, args ...any) {
	_, _ = fmt.Fprintf(j.stderr, "desk: "+format+"\n", args...)
}

func treeOf(t *trace.Trace) *analysis.Tree {
	return analysis.Build(analysis.Arrange(t.Spans))
}

// run is what the agent of a trace took.
func (j *job) run(t *analysis.Tree) *agentrun.Run {
	if len(t.Nodes) == 0 {
		return nil
	}
	if j.records == nil {
		j.readRecords()
	}
	id := t.Nodes[0].Span.TraceID
	return agentrun.RollUp(t, slices.Concat(j.records[id], j.records[trace.TraceID{}]), j.prices)
}

// readRecords reads the records of nodes among the logs. Those that cannot be
// read are left out.
func (j *job) readRecords() {
	records, err := noderecord.FromLogs(j.logs)
	if err != nil {
		j.say("node records: %v; the rest was read", err)
	}
	j.records = map[trace.TraceID][]noderecord.Record{}
	for _, r := range records {
		j.records[r.TraceID] = append(j.records[r.TraceID], r)
	}
}
