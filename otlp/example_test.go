// SPDX-License-Identifier: Apache-2.0

package otlp_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"go.opentelemetry.io/otel/trace"

	"github.com/sidetrace/sidetrace/otlp"
)

// What is exported can be read line by line.
func ExampleNew() {
	dir, err := os.MkdirTemp("", "traces")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	p, err := otlp.New(ctx, otlp.Config{
		Resource: otlp.NewResource(otlp.ResourceConfig{ServiceName: "travel-agent"}),
		File:     otlp.FileConfig{}.In(dir),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, s := p.TracerProvider().Tracer("example").Start(ctx, "plan")
	s.End()
	if err := p.Shutdown(ctx); err != nil { // says what was not delivered
		fmt.Println(err)
	}

	line, err := os.ReadFile(p.Files()[0])
	if err != nil {
		fmt.Println(err)
		return
	}
	var traces struct {
		Level         string
		ResourceSpans []struct {
			ScopeSpans []struct {
				Spans []struct{ Name string }
			}
		}
	}
	err = json.Unmarshal(line, &traces)
	fmt.Println(traces.Level, traces.ResourceSpans[0].ScopeSpans[0].Spans[0].Name, err)
	// Output: INFO plan <nil>
}

func ExampleInject() {
	sc := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{0: 1}, SpanID: trace.SpanID{0: 2}, TraceFlags: trace.FlagsSampled})
	headers := otlp.Inject(trace.ContextWithSpanContext(context.Background(), sc))
	fmt.Println(headers["traceparent"])

	ctx := otlp.Extract(context.Background(), headers)
	fmt.Println(trace.SpanContextFromContext(ctx).IsRemote())
	// Output:
	// 00-01000000000000000000000000000000-0200000000000000-01
	// true
}
