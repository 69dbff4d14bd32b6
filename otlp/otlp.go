// SPDX-License-Identifier: Apache-2.0

// Package otlp takes finished spans and log records to where they are read: to
// one or several OTLP endpoints, and to files in the OTLP JSON encoding.
//
// A [Pipeline] holds OpenTelemetry's providers for both and whatever stands
// behind them; which processors and exporters those are, no other package knows.
// The package also has the propagators that carry a trace from one service to
// the next.
package otlp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log"
	nooplog "go.opentelemetry.io/otel/log/noop"
	"go.opentelemetry.io/otel/propagation"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	nooptrace "go.opentelemetry.io/otel/trace/noop"
)

// Config says what a [Pipeline] is made of. [ConfigFromEnv] reads it from the
// environment.
type Config struct {
	// Disabled makes a Pipeline that records nothing. Its propagator works.
	Disabled bool
	// Resource describes the service. Nil means [NewResource] of nothing.
	Resource *resource.Resource
	// Traces and Logs are the endpoints of each signal, which do not wait for
	// each other. None means that the signal is not sent.
	Traces, Logs []Endpoint
	// File names the files that signals are written to. Its zero value names
	// none.
	File FileConfig
	// ConsoleTraces and ConsoleLogs take the lines that a file would. Nil means
	// none.
	ConsoleTraces, ConsoleLogs io.Writer
	// Sampler decides which spans are recorded. Nil means all that their parent
	// does not rule out.
	Sampler sdktrace.Sampler
	// Limits bound a span. Nil means [DefaultLimits].
	Limits *sdktrace.SpanLimits
	// SpanBatch and LogBatch tune the sending. A zero field means the default
	// of the OpenTelemetry specification.
	SpanBatch, LogBatch Batch
	// Processors see each span before it is passed on.
	Processors []sdktrace.SpanProcessor
	// Propagator carries the context to other services. Nil means W3C trace
	// context and baggage.
	Propagator propagation.TextMapPropagator
}

// Batch says how records are gathered into requests.
type Batch struct {
	// Queue is how many records wait at most; more are dropped and counted.
	Queue int
	// Size is how many a request has at most.
	Size int
	// Delay is how long a record waits for others; for a file not longer than
	// [FileDelay].
	Delay time.Duration
	// Timeout bounds a request and its repetitions.
	Timeout time.Duration
}

// FileDelay is how long a record waits before it is written to a file.
const FileDelay = 200 * time.Millisecond

func (b Batch) forFile() Batch {
	if b.Delay == 0 || b.Delay > FileDelay {
		b.Delay = FileDelay
	}
	return b
}

// DefaultEventLimit is how many events a span may have. OpenTelemetry's default
// of 128 is short for a long agent run.
const DefaultEventLimit = 1000

// DefaultLimits returns the limits of the OpenTelemetry specification, but with
// [DefaultEventLimit].
func DefaultLimits() sdktrace.SpanLimits {
	return sdktrace.SpanLimits{
		AttributeValueLengthLimit:   sdktrace.DefaultAttributeValueLengthLimit,
		AttributeValueDepthLimit:    sdktrace.DefaultAttributeValueDepthLimit,
		AttributeCountLimit:         sdktrace.DefaultAttributeCountLimit,
		EventCountLimit:             DefaultEventLimit,
		LinkCountLimit:              sdktrace.DefaultLinkCountLimit,
		AttributePerEventCountLimit: sdktrace.DefaultAttributePerEventCountLimit,
		AttributePerLinkCountLimit:  sdktrace.DefaultAttributePerLinkCountLimit,
	}
}

// Pipeline owns the providers of a process and what is behind them.
type Pipeline struct {
	tracers    trace.TracerProvider
	loggers    log.LoggerProvider
	propagator propagation.TextMapPropagator
	files      []string
	tallies    []*tally

	flush []func(context.Context) error // in any order
	stop  []func(context.Context) error // after flush, in any order
	close []func() error                // after stop

	once sync.Once // for Shutdown
	err  error     // of Shutdown, read after once
}

