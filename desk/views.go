// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"slices"
	"strings"
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
	{"tree", []way{
		{"text", (*job).drawTree}, {"json", (*job).jsonTree}, {"chrome", (*job).chrome}, {"speedscope", (*job).speedscope},
		{"otlp", (*job).otlp}, {"jaeger", (*job).jaeger},
	}},
	{"flame", []way{{"text", (*job).drawFlame}, {"json", (*job).jsonFlame}, {"speedscope", (*job).speedscope}, {"chrome", (*job).chrome}}},
	{"sequence", []way{{"text", (*job).drawSequence}, {"json", (*job).jsonSequence}, {"mermaid", (*job).mermaidSequence}}},
	{"topology", []way{{"text", (*job).drawTopology}, {"json", (*job).jsonTopology}, {"mermaid", (*job).mermaidTopology}, {"dot", (*job).dotTopology}}},
	{"services", []way{{"text", (*job).drawServices}, {"json", (*job).jsonServices}, {"mermaid", (*job).mermaidServices}, {"dot", (*job).dotServices}}},
	{"stats", []way{{"text", (*job).drawStatistics}, {"json", (*job).jsonStatistics}, {"csv", (*job).csvStatistics}}},
	{"run", []way{{"text", (*job).drawRun}, {"json", (*job).jsonRun}}},
	{"findings", []way{{"text", (*job).drawFindings}, {"json", (*job).jsonFindings}}},
	{"diff", []way{{"text", (*job).drawDiff}, {"json", (*job).jsonDiff}}},
	{"list", []way{{"text", (*job).drawList}, {"json", (*job).jsonList}, {"csv", (*job).csvList}}},
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
