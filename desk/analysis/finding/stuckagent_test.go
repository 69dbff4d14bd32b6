// SPDX-License-Identifier: Apache-2.0

package finding_test

import (
	"testing"

	"github.com/sidetrace/sidetrace/desk/analysis/finding"
)

func TestStuckAgent(t *testing.T) {
	checkKind(t, finding.StuckAgent, []drawn{
		{name: "equal arguments written in different ways", trace: `
agent [0 1000] @agent
  search [100 180] tool=search args=~{"q": "x", "n": 1}~ result=nothing
  search [300 380] tool=search args=~{"n":1,"q":"x"}~ result=nothing
  search [500 580] tool=search args=~ { "n":1, "q":"x" }~ result=nothing`, want: []string{
			"critical 400ms: the agent called search 3 times in a row with equal arguments and got the same each time: 400 ms after the first turn | search ×3",
		}},
		{name: "models in between are paid for", trace: `
agent [0 1000] @agent gen_ai.operation.name=invoke_agent
  chat [0 80] *4+200 model=m tokens=100+10
  search [100 180] *3+200 tool=search args={"q":"x"} result=nothing`, want: []string{
			"critical 400ms 220 tokens: the agent called search 3 times in a row with equal arguments and got the same each time: 400 ms and 220 tokens after the first turn | search ×3",
		}},
		{name: "A B A B, in the steps of an agent", trace: `
agent [0 1000] @agent
  step [0 100] *2+400
    open [10 90] tool=open args={"f":"a"} result=text
  step [200 300] *2+400
    list [210 290] tool=list args={} result=a`, want: []string{
			"critical 400ms: the agent called open and list in turn, twice with equal arguments and got the same each time: 400 ms after the first turn | open, list, open, list",
		}},
		{name: "A B C A B C A B C counts once", trace: `
agent [0 1000] @agent
  open [0 50] *3+300 tool=open args=a result=1
  list [100 150] *3+300 tool=list args=a result=2
  find [200 250] *3+300 tool=find args=a result=3`, want: []string{
			"critical 600ms: the agent called open and list and find in turn, 3 times with equal arguments and got the same each time: 600 ms after the first turn | open, list, find, open, list, find, open, list, find",
		}},
		{name: "results that were not recorded", trace: `
agent [0 1000] @agent
  search [100 180] *3+200 openinference.span.kind=TOOL tool.name=search tool.parameters={"q":"x"}`, want: []string{
			"warning 400ms: the agent called search 3 times in a row with equal arguments; what it got was not recorded: 400 ms after the first turn | search ×3",
		}},
		{name: "the same failure each time", trace: `
agent [0 1000] @agent
  search [100 180] *3+200 tool=search args={"q":"x"} fail:denied`, want: []string{
			"critical 400ms: the agent called search 3 times in a row with equal arguments and got the same each time: 400 ms after the first turn | search ×3",
		}},
		{name: "far from each other with the same result", trace: `
agent [0 2000] @agent gen_ai.operation.name=invoke_agent
  list [0 50] *3+500 tool=list args={} result=a
  chat [70 90] *3+500 model=m tokens=9+1
  open [100 150] *3+500 tool=open args={"f":"#"} result=text#
  chat [450 490] *3+500 model=m tokens=90+10`, want: []string{
			"warning 100ms 200 tokens: the agent called list 3 times with equal arguments and got the same each time: 100 ms and 200 tokens again | list ×3",
		}},

		{name: "fewer than the options ask for", trace: `
agent [0 1000] @agent
  search [100 180] *3+200 tool=search args={"q":"x"} result=nothing`, options: finding.Options{EqualToolCalls: 4}},
		{name: "the words of the arguments in another order", trace: `
agent [0 1000] @agent
  search [100 180] tool=search args={"q":"a.b.c","r":"d"} result=nothing
  search [200 280] tool=search args={"q":"d","r":"a.b.c"} result=nothing
  search [300 380] tool=search args={"q":"a.b.c","r":"d"} result=nothing`},
		{name: "twice", trace: `
agent [0 1000] @agent
  search [100 180] *2+200 tool=search args={"q":"x"} result=nothing`},
		{name: "different arguments", trace: `
agent [0 1000] @agent
  search [100 180] *5+150 tool=search args={"q":"x#"} result=nothing`},
		{name: "polling until it changes", trace: `
agent [0 2000] @agent
  status [100 180] *5+200 tool=status args={"id":1} result=pending
  status [1100 1180] tool=status args={"id":1} result=done`},
		{name: "polling what changes all the time", trace: `
agent [0 2000] @agent
  status [100 180] *5+200 tool=status args={"id":1} result=#%`},
		{name: "polling with something else in between", trace: `
agent [0 2000] @agent
  status [100 180] *4+200 tool=status args={"id":1} result=pending
  think [200 250] *4+200 tool=think args={} result=ok
  status [1100 1180] tool=status args={"id":1} result=done`},
		{name: "samples at once", trace: `
agent [0 1000] @agent
  search [100 180] *4+1 tool=search args={"q":"x"} result=nothing`},
		{name: "different agents", trace: `
run [0 1000] @agent
  agent [0 200] *4+200 gen_ai.operation.name=invoke_agent
    search [10 180] tool=search args={"q":"x"} result=nothing`},
		{name: "arguments that were not recorded", trace: `
agent [0 1000] @agent
  search [100 180] *4+200 tool=search`},
		{name: "one call that two instrumentations recorded", trace: `
agent [0 1000] @agent
  search [100 180] *2+200 tool=search args={"q":"x"} result=nothing
    search [110 170] tool=search args={"q":"x"} result=nothing`},
		{name: "reading again after each change", trace: `
agent [0 2000] @agent
  read [0 50] *4+400 tool=read args={"f":"a"} result=version#
  edit [100 150] *4+400 tool=edit args={"f":"a","v":#} result=ok`},
		{name: "ids that differ beyond 53 bits", trace: `
agent [0 1000] @agent
  get [100 150] tool=get args={"id":9007199254740993} result=nothing
  get [200 250] tool=get args={"id":9007199254740992} result=nothing
  get [300 350] tool=get args={"id":9007199254740993} result=nothing`},
	})
}
