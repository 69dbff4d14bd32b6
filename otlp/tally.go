// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Reasons for which spans do not reach exporters of others.
const (
	dropQueueFull = "queue_full"
	dropFailed    = "failed" // the exporter has returned an error
)

// tally keeps the account of an exporter that is not ours. Behind OpenTelemetry's
// batch processor, it drops without a word when its queue is full or an export
// fails.
type tally struct {
	to                      string
	made, delivered, failed atomic.Int64
	over                    atomic.Bool // after the processor's end

	mu   sync.Mutex // guards last
	last error      // of the exporter
}

func (t *tally) exported(n int, err error) {
	t.mu.Lock()
	t.last = err
	t.mu.Unlock()
	if err != nil {
		t.failed.Add(int64(n))
		return
	}
	t.delivered.Add(int64(n))
}

// account returns the tally. What the processor has dropped shows only at its end,
// when nothing waits any more.
func (t *tally) account() Account {
	a := Account{To: t.to, Signal: "spans", Delivered: t.delivered.Load(), Dropped: map[string]int64{}}
	if n := t.failed.Load(); n > 0 {
		a.Dropped[dropFailed] = n
	}
	a.Made = t.made.Load()
	rest := a.Made - a.Delivered - a.Dropped[dropFailed]
	if rest > 0 && t.over.Load() {
		a.Dropped[dropQueueFull] = rest
	} else {
		a.Waiting = rest
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last != nil {
		a.Error = t.last.Error()
	}
	return a
}

func (t *tally) undelivered() error {
	t.mu.Lock()
	last := t.last
	t.mu.Unlock()
	a := t.account()
	return a.undelivered("", a.Waiting, last)
}

type countedProcessor struct {
	sdktrace.SpanProcessor
	tally *tally
}

// OnEnd counts the span.
func (p *countedProcessor) OnEnd(s sdktrace.ReadOnlySpan) {
	if s.SpanContext().IsSampled() {
		p.tally.made.Add(1)
	}
	p.SpanProcessor.OnEnd(s)
}

// Shutdown ends the queue.
func (p *countedProcessor) Shutdown(ctx context.Context) error {
	err := p.SpanProcessor.Shutdown(ctx)
	p.tally.over.Store(err == nil)
	return err
}

type countedExporter struct {
	sdktrace.SpanExporter
	tally *tally
}

// ExportSpans counts the spans.
func (e *countedExporter) ExportSpans(ctx context.Context, ss []sdktrace.ReadOnlySpan) error {
	err := e.SpanExporter.ExportSpans(ctx, ss)
	e.tally.exported(len(ss), err)
	return err
}

// exporterName is that of an exporter that does not say what it is.
func exporterName(e sdktrace.SpanExporter) string { return fmt.Sprintf("%T", e) }
