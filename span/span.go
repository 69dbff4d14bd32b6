// SPDX-License-Identifier: Apache-2.0

package span

import (
	"context"
	"slices"
	"sync"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/sidetrace/sidetrace/nodelog"
)

// Span is a span under construction. It ends with [Span.End].
type Span struct {
	otel   trace.Span
	id     trace.SpanID
	b      *binding
	node   *nodelog.NodeLog  // into which events and attributes are mirrored
	owns   bool              // whether node ends with the span
	mirror bool              // whether there is only the node: otel is another's
	record *nodelog.TraceLog // of the request whose entry the span is

	mu     sync.Mutex // guards failed
	failed []error    // recorded by Fail
}

// Start starts a span and returns a context in which it is current. Its first
// attributes are those of the identity in ctx, then come attrs.
//
// An empty name means the name of the calling function, and a name that ends in
// "::" is completed by it.
func Start(ctx context.Context, name string, attrs ...attribute.KeyValue) (context.Context, *Span) {
	return start(ctx, name, trace.SpanKindInternal, nil, attrs)
}

// StartKind is [Start] for a span of another kind than internal, such as
// [trace.SpanKindClient] around a call to a model or database.
func StartKind(ctx context.Context, kind trace.SpanKind, name string, attrs ...attribute.KeyValue) (context.Context, *Span) {
	return start(ctx, name, kind, nil, attrs)
}

// start does the work of the functions above it, which call it directly: the
// caller's name is looked up two frames above.
func start(ctx context.Context, name string, kind trace.SpanKind, node *nodelog.NodeLog, attrs []attribute.KeyValue) (context.Context, *Span) {
	if c, ok := ctx.(*spanContext); ok && c.dropped && node == nil {
		return ctx, nil // known without looking further
	}
	if ctx == nil {
		ctx = context.Background()
	}
	parent := frameOf(ctx)
	current := trace.SpanFromContext(ctx)
	sc := current.SpanContext()
	b := parent.binding(current, sc)
	entry := node == nil && parent.awaitsEntry(sc)
	if b == nil && node == nil && parent.node == nil && !entry {
		return ctx, nil
	}
	c := &spanContext{Context: ctx}
	f := &c.frame
	f.inherit(parent)
	c.own = Span{otel: current, id: sc.SpanID(), b: b, node: parent.node}
	s := &c.own
	if node != nil {
		s.node, s.owns, f.node = node, true, node
	}
	if entry && parent.entry.CompareAndSwap(nil, s) {
		s.record = parent.record
	}
	if b == nil {
		s.b, s.mirror = parent.config(current), true
		f.span = s
		return c, s
	}
	if f.identity.SID == "" && b.NewSID != nil {
		id := Identity{SID: b.NewSID()}.or(*f.identity)
		f.identity = &id
		f.record.Identify(id.SID, "", "", "")
	}
	if name == "" || name[len(name)-1] == ':' {
		name = completeName(name)
	}
	all := f.identity.appendAll(make([]attribute.KeyValue, 0, identityLen+len(attrs)))
	all = append(all, attrs...)
	b.shorten(all[identityLen:])
	if kind == trace.SpanKindInternal {
		c.Context, s.otel = b.tracer.Start(ctx, name, trace.WithAttributes(all...))
	} else {
		c.Context, s.otel = b.tracer.Start(ctx, name, trace.WithAttributes(all...), trace.WithSpanKind(kind))
	}
	s.id = s.otel.SpanContext().SpanID()
	if !s.otel.IsRecording() && s.node == nil && s.record == nil {
		c.dropped = true // the sampler says no; the context carries that on
		return c, nil
	}
	f.span = s
	return c, s
}

// spanContext is a context, its frame and the frame's Span in one allocation.
type spanContext struct {
	context.Context
	frame   frame
	own     Span
	dropped bool // whether the span is not recorded, and none under it would be
}

// Value implements [context.Context].
func (c *spanContext) Value(key any) any {
	if _, ok := key.(frameKey); ok {
		return &c.frame
	}
	return c.Context.Value(key)
}

// awaitsEntry reports whether a span started now is the entry of the request
// whose record f has: nothing has started since the record began.
func (f *frame) awaitsEntry(current trace.SpanContext) bool {
	return f.record != nil && f.span == nil && f.outer == current.SpanID() && f.entry.Load() == nil
}

// binding returns what a new span under current belongs to, nil when there is
// to be none.
func (f *frame) binding(current trace.Span, sc trace.SpanContext) *binding {
	local := sc.IsValid() && !sc.IsRemote()
	switch {
	case local && f.span != nil && f.span.id == sc.SpanID() && !f.span.mirror:
		return f.span.b
	case local && !sc.IsSampled() && !current.IsRecording():
		return nil
	case local && current.IsRecording():
		return bindingOf(current.TracerProvider())
	case f.bound != nil:
		return f.bound
	}
	return bindingOf(otel.GetTracerProvider())
}

// config returns the binding whose Config holds for what is only mirrored into a
// node log.
func (f *frame) config(current trace.Span) *binding {
	if f.span != nil {
		return f.span.b
	}
	for _, b := range []*binding{bindingOf(current.TracerProvider()), f.bound, bindingOf(otel.GetTracerProvider())} {
		if b != nil {
			return b
		}
	}
	return unbound
}

// End ends the span, and with it the node log that [StartNode] gave it. It is
// meant to be deferred: when the goroutine is panicking it records the panic and
// lets it go on. Only the first call counts.
func (s *Span) End() {
	if s == nil {
		return
	}
	if p := recover(); p != nil {
		s.panicked(p)
		s.end()
		panic(p)
	}
	s.end()
}

// CapturePanic records a panic that is on its way up on the span that is current
// in ctx, and lets it go on. It is meant to be deferred, where that span is
// another's to end; [Span.End] does the same for one's own.
func CapturePanic(ctx context.Context) {
	if p := recover(); p != nil {
		if s := FromContext(ctx); s != nil {
			s.panicked(p)
		}
		panic(p)
	}
}

func (s *Span) end() {
	if s.owns {
		s.node.End()
		s.summarise()
	}
	s.otel.End()
}

// Set sets attributes. A later value for a key takes the place of the earlier
// one. A value longer than the threshold goes to object storage and becomes
// "trace_link: <link>".
func (s *Span) Set(attrs ...attribute.KeyValue) {
	if s == nil || len(attrs) == 0 {
		return
	}
	s.set(slices.Clone(attrs))
}

func (s *Span) set(attrs []attribute.KeyValue) {
	s.b.shorten(attrs)
	s.otel.SetAttributes(attrs...)
	s.mirrorAttributes(attrs)
}

// SetCode sets the attribute code: the application's own result, 0 for success.
// On the entry span of a request it is also the status of its record.
func (s *Span) SetCode(code int) {
	if s == nil {
		return
	}
	s.set([]attribute.KeyValue{CodeKey.Int(code)})
	s.record.Code(code)
}

// SetName changes the name.
func (s *Span) SetName(name string) {
	if s != nil {
		s.otel.SetName(name)
	}
}

// Node returns the node log into which the span's events are mirrored, nil if
// there is none.
func (s *Span) Node() *nodelog.NodeLog {
	if s == nil {
		return nil
	}
	return s.node
}

// OTel returns the OpenTelemetry span. That of a nil Span does nothing.
func (s *Span) OTel() trace.Span {
	if s == nil {
		return trace.SpanFromContext(context.Background())
	}
	return s.otel
}
