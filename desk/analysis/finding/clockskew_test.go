// SPDX-License-Identifier: Apache-2.0

package finding_test

import (
	"testing"

	"github.com/sidetrace/sidetrace/desk/analysis/finding"
)

func TestClockSkew(t *testing.T) {
	checkKind(t, finding.ClockSkew, []drawn{
		{name: "served before it was called", trace: `
run [0 100] @shop
  GET [10 60] client
    GET /x [-20 20] server @stock`, want: []string{
			"warning 0s shift 30ms: the clock of stock is 30.0 ms behind that of shop | GET /x, GET",
		}},
		{name: "served after it was over", trace: `
run [0 100] @shop
  GET [10 60] client
    GET /x [80 120] server @stock`, want: []string{
			"warning 0s shift -70ms: the clock of stock is 70.0 ms ahead of that of shop | GET /x, GET",
		}},
		{name: "several of one pair, and another", trace: `
run [0 100] @shop
  GET [10 30] *3+20 client
    GET /x [5 20] server @stock
      SELECT [6 19] client
        query [0 10] server @db`, want: []string{
			"warning 0s shift 5ms: the clock of stock is 5.00 ms behind that of shop; the same at 2 other places | GET /x, GET",
			"warning 0s shift 6ms: the clock of db is 6.00 ms behind that of stock; the same at 2 other places | query, SELECT",
		}},
		{name: "two machines of one service", trace: `
run [0 100] @shop/a
  GET [10 60] client
    GET /x [-20 20] server @shop/b`, want: []string{
			"warning 0s shift 30ms: the clock of one instance of shop is 30.0 ms behind that of another | GET /x, GET",
		}},

		{name: "one process", trace: `
run [10 100] @shop
  read [0 60]`},
		{name: "a message that was consumed late", trace: `
run [0 100] @shop
  publish [10 20] producer
    handle [5000 6000] consumer @mail`},
		{name: "a request that waited until its caller had gone", trace: `
run [0 100] @shop
  GET [10 60] client fail:timeout
    GET /x [80 120] server @stock`},
		{name: "less than clocks differ anyway", trace: `
run [0 100] @shop
  GET [10 60] client
    GET /x [9.5 50] server @stock`},
		{name: "work that another service does later", trace: `
run [0 100] @shop
  step [10 60]
    clean [80 120] @stock`},
	})
}

// Other findings see times on one clock.
func TestClockSkewIsAllowedFor(t *testing.T) {
	const lines = `
run [0 1000] server @shop
  GET [0 1000] client
    GET /x [90000 91000] server @stock
      a [90000 90100] client
      b [90500 91000] client`
	checkKind(t, finding.Gap, []drawn{{name: "gap", trace: lines, want: []string{
		"warning 400ms: nothing was recorded for 400 ms of the 1.00 s of GET /x (stock), between a and b | a, b, GET /x",
	}}})
	checkKind(t, finding.EndsAfterParent, []drawn{{name: "overrun", trace: lines}})
	checkKind(t, finding.Bottleneck, []drawn{{name: "bottleneck", trace: lines, want: []string{
		"warning 500ms: b (stock) took 500 ms itself, 50 % of the critical path | b",
	}}})
}