// New starts a Pipeline. It fails on a configuration that cannot work. It does
// not wait for endpoints, which may be away. Call [Pipeline.Shutdown] at the end.
func New(ctx context.Context, cfg Config) (*Pipeline, error) {
	p := &Pipeline{propagator: cfg.Propagator, tracers: nooptrace.NewTracerProvider(), loggers: nooplog.NewLoggerProvider()}
	if p.propagator == nil {
		p.propagator = defaultPropagator()
	}
	if cfg.Disabled {
		return p, nil
	}
	if cfg.Resource == nil {
		cfg.Resource = NewResource(ResourceConfig{})
	}
	err := errors.Join(p.startTraces(ctx, cfg), p.startLogs(ctx, cfg))
	if err != nil {
		stopCtx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		return nil, errors.Join(err, p.Shutdown(stopCtx))
	}
	return p, nil
}

// TracerProvider returns the provider of tracers. It is an
// *[sdktrace.TracerProvider] unless the Pipeline is disabled.
func (p *Pipeline) TracerProvider() trace.TracerProvider { return p.tracers }

// LoggerProvider returns the provider of loggers.
func (p *Pipeline) LoggerProvider() log.LoggerProvider { return p.loggers }

// Propagator returns what carries the context to other services.
func (p *Pipeline) Propagator() propagation.TextMapPropagator { return p.propagator }

// Files returns the paths that are written to.
func (p *Pipeline) Files() []string { return p.files }

func (p *Pipeline) startTraces(ctx context.Context, cfg Config) error {
	limits := DefaultLimits()
	if cfg.Limits != nil {
		limits = *cfg.Limits
	}
	sampler := cfg.Sampler
	if sampler == nil {
		sampler = sdktrace.ParentBased(sdktrace.AlwaysSample())
	}
	opts := []sdktrace.TracerProviderOption{
		sdktrace.WithResource(cfg.Resource),
		sdktrace.WithRawSpanLimits(limits),
		sdktrace.WithSampler(sampler),
		sdktrace.WithoutPanicRecording(), // the span package records panics
	}
	for _, sp := range cfg.Processors {
		opts = append(opts, sdktrace.WithSpanProcessor(sp))
	}
	processors, err := p.spanProcessors(ctx, cfg)
	for _, sp := range processors {
		opts = append(opts, sdktrace.WithSpanProcessor(sp))
		p.flush = append(p.flush, sp.ForceFlush)
		p.stop = append(p.stop, sp.Shutdown)
	}
	provider := sdktrace.NewTracerProvider(opts...)
	p.tracers = provider
	p.stop = append(p.stop, provider.Shutdown)
	return err
}

// spanProcessors returns one processor an exporter.
func (p *Pipeline) spanProcessors(ctx context.Context, cfg Config) (all []sdktrace.SpanProcessor, err error) {
	for _, e := range cfg.Traces {
		exporter, e2 := e.spanExporter(ctx)
		if e2 != nil {
			err = errors.Join(err, e2)
			continue
		}
		all = append(all, p.countSpans(e.URL, exporter, cfg.SpanBatch))
	}
	writers, e2 := p.writers(cfg.File, cfg.File.Traces, cfg.ConsoleTraces)
	for _, w := range writers {
		all = append(all, p.countSpans(w.name(), &spanWriter{w}, cfg.SpanBatch.forFile()))
	}
	return all, errors.Join(err, e2)
}

func (p *Pipeline) countSpans(name string, exporter sdktrace.SpanExporter, b Batch) sdktrace.SpanProcessor {
	t := &tally{signal: "spans", to: name}
	p.tallies = append(p.tallies, t)
	batch := sdktrace.NewBatchSpanProcessor(&countedSpanExporter{exporter, t}, b.spanOptions()...)
	return &countedSpanProcessor{batch, t}
}

