// SPDX-License-Identifier: Apache-2.0

package analysis_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/analysis/agentrun"
	"github.com/sidetrace/sidetrace/desk/analysis/finding"
	"github.com/sidetrace/sidetrace/desk/internal/racing"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// explain makes all that there is of a trace.
func explain(tb testing.TB, spans []trace.Span) []finding.Finding {
	tree := analysis.Build(analysis.Arrange(spans))
	for _, part := range parts {
		part.draw(tree)
	}
	_, err := tree.Statistics(analysis.StatisticsOptions{By: []string{"service", "kind"}})
	require.NoError(tb, err)
	agentrun.RollUp(tree, nil, agentrun.Prices{})
	return finding.Find(tree, finding.Options{})
}

// BenchmarkExplain is everything at once: the tree with groups, parallels and
// returns, every diagram, the roll-up and all findings.
func BenchmarkExplain(b *testing.B) {
	for _, shape := range []string{"agent", "chain", "fan", "roots"} {
		for _, n := range []int{1_000, 10_000, 100_000} {
			b.Run(fmt.Sprintf("%s/%d", shape, n), func(b *testing.B) {
				spans := shapes[shape](n)
				b.ReportAllocs()
				for b.Loop() {
					explain(b, spans)
				}
			})
		}
	}
}

func TestExplain(t *testing.T) {
	for shape, of := range shapes {
		t.Run(shape, func(t *testing.T) {
			found := explain(t, of(racing.Size(20_000)))
			if shape == "agent" {
				require.NotEmpty(t, found)
			}
		})
	}
}
