// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"

	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// tally counts, for one signal and destination, what was made and what arrived.
// The stock processors drop without a word when their queue is full or an
// export fails.
type tally struct {
	signal, to      string
	made, delivered atomic.Int64

	mu   sync.Mutex // guards last
	last error      // of the exporter
}

func (t *tally) exported(n int, err error) {
	missing := n
	if err == nil {
		missing = 0
	} else if m := partialSuccess.FindStringSubmatch(err.Error()); m != nil {
		missing, _ = strconv.Atoi(m[1])
	}
	t.delivered.Add(int64(n - min(missing, n)))
	if missing == 0 { // a warning
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = err
}

// partialSuccess matches the error by which the stock exporters report that a
// request has arrived but for some. Its type is internal to them.
var partialSuccess = regexp.MustCompile(`(?s)OTLP partial success: .* \((\d+) (?:spans|logs) rejected\)`)

// undelivered says what is missing, nil if nothing is. cause stands in where the
// exporter knows no reason.
func (t *tally) undelivered(cause error) error {
	made, delivered := t.made.Load(), t.delivered.Load()
	if made == delivered {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.last != nil:
		cause = t.last
	case cause == nil:
		cause = errFullQueue
	}
	return fmt.Errorf("otlp: %s: %d of %d %s not delivered: %w", t.to, made-delivered, made, t.signal, cause)
}

var errFullQueue = fmt.Errorf("the queue was full")

type countedSpanProcessor struct {
	sdktrace.SpanProcessor
	tally *tally
}

func (p *countedSpanProcessor) OnEnd(s sdktrace.ReadOnlySpan) {
	if s.SpanContext().IsSampled() {
		p.tally.made.Add(1)
	}
	p.SpanProcessor.OnEnd(s)
}

type countedSpanExporter struct {
	sdktrace.SpanExporter
	tally *tally
}

func (e *countedSpanExporter) ExportSpans(ctx context.Context, ss []sdktrace.ReadOnlySpan) error {
	err := e.SpanExporter.ExportSpans(ctx, ss)
	e.tally.exported(len(ss), err)
	return err
}

type countedLogProcessor struct {
	sdklog.Processor
	tally *tally
}

func (p *countedLogProcessor) OnEmit(ctx context.Context, r *sdklog.Record) error {
	p.tally.made.Add(1)
	return p.Processor.OnEmit(ctx, r)
}

type countedLogExporter struct {
	sdklog.Exporter
	tally *tally
}

func (e *countedLogExporter) Export(ctx context.Context, rs []sdklog.Record) error {
	err := e.Exporter.Export(ctx, rs)
	e.tally.exported(len(rs), err)
	return err
}
