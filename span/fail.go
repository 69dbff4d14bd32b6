// SPDX-License-Identifier: Apache-2.0

package span

import (
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"runtime"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// Fail records that the span failed with err: an event "exception" as the
// semantic conventions have it, the status ERROR and the attribute error.type.
// An error that is recorded already, or wraps one that is, or is wrapped by one,
// is not recorded again. Nil does nothing.
//
// This is the Fail to call: that of a node's span fails the node's log too, and
// that of a request's entry the record. [nodelog.NodeLog.Fail] and
// [nodelog.TraceLog.Fail] are for records without spans.
//
// The type is that of the first error in err's chain that says something: one
// with a method ErrorType() string, or of another type than those of fmt, errors
// and the common wrappers. The message holds the text of every error in the
// chain, those joined by [errors.Join] included. The stack is the caller's.
func (s *Span) Fail(err error) {
	if s == nil || err == nil || !s.firstTime(err) {
		return
	}
	s.exception(errorType(err), errorMessage(err), stack(1))
}

func (s *Span) firstTime(err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.failed {
		if related(e, err) {
			return false
		}
	}
	s.failed = append(s.failed, err)
	return true
}

// related reports whether one error is in the chain of the other. The methods
// of foreign errors that it calls may panic.
func related(a, b error) (yes bool) {
	defer func() { _ = recover() }()
	return errors.Is(a, b) || errors.Is(b, a)
}

// panicked records a panic that is on its way up.
func (s *Span) panicked(p any) {
	typ, msg := fmt.Sprintf("%T", p), ""
	if err, ok := p.(error); ok {
		if isAbort(err) || !s.firstTime(err) {
			return
		}
		typ, msg = errorType(err), errorMessage(err)
	} else {
		msg = text(func() string { return fmt.Sprint(p) })
	}
	s.exception(typ, "panic: "+msg, panicStack())
}

// isAbort tells [net/http.ErrAbortHandler], by which a handler ends a response
// on purpose, without depending on net/http.
func isAbort(err error) bool { return errorText(err) == "net/http: abort Handler" }

func (s *Span) exception(typ, msg, stack string) {
	if s.otel.IsRecording() {
		attrs := []attribute.KeyValue{
			semconv.ExceptionType(typ),
			semconv.ExceptionMessage(msg),
			semconv.ExceptionStacktrace(stack),
		}
		s.b.shorten(attrs)
		s.otel.AddEvent(semconv.ExceptionEventName, trace.WithAttributes(attrs...))
		s.otel.SetAttributes(semconv.ErrorTypeKey.String(typ))
		s.otel.SetStatus(codes.Error, shortStatus(msg))
	}
	if s.owns {
		s.node.Fail(msg)
	} else {
		s.node.Log(slog.LevelError, msg)
	}
	s.record.Fail(msg)
}

// plain are types that say nothing about what went wrong.
var plain = map[string]bool{
	"*errors.errorString": true,
	"*errors.joinError":   true,
	"*fmt.wrapError":      true,
	"*fmt.wrapErrors":     true,
	// github.com/pkg/errors
	"*errors.fundamental": true,
	"*errors.withStack":   true,
	"*errors.withMessage": true,
}

// errorType returns the type of the first error in err's tree, depth first, that
// is not plain; otherwise that of err.
func errorType(err error) string {
	typ := ""
	walkErrors(err, func(e error) bool {
		if t, ok := e.(interface{ ErrorType() string }); ok {
			typ = text(t.ErrorType)
		} else if t := typeName(e); !plain[reflect.TypeOf(e).String()] {
			typ = t
		}
		return typ == ""
	})
	if typ == "" {
		return typeName(err)
	}
	return typ
}

// typeName returns a type with its full package path, as the semantic
// conventions ask for.
func typeName(v any) string {
	t, star := reflect.TypeOf(v), ""
	if t.Kind() == reflect.Pointer {
		t, star = t.Elem(), "*"
	}
	if t.PkgPath() == "" {
		return star + t.String()
	}
	return star + t.PkgPath() + "." + t.Name()
}

// errorMessage returns err's text and, on lines of their own, that of the
// errors in its tree that it does not contain.
func errorMessage(err error) string {
	msg := errorText(err)
	walkErrors(err, func(e error) bool {
		if part := errorText(e); !strings.Contains(msg, part) {
			msg += "\ncaused by " + typeName(e) + ": " + part
		}
		return true
	})
	return msg
}

func errorText(err error) string { return text(err.Error) }

// text calls a method of a foreign value.
func text(method func() string) (s string) {
	defer func() {
		if p := recover(); p != nil {
			s = fmt.Sprintf("!(panic while asking for the text: %v)", p)
		}
	}()
	return method()
}

// maxErrors bounds how much of an error's tree is looked at: it may be a cycle.
const maxErrors = 100

// walkErrors calls f for err and the errors it wraps, depth first, until f
// returns false.
func walkErrors(err error, f func(error) bool) {
	left := maxErrors
	var walk func(error) bool
	walk = func(e error) bool {
		if left--; e == nil || left < 0 {
			return true
		}
		if !f(e) {
			return false
		}
		for _, inner := range unwrap(e) {
			if !walk(inner) {
				return false
			}
		}
		return true
	}
	walk(err)
}

// unwrap calls a method of a foreign error, which may panic.
func unwrap(err error) (inner []error) {
	defer func() { _ = recover() }()
	switch u := err.(type) {
	case interface{ Unwrap() error }:
		return []error{u.Unwrap()}
	case interface{ Unwrap() []error }:
		return u.Unwrap()
	}
	return nil
}

// Bounds of a recorded stack: innermost frames, and bytes, so that it is not a
// large value by itself.
const (
	maxFrames = 64
	maxStack  = 4 << 10
)

// stack returns the caller's stack in the form of [runtime.Stack], without the
// innermost skip callers of stack.
func stack(skip int) string {
	var pcs [maxFrames]uintptr
	return formatStack(pcs[:runtime.Callers(2+skip, pcs[:])]) // skip [runtime.Callers, stack]
}

// panicStack is the stack for a deferred function during a panic: that of the
// place where the panic began.
func panicStack() string {
	var pcs [4 * maxFrames]uintptr
	all := pcs[:runtime.Callers(1, pcs[:])]
	for i, pc := range all {
		if functionAt(pc) != "runtime.gopanic" {
			continue
		}
		rest := all[i+1:]
		for len(rest) > 0 && strings.HasPrefix(functionAt(rest[0]), "runtime.") { // sigpanic and its like
			rest = rest[1:]
		}
		if len(rest) > 0 && letsGoOn[functionAt(rest[0])] {
			continue
		}
		return formatStack(rest[:min(len(rest), maxFrames)])
	}
	return formatStack(all)
}

// letsGoOn are the functions that recover a panic to record it and panic again.
var letsGoOn = map[string]bool{ScopeName + ".(*Span).End": true, ScopeName + ".CapturePanic": true}

// functionAt returns the function of a program counter that runtime.Callers gave.
func functionAt(pc uintptr) string {
	frame, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	return frame.Function
}

func formatStack(pcs []uintptr) string {
	var b strings.Builder
	frames := runtime.CallersFrames(pcs)
	for {
		f, more := frames.Next()
		line := f.Function + "()\n\t" + f.File + ":" + strconv.Itoa(f.Line) + "\n"
		if b.Len()+len(line) > maxStack {
			b.WriteString("...\n")
			return b.String()
		}
		b.WriteString(line)
		if !more {
			return b.String()
		}
	}
}
