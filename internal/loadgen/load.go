// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/sidetrace/sidetrace/otlp"
)

// load makes spans.
type load struct {
	impl, endpoint, spool string
	n                     int64
	rate, goroutines      int
	print, latency, keep  bool
	timeout               time.Duration

	made atomic.Int64
	out  struct {
		sync.Mutex
		*bufio.Writer
	}
}

// report is what came of it.
type report struct {
	Made        int64          `json:"made"`
	CPU         time.Duration  `json:"cpu"`     // of the process, from the first span to the end of Shutdown
	Mallocs     uint64         `json:"mallocs"` // likewise
	P99         time.Duration  `json:"p99"`     // of End
	RSSBefore   int64          `json:"rss_before"`
	RSSAfter    int64          `json:"rss_after"` // before Shutdown
	RSSMax      int64          `json:"rss_max"`   // of those measured while spans were made
	Shutdown    time.Duration  `json:"shutdown"`
	ShutdownErr string         `json:"shutdown_err"`
	Ledger      []otlp.Account `json:"ledger"`
}

// pipeline is what is measured.
type pipeline struct {
	provider trace.TracerProvider
	shutdown func(context.Context) error
	ledger   func() []otlp.Account
}

func (l *load) start(ctx context.Context) (*pipeline, error) {
	none := func() []otlp.Account { return nil }
	if l.impl == "sidetrace" {
		p, err := otlp.New(ctx, otlp.Config{
			Traces: []otlp.Endpoint{{URL: l.endpoint, Protocol: otlp.ProtocolGRPC}},
			Spool:  otlp.SpoolConfig{Dir: l.spool},
		})
		if err != nil {
			return nil, err
		}
		return &pipeline{p.TracerProvider(), p.Shutdown, p.Ledger}, nil
	}
	opts := []sdktrace.TracerProviderOption{sdktrace.WithResource(otlp.NewResource(otlp.ResourceConfig{}))}
	if l.impl == "none" {
		opts = append(opts, sdktrace.WithSpanProcessor(nothing{}))
		p := sdktrace.NewTracerProvider(opts...)
		return &pipeline{p, p.Shutdown, none}, nil
	}
	e, err := otlptracegrpc.New(ctx, otlptracegrpc.WithEndpointURL(l.endpoint))
	if err != nil {
		return nil, err
	}
	var batch []sdktrace.BatchSpanProcessorOption
	switch l.impl {
	case "stock":
	case "stock-blocking":
		batch = append(batch, sdktrace.WithBlocking()) // for a share of 100 %
	default:
		return nil, fmt.Errorf("-impl %s: want sidetrace, stock, stock-blocking or none", l.impl)
	}
	p := sdktrace.NewTracerProvider(append(opts, sdktrace.WithBatcher(e, batch...))...)
	return &pipeline{p, p.Shutdown, none}, nil
}

// nothing is a processor for which the SDK makes spans all the same.
type nothing struct{}

func (nothing) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (nothing) OnEnd(sdktrace.ReadOnlySpan)                     {}
func (nothing) Shutdown(context.Context) error                  { return nil }
func (nothing) ForceFlush(context.Context) error                { return nil }

func (l *load) run(stopped context.Context) (*report, error) {
	ctx := context.Background()
	p, err := l.start(ctx)
	if err != nil {
		return nil, err
	}
	l.out.Writer = bufio.NewWriter(os.Stdout)
	runtime.GC()
	before := usage()
	r := &report{RSSBefore: before.rss}
	r.P99, r.RSSMax = l.makeSpans(stopped, p.provider.Tracer("loadgen"))
	r.Made = l.made.Load()
	if l.keep {
		<-stopped.Done()
	}
	r.RSSAfter = usage().rss
	if l.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, l.timeout)
		defer cancel()
	}
	begun := time.Now()
	if err := p.shutdown(ctx); err != nil {
		r.ShutdownErr = err.Error()
	}
	r.Shutdown = time.Since(begun)
	after := usage()
	r.CPU, r.Mallocs = after.cpu-before.cpu, after.mallocs-before.mallocs
	r.Ledger = p.ledger()
	return r, l.out.Flush()
}

// makeSpans makes all spans, and returns the 99th percentile of End.
func (l *load) makeSpans(stopped context.Context, t trace.Tracer) (p99 time.Duration, rss int64) {
	all := make([][]time.Duration, l.goroutines)
	done := make(chan struct{})
	var wg sync.WaitGroup
	for i := range l.goroutines {
		wg.Go(func() { all[i] = l.makeSome(stopped, t) })
	}
	go func() {
		wg.Wait()
		close(done)
	}()
	for tick := time.NewTicker(time.Second); ; {
		select {
		case <-tick.C:
			rss = max(rss, residentSize())
		case <-done:
			tick.Stop()
			times := slices.Sorted(slices.Values(slices.Concat(all...)))
			if len(times) > 0 {
				p99 = times[len(times)*99/100]
			}
			return p99, max(rss, residentSize())
		}
	}
}

var attributes = []attribute.KeyValue{
	attribute.String("sid", "svc002b0007@hf18bcfe568000203802"), attribute.String("app_id", "travel"),
	attribute.String("uid", "user-1"), attribute.String("chat_id", "chat-1"),
	attribute.String("http.request.method", "POST"), attribute.Int("http.response.status_code", 200),
	attribute.Float64("share", 0.5), attribute.Bool("cached", false),
}

func (l *load) makeSome(stopped context.Context, t trace.Tracer) (times []time.Duration) {
	var next <-chan time.Time
	step := 1
	if l.rate > 0 {
		// Ten milliseconds at a time: timers are no finer on a busy machine.
		const often = 100
		tick := time.NewTicker(time.Second / often)
		defer tick.Stop()
		next, step = tick.C, max(l.rate/often/l.goroutines, 1)
	}
	for {
		for range step {
			if l.n > 0 && l.made.Add(1) > l.n {
				l.made.Add(-1)
				return times
			}
			if l.n == 0 {
				l.made.Add(1)
			}
			if d := l.makeOne(t); l.latency {
				times = append(times, d)
			}
		}
		if l.n == 0 && stopped.Err() != nil {
			return times
		}
		if next != nil {
			<-next
		}
	}
}

// makeOne makes a span with 8 attributes and an event.
func (l *load) makeOne(t trace.Tracer) (d time.Duration) {
	_, s := t.Start(context.Background(), "work", trace.WithAttributes(attributes...))
	s.AddEvent("event", trace.WithAttributes(attribute.String("k", "v")))
	if l.latency {
		begun := time.Now()
		s.End()
		d = time.Since(begun)
	} else {
		s.End()
	}
	if l.print {
		l.tell(s.SpanContext().SpanID())
	}
	return d
}

// tell prints an id, and does not return before it has reached the system.
func (l *load) tell(id trace.SpanID) {
	l.out.Lock()
	defer l.out.Unlock()
	fmt.Fprintln(l.out.Writer, id)
	_ = l.out.Flush() // the reader may be gone
}
