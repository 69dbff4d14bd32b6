// SPDX-License-Identifier: Apache-2.0

package agentrun

import (
	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace/noderecord"
)

// RollUp sums a trace up. The records are those of its requests; what belongs to
// another trace is left out, and a node that came twice counts once. The Run
// refers to the tree's spans and to the records, which must not change while it
// is in use.
func RollUp(t *analysis.Tree, records []noderecord.Record, prices Prices) *Run { return &Run{} }
