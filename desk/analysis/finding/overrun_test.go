// SPDX-License-Identifier: Apache-2.0

package finding_test

import (
	"testing"

	"github.com/sidetrace/sidetrace/desk/analysis/finding"
)

func TestEndsAfterParent(t *testing.T) {
	checkKind(t, finding.EndsAfterParent, []drawn{
		{name: "work that nobody waits for", trace: `
run [0 100] server @shop
  audit [50 400]`, want: []string{
			"info 300ms: audit (shop) ended 300 ms after its parent run (shop) | audit, run",
		}},
		{name: "a call that was given up", trace: `
run [0 300] @shop
  GET [0 100] client fail:deadline_exceeded
    GET /x [10 250] server @stock`, want: []string{
			"info 150ms: GET /x (stock) ended 150 ms after its parent GET (shop), which had failed | GET /x, GET",
		}},
		{name: "begun after the parent", trace: `
run [0 100] @shop
  answer [10 20]
    log [30 90]`, want: []string{
			"info 70ms: log (shop) ended 70.0 ms after its parent answer (shop), having begun after it | log, answer",
		}},

		{name: "a message", trace: `
run [0 100] @shop
  publish [10 20] producer
    handle [50 400] consumer @mail`},
		{name: "a link to the parent as well", trace: `
run [0 100] @shop
  audit [50 400] linked`},
		{name: "by no more than the measurement", trace: `
run [0 100] @shop
  audit [50 104]`},
		{name: "by less than a hundredth", trace: `
run [0 9000] @shop
  audit [50 9080]`},
		{name: "a parent whose end is not known", trace: `
run [0 9000] @shop
  step [50 40]
    call [60 600]`},
		{name: "a clock that is off", trace: `
run [0 100] @shop
  GET [0 100] client
    GET /x [200 290] server @stock`},
	})
}
