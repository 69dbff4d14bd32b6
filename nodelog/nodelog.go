// SPDX-License-Identifier: Apache-2.0

// Package nodelog records what each node of an agent run or workflow got, gave
// and cost: one JSON record per request.
//
// A [TraceLog] is the record of one request, a [NodeLog] that of one executed
// node in it. Their JSON is the NodeTraceLog of the original tracing package,
// version v2.0.0, key for key. A [Recorder] begins TraceLogs and hands their
// JSON to a [Sink] when they end; strings above a threshold go to an
// [Offloader] on the way and leave a link in their place.
//
// Values are turned into JSON when they are given, not when the record ends:
// what a caller changes afterwards does not change the record. A value that
// JSON cannot hold becomes a string that says so and costs no more than itself.
//
// # Concurrency
//
// All methods of all types may be called from several goroutines at once, and
// on nil receivers, where they do nothing.
package nodelog

import (
	"log/slog"
	"time"
)

// Version is the version of the record's format.
const Version = "v2.0.0"

// DefaultThreshold is the length in bytes above which a string is offloaded.
const DefaultThreshold = 5 << 10

// maxLogs bounds the lines of a node, which a loop could otherwise fill without
// end. Those beyond are counted in one more line.
const maxLogs = 10_000

// Node names a node of a workflow or agent.
type Node struct {
	// ID is the node's id in the workflow, such as "spark-llm::a1".
	ID string
	// Type is its kind, such as "spark-llm".
	Type string
	// Name is for people.
	Name string
	// FuncID, FuncType and FuncName name the function that implements the
	// node. Empty ones are the node's own three.
	FuncID, FuncType, FuncName string
}

// Usage counts the tokens of model calls.
type Usage struct {
	// QuestionTokens are those of the user's question alone, PromptTokens those
	// of all that the model was given, CompletionTokens those it returned.
	QuestionTokens, PromptTokens, CompletionTokens int
	// TotalTokens is the model's own total. Zero means PromptTokens and
	// CompletionTokens together.
	TotalTokens int
}

func (u Usage) plus(v Usage) Usage {
	return Usage{
		QuestionTokens:   u.QuestionTokens + v.QuestionTokens,
		PromptTokens:     u.PromptTokens + v.PromptTokens,
		CompletionTokens: u.CompletionTokens + v.CompletionTokens,
		TotalTokens:      u.TotalTokens + v.TotalTokens,
	}
}

func (u Usage) totalled() Usage {
	if u.TotalTokens == 0 {
		u.TotalTokens = u.PromptTokens + u.CompletionTokens
	}
	return u
}

// Offloader takes large strings, as *oss.Offloader does.
type Offloader interface {
	// Offload returns a link to text at once. It answers ok = false when it
	// cannot take it, and text stays in the record.
	Offload(text string) (link string, ok bool)
}

// levelName returns the record's name of a level.
func levelName(l slog.Level) string {
	switch {
	case l < slog.LevelInfo:
		return "DEBUG"
	case l < slog.LevelWarn:
		return "INFO"
	case l < slog.LevelError:
		return "WARN"
	}
	return "ERROR"
}

func millis(d time.Duration) int64 { return d.Milliseconds() }
