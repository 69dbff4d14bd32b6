// SPDX-License-Identifier: Apache-2.0

package receive_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/sidetrace/sidetrace/desk/receive"
	"github.com/sidetrace/sidetrace/internal/otlptest"
)

// full is what a sink without room returns.
type full struct{ after time.Duration }

func (f full) Error() string             { return "the disk is full" }
func (f full) RetryAfter() time.Duration { return f.after }

// retryInfo is when a client over gRPC is to come again, 0 for never.
func retryInfo(s *status.Status) time.Duration {
	for _, d := range s.Details() {
		if info, ok := d.(*errdetails.RetryInfo); ok {
			return info.GetRetryDelay().AsDuration()
		}
	}
	return 0
}

// A sink that fails is no loss: the client is asked to come again, and is not told
// what is going on within.
func TestSinkFails(t *testing.T) {
	for _, tt := range []struct {
		name   string
		fail   func(context.Context) error
		status int
		header string
		code   codes.Code
		after  time.Duration
		said   string
		report string // empty: nothing
		reason receive.Reason
	}{
		{"full", func(context.Context) error { return fmt.Errorf("store: %w", full{1500 * time.Millisecond}) },
			http.StatusTooManyRequests, "2", codes.ResourceExhausted, 1500 * time.Millisecond, "no room", "", receive.Busy},
		{"full without a time", func(context.Context) error { return full{} },
			http.StatusTooManyRequests, "1", codes.ResourceExhausted, time.Second, "no room", "", receive.Busy},
		{"broken", func(context.Context) error { return errors.New("write secret.log: input/output error") },
			http.StatusServiceUnavailable, "1", codes.Unavailable, time.Second, "the spans could not be kept: come again", "secret.log: input/output error", receive.Unavailable},
		{"slow", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
			http.StatusServiceUnavailable, "1", codes.DeadlineExceeded, time.Second, "not kept in time", "", receive.TooSlow},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var reported atomic.Value
			s := start(t, receive.Config{Limits: receive.Limits{Time: 300 * time.Millisecond}, Report: func(err error) { reported.Store(err.Error()) }})
			s.failing(tt.fail)
			body := marshal(t, request(aSpan("good", nil)))
			a := s.post(t, "/v1/traces", body, "Content-Type", protobuf)
			assert.Equal(t, tt.status, a.StatusCode)
			assert.Equal(t, tt.header, a.Header.Get("Retry-After"))
			assert.Contains(t, statusOf(t, a).Message, tt.said)
			assert.NotContains(t, statusOf(t, a).Message, "secret")

			conn := s.dial(t)
			in := &coltrace.ExportTraceServiceRequest{ResourceSpans: request(aSpan("good", nil)).ResourceSpans}
			_, err := coltrace.NewTraceServiceClient(conn).Export(t.Context(), in)
			got := status.Convert(err)
			assert.Equal(t, tt.code, got.Code())
			assert.Equal(t, tt.after, retryInfo(got))
			assert.NotContains(t, got.Message(), "secret")

			if tt.report != "" {
				assert.Contains(t, reported.Load(), tt.report)
			} else {
				assert.Nil(t, reported.Load())
			}
			stats := s.Stats()
			assert.EqualValues(t, 2, stats.Refused[tt.reason])
			assert.Zero(t, stats.Traces)
			s.failing(nil)
			assert.Empty(t, exportRaw(t, conn, receive.Traces, body), "it works again")
			assert.Len(t, s.spans(t), 1)
		})
	}
}

// A client that gives up gets no answer, and its request does not stay.
func TestClientGivesUp(t *testing.T) {
	s := start(t, receive.Config{})
	s.failing(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	in := &coltrace.ExportTraceServiceRequest{ResourceSpans: request(aSpan("good", nil)).ResourceSpans}
	_, err := coltrace.NewTraceServiceClient(s.dial(t)).Export(ctx, in)
	assert.Equal(t, codes.DeadlineExceeded, status.Code(err))
	otlptest.Wait(t, "the request's end", func() bool { return s.Stats().InFlightBytes == 0 })
}

// When all that may be in flight is, clients are asked to come again, by either
// protocol; when there is room again, they are taken.
func TestBackPressure(t *testing.T) {
	s := start(t, receive.Config{Limits: receive.Limits{MessageBytes: limit, DecompressedBytes: limit, InFlightBytes: 2 * limit, Wait: 50 * time.Millisecond}})
	release := make(chan struct{})
	var inside sync.WaitGroup
	inside.Add(2)
	s.failing(func(context.Context) error { inside.Done(); <-release; return nil })
	// Exactly as long as may be, so that two of them are all.
	body := marshal(t, request(aSpan("long", func(s *tracepb.Span) { s.TraceState = strings.Repeat("x", limit-100) })))
	body = protowire.AppendBytes(protowire.AppendTag(body, 999, protowire.BytesType), make([]byte, limit-len(body)-3))
	require.Len(t, body, limit)

	answers := make(chan int, 2)
	for range 2 {
		go func() {
			r, err := http.NewRequest(http.MethodPost, "http://"+s.http+"/v1/traces", bytes.NewReader(body))
			if err == nil {
				answers <- send(t, http.DefaultClient, r, "Content-Type", protobuf).StatusCode
			}
		}()
	}
	inside.Wait()
	assert.EqualValues(t, 2*limit, s.Stats().InFlightBytes)

	small := marshal(t, request(aSpan("small", nil)))
	a := s.post(t, "/v1/traces", small, "Content-Type", protobuf)
	assert.Equal(t, http.StatusTooManyRequests, a.StatusCode)
	assert.Equal(t, "1", a.Header.Get("Retry-After"))
	assert.Contains(t, statusOf(t, a).Message, "no room")
	a = s.post(t, "/v1/traces", body, "Content-Type", protobuf)
	assert.Equal(t, http.StatusTooManyRequests, a.StatusCode, "also one that is still on its way")
	in := &coltrace.ExportTraceServiceRequest{ResourceSpans: request(aSpan("small", nil)).ResourceSpans}
	_, err := coltrace.NewTraceServiceClient(s.dial(t)).Export(t.Context(), in)
	assert.Equal(t, codes.ResourceExhausted, status.Code(err))
	assert.Equal(t, time.Second, retryInfo(status.Convert(err)))
	assert.EqualValues(t, 3, s.Stats().Refused[receive.Busy])

	close(release)
	assert.Equal(t, http.StatusOK, <-answers)
	assert.Equal(t, http.StatusOK, <-answers)
	s.failing(nil)
	assert.Zero(t, s.overHTTP(t, receive.Traces, small))
	assert.Len(t, s.spans(t), 3)
}

// A request that must wait for room is taken as soon as there is some.
func TestWaitingForRoom(t *testing.T) {
	s := start(t, receive.Config{Limits: receive.Limits{MessageBytes: 1 << 10, DecompressedBytes: 1 << 10, InFlightBytes: 2 << 10, Wait: 10 * time.Second}})
	body := marshal(t, request(aSpan("x", nil)))
	const requests = 200
	slots := make(chan struct{}, 1)
	s.failing(func(context.Context) error { slots <- struct{}{}; <-slots; return nil })
	var group sync.WaitGroup
	for range requests {
		group.Go(func() { assert.Zero(t, s.overHTTP(t, receive.Traces, body)) })
	}
	group.Wait()
	assert.Len(t, s.spans(t), requests)
	require.Empty(t, s.Stats().Refused)
}
