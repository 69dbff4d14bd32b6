// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/sidetrace/sidetrace/internal/spool"
)

// buffers hold records while they are encoded.
var buffers = sync.Pool{New: func() any { return new(make([]byte, 0, 4<<10)) }}

// maxBuffer is the size of buffers that are used again.
const maxBuffer = 1 << 20

// spanRecorder is the processor that puts spans into the spool when they end.
type spanRecorder struct {
	spool   *spool.Spool
	origins origins
}

var _ sdktrace.SpanProcessor = (*spanRecorder)(nil)

func (*spanRecorder) OnStart(context.Context, sdktrace.ReadWriteSpan) {}

// OnEnd encodes the span and copies it. What is refused, the spool has counted.
func (p *spanRecorder) OnEnd(s sdktrace.ReadOnlySpan) {
	if !s.SpanContext().IsSampled() {
		return
	}
	o := p.origins.of(p.spool, s.Resource(), s.InstrumentationScope())
	b := buffers.Get().(*[]byte)
	*b = encodeSpan((*b)[:0], s)
	_ = p.spool.Append(spool.Span, o, *b)
	if cap(*b) <= maxBuffer {
		buffers.Put(b)
	}
}

func (*spanRecorder) Shutdown(context.Context) error   { return nil }
func (*spanRecorder) ForceFlush(context.Context) error { return nil }

// logRecorder is the processor that puts log records into the spool.
type logRecorder struct {
	spool   *spool.Spool
	origins origins
}

var _ sdklog.Processor = (*logRecorder)(nil)

// OnEmit encodes the record and copies it.
func (p *logRecorder) OnEmit(_ context.Context, r *sdklog.Record) error {
	o := p.origins.of(p.spool, r.Resource(), r.InstrumentationScope())
	b := buffers.Get().(*[]byte)
	*b = encodeLog((*b)[:0], r)
	err := p.spool.Append(spool.Log, o, *b)
	if cap(*b) <= maxBuffer {
		buffers.Put(b)
	}
	return err
}

func (*logRecorder) Enabled(context.Context, sdklog.EnabledParameters) bool { return true }
func (*logRecorder) Shutdown(context.Context) error                         { return nil }
func (*logRecorder) ForceFlush(context.Context) error                       { return nil }

// origins remembers the origin of each scope. Almost all processes have a handful
// of scopes, for which a search is quicker than a map.
type origins struct {
	list atomic.Pointer[[]knownOrigin] // replaced, never changed
	mu   sync.Mutex                    // of those who replace it
}

type knownOrigin struct {
	resource *resource.Resource
	scope    instrumentation.Scope
	origin   *spool.Origin
}

// maxOrigins bounds the list; scopes beyond it are looked up in the spool.
const maxOrigins = 64

func (c *origins) of(s *spool.Spool, r *resource.Resource, scope instrumentation.Scope) *spool.Origin {
	if list := c.list.Load(); list != nil {
		for i := range *list {
			if o := &(*list)[i]; o.resource == r && sameScope(&o.scope, &scope) {
				return o.origin
			}
		}
	}
	return c.add(s, r, scope)
}

func sameScope(a, b *instrumentation.Scope) bool {
	return a.Name == b.Name && a.Version == b.Version && a.SchemaURL == b.SchemaURL && a.Attributes.Equivalent() == b.Attributes.Equivalent()
}

func (c *origins) add(s *spool.Spool, r *resource.Resource, scope instrumentation.Scope) *spool.Origin {
	o := s.Origin(resourceFields(r), scopeFields(scope))
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []knownOrigin
	if old := c.list.Load(); old != nil {
		list = *old
	}
	if len(list) < maxOrigins {
		list = append(list[:len(list):len(list)], knownOrigin{r, scope, o})
		c.list.Store(&list)
	}
	return o
}

// resourceFields are those of a ResourceSpans or ResourceLogs but the scopes.
func resourceFields(r *resource.Resource) []byte {
	b := appendField(nil, fieldResource, encodeResource(nil, r))
	return encodeString(b, fieldSchemaURL, r.SchemaURL())
}

// scopeFields are those of a ScopeSpans or ScopeLogs but the records.
func scopeFields(s instrumentation.Scope) []byte {
	b := appendField(nil, fieldScope, encodeScope(nil, s))
	return encodeString(b, fieldSchemaURL, s.SchemaURL)
}
