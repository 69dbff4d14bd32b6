// SPDX-License-Identifier: Apache-2.0

package nodelog

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
)

// Request is what is known of a request when its TraceLog begins. All fields
// may be empty.
type Request struct {
	// ServiceID is the service or agent that was asked for.
	ServiceID string
	// SID is the session id.
	SID string
	// AppID, UID and ChatID are application, user and conversation.
	AppID, UID, ChatID string
	// Sub is the subsystem.
	Sub string
	// Caller is who called, LogCaller who writes the record.
	Caller, LogCaller string
	// Question is the user's input.
	Question string
	// Start is when the request began. Zero means now.
	Start time.Time
}

// TraceLog is the record of one request.
type TraceLog struct {
	recorder *Recorder // of Begin; nil for New
	start    time.Time
	large    int
	streams  []string

	mu         sync.Mutex // guards what follows
	req        Request
	answer     string
	end        time.Time     // zero until the record has ended
	firstFrame time.Duration // negative until it came
	srv        fields
	code       int
	message    string
	failed     bool
	usage      Usage
	nodes      []*NodeLog
}

// DefaultStreamNodeTypes are the types of nodes that stream to the user.
func DefaultStreamNodeTypes() []string { return []string{"message", "node-end"} }

// New returns a TraceLog without a [Recorder]: End delivers it to nobody, and
// its JSON is for the caller to read.
func New(req Request) *TraceLog {
	return newTraceLog(req, DefaultThreshold, DefaultStreamNodeTypes())
}

func newTraceLog(req Request, large int, streams []string) *TraceLog {
	if req.Start.IsZero() {
		req.Start = time.Now()
	}
	return &TraceLog{req: req, start: req.Start, large: large, streams: streams, firstFrame: -1}
}

// StartNode adds a node, which has started now. A node that is added while the
// record has no first frame, and whose id up to the first ':' is one of the
// types of streaming nodes, sets the first frame to its start.
//
// It returns nil when the record has ended.
func (t *TraceLog) StartNode(n Node) *NodeLog {
	if t == nil {
		return nil
	}
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.end.IsZero() {
		return nil
	}
	kind, _, _ := strings.Cut(n.ID, ":")
	if t.firstFrame < 0 && slices.Contains(t.streams, kind) {
		t.firstFrame = now.Sub(t.start)
	}
	log := newNode(n, now, t.large)
	t.nodes = append(t.nodes, log)
	return log
}

// Identify fills those of session, application, user and conversation that the
// record does not have yet.
func (t *TraceLog) Identify(sid, appID, uid, chatID string) {
	t.update(func() {
		for _, f := range []struct {
			to   *string
			from string
		}{{&t.req.SID, sid}, {&t.req.AppID, appID}, {&t.req.UID, uid}, {&t.req.ChatID, chatID}} {
			if *f.to == "" {
				*f.to = f.from
			}
		}
	})
}

// ServiceID records which service or agent was asked for, where that is known
// only after the record has begun.
func (t *TraceLog) ServiceID(id string) { t.update(func() { t.req.ServiceID = id }) }

// Caller records who called.
func (t *TraceLog) Caller(name string) { t.update(func() { t.req.Caller = name }) }

// Question records the user's input.
func (t *TraceLog) Question(text string) { t.update(func() { t.req.Question = text }) }

// Answer records the final output.
func (t *TraceLog) Answer(text string) { t.update(func() { t.answer = text }) }

// Srv records a fact about the service; it goes to both srv and srv_tag.
func (t *TraceLog) Srv(key, text string) {
	t.update(func() { t.srv.set(key, capture(text, t.large)) })
}

// Status records the outcome; code 0 is success. A later call overrides an
// earlier one.
func (t *TraceLog) Status(code int, message string) {
	t.update(func() { t.code, t.message = code, message })
}

// Code records the code of the outcome and leaves its message.
func (t *TraceLog) Code(code int) { t.update(func() { t.code = code }) }

// Fail records that the request has failed, and why. When it ends without a
// code, that is 1.
func (t *TraceLog) Fail(message string) {
	t.update(func() { t.failed, t.message = true, message })
}

// Outcome is how a request went.
type Outcome struct {
	// Code and Message are those of [TraceLog.Status].
	Code    int
	Message string
	// Failed is whether [TraceLog.Fail] was called.
	Failed bool
}

// Outcome returns what has been recorded so far.
func (t *TraceLog) Outcome() Outcome {
	if t == nil {
		return Outcome{}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return Outcome{t.code, t.message, t.failed}
}

// FirstFrame records that the first frame of the answer has left now. Only the
// first one counts.
func (t *TraceLog) FirstFrame() {
	t.update(func() {
		if t.firstFrame < 0 {
			t.firstFrame = time.Since(t.start)
		}
	})
}

// update runs f under the lock unless the record has ended.
func (t *TraceLog) update(f func()) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.end.IsZero() {
		f()
	}
}

// End ends the record and those of its nodes that have not ended, sums the
// usage and hands the JSON to the Recorder's sink. Only the first call does
// anything. ctx carries the trace that the record belongs to; its cancellation
// is ignored.
func (t *TraceLog) End(ctx context.Context) {
	if t == nil || !t.finish() {
		return
	}
	t.recorder.deliver(ctx, t)
}

// finish reports whether it was this call that ended the record.
func (t *TraceLog) finish() bool {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.end.IsZero() {
		return false
	}
	t.end = now
	if t.failed && t.code == 0 {
		t.code = 1
	}
	for _, n := range t.nodes {
		n.mu.Lock()
		n.endLocked(now)
		t.usage = t.usage.plus(n.usage)
		n.mu.Unlock()
	}
	return true
}
