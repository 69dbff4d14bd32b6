// SPDX-License-Identifier: Apache-2.0

package finding_test

import (
	"testing"

	"github.com/sidetrace/sidetrace/desk/analysis/finding"
)

func TestOrphan(t *testing.T) {
	checkKind(t, finding.Orphan, []drawn{
		{name: "one", trace: `
run [0 100] @shop
  a [10 20]
b [30 40] @stock missing`, want: []string{
			"warning 0s: 1 span names 1 parent not in the trace | b",
		}},
		{name: "several of one parent", trace: `
run [0 100] @shop
b [30 40] *3+5 @stock missing`, want: []string{
			"warning 0s: 3 spans name 1 parent not in the trace | b ×3",
		}},
		{name: "no other root", trace: `
b [30 40] *2+5 @stock missing`, want: []string{
			"warning 0s: 2 spans name 1 parent not in the trace | b ×2",
		}},

		{name: "a trace in one piece whose caller is elsewhere", trace: `
run [0 100] server @shop missing
  a [10 20]`},
		{name: "roots without parents", trace: `
run [0 100] @shop
again [200 300] @shop`},
		{name: "a span that is its own parent", trace: `
run [0 100] @shop
a [10 20] @shop self`},
	})
}

func TestBrokenParent(t *testing.T) {
	checkKind(t, finding.BrokenParent, []drawn{
		{name: "its own parent", trace: `
run [0 100] @shop
a [10 20] @shop self`, want: []string{
			"warning 0s: 1 span names itself or a span below it as its parent | a",
		}},
		{name: "the only span", trace: `
a [10 20] @shop self`, want: []string{
			"warning 0s: 1 span names itself or a span below it as its parent | a",
		}},
		{name: "several", trace: `
a [10 20] *3+5 @shop self`, want: []string{
			"warning 0s: 3 spans name themselves or each other as parents | a ×3",
		}},

		{name: "a missing parent", trace: `
run [0 100] @shop
b [30 40] @stock missing`},
		{name: "a chain of equal names", trace: `
a [0 100] @shop
  a [10 20]
    a [12 18]`},
		{name: "two roots", trace: `
a [0 100] @shop
a [0 100] @shop`},
	})
}
