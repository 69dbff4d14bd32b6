// SPDX-License-Identifier: Apache-2.0

package spantest_test

import (
	"context"
	"fmt"
	"testing"

	"go.opentelemetry.io/otel/attribute"

	"github.com/sidetrace/sidetrace/span"
	"github.com/sidetrace/sidetrace/span/spantest"
)

func plan(ctx context.Context) {
	_, s := span.Start(ctx, "plan", attribute.Int("steps", 3))
	defer s.End()
}

func ExampleNew() {
	test := func(t testing.TB) { // func TestPlan(t *testing.T)
		rec := spantest.New(t)
		plan(rec.Context(context.Background()))
		fmt.Println(spantest.Attr(rec.Span("plan"), "steps").AsInt64())
	}
	test(&testing.B{})
	// Output: 3
}
