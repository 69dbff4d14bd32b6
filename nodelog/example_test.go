// SPDX-License-Identifier: Apache-2.0

package nodelog_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/sidetrace/sidetrace/nodelog"
)

func ExampleTraceLog() {
	record := nodelog.New(nodelog.Request{SID: "svc002b0007@hf18bcfe568000203802", Question: "Is it warm?"})
	model := record.StartNode(nodelog.Node{ID: "llm::1", Type: "llm", Name: "Model"})
	model.Input("prompt", "Is it warm in Lisbon?")
	model.Output("text", "Yes.")
	model.Usage(nodelog.Usage{PromptTokens: 6, CompletionTokens: 2})
	model.End()
	record.Answer("Yes.")
	record.End(context.Background())

	var read struct {
		Question, Answer string
		Usage            struct {
			Total int `json:"total_tokens"`
		}
		Trace []struct {
			ID   string `json:"node_id"`
			Data struct{ Input map[string]any }
		}
	}
	if err := json.Unmarshal(record.AppendJSON(nil), &read); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(read.Question, read.Answer, read.Usage.Total)
	fmt.Println(read.Trace[0].ID, read.Trace[0].Data.Input)
	// Output:
	// Is it warm? Yes. 8
	// llm::1 map[prompt:Is it warm in Lisbon?]
}

// printSink writes records to the terminal.
type printSink struct{}

func (printSink) Write(_ context.Context, r nodelog.Record) error {
	fmt.Println(r.SID, r.Code, json.Valid(r.JSON))
	return nil
}

func ExampleRecorder() {
	recorder := nodelog.NewRecorder(nodelog.RecorderConfig{ServiceID: "travel-agent", Sink: printSink{}})
	record := recorder.Begin(nodelog.Request{SID: "session-1"})
	record.Status(10007, "the model is busy")
	record.End(context.Background())
	// Output: session-1 10007 true
}
