// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/term"

	"github.com/sidetrace/sidetrace/examples/agent/agentdemo"
)

// show draws the traces of answers, read back from the files in dir.
func show(dir string, questions []agentdemo.Question, answers []agentdemo.Answer) error {
	var ids []string
	for _, a := range answers {
		ids = append(ids, a.TraceID)
	}
	roots, err := agentdemo.ReadTraces(agentdemo.TraceFiles(dir), ids...)
	if err != nil {
		return err
	}
	for i, root := range roots {
		if err := terminal().Trace(os.Stdout, questions[i].Text(), root); err != nil {
			return err
		}
	}
	abs, err := filepath.Abs(dir)
	fmt.Printf("The services' spans (traces.jsonl), records (logs.jsonl) and large values (objects) are in %s\n", abs)
	return err
}

// terminal returns a view that fits standard output. Colours are for terminals,
// and not for those who have set NO_COLOR (https://no-color.org).
func terminal() agentdemo.View {
	fd := int(os.Stdout.Fd())
	width, _, err := term.GetSize(fd)
	if err != nil {
		width = 110
	}
	return agentdemo.View{Width: width, Color: term.IsTerminal(fd) && os.Getenv("NO_COLOR") == ""}
}
