// SPDX-License-Identifier: Apache-2.0

package finding_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/analysis/finding"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// The traces of two questions to examples/agent: in the first a tool fails and is
// tried again, in the second nothing fails.
func TestDemo(t *testing.T) {
	file, err := os.Open("testdata/demo.json")
	require.NoError(t, err)
	defer file.Close()
	batch, err := format.Read(file)
	require.NoError(t, err)
	want := [][]string{{
		"bottleneck warning 148.42ms: Model (demo-1) › decode (tools) took 148 ms itself, 62 % of the critical path | decode",
		"retry warning 30.753ms: Flights (engine) succeeded at the 2nd attempt, 30.8 ms after the first began, with a pause of 16.1 ms | Flights ×2",
		"nPlusOne warning 29.746ms: SELECT passages (engine) ran 10 times one after the other below Guide: 33.1 ms, on average 3.31 ms | SELECT passages ×10",
		"criticalPath info 238.797ms: 28 of 37 spans make up the 239 ms of POST /v1/chat: decode (tools) 148 ms, SELECT passages (engine) ×10 33.1 ms, look up weather (tools) 25.6 ms | decode, look up weather, look up flights, Plan, POST /run, SELECT passages ×10, agent.v1.Tools/Call ×2, Model, agent.v1.Model/Generate, Guide, agent.v1.Model/Generate, HTTP POST, agent.v1.Tools/Call, Flights, agent.v1.Tools/Call, POST /v1/chat, Weather, End",
		"serialCalls info 33.499ms: Hotels, Weather and Flights together, then Guide: 79.8 ms one after the other, 46.3 ms at once | Hotels, Weather, Flights ×2, Guide",
		"errorOrigin info 14.185ms: look up flights (tools) failed: status.Error: rpc error: code = Unavailable desc = the airline's service is busy; 3 spans above it failed too, up to Flights (engine), and a later attempt succeeded | look up flights, agent.v1.Tools/Call ×2, Flights",
		"offloadedValue info 0s: gen_ai.input.messages of Model (engine) is kept in object storage: file:///srv/demo/engine/objects/4a/4aee92fcab75f375d5462bd03dd8f19b5db4003fbbc09869633ddd37f50d0dd5.txt | Model",
	}, {
		"bottleneck warning 161.686ms: Model (demo-1) › decode (tools) took 162 ms itself, 66 % of the critical path | decode",
		"nPlusOne warning 30.238ms: SELECT passages (engine) ran 10 times one after the other below Guide: 34.4 ms, on average 3.44 ms | SELECT passages ×10",
		"criticalPath info 243.754ms: 24 of 33 spans make up the 244 ms of POST /v1/chat: decode (tools) 162 ms, SELECT passages (engine) ×10 34.4 ms, look up weather (tools) 31.5 ms | decode, look up weather, Plan, SELECT passages ×8, Weather, SELECT passages ×2, Model, POST /run, agent.v1.Model/Generate, Guide, agent.v1.Tools/Call, HTTP POST, agent.v1.Tools/Call, agent.v1.Model/Generate, POST /v1/chat, End",
		"serialCalls info 34.929ms: Weather, Hotels and Flights together, then Guide: 70.5 ms one after the other, 35.6 ms at once | Weather, Hotels, Flights, Guide",
		"offloadedValue info 0s: gen_ai.input.messages of Model (engine) is kept in object storage: file:///srv/demo/engine/objects/1b/1b791c5b9511401efb66dae559cbb36ab9c03ea6b05a2bf1845b0338a74cc7bf.txt | Model",
	}}
	traces := batch.Traces()
	require.Len(t, traces, len(want))
	for i := range traces {
		tree := analysis.Build(traces[i].Spans)
		var got []string
		for _, f := range finding.Find(tree, finding.Options{}) {
			checkSound(t, tree, f)
			got = append(got, string(f.Kind)+" "+summary(tree, f))
		}
		assert.Equal(t, want[i], got)
	}
}
