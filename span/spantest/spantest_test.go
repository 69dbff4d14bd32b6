// SPDX-License-Identifier: Apache-2.0

package spantest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/otel/attribute"

	"github.com/sidetrace/sidetrace/span"
	"github.com/sidetrace/sidetrace/span/spantest"
)

// failing keeps what a test would fail with.
type failing struct {
	testing.TB
	said string
}

func (*failing) Helper()        {}
func (*failing) Cleanup(func()) {}
func (f *failing) Fatalf(format string, args ...any) {
	f.said = fmt.Sprintf(format, args...)
	panic(f)
}

func TestRecorder(t *testing.T) {
	f := &failing{TB: t}
	rec := spantest.New(f)
	for range 2 {
		_, s := span.Start(rec.Context(t.Context()), "twice")
		s.Info("", attribute.Int("n", 1))
		s.End()
	}
	for name, want := range map[string]string{
		"twice":   `2 spans are named "twice"; the ended ones are "twice, twice"`,
		"missing": `0 spans are named "missing"; the ended ones are "twice, twice"`,
	} {
		assert.Panics(t, func() { rec.Span(name) })
		assert.Equal(t, want, f.said)
	}
	s := rec.Ended()[0]
	assert.EqualValues(t, 1, spantest.EventAttr(s.Events()[0], "n").AsInt64())
	assert.Equal(t, attribute.Value{}, spantest.Attr(s, "missing"))
}
