// SPDX-License-Identifier: Apache-2.0

package analysis_test

import (
	"fmt"
	"strings"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace"
)

func ExampleCompare() {
	run := func(names ...string) *analysis.Tree {
		spans := []trace.Span{{ID: trace.SpanID{1}, Name: "run", End: int64(len(names)) * 100}}
		for i, name := range names {
			spans = append(spans, trace.Span{ID: trace.SpanID{2, byte(i)}, Parent: trace.SpanID{1}, Name: name, Start: int64(i) * 100, End: int64(i)*100 + 50})
		}
		return analysis.Build(spans)
	}
	c := analysis.Compare(run("plan", "search", "answer"), run("plan", "answer"))
	for _, n := range c.Nodes {
		fmt.Print(strings.Repeat("  ", int(n.Depth)), c.Baseline.Nodes[n.Baseline].Span.Name, " ", n.Change)
		if n.Delta != nil {
			fmt.Printf(" %+.0f%%", *n.Delta)
		}
		fmt.Println()
	}
	// Output:
	// run changed -33%
	//   plan unchanged +0%
	//   search added
	//   answer unchanged +0%
}
