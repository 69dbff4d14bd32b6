// SPDX-License-Identifier: Apache-2.0

package finding_test

import (
	"testing"

	"github.com/sidetrace/sidetrace/desk/analysis/finding"
)

func TestGap(t *testing.T) {
	checkKind(t, finding.Gap, []drawn{
		{name: "between two children", trace: `
run [0 1000] server @shop
  auth [0 100]
  query [600 1000] client`, want: []string{
			"warning 500ms: nothing was recorded for 500 ms of the 1.00 s of run (shop), between auth and query | auth, query, run",
		}},
		{name: "the longest of several at different places", trace: `
run [0 1000] @shop
  step [0 500]
    a [0 50]
    b [200 500]
  step [500 1000]
    a [500 550]
    b [850 1000]`, want: []string{
			"warning 450ms: nothing was recorded for 300 ms of the 500 ms of step (shop), between a and b; the same at 1 other place, together costing 450 ms | a, b, step",
		}},
		{name: "after children that overlap", trace: `
run [0 1000] @shop
  a [0 400]
  b [10 100]
  c [600 900]`, want: []string{
			"warning 200ms: nothing was recorded for 200 ms of the 1.00 s of run (shop), between a and c | a, c, run",
		}},
		{name: "between two roots", trace: `
run [0 1000] @shop
  a [0 1000]
callback [3000 3500] @shop`, want: []string{
			"info 2s: nothing was recorded for 2.00 s, between run and callback | run, callback",
		}},

		{name: "no child before or after it", trace: `
run [0 1000] @shop
  a [300 400]
    b [310 390]`},
		{name: "too short for the trace", trace: `
run [0 9000] @shop
  a [0 100]
  b [900 9000]`},
		{name: "too short", trace: `
run [0 100] @shop
  a [0 30]
  b [60 100]`},
		{name: "filled by a sibling that began earlier", trace: `
run [0 1000] @shop
  all [0 1000]
  a [0 100]
  b [600 1000]`},
		{name: "a call that works itself", trace: `
run [0 1000] @shop
  chat [0 1000] model=m
    a [0 100]
    b [600 1000]`},
		{name: "the pause of a retry", trace: `
run [0 1000] @shop
  call [0 100] client fail
  call [600 900] client`},
		{name: "a child that began after its parent ended", trace: `
run [0 1000] @shop
  step [0 200]
    a [0 100]
    b [600 1000]`},
	})
}