func (b Batch) spanOptions() (opts []sdktrace.BatchSpanProcessorOption) {
	if b.Queue > 0 {
		opts = append(opts, sdktrace.WithMaxQueueSize(b.Queue))
	}
	if b.Size > 0 {
		opts = append(opts, sdktrace.WithMaxExportBatchSize(b.Size))
	}
	if b.Delay > 0 {
		opts = append(opts, sdktrace.WithBatchTimeout(b.Delay))
	}
	if b.Timeout > 0 {
		opts = append(opts, sdktrace.WithExportTimeout(b.Timeout))
	}
	return opts
}

func (p *Pipeline) startLogs(ctx context.Context, cfg Config) error {
	opts := []sdklog.LoggerProviderOption{sdklog.WithResource(cfg.Resource)}
	processors, err := p.logProcessors(ctx, cfg)
	for _, lp := range processors {
		opts = append(opts, sdklog.WithProcessor(lp))
		p.flush = append(p.flush, lp.ForceFlush)
		p.stop = append(p.stop, lp.Shutdown)
	}
	provider := sdklog.NewLoggerProvider(opts...)
	p.loggers = provider
	p.stop = append(p.stop, provider.Shutdown)
	return err
}

func (p *Pipeline) logProcessors(ctx context.Context, cfg Config) (all []sdklog.Processor, err error) {
	for _, e := range cfg.Logs {
		exporter, e2 := e.logExporter(ctx)
		if e2 != nil {
			err = errors.Join(err, e2)
			continue
		}
		all = append(all, p.countLogs(e.URL, exporter, cfg.LogBatch))
	}
	writers, e2 := p.writers(cfg.File, cfg.File.Logs, cfg.ConsoleLogs)
	for _, w := range writers {
		all = append(all, p.countLogs(w.name(), &logWriter{w}, cfg.LogBatch.forFile()))
	}
	return all, errors.Join(err, e2)
}

func (p *Pipeline) countLogs(name string, exporter sdklog.Exporter, b Batch) sdklog.Processor {
	t := &tally{signal: "log records", to: name}
	p.tallies = append(p.tallies, t)
	batch := sdklog.NewBatchProcessor(&countedLogExporter{exporter, t}, b.logOptions()...)
	return &countedLogProcessor{batch, t}
}

func (b Batch) logOptions() (opts []sdklog.BatchProcessorOption) {
	if b.Queue > 0 {
		opts = append(opts, sdklog.WithMaxQueueSize(b.Queue))
	}
	if b.Size > 0 {
		opts = append(opts, sdklog.WithExportMaxBatchSize(b.Size))
	}
	if b.Delay > 0 {
		opts = append(opts, sdklog.WithExportInterval(b.Delay))
	}
	if b.Timeout > 0 {
		opts = append(opts, sdklog.WithExportTimeout(b.Timeout))
	}
	return opts
}

// ForceFlush passes on what has been recorded so far, to all endpoints at once.
// It ends with ctx at the latest.
func (p *Pipeline) ForceFlush(ctx context.Context) error { return together(ctx, p.flush) }

// Shutdown flushes, stops recording and frees what New took. It ends with ctx at
// the latest. The error lists, for each endpoint and file, how much was not
// delivered. Only the first call does anything; later ones return the same.
func (p *Pipeline) Shutdown(ctx context.Context) error {
	p.once.Do(func() {
		err := errors.Join(together(ctx, p.flush), together(ctx, p.stop))
		for _, f := range p.close {
			err = errors.Join(err, f())
		}
		if err != nil {
			// The processors' errors do not say what is lost; the tallies do.
			otel.Handle(fmt.Errorf("otlp: shutdown: %w", err))
		}
		for _, t := range p.tallies {
			p.err = errors.Join(p.err, t.undelivered(err))
		}
		if len(p.tallies) == 0 {
			p.err = err
		}
	})
	return p.err
}

// together runs all of fs at once and joins their errors.
func together(ctx context.Context, fs []func(context.Context) error) error {
	errs := make([]error, len(fs))
	var wg sync.WaitGroup
	for i, f := range fs {
		wg.Go(func() { errs[i] = f(ctx) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
