// SPDX-License-Identifier: Apache-2.0

package agentrun_test

import (
	"fmt"
	"log"
	"strings"

	"github.com/sidetrace/sidetrace/desk/analysis/agentrun"
)

func ExampleRollUp() {
	prices, err := agentrun.ReadPrices(strings.NewReader(`{"currency": "USD", "prices": [{"model": "gpt-5*", "input": 1.25, "output": 10}]}`))
	if err != nil {
		log.Fatal(err)
	}
	trace := tree(
		at(-1, "invoke_agent planner", 0, 900, "gen_ai.operation.name", "invoke_agent", "gen_ai.usage.input_tokens", 3000, "gen_ai.usage.output_tokens", 200),
		at(0, "chat gpt-5", 10, 300, "gen_ai.operation.name", "chat", "gen_ai.request.model", "gpt-5", "gen_ai.usage.input_tokens", 1000, "gen_ai.usage.output_tokens", 50),
		at(0, "execute_tool search", 310, 400, "gen_ai.operation.name", "execute_tool"),
		at(0, "chat gpt-5", 410, 880, "gen_ai.operation.name", "chat", "gen_ai.request.model", "gpt-5", "gen_ai.usage.input_tokens", 2000, "gen_ai.usage.output_tokens", 150),
	)
	run := agentrun.RollUp(trace, nil, prices)
	fmt.Println(run.Usage.Input, run.Usage.Output, run.ModelCalls, run.ToolCalls)
	fmt.Println(run.Cost.Computed)
	for _, r := range run.Repeats {
		fmt.Println(trace.Nodes[r.Span].Span.Name, r.Reason)
	}
	// Output:
	// 3000 200 2 1
	// [{USD 5750000}]
	// invoke_agent planner repeated
}
