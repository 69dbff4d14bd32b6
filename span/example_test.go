// SPDX-License-Identifier: Apache-2.0

package span_test

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/sidetrace/sidetrace/nodelog"
	"github.com/sidetrace/sidetrace/span"
)

// printed is an exporter that writes spans to the terminal.
type printed struct{}

func (printed) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	for _, s := range spans {
		fmt.Printf("%s: %s %q\n", s.Name(), s.Status().Code, s.Status().Description)
		for _, e := range s.Events() {
			fmt.Println(" ", e.Name, e.Attributes[0].Key, e.Attributes[0].Value.String())
		}
	}
	return nil
}

func (printed) Shutdown(context.Context) error { return nil }

// example returns a context whose spans are printed. A service gets its spans to
// where it wants them by sidetrace.Start.
func example() context.Context {
	return span.ContextWithProvider(context.Background(), sdktrace.NewTracerProvider(sdktrace.WithSyncer(printed{})))
}

func ExampleStart() {
	ctx := span.ContextWithIdentity(example(), span.Identity{SID: "session-1", UID: "user-1"})
	ctx, s := span.Start(ctx, "plan", attribute.Int("steps", 3))
	s.Info("asking the model")
	_, child := span.Start(ctx, "ask")
	child.Fail(errors.New("the model is busy"))
	child.End()
	s.End()
	// Output:
	// ask: Error "the model is busy"
	//   exception exception.type *errors.errorString
	// plan: Unset ""
	//   INFO INFO LOG asking the model
}

func ExampleStartNode() {
	record := nodelog.New(nodelog.Request{})
	ctx := span.ContextWithTraceLog(example(), record)
	_, s := span.StartNode(ctx, nodelog.Node{ID: "llm::1", Type: "llm", Name: "Model"})
	s.Node().Input("prompt", "Is it warm?")
	s.Node().Usage(nodelog.Usage{PromptTokens: 4, CompletionTokens: 1})
	s.End()
	record.End(ctx)
	fmt.Println(s.Node().Tokens().TotalTokens)
	// Output:
	// Model: Unset ""
	// 5
}
