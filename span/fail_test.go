// SPDX-License-Identifier: Apache-2.0

package span_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/sidetrace/sidetrace/span"
	"github.com/sidetrace/sidetrace/span/spantest"
)

// apiError hides what it wraps.
type apiError struct {
	code int
	err  error
}

func (e *apiError) Error() string { return fmt.Sprint("api error ", e.code) }
func (e *apiError) Unwrap() error { return e.err }

type typed struct{}

func (typed) Error() string     { return "quota used up" }
func (typed) ErrorType() string { return "rate_limited" }

type grumpy struct{}

func (grumpy) Error() string   { panic("no comment") }
func (grumpy) Is(error) bool   { panic("not telling") }
func (*selfish) Error() string { return "me" }

type selfish struct{}

func (e *selfish) Unwrap() error { return e }

type careless struct{ err error }

func (*careless) Error() string   { return "careless" }
func (c *careless) Unwrap() error { return c.err }

func fail(t *testing.T, err error) sdktrace.ReadOnlySpan {
	t.Helper()
	rec := spantest.New(t)
	_, s := span.Start(rec.Context(t.Context()), "failing")
	s.Fail(err)
	s.End()
	return rec.Span("failing")
}

func TestFail(t *testing.T) {
	_, notFound := os.Open("/does/not/exist")
	const pkg = "github.com/sidetrace/sidetrace/span_test"
	for _, tt := range []struct {
		name, typ, message string
		err                error
	}{
		{"plain", "*errors.errorString", "boom", errors.New("boom")},
		{"wrapped plain", "*fmt.wrapError", "plan: boom", fmt.Errorf("plan: %w", errors.New("boom"))},
		{"wrapped", "*io/fs.PathError", "plan: read: open /does/not/exist: no such file or directory",
			fmt.Errorf("plan: %w", fmt.Errorf("read: %w", notFound))},
		{"hidden cause", "*" + pkg + ".apiError",
			"call: api error 503\ncaused by *io/fs.PathError: open /does/not/exist: no such file or directory",
			fmt.Errorf("call: %w", &apiError{503, notFound})},
		{"joined", "*io/fs.PathError", "one\nopen /does/not/exist: no such file or directory",
			errors.Join(errors.New("one"), notFound)},
		{"joined below", "*" + pkg + ".apiError",
			"api error 1\ncaused by *errors.joinError: one\ntwo",
			&apiError{1, errors.Join(errors.New("one"), errors.New("two"))}},
		{"own type", "rate_limited", "call: quota used up", fmt.Errorf("call: %w", typed{})},
		{"deadline", "context.deadlineExceededError", "call: context deadline exceeded", fmt.Errorf("call: %w", context.DeadlineExceeded)},
		{"panics in Error", pkg + ".grumpy", "!(panic while asking for the text: no comment)", grumpy{}},
		{"wraps itself", "*" + pkg + ".selfish", "me", &selfish{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := fail(t, tt.err)
			require.Len(t, s.Events(), 1)
			e := s.Events()[0]
			assert.Equal(t, "exception", e.Name)
			assert.Equal(t, tt.typ, spantest.EventAttr(e, "exception.type").AsString())
			assert.Equal(t, tt.message, spantest.EventAttr(e, "exception.message").AsString())
			assert.Equal(t, tt.typ, spantest.Attr(s, "error.type").AsString())
			assert.Equal(t, codes.Error, s.Status().Code)
			assert.Equal(t, tt.message, s.Status().Description)
			stack := spantest.EventAttr(e, "exception.stacktrace").AsString()
			first, rest, _ := strings.Cut(stack, "\n")
			assert.Equal(t, pkg+".fail()", first, "the stack begins at the call of Fail")
			assert.Contains(t, rest, "fail_test.go:")
		})
	}
	assert.Equal(t, codes.Unset, fail(t, nil).Status().Code)
}

func TestFailOnce(t *testing.T) {
	rec := spantest.New(t)
	_, s := span.Start(rec.Context(t.Context()), "once")
	err := fmt.Errorf("inner: %w", fs.ErrNotExist)
	s.Fail(err)
	s.Fail(err)
	s.Fail(fmt.Errorf("outer: %w", err))
	s.Fail(fs.ErrNotExist)
	s.Fail(errors.New("another"))
	s.Fail(grumpy{})
	s.End()
	var got []string
	for _, e := range rec.Span("once").Events() {
		got = append(got, spantest.EventAttr(e, "exception.message").AsString())
	}
	assert.Equal(t, []string{"inner: file does not exist", "another", "!(panic while asking for the text: no comment)"}, got)
}

