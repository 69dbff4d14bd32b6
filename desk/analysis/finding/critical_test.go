// SPDX-License-Identifier: Apache-2.0

package finding_test

import (
	"testing"

	"github.com/sidetrace/sidetrace/desk/analysis/finding"
)

func TestBottleneck(t *testing.T) {
	checkKind(t, finding.Bottleneck, []drawn{
		{name: "a leaf", trace: `
run [0 100] server @shop
  auth [0 20]
  query [20 90] client`, want: []string{
			"info 70ms: query (shop) took 70.0 ms itself, 70 % of the critical path | query",
		}},
		{name: "the longer of two at once", trace: `
run [0 100] @shop
  a [0 80] client
  b [0 95] client`, want: []string{
			"info 95ms: b (shop) took 95.0 ms itself, 95 % of the critical path | b",
		}},
		{name: "work between calls", trace: `
run [0 100] @shop
  step [0 100]
    a [0 10] client
    b [90 100] client`, want: []string{
			"info 80ms: step (shop) took 80.0 ms itself, 80 % of the critical path | step",
		}},
		{name: "a model", trace: `
run [0 100] @shop
  chat [0 90] model=m client`, want: []string{
			"info 90ms: chat (m) took 90.0 ms itself, 90 % of the critical path | chat",
		}},

		{name: "half of a long path", trace: `
run [0 400] @shop
  query [0 201] client`, want: []string{
			"warning 201ms: query (shop) took 201 ms itself, 50 % of the critical path | query",
		}},
		{name: "part of a model's step", trace: `
run [0 1000] @shop
  Model [0 900] model=large
    Generate [0 890] client
      decode [0 880] @tools`, want: []string{
			"warning 880ms: Model (large) › decode (tools) took 880 ms itself, 88 % of the critical path | decode",
		}},

		{name: "the only span", trace: `
run [0 100] @shop`},
		{name: "nothing stands out", trace: `
run [0 100] @shop
  step # [0 10] *10+10`},
		{name: "long, but beside the path", trace: `
run [0 100] @shop
  publish [0 1] producer
    handle [1 900] consumer @mail
  step # [0 10] *10+10`},
		{name: "no time at all", trace: `
run [0 0] @shop
  step [0 0]`},
	})
}

func TestPath(t *testing.T) {
	checkKind(t, finding.Path, []drawn{
		{name: "one after the other", trace: `
run [0 100] server @shop
  auth [0 20]
  query [20 90] client`, want: []string{
			"info 100ms: 3 of 3 spans make up the 100 ms of run: query (shop) 70.0 ms, auth (shop) 20.0 ms, run (shop) 10.0 ms | query, auth, run",
		}},
		{name: "the last of several at once", trace: `
run [0 100] @shop
  a [0 80] client
  b [0 95] client
  c [10 20] client`, want: []string{
			"info 100ms: 2 of 4 spans make up the 100 ms of run: b (shop) 95.0 ms, run (shop) 5.00 ms | b, run",
		}},
		{name: "equal operations are added up", trace: `
run [0 100] @shop
  a [0 10] *5+10
  b [50 90]`, want: []string{
			"info 100ms: 7 of 7 spans make up the 100 ms of run: a (shop) ×5 50.0 ms, b (shop) 40.0 ms, run (shop) 10.0 ms | b, run, a ×5",
		}},
		{name: "the longest root", trace: `
short [0 50] @shop
  a [0 50]
long [60 160] @shop
  b [70 150]`, want: []string{
			"info 100ms: 2 of 4 spans make up the 100 ms of long: b (shop) 80.0 ms, long (shop) 20.0 ms | b, long",
		}},

		{name: "the only span", trace: `
run [0 100] @shop`},
		{name: "no time at all", trace: `
run [100 90] @shop
  step [0 0]`},
		{name: "roots of one span each do not hide that there are two", trace: `
run [0 100] @shop
again [0 0] @shop`},
	})
}
