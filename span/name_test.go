// SPDX-License-Identifier: Apache-2.0

package span

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestFunctionName(t *testing.T) {
	for full, want := range map[string]string{
		"":                                  "unknown",
		"main.main":                         "main",
		"main.run.func1":                    "run",
		"main.run.func1.2":                  "run",
		"main.run.gowrap1":                  "run",
		"main.run-range1":                   "run-range1",
		"example.com/a/agent.Plan":          "Plan",
		"example.com/a/agent.(*Engine).Run": "Engine.Run",
		"example.com/a/agent.(*Engine).Run.func1.2": "Engine.Run",
		"example.com/a/agent.(*Engine[...]).Run":    "Engine.Run",
		"example.com/a/agent.Engine.Run":            "Engine.Run",
		"example.com/a/agent.Engine.Run.func3":      "Engine.Run",
		"example.com/a/agent.Map[...]":              "Map",
		"example.com/a/agent.Map[...].func1":        "Map",
		"example.com/a.b/agent.v2.Plan":             "v2.Plan",
		"example.com/a/agent.glob..func1":           "glob",
		"gopkg.in/yaml%2ev3.Unmarshal":              "Unmarshal",
	} {
		assert.Equal(t, want, functionName(full), full)
	}
}