func TestStackIsBounded(t *testing.T) {
	rec := spantest.New(t)
	_, s := span.Start(rec.Context(t.Context()), "deep")
	var down func(int)
	down = func(n int) {
		if n == 0 {
			s.Fail(errors.New("at the bottom"))
			return
		}
		down(n - 1)
	}
	down(1000)
	s.End()
	stack := spantest.EventAttr(rec.Span("deep").Events()[0], "exception.stacktrace").AsString()
	assert.LessOrEqual(t, len(stack), 4100)
	assert.Contains(t, stack, "TestStackIsBounded")
}

func explode(ctx context.Context, p any) {
	_, s := span.Start(ctx, "inner")
	defer s.End()
	if p == nil {
		m := map[string]int(nil)
		//lint:ignore SA5000 the panic is what is wanted
		m["x"] = 1
	}
	panic(p)
}

func TestPanic(t *testing.T) {
	for _, tt := range []struct {
		name      string
		value     any
		typ, text string
	}{
		{"string", "oh no", "string", "panic: oh no"},
		{"error", fmt.Errorf("wrapped: %w", &apiError{1, nil}), "*github.com/sidetrace/sidetrace/span_test.apiError", "panic: wrapped: api error 1"},
		{"runtime error", nil, "runtime.plainError", "panic: assignment to entry in nil map"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rec := spantest.New(t)
			ctx, outer := span.Start(rec.Context(t.Context()), "outer")
			got := func() (got any) {
				defer func() { got = recover() }()
				defer outer.End()
				explode(ctx, tt.value)
				return nil
			}()
			require.NotNil(t, got, "the panic goes on")
			if tt.value != nil {
				assert.Equal(t, tt.value, got)
			}
			for _, name := range []string{"inner", "outer"} {
				s := rec.Span(name)
				require.Len(t, s.Events(), 1, name)
				e := s.Events()[0]
				assert.Equal(t, "exception", e.Name)
				assert.Contains(t, spantest.EventAttr(e, "exception.message").AsString(), tt.text)
				if tt.value != nil {
					assert.Equal(t, tt.typ, spantest.EventAttr(e, "exception.type").AsString())
				}
				first, _, _ := strings.Cut(spantest.EventAttr(e, "exception.stacktrace").AsString(), "\n")
				assert.Equal(t, "github.com/sidetrace/sidetrace/span_test.explode()", first, "%s: the stack begins where the panic did", name)
				assert.Equal(t, codes.Error, s.Status().Code)
			}
		})
	}
}

// A handler that aborts its response on purpose has not failed.
func TestAbortIsNoFailure(t *testing.T) {
	rec := spantest.New(t)
	assert.PanicsWithValue(t, http.ErrAbortHandler, func() { explode(rec.Context(t.Context()), http.ErrAbortHandler) })
	assert.Empty(t, rec.Span("inner").Events())
	assert.Equal(t, codes.Unset, rec.Span("inner").Status().Code)
}

func TestCapturePanic(t *testing.T) {
	rec := spantest.New(t)
	ctx, s := span.Start(rec.Context(t.Context()), "captured")
	for _, ctx := range []context.Context{ctx, t.Context()} {
		assert.PanicsWithValue(t, "up", func() {
			defer span.CapturePanic(ctx)
			explode(ctx, "up")
		})
	}
	func() { defer span.CapturePanic(ctx) }()
	s.Info("goes on")
	s.End()
	events := rec.Span("captured").Events()
	require.Len(t, events, 2)
	assert.Contains(t, spantest.EventAttr(events[0], "exception.stacktrace").AsString(), "span_test.explode()")
}

// What was failed with and is then panicked with is recorded once.
func TestFailThenPanic(t *testing.T) {
	rec := spantest.New(t)
	err := errors.New("both")
	assert.Panics(t, func() {
		_, s := span.Start(rec.Context(t.Context()), "both")
		defer s.End()
		s.Fail(err)
		panic(err)
	})
	assert.Len(t, rec.Span("both").Events(), 1)
}

// A nil pointer in an error is a common mistake.
func TestFailNilPointer(t *testing.T) {
	var none *careless
	got := fail(t, fmt.Errorf("asking: %w", none))
	require.Len(t, got.Events(), 1)
	assert.Contains(t, got.Status().Description, "asking: careless")
}
