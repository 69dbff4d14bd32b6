// SPDX-License-Identifier: Apache-2.0

package native

import (
	"encoding/json"
	"io"
	"slices"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/analysis/agentrun"
	"github.com/sidetrace/sidetrace/desk/analysis/export"
	"github.com/sidetrace/sidetrace/desk/analysis/finding"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/noderecord"
)

// views make what is encoded of each view.
var views = map[string]func(j *job) (any, error){
	"summary": func(j *job) (any, error) { return j.tree.Summary(), nil },
	"tree":    func(j *job) (any, error) { return forestOf(j.tree), nil },
	"waterfall": func(j *job) (any, error) {
		return j.tree.Waterfall(analysis.WaterfallOptions{Align: j.options.align}), nil
	},
	"flame":      func(j *job) (any, error) { return j.tree.FlameGraph(analysis.ParallelOptions{}), nil },
	"sequence":   func(j *job) (any, error) { return sequenceOf(j.tree), nil },
	"topology":   func(j *job) (any, error) { return j.tree.Topology(nil), nil },
	"services":   func(j *job) (any, error) { return j.tree.ServiceTopology(), nil },
	"statistics": func(j *job) (any, error) { return j.tree.Statistics(j.options.statistics) },
	"findings": func(j *job) (any, error) {
		return append([]finding.Finding{}, finding.Find(j.tree, finding.Options{})...), nil
	},
	"path": func(j *job) (any, error) { return append([]finding.PathStep{}, finding.CriticalPath(j.tree)...), nil },
	"run":  (*job).run,
}

var allViews = []string{"summary", "tree", "waterfall", "flame", "sequence", "topology", "services", "statistics", "findings", "path", "run"}

// views writes views, one under its name, or several under theirs in the member
// views. Without spans there is less to send again.
func (j *job) views(w io.Writer, names []string, withSpans bool) error {
	named := export.Named{Name: names[0]}
	if len(names) > 1 {
		named.Name = "views"
	}
	all := map[string]any{}
	for _, name := range names {
		view, err := views[name](j)
		if err != nil {
			return err
		}
		all[name], named.View = view, view
	}
	if len(names) > 1 {
		named.View = all
	}
	if withSpans {
		return export.JSON(w, j.tree, named)
	}
	return json.NewEncoder(w).Encode(map[string]any{"traceId": j.trace.ID, "view": named.Name, named.Name: named.View})
}

// A runView is a run, what it was asked, and what could not be read of it.
type runView struct {
	*agentrun.Run
	Question string   `json:"question,omitempty"` // its beginning
	Warnings []string `json:"warnings,omitempty"`
}

func (j *job) run() (any, error) { return j.runView(), nil }

func (j *job) runView() runView {
	records, err := noderecord.FromLogs(j.trace.Logs)
	v := runView{
		Run:      agentrun.RollUp(j.tree, records, j.Prices),
		Question: firstBytes(agentrun.Question(j.tree, records), maxQuestion),
	}
	if err != nil {
		v.Warnings = []string{"records of nodes: " + err.Error()}
	}
	return v
}

// A sequence is one whose groups have their start as text.
type sequence struct {
	*analysis.Sequence
	Groups []group `json:"groups"`
}

type group struct {
	Members  []int32 `json:"members"`
	Value    int64   `json:"value"`
	Start    string  `json:"start"`
	Duration int64   `json:"duration"`
}

func sequenceOf(t *analysis.Tree) sequence {
	s := sequence{t.Sequence(), []group{}}
	for i := range s.Sequence.Groups {
		g := &s.Sequence.Groups[i]
		s.Groups = append(s.Groups, group{g.Members, g.Value, stamp(g.Start), g.Duration()})
	}
	return s
}

// A forest is the spans of a trace in their places.
type forest struct {
	Roots []int32 `json:"roots"`
	// Order is every node, each before its children.
	Order    []int32  `json:"order"`
	Nodes    []node   `json:"nodes"`
	Services []string `json:"services"`
	Classes  []string `json:"classes"` // of the services
	Replaced int      `json:"replaced"`
	Orphans  int      `json:"orphans"`
}

// A node is a span in its place.
type node struct {
	Parent   int32    `json:"parent"`
	Level    int32    `json:"level"`
	Size     int32    `json:"size"`
	Service  int32    `json:"service"`
	Similar  int32    `json:"similar"`
	Self     int64    `json:"self"`
	Class    string   `json:"class"`
	Category string   `json:"category"`
	Source   string   `json:"source"`
	Badge    any      `json:"badge,omitempty"`
	Marks    []string `json:"marks,omitempty"`
}

var marks = []struct {
	mark analysis.Mark
	name string
}{
	{analysis.Orphan, "orphan"}, {analysis.SelfParent, "selfParent"}, {analysis.CycleCut, "cycleCut"}, {analysis.Duplicate, "duplicate"},
}

func marksOf(n *analysis.Node) (names []string) {
	for _, m := range marks {
		if n.Mark&m.mark != 0 {
			names = append(names, m.name)
		}
	}
	if n.Span.Inferred {
		names = append(names, "inferred")
	}
	return names
}

func forestOf(t *analysis.Tree) *forest {
	f := &forest{
		Roots: append([]int32{}, t.Roots...), Order: append([]int32{}, t.Order...), Nodes: make([]node, len(t.Nodes)),
		Services: append([]string{}, t.Services...), Classes: []string{}, Replaced: t.Replaced,
	}
	for _, class := range t.ServiceClasses() {
		f.Classes = append(f.Classes, string(class))
	}
	for i := range t.Nodes {
		n := &t.Nodes[i]
		f.Nodes[i] = node{
			Parent: n.Parent, Level: n.Level, Size: n.Size, Service: n.Service, Similar: n.Similar, Self: t.SelfTime(int32(i)),
			Class: string(n.Class()), Category: string(n.Category()), Source: string(analysis.SourceOf(n.Span)),
		}
		if badge := n.StatusBadge(); badge.Value.Kind() != trace.EmptyValue {
			f.Nodes[i].Badge = badge
		}
		f.Nodes[i].Marks = marksOf(n)
		if slices.Contains(f.Nodes[i].Marks, "orphan") {
			f.Orphans++
		}
	}
	return f
}
