// SPDX-License-Identifier: Apache-2.0

package finding_test

import (
	"fmt"
	"time"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/analysis/finding"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// pack is a request that runs for 100 ms: 40 ms of it a query, then two calls at once.
func pack() *analysis.Tree {
	at := func(id, parent byte, name string, from, to time.Duration) trace.Span {
		return trace.Span{
			ID: trace.SpanID{id}, Parent: trace.SpanID{parent}, Name: name,
			Start: 1_800_000_000_000_000_000 + int64(from), End: 1_800_000_000_000_000_000 + int64(to),
		}
	}
	return analysis.Build([]trace.Span{
		at(1, 0, "GET /pack", 0, 100*time.Millisecond),
		at(2, 1, "SELECT cities", 5*time.Millisecond, 45*time.Millisecond),
		at(3, 1, "weather", 50*time.Millisecond, 70*time.Millisecond),
		at(4, 1, "flights", 50*time.Millisecond, 95*time.Millisecond),
	})
}

func ExampleFind() {
	for _, f := range finding.Find(pack(), finding.Options{}) {
		fmt.Printf("%s %s: %s\n", f.Severity, f.Kind, f.Title)
	}
	// Output:
	// info criticalPath: 3 of 4 spans make up the 100 ms of GET /pack: flights 45.0 ms, SELECT cities 40.0 ms, GET /pack 15.0 ms
	// info bottleneck: flights took 45.0 ms itself, 45 % of the critical path
}

func ExampleCriticalPath() {
	tree := pack()
	for _, step := range finding.CriticalPath(tree) {
		fmt.Println(tree.Nodes[step.Node].Span.Name, time.Duration(step.End-step.Start))
	}
	// Output:
	// GET /pack 5ms
	// SELECT cities 40ms
	// GET /pack 5ms
	// flights 45ms
	// GET /pack 5ms
}

func ExampleSelfTimes() {
	fmt.Println(finding.SelfTimes(pack()))
	// Output:
	// [15ms 40ms 20ms 45ms]
}
