// SPDX-License-Identifier: Apache-2.0

package finding_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/analysis/finding"
)

func TestCriticalPath(t *testing.T) {
	for _, tt := range []struct {
		name, trace string
		want        []string
	}{
		{"the children that finished last, and theirs", `
A [0 100] server @a
  B [10 40]
  C [50 90]
    D [60 70]`, []string{"A 0-10", "B 10-40", "A 40-50", "C 50-60", "D 60-70", "C 70-90", "A 90-100"}},
		{"of children at once the last to finish", `
A [0 100] @a
  B [10 80]
  C [20 90]
  D [0 15]`, []string{"D 0-15", "A 15-20", "C 20-90", "A 90-100"}},
		{"an overlap that is only measured", `
A [0 100] @a
  B [0 50.5]
  C [50 100]`, []string{"B 0-50", "C 50-100"}},
		{"children that overlap for longer are not waited for", `
A [0 100] @a
  B [0 60]
  C [50 100]`, []string{"A 0-50", "C 50-100"}},
		{"nobody waits for a message", `
A [0 100] @a
  B [10 20] producer
    C [15 900] consumer @c
  D [20 90]`, []string{"A 0-10", "B 10-20", "D 20-90", "A 90-100"}},
		{"nor for what goes on in the same process", `
A [0 100] @a
  B [10 400]
  C [20 90]`, []string{"A 0-20", "C 20-90", "A 90-100"}},
		{"a little longer is only measured", `
A [0 100] @a
  B [10 102]
    C [20 101]`, []string{"A 0-10", "B 10-20", "C 20-100"}},
		{"a call that was given up", `
A [0 100] client @a fail
  B [10 400] server @b
    C [20 390]`, []string{"A 0-10", "B 10-20", "C 20-100"}},
		{"a clock that is behind, in its own time", `
A [0 100] client @a
  B [-500 -420] server @b
    C [-490 -430]`, []string{"B -500--490", "C -490--430", "B -430--420", "A 80-100"}},
		{"a clock that is ahead, behind a sibling", `
A [0 100] @a
  B [0 30] client
  C [30 100] client
    D [200 260] server @b`, []string{"B 0-30", "D 200-260", "C 90-100"}},
		{"the longest root", `
A [0 10] @a
B [20 90] @a
  C [20 50]`, []string{"C 20-50", "B 50-90"}},
		{"the first of equally long roots", `
B [20 90] @a
A [0 70] @a`, []string{"A 0-70"}},
		{"negative durations, and children before and after", `
A [10 100] @a
  B [50 40]
  C [0 5]
  D [120 150]
  E [5 20]`, []string{"E 10-20", "A 20-100"}},
		{"a run that goes on", `
A [0 -1800000000000] @a
  B [10 -1800000000000]
    C [20 50]
    D [50 90]`, []string{"A 0-10", "B 10-20", "C 20-50", "D 50-90"}},
		{"no time", `
A [10 5] @a
  B [0 20]`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tree := analysis.Build(draw(t, tt.trace))
			var got []string
			for _, s := range finding.CriticalPath(tree) {
				got = append(got, fmt.Sprintf("%s %d-%d", tree.Nodes[s.Node].Span.Name, (s.Start-epoch)/1e6, (s.End-epoch)/1e6))
			}
			assert.Equal(t, tt.want, got)
			checkPath(t, tree)
		})
	}
}

func TestSelfTimes(t *testing.T) {
	for _, tt := range []struct {
		name, trace string
		want        []time.Duration // ms
	}{
		{"a leaf", `
A [0 100] @a`, []time.Duration{100}},
		{"children that overlap count once", `
A [0 100] @a
  B [10 50]
  C [30 60]
  D [35 40]`, []time.Duration{50, 40, 30, 5}},
		{"children outside", `
A [10 100] @a
  B [0 20]
  C [90 900]
  D [200 300]`, []time.Duration{70, 20, 810, 100}},
		{"a clock that is off", `
A [0 100] client @a
  B [-500 -420] server @b`, []time.Duration{20, 80}},
		{"a negative duration", `
A [100 0] @a
  B [0 50]`, []time.Duration{0, 50}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := finding.SelfTimes(analysis.Build(draw(t, tt.trace)))
			for i := range got {
				got[i] /= 1e6
			}
			assert.Equal(t, tt.want, got)
		})
	}
}
