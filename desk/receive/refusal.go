// SPDX-License-Identifier: Apache-2.0

package receive

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	statuspb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/sidetrace/sidetrace/desk/internal/guard"
)

// A Reason is why a request was refused, as the label of a metric.
type Reason string

// The reasons.
const (
	Malformed    Reason = "malformed"    // the body is not what it is said to be
	TooLarge     Reason = "too_large"    // it exceeds a limit
	Busy         Reason = "busy"         // back pressure: there is no room at the moment
	Unavailable  Reason = "unavailable"  // the sink failed
	TooSlow      Reason = "too_slow"     // it did not come, or was not kept, in time
	Unauthorized Reason = "unauthorized" // the token is missing or wrong
	Forbidden    Reason = "forbidden"    // it comes from a page of another site, or is meant for another host
	Unsupported  Reason = "unsupported"  // an unknown path, method, type or encoding
)

// reasons are all of them, and how they are answered. Which codes have clients
// come again is laid down by the OTLP specification, "Failures": a request that is
// too slow is not 408, for they would drop what it holds.
var reasons = []struct {
	reason Reason
	http   int
	grpc   codes.Code
	retry  bool
}{
	{Malformed, http.StatusBadRequest, codes.InvalidArgument, false},
	{TooLarge, http.StatusRequestEntityTooLarge, codes.ResourceExhausted, false},
	{Busy, http.StatusTooManyRequests, codes.ResourceExhausted, true},
	{Unavailable, http.StatusServiceUnavailable, codes.Unavailable, true},
	{TooSlow, http.StatusServiceUnavailable, codes.DeadlineExceeded, true},
	{Unauthorized, http.StatusUnauthorized, codes.Unauthenticated, false},
	{Forbidden, http.StatusForbidden, codes.PermissionDenied, false},
	{Unsupported, http.StatusNotFound, codes.Unimplemented, false},
}

// retryAfter is when a client is to come again that nobody has said it to.
const retryAfter = time.Second

// A refusal is a request that is not taken.
type refusal struct {
	reason  Reason
	message string
	after   time.Duration // zero: retryAfter, for reasons that pass
	status  int           // of HTTP, if it is not that of the reason
	code    codes.Code    // of gRPC, likewise
	header  http.Header   // for the answer over HTTP
}

// Error is the message.
func (r *refusal) Error() string { return r.message }

func refuse(reason Reason, format string, args ...any) *refusal {
	return &refusal{reason: reason, message: fmt.Sprintf(format, args...)}
}

// refusalOf is an error as a refusal.
func refusalOf(err error) *refusal {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r
	}
	if d, ok := errors.AsType[*guard.Denied](err); ok {
		if d.Status == http.StatusUnauthorized {
			return &refusal{reason: Unauthorized, message: d.Message, header: http.Header{"Www-Authenticate": {`Bearer realm="desk"`}}}
		}
		return &refusal{reason: Forbidden, message: d.Message}
	}
	return &refusal{reason: Unavailable, message: "the server failed: try again later"}
}

// codes are the refusal's in both protocols, and when the client is to come again,
// 0 for never.
func (r *refusal) codes() (status int, code codes.Code, after time.Duration) {
	for _, known := range reasons {
		if known.reason != r.reason {
			continue
		}
		status, code = known.http, known.grpc
		if known.retry {
			after = cmp.Or(r.after, retryAfter)
		}
	}
	return cmp.Or(r.status, status), cmp.Or(r.code, code), after
}

// proto is the refusal as both protocols describe it, with the details that the
// OTLP specification asks for ("Failures", "Bad Data").
func (r *refusal) proto() *statuspb.Status {
	_, code, after := r.codes()
	s := &statuspb.Status{Code: int32(code), Message: r.message}
	var detail proto.Message
	switch {
	case after > 0:
		detail = &errdetails.RetryInfo{RetryDelay: durationpb.New(after)}
	case r.reason == Malformed:
		detail = &errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: "body", Description: r.message}}}
	default:
		return s
	}
	if packed, err := anypb.New(detail); err == nil { // it never fails for these
		s.Details = append(s.Details, packed)
	}
	return s
}
