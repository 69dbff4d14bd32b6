// SPDX-License-Identifier: Apache-2.0

package native

import (
	"fmt"
	"io"
	"strings"
)

// keptViews are the views that the page asks for when a tab of a trace is shown.
var keptViews = []string{"flame", "sequence", "topology", "services", "run"}

// html writes the page as a file with the trace in it, and with all that the page
// asks about one trace, with the large values that it has links to as far as they
// are not too large.
func (j *job) html(w io.Writer) error {
	path := Base + "/traces/" + j.trace.ID.String()
	answers := map[string]string{}
	keep := func(query string, write func(w io.Writer) error) error {
		var b strings.Builder
		err := write(&b)
		answers[path+query] = b.String()
		return err
	}
	title := j.title()
	err := keep("?format=columns", j.columns)
	for i := 0; i < len(keptViews) && err == nil; i++ {
		err = j.keepView(keptViews[i], keep)
	}
	if err == nil {
		err = j.keepObjects(answers)
	}
	if err == nil {
		err = keep("", j.otlp) // last, as it sorts the spans that the tree points to
	}
	if err != nil {
		return err
	}
	return j.Standalone(w, title, answers)
}

// keepView keeps a view, and the view as drawings in text.
func (j *job) keepView(name string, keep func(query string, write func(w io.Writer) error) error) error {
	err := keep("?view="+name+"&spans=none", func(w io.Writer) error { return j.views(w, []string{name}, false) })
	for i := 0; i < len(drawings[name]) && err == nil; i++ {
		drawing := &drawings[name][i]
		err = keep("?view="+name+"&format="+drawing.format, func(w io.Writer) error { return drawing.write(j, w) })
	}
	return err
}

// title is what the file is called in a browser: the root, and the beginning of the id.
func (j *job) title() string {
	s := j.tree.Summary()
	return fmt.Sprintf("%.200s %s · %.12s", s.RootService, s.RootName, j.trace.ID.String())
}
