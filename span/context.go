// SPDX-License-Identifier: Apache-2.0

package span

import (
	"cmp"
	"context"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/sidetrace/sidetrace/nodelog"
)

// Keys of the attributes that every span carries first.
const (
	SIDKey         = attribute.Key("sid")
	AppIDKey       = attribute.Key("app_id")
	UIDKey         = attribute.Key("uid")
	ChatIDKey      = attribute.Key("chat_id")
	SpanVersionKey = attribute.Key("span_version")
)

// Version is the value of [SpanVersionKey].
const Version = "1.0.0"

// Identity says for whom something is done. It is in the context, goes onto
// every span, record and log made under it, and travels to other services as
// W3C baggage; see [Propagator].
type Identity struct {
	// SID is the session id: it follows one request through every service.
	SID string
	// AppID, UID and ChatID are application, user and conversation.
	AppID, UID, ChatID string
}

// or returns id with its empty fields taken from other.
func (id Identity) or(other Identity) Identity {
	return Identity{
		SID:    cmp.Or(id.SID, other.SID),
		AppID:  cmp.Or(id.AppID, other.AppID),
		UID:    cmp.Or(id.UID, other.UID),
		ChatID: cmp.Or(id.ChatID, other.ChatID),
	}
}

// identityLen is how many attributes appendAll appends.
const identityLen = 5

// appendAll appends the attributes that a span of this package begins with.
func (id *Identity) appendAll(attrs []attribute.KeyValue) []attribute.KeyValue {
	return append(attrs,
		SIDKey.String(id.SID),
		AppIDKey.String(id.AppID),
		UIDKey.String(id.UID),
		ChatIDKey.String(id.ChatID),
		SpanVersionKey.String(Version),
	)
}

var nobody = &Identity{}

// frame is what the package keeps in a context. A frame is not changed once its
// context is out, but for adopted.
type frame struct {
	span     *Span // of this package, innermost
	identity *Identity
	node     *nodelog.NodeLog // innermost
	bound    *binding         // of ContextWithProvider

	record *nodelog.TraceLog
	outer  trace.SpanID          // of the span that was current when the record began
	entry  *atomic.Pointer[Span] // of the record

	// adopted is the Span around a current span that another package started.
	adopted atomic.Pointer[Span]
}

type frameKey struct{}

// frameContext is a context with a frame of its own, in one allocation.
type frameContext struct {
	context.Context
	frame frame
}

// Value implements [context.Context].
func (c *frameContext) Value(key any) any {
	if _, ok := key.(frameKey); ok {
		return &c.frame
	}
	return c.Context.Value(key)
}

// noFrame is what a context without a frame has.
var noFrame = &frame{identity: nobody}

func frameOf(ctx context.Context) *frame {
	if ctx == nil {
		return noFrame
	}
	if f, ok := ctx.Value(frameKey{}).(*frame); ok {
		return f
	}
	return noFrame
}

// inherit gives f what its parent has, for the caller to change.
func (f *frame) inherit(parent *frame) {
	f.span, f.identity, f.node = parent.span, parent.identity, parent.node
	f.bound, f.record, f.outer, f.entry = parent.bound, parent.record, parent.outer, parent.entry
}

func (c *frameContext) derive(ctx context.Context) *frame {
	if ctx == nil {
		ctx = context.Background()
	}
	c.Context = ctx
	c.frame.inherit(frameOf(ctx))
	return &c.frame
}

// ContextWithIdentity returns ctx with id, whose empty fields keep what ctx has.
// It may come late, as after a login: the [nodelog.TraceLog] of ctx takes over
// what it lacks, and the entry span of the request gets id too. Other spans that
// have started already keep their attributes.
func ContextWithIdentity(ctx context.Context, id Identity) context.Context {
	c := &struct { // one allocation
		frameContext
		id Identity
	}{}
	f := c.derive(ctx)
	c.id = id.or(*f.identity)
	f.identity = &c.id
	if f.record != nil {
		f.record.Identify(c.id.SID, c.id.AppID, c.id.UID, c.id.ChatID)
		if entry := f.entry.Load(); entry != nil {
			entry.otel.SetAttributes(c.id.known()...)
		}
	}
	return &c.frameContext
}

// IdentityFromContext returns the identity in ctx.
func IdentityFromContext(ctx context.Context) Identity { return *frameOf(ctx).identity }

// ContextWithTraceLog returns ctx with t, the record of the request that ctx
// belongs to. The first span started or current under it, unless it is a node's,
// is the request's entry: what its SetCode and Fail say is said of the request.
func ContextWithTraceLog(ctx context.Context, t *nodelog.TraceLog) context.Context {
	c := &struct { // one allocation
		frameContext
		entry atomic.Pointer[Span]
	}{}
	f := c.derive(ctx)
	f.record, f.node, f.span, f.entry = t, nil, nil, &c.entry
	f.outer = trace.SpanContextFromContext(ctx).SpanID()
	id := f.identity
	t.Identify(id.SID, id.AppID, id.UID, id.ChatID)
	return &c.frameContext
}

// TraceLogFromContext returns the record in ctx, nil if there is none.
func TraceLogFromContext(ctx context.Context) *nodelog.TraceLog { return frameOf(ctx).record }

// ContextWithProvider returns ctx whose root spans belong to p. Processes with
// several providers need it where no middleware has started a span yet.
func ContextWithProvider(ctx context.Context, p trace.TracerProvider) context.Context {
	c := &frameContext{}
	c.derive(ctx).bound = bindingOf(p)
	return c
}

// FromContext returns the Span of the span that is current in ctx, also when
// another package started that. It is nil when nothing is recorded.
func FromContext(ctx context.Context) *Span {
	f := frameOf(ctx)
	current := trace.SpanFromContext(ctx)
	id := current.SpanContext().SpanID()
	if f.span != nil && (f.span.id == id || !id.IsValid()) {
		return f.span
	}
	for _, s := range []*Span{f.adopted.Load(), f.entrySpan()} {
		if s != nil && s.id == id {
			return s
		}
	}
	return f.adopt(current, id)
}

func (f *frame) entrySpan() *Span {
	if f.entry == nil {
		return nil
	}
	return f.entry.Load()
}

// adopt makes a Span around a current span of another package. The first one of
// a record and of a frame is kept there, so that later calls find its state.
func (f *frame) adopt(current trace.Span, id trace.SpanID) *Span {
	recording := current.IsRecording()
	if !recording && f.node == nil && f.record == nil {
		return nil
	}
	s := &Span{otel: current, id: id, node: f.node, mirror: !recording}
	if recording {
		s.b = bindingOf(current.TracerProvider())
	}
	if s.b == nil {
		s.b = f.config(current)
	}
	if f.record != nil && f.span == nil && f.entrySpan() == nil {
		s.record = f.record
		if f.entry.CompareAndSwap(nil, s) {
			return s
		}
		s.record = nil // another goroutine was first
		if first := f.entry.Load(); first.id == id {
			return first
		}
	}
	if f == noFrame || f.adopted.CompareAndSwap(nil, s) {
		return s
	}
	if first := f.adopted.Load(); first.id == id {
		return first
	}
	return s
}
