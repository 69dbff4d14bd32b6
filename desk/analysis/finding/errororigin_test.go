// SPDX-License-Identifier: Apache-2.0

package finding_test

import (
	"testing"

	"github.com/sidetrace/sidetrace/desk/analysis/finding"
)

func TestErrorOrigin(t *testing.T) {
	checkKind(t, finding.ErrorOrigin, []drawn{
		{name: "the deepest of a chain", trace: `
POST /pay [0 100] server @gateway fail
  POST [5 95] client fail
    POST /pay [6 94] server @payments fail
      INSERT [10 90] fail:deadlock_detected sql=~INSERT INTO pays VALUES (1)~`, want: []string{
			"critical 80ms: INSERT (payments) failed: deadlock detected; 3 spans above it failed too, up to POST /pay (gateway) | INSERT, POST /pay, POST, POST /pay",
		}},
		{name: "through a span without a status", trace: `
POST /pay [0 100] server @gateway fail
  handle [5 95]
    INSERT [10 90] fail:deadlock_detected sql=~INSERT INTO pays VALUES (1)~`, want: []string{
			"critical 80ms: INSERT (gateway) failed: deadlock detected; 1 span above it failed too, up to POST /pay (gateway) | INSERT, POST /pay",
		}},
		{name: "several at once, the same", trace: `
run [0 100] @engine fail
  call [10 40] *3+1 client fail:timeout tokens=10+1`, want: []string{
			"critical 90ms 33 tokens: call (engine) failed: timeout; 1 span above it failed too, up to run (engine); the same at 2 other places, together costing 90.0 ms | call, run",
		}},
		{name: "two different ones", trace: `
run [0 100] @engine fail
  call [10 40] client fail:timeout
  read [10 20] fail:no_such_file`, want: []string{
			"critical 30ms: call (engine) failed: timeout; 1 span above it failed too, up to run (engine) | call, run",
			"critical 10ms: read (engine) failed: no such file; 1 span above it failed too, up to run (engine) | read, run",
		}},
		{name: "recovered: its parent is fine", trace: `
run [0 100] @engine
  cache [10 20] client fail:connection_refused
  query [20 50] client`, want: []string{
			"warning 10ms: cache (engine) failed: connection refused; run (engine), which called it, did not fail | cache",
		}},
		{name: "recovered by a retry, though its parent failed later", trace: `
run [0 100] @engine fail
  Flights [10 20] fail:busy
  Flights [30 40]
  Model [40 60] fail:too_long`, want: []string{
			"critical 20ms: Model (engine) failed: too long; 1 span above it failed too, up to run (engine) | Model, run",
			"info 10ms: Flights (engine) failed: busy, and a later attempt succeeded | Flights",
		}},
		{name: "attempts in vain", trace: `
run [0 1000] @engine fail
  call [0 10] client fail:busy
  call [60 70] client fail:busy
  call [170 180] client fail:busy`, want: []string{
			"critical 30ms: call (engine) failed: busy; 1 span above it failed too, up to run (engine); the same at 2 other places, together costing 30.0 ms | call, run",
		}},
		{name: "through a span without a status, above which the same is said", trace: `
run [0 100] @engine fail:rpc:_no_such_city
  Call [5 95] client fail:no_such_city
    Call [6 94] server @tools
      look_up [10 90] fail:rpc:_no_such_city`, want: []string{
			"critical 80ms: look_up (tools) failed: rpc: no such city; 2 spans above it failed too, up to run (engine) | look_up, Call, run",
		}},
		{name: "answered as if all were well", trace: `
POST /chat [0 100] server @gateway http.response.status_code=200
  POST [5 95] client http.response.status_code=200
    POST /run [6 94] server @engine fail http.response.status_code=200
      Flights [10 90] fail:no_airline`, want: []string{
			"critical 80ms: Flights (engine) failed: no airline; 1 span above it failed too, up to POST /run (engine), which answered with a status of success, so that POST (gateway) could not know | Flights, POST /run",
		}},
		{name: "a single span", trace: `
job [0 10] @batch fail`, want: []string{
			"critical 10ms: job (batch) failed; nothing is above it | job",
		}},
		{name: "the type of the error", trace: `
job [0 10] @batch fail error.type=TimeoutError`, want: []string{
			"critical 10ms: job (batch) failed: TimeoutError; nothing is above it | job",
		}},

		{name: "no failures", trace: `
run [0 100] @engine
  call [10 20] client http.response.status_code=404`},
		{name: "the span above is no origin, nor is one that is ok in between", trace: `
run [0 100] @engine fail:own_reason
  step [5 50] ok
    call [10 20] client fail:busy`, want: []string{
			"critical 100ms: run (engine) failed: own reason; nothing is above it | run",
			"warning 10ms: call (engine) failed: busy; step (engine), which called it, did not fail | call",
		}},
		{name: "an event that is no failure", trace: `
run [0 100] @engine !exception+5
  call [10 20] client`},
	})
}
