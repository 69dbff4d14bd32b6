// SPDX-License-Identifier: Apache-2.0

package finding_test

import (
	"testing"

	"github.com/sidetrace/sidetrace/desk/analysis/finding"
)

func TestSlowFirstFrame(t *testing.T) {
	checkKind(t, finding.SlowFirstFrame, []drawn{
		{name: "in seconds", trace: `
run [0 9000] @agent
  chat [0 6000] model=m gen_ai.response.time_to_first_chunk=3.5`, want: []string{
			"warning 3.5s: chat (agent) began to answer after 3.50 s, 58 % of its 6.00 s | chat",
		}},
		{name: "in milliseconds, repeated by the span above", trace: `
run [0 9000] @agent first_frame_duration=2600
  chat [100 6000] model=m ai.response.msToFirstChunk=2500`, want: []string{
			"warning 2.5s: chat (agent) began to answer after 2.50 s, 42 % of its 5.90 s | chat",
		}},
		{name: "an event", trace: `
run [0 9000] @agent
  chat [0 6000] model=m !gen_ai.content.first_token+2100`, want: []string{
			"warning 2.1s: chat (agent) began to answer after 2.10 s, 35 % of its 6.00 s | chat",
		}},
		{name: "an event of a span that is a model by its name alone", trace: `
run [0 9000] @agent
  ask [0 6000] llm.model_name=m !first_token+2100`, want: []string{
			"warning 2.1s: ask (agent) began to answer after 2.10 s, 35 % of its 6.00 s | ask",
		}},
		{name: "a lower limit", trace: `
run [0 900] @agent
  chat [0 600] model=m llm.time_to_first_token_ms=150`, options: finding.Options{FirstFrame: 100e6}, want: []string{
			"warning 150ms: chat (agent) began to answer after 150 ms, 25 % of its 600 ms | chat",
		}},

		{name: "fast enough", trace: `
run [0 9000] @agent
  chat [0 6000] model=m gen_ai.response.time_to_first_chunk=0.8`},
		{name: "an answer in one piece", trace: `
run [0 9000] @agent
  chat [0 3000] model=m gen_ai.response.time_to_first_chunk=2.99`},
		{name: "a time that cannot be", trace: `
run [0 9000] @agent
  chat [0 3000] model=m gen_ai.response.time_to_first_chunk=60000
  chat [3000 6000] model=m gen_ai.response.time_to_first_chunk=-5
  chat [6000 9000] model=m gen_ai.response.time_to_first_chunk=soon`},
		{name: "an event of another name, and of a span that is no model", trace: `
run [0 9000] @agent !first_token+5000
  chat [0 6000] model=m !last_token+2100`},
	})
}
