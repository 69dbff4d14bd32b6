// SPDX-License-Identifier: Apache-2.0

package finding_test

import (
	"testing"

	"github.com/sidetrace/sidetrace/desk/analysis/finding"
)

func TestOffloadedValue(t *testing.T) {
	checkKind(t, finding.OffloadedValue, []drawn{
		{name: "a prompt, as Sidetrace writes it", trace: `
run [0 100] @agent
  chat [0 90] model=m gen_ai.input.messages=~trace_link: s3://traces/ab/cd.txt~`, want: []string{
			"info 0s: gen_ai.input.messages of chat (agent) is kept in object storage: s3://traces/ab/cd.txt | chat",
		}},
		{name: "any attribute, of several spans", trace: `
run [0 100] @agent
  load [0 10] *3+10 body=~trace_link: file:///srv/objects/#.txt~`, want: []string{
			"info 0s: body of load (agent) is kept in object storage: file:///srv/objects/0.txt; the same at 2 other places | load",
		}},
		{name: "a message that is the URL of an object", trace: `
run [0 100] @agent
  chat [0 90] model=m gen_ai.output.messages=gs://bucket/x gen_ai.prompt=s3://bucket/y`, want: []string{
			"info 0s: gen_ai.prompt of chat (agent) is kept in object storage: s3://bucket/y | chat",
			"info 0s: gen_ai.output.messages of chat (agent) is kept in object storage: gs://bucket/x | chat",
		}},
		{name: "former names, one attribute for two purposes", trace: `
run [0 100] @agent
  llm [0 90] openinference.span.kind=LLM input.value=s3://bucket/x`, want: []string{
			"info 0s: input.value of llm (agent) is kept in object storage: s3://bucket/x | llm",
		}},

		{name: "a message with a URL in it", trace: `
run [0 100] @agent
  chat [0 90] model=m gen_ai.input.messages=~s3://bucket/y is broken, why?~`},
		{name: "a file that a span is about", trace: `
run [0 100] @agent
  read [0 90] file.path=s3://bucket/y`},
		{name: "words that only look so", trace: `
run [0 100] @agent
  read [0 90] note=trace_linked title=~see trace_link: above~`},
	})
}
