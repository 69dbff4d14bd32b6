// SPDX-License-Identifier: Apache-2.0

// Package web is what the faces of the API have in common: parameters that say
// what is allowed, errors with a code, answers that are compressed and bounded in
// time, and traces that are written as they are read.
package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
)

// A Code says what kind of thing went wrong.
type Code string

// The codes.
const (
	BadParameter Code = "bad_parameter" // a parameter is unknown, missing, or has a bad value
	BadQuery     Code = "bad_query"     // a query cannot be read
	BadFile      Code = "bad_file"      // a file that was sent cannot be read
	NotFound     Code = "not_found"
	BadMethod    Code = "bad_method"
	Unauthorized Code = "unauthorized" // the token is missing or wrong
	Forbidden    Code = "forbidden"    // a page of another site asks, or by another name
	TooLarge     Code = "too_large"    // what was sent is larger than allowed
	Conflict     Code = "conflict"     // it does not go together with what is there
	NoRoom       Code = "no_room"      // there is no room for what was sent at the moment
	Unsupported  Code = "unsupported"  // the source cannot do that
	Busy         Code = "busy"         // too many requests are under way
	TimedOut     Code = "timed_out"
	Internal     Code = "internal"
)

var statuses = map[Code]int{
	BadParameter: http.StatusBadRequest,
	BadQuery:     http.StatusBadRequest,
	BadFile:      http.StatusBadRequest,
	NotFound:     http.StatusNotFound,
	BadMethod:    http.StatusMethodNotAllowed,
	Unauthorized: http.StatusUnauthorized,
	Forbidden:    http.StatusForbidden,
	TooLarge:     http.StatusRequestEntityTooLarge,
	Conflict:     http.StatusConflict,
	NoRoom:       http.StatusTooManyRequests,
	Unsupported:  http.StatusNotImplemented,
	Busy:         http.StatusServiceUnavailable,
	TimedOut:     http.StatusGatewayTimeout,
	Internal:     http.StatusInternalServerError,
}

// An Error is what an answer says went wrong.
type Error struct {
	Code    Code
	Message string // what was wrong and what is allowed
	Column  int    // in a query, in characters from 1; 0: it is not about a place in one
	Cause   error  // nil, or what clients are not told
	// RetryAfter is when it makes sense to try again; 0: not known.
	RetryAfter time.Duration
}

// retryAfter is in whole seconds, at least one.
func (e *Error) retryAfter() string {
	return strconv.FormatInt(int64(max((e.RetryAfter+time.Second-1)/time.Second, 1)), 10)
}

// Error is the message with the cause.
func (e *Error) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("api: %s: %v", e.Message, e.Cause)
	}
	return "api: " + e.Message
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Status is the status of HTTP for the error.
func (e *Error) Status() int { return statuses[e.Code] }

// ErrorOf is what an answer says of an error.
func ErrorOf(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*query.SyntaxError](err); ok {
		return &Error{Code: BadQuery, Message: e.Error(), Column: e.Column}
	}
	if e, ok := errors.AsType[*source.UnsupportedError](err); ok {
		return &Error{Code: Unsupported, Message: fmt.Sprintf("the source of these traces cannot do that: it lacks %v", e.Wanted.Names())}
	}
	switch {
	case errors.Is(err, source.ErrNotFound):
		return &Error{Code: NotFound, Message: "trace not found"}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return &Error{Code: TimedOut, Message: "it took too long: ask for a shorter time range or a narrower query", Cause: err}
	}
	return &Error{Code: Internal, Message: "the traces could not be read", Cause: err}
}

// BadParam is an error of a parameter's value.
func BadParam(name, format string, args ...any) error {
	return &Error{Code: BadParameter, Message: fmt.Sprintf("malformed parameter %s: ", name) + fmt.Sprintf(format, args...)}
}
