// SPDX-License-Identifier: Apache-2.0

package agentrun

import (
	"cmp"

	"github.com/sidetrace/sidetrace/desk/trace/semconv"
)

// describe fills in what a call does not know of its model and first frame from a
// span around it, or its own.
func (r *rollup) describe(call *Call, s *source) {
	if s.n == nil {
		return
	}
	if call.Provider == "" {
		call.Provider = s.n.Attrs.Text(s.n.Span, semconv.Provider)
	}
	if call.Model == "" {
		call.Model = cmp.Or(s.n.Attrs.Text(s.n.Span, semconv.ResponseModel), s.n.Attrs.Text(s.n.Span, semconv.RequestModel))
		call.asked = s.n.Attrs.Text(s.n.Span, semconv.RequestModel)
	}
	if frame := r.firstFrame(s.span); call.FirstFrame == Unknown && frame != Unknown {
		call.FirstFrame = max(frame+s.n.Span.Start-call.Start, 0)
	}
}

// hearsay fills in what the call does not know and a record says.
func (call *Call) hearsay(c *claim) {
	if call.Model == "" {
		call.Model = c.model
	}
	if call.FirstFrame == Unknown && c.frame > 0 {
		call.FirstFrame = c.frame
	}
}

// fill takes from a claim what the only call below it does not know, and reports
// whether that was all that the claim says. What repeats others is not the call's.
func (r *rollup) fill(s *source, c *claim, repeats bool) (taken bool) {
	only := s.found[s.scope].only()
	if only == None {
		return false
	}
	call := &r.run.Calls[only]
	before := *call
	r.describe(call, s)
	call.hearsay(c)
	if call.Usage.IsZero() && !c.usage.IsZero() && !repeats {
		call.Usage, call.Added, call.From, call.FromRecord = c.usage, c.added, s.span, c.record
		taken = true
	} else {
		call.learn(c.usage)
	}
	if call.Reported.Nano == 0 && c.reported > 0 {
		call.Reported = dollars(c.reported)
		taken = taken || c.usage.IsZero()
	}
	s.found.update(s.scope, only, &before, call)
	return taken
}

// learn completes the usage of a call by what a claim around it says of the same
// numbers.
func (call *Call) learn(around Usage) {
	u := &call.Usage
	if cache := u.Cached + u.CacheWritten; cache > 0 && around.Input == u.Input+cache && (around.Output == 0 || around.Output == u.Output) {
		u.Input, u.Total, call.Added = around.Input, u.Total+cache, true
	}
	if u.isTotal() && around.Total == u.Total || u.Input == 0 && around.Output == u.Output {
		u.Input = around.Input
	}
	if u.Output == 0 && around.Input == u.Input {
		u.Output = around.Output
	}
	if around.Input == u.Input && u.Cached == 0 && u.CacheWritten == 0 {
		u.Cached, u.CacheWritten = around.Cached, around.CacheWritten
	}
	if around.Output == u.Output && u.Reasoning == 0 {
		u.Reasoning = around.Reasoning
	}
	u.Total = max(u.Total, u.Input+u.Output)
	if around.equals(*u) {
		u.Total = max(u.Total, around.Total)
	}
}

// beyond is what a claim's cost has in excess of the calls in t. Sums that
// differ by a thousandth are equal: many are rounded.
func (c *claim) beyond(t *tally) int64 {
	excess := c.reported - t.reported
	if excess <= t.reported/1000+int64(t.calls) {
		return 0
	}
	return excess
}

// restOfCost counts the cost that a claim has in excess of several calls, where
// its tokens are theirs: calls that do not report what they cost.
func (r *rollup) restOfCost(s *source, c *claim) {
	t := &s.found[s.scope]
	if t.calls == 0 {
		t = &s.found[ofAll]
	}
	if excess := c.beyond(t); excess > 0 && t.calls > 1 {
		r.newCall(s, &claim{reported: excess, record: c.record}, Rest)
	}
}
