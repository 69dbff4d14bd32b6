// SPDX-License-Identifier: Apache-2.0

package finding_test

import (
	"testing"

	"github.com/sidetrace/sidetrace/desk/analysis/finding"
)

func TestRetry(t *testing.T) {
	checkKind(t, finding.Retry, []drawn{
		{name: "a node whose call failed, again after a pause", trace: `
run [0 100] server @engine
  Flights [10 20] fail
    call [11 19] client fail
  Weather [10 40]
    call [11 39] client
  Flights [35 50]
    call [36 49] client`, want: []string{
			"warning 25ms: Flights (engine) succeeded at the 2nd attempt, 25.0 ms after the first began, with a pause of 15.0 ms | Flights ×2",
		}},
		{name: "the failure is one level below", trace: `
run [0 100] @engine
  Flights [10 20]
    call [11 19] client fail
  Flights [35 50]
    call [36 49] client`, want: []string{
			"warning 25ms: Flights (engine) succeeded at the 2nd attempt, 25.0 ms after the first began, with a pause of 15.0 ms | Flights ×2",
		}},
		{name: "all attempts of one request failed, with pauses that grow", trace: `
run [0 1000] @engine
  GET [0 10] get=https://air/flights fail tokens=5+5
  GET [110 120] get=https://air/flights fail
  GET [320 330] get=https://air/flights fail
  GET [730 740] get=https://air/flights fail`, want: []string{
			"critical 740ms 10 tokens: GET (engine) failed at all 4 attempts in 740 ms, with pauses that grew from 100 ms to 400 ms | GET ×4",
		}},
		{name: "no pause", trace: `
run [0 100] @engine
  query [10 20] *3+10 fail sql=~SELECT 1 FROM t WHERE a = 'x'~
  query [40 50] sql=~SELECT 1 FROM t WHERE a = 'x'~`, want: []string{
			"warning 30ms: query (engine) succeeded at the 4th attempt, 30.0 ms after the first began, without a pause | query ×4",
		}},
		{name: "resent as the client says, among other requests", trace: `
run [0 100] @engine
  GET [0 5] get=https://air/1
  POST [10 20] post=https://air/2 http.response.status_code=503
  POST [25 30] post=https://air/2 http.request.resend_count=1 http.response.status_code=200
  GET [40 45] get=https://air/3`, want: []string{
			"warning 15ms: POST (engine) succeeded at the 2nd attempt, 15.0 ms after the first began, with a pause of 5.00 ms | POST ×2",
		}},
		{name: "unknown requests with pauses that grow", trace: `
run [0 1000] @engine
  call [0 10] client fail
  call [60 70] client fail
  call [170 180] client fail`, want: []string{
			"critical 180ms: call (engine) failed at all 3 attempts in 180 ms, with pauses that grew from 50.0 ms to 100 ms | call ×3",
		}},
		{name: "a model's answers that were paid for", trace: `
run [0 1000] @engine
  chat [0 100] client model=m fail:no_JSON tokens=100+20 gen_ai.input.messages=hi
  chat [100 200] client model=m tokens=100+20 gen_ai.input.messages=hi`, want: []string{
			"warning 100ms 120 tokens: chat (engine) succeeded at the 2nd attempt, 100 ms after the first began, without a pause | chat ×2",
		}},

		{name: "requests that are not known, once", trace: `
run [0 100] @engine
  SELECT [10 20] fail sql=~SELECT 1 FROM t WHERE a = ?~
  SELECT [30 40] sql=~SELECT 1 FROM t WHERE a = ?~`, want: []string{
			"warning 20ms: SELECT (engine) succeeded at the 2nd attempt, 20.0 ms after the first began, with a pause of 10.0 ms | SELECT ×2",
		}},
		{name: "failures at once", trace: `
run [0 100] @engine
  call [10 30] *4+1 client fail`},
		{name: "another operation succeeds after a failure", trace: `
run [0 100] @engine
  Flights [10 20] fail
  Trains [25 40]`},
		{name: "the same operation on another thing", trace: `
run [0 100] @engine
  GET [10 20] get=https://air/1 fail
  GET [25 40] get=https://air/2`},
		{name: "a loop that goes on after a failure", trace: `
run [0 100] @engine
  item [10 15] *3+5
  item [25 30] fail
  item [30 35] *3+5`},
		{name: "a loop in which everything fails", trace: `
run [0 100] @engine
  item [10 15] *6+5 fail`},
		{name: "a tool that is asked for something else", trace: `
run [0 100] @engine
  search [10 15] tool=search args={"q":"a"} fail
  search [20 25] tool=search args={"q":"b"}`},
		{name: "a node that recovered by itself, then another", trace: `
run [0 100] @engine
  Flights [10 30]
    call [11 15] client fail
    call [20 29] client
  Flights [35 50]
    call [36 49] client`, want: []string{
			"warning 9ms: call (engine) succeeded at the 2nd attempt, 9.00 ms after the first began, with a pause of 5.00 ms | call ×2",
		}},
	})
}
