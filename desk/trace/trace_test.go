// SPDX-License-Identifier: Apache-2.0

package trace_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// Traces come in the order of their first span, or log without a span, with what
// is theirs in its order.
func TestTraces(t *testing.T) {
	id := func(n byte) trace.TraceID { return trace.TraceID{15: n} }
	b := trace.Batch{
		Spans: []trace.Span{{TraceID: id(2), Name: "a"}, {TraceID: id(1), Name: "b"}, {TraceID: id(2), Name: "c"}, {Name: "none"}},
		Logs:  []trace.Log{{TraceID: id(1), SeverityText: "d"}, {SeverityText: "of no trace"}, {TraceID: id(3), SeverityText: "e"}, {TraceID: id(1), SeverityText: "f"}},
	}
	var got []string
	for _, tr := range b.Traces() {
		var names strings.Builder
		for _, s := range tr.Spans {
			assert.Equal(t, tr.ID, s.TraceID)
			names.WriteString(s.Name + " ")
		}
		for _, l := range tr.Logs {
			assert.Equal(t, tr.ID, l.TraceID)
			names.WriteString(l.SeverityText + " ")
		}
		got = append(got, fmt.Sprintf("%d: %s", tr.ID[15], names.String()))
	}
	assert.Equal(t, []string{"2: a c ", "1: b d f ", "0: none ", "3: e "}, got)
	assert.Empty(t, (&trace.Batch{}).Traces())
}
