// SPDX-License-Identifier: Apache-2.0

// Package otlp takes finished spans and log records to where they are read: to
// one or several OTLP endpoints, and to files in the OTLP JSON encoding.
//
// A [Pipeline] holds OpenTelemetry's providers for both. What ends is encoded once
// and put into a log on disk, the spool, before the call that ended it returns. From
// there it goes to each destination at its own pace, until that has confirmed it;
// see the README, "Nothing is lost". The package also has the propagators that carry
// a trace from one service to the next.
package otlp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log"
	nooplog "go.opentelemetry.io/otel/log/noop"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	nooptrace "go.opentelemetry.io/otel/trace/noop"

	"github.com/sidetrace/sidetrace/internal/spool"
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
	// Spool is the log that everything goes through.
	Spool SpoolConfig
	// Offload returns what is to stand in place of a text that is too large for an
	// endpoint. Without it, or when it refuses, the text is cut.
	Offload func(text string) (replacement string, ok bool)
	// Exporters get each span too, each from a queue of its own in memory, which
	// SpanBatch.Queue bounds: what it cannot hold is lost, and counted.
	Exporters []sdktrace.SpanExporter
	// MeterProvider takes what the Pipeline measures of itself. Nil means
	// OpenTelemetry's global one.
	MeterProvider metric.MeterProvider
	// Processors see each span before it is passed on.
	Processors []sdktrace.SpanProcessor
	// Propagator carries the context to other services. Nil means W3C trace
	// context and baggage.
	Propagator propagation.TextMapPropagator
}

// Batch says how records are gathered into requests.
type Batch struct {
	// Size is how many a request has at most.
	Size int
	// Bytes is how large a request with several records gets. Zero means
	// [DefaultRequestBytes].
	Bytes int
	// Delay is how long a record waits for others; for a file not longer than
	// [FileDelay].
	Delay time.Duration
	// Queue and Timeout are for [Config.Exporters]: how many spans wait at most,
	// and how long one export may take.
	Queue   int
	Timeout time.Duration
}

// SpoolConfig says where records are kept until they are delivered. Zero fields
// mean the defaults: segments of 8 MiB, 512 MiB and three days on disk, 32 MiB in
// memory, a second between two syncs.
type SpoolConfig struct {
	// Dir is the folder of the service, in which each process makes its own. Empty
	// keeps records in memory.
	Dir string
	// SegmentBytes is the size of a file.
	SegmentBytes int64
	// MaxBytes and MaxAge bound what waits on disk, MemoryBytes what waits in
	// memory when there is no room there. Beyond them the oldest goes, and is
	// counted.
	MaxBytes    int64
	MaxAge      time.Duration
	MemoryBytes int64
	// SyncEvery is how often records are written through to the disk, lest a loss
	// of power takes them.
	SyncEvery time.Duration
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

	spool   *spool.Spool // nil when nothing goes anywhere
	senders []*sender
	tallies []*tally

	flush []func(context.Context) error // in any order
	stop  []func(context.Context) error // after flush, in any order
	close []func() error                // after stop

	once sync.Once     // for Shutdown
	over chan struct{} // closed at its end
	err  error         // of Shutdown, read after over
}

// New starts a Pipeline. It fails on a configuration that cannot work. It does
// not wait for endpoints, which may be away. Call [Pipeline.Shutdown] at the end.
func New(ctx context.Context, cfg Config) (*Pipeline, error) {
	p := &Pipeline{over: make(chan struct{}), propagator: cfg.Propagator, tracers: nooptrace.NewTracerProvider(), loggers: nooplog.NewLoggerProvider()}
	if p.propagator == nil {
		p.propagator = defaultPropagator()
	}
	if cfg.Disabled {
		return p, nil
	}
	if cfg.Resource == nil {
		cfg.Resource = NewResource(ResourceConfig{})
	}
	destinations, err := p.destinations(&cfg)
	if err != nil {
		for _, d := range destinations {
			err = errors.Join(err, d.client.close())
		}
		return nil, errors.Join(err, p.closeFiles())
	}
	if len(destinations) > 0 {
		p.startSenders(&cfg, destinations)
	}
	p.startTraces(&cfg)
	p.startLogs(&cfg)
	if err := p.measure(cfg.MeterProvider); err != nil {
		otel.Handle(fmt.Errorf("otlp: %w", err))
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

// has reports whether records of a kind go anywhere.
func (p *Pipeline) has(k spool.Kind) bool {
	return slices.ContainsFunc(p.senders, func(s *sender) bool { return s.kind == k })
}

func (p *Pipeline) startTraces(cfg *Config) {
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
	if p.has(spool.Span) {
		opts = append(opts, sdktrace.WithSpanProcessor(&spanRecorder{spool: p.spool}))
	}
	for _, e := range cfg.Exporters {
		opts = append(opts, sdktrace.WithSpanProcessor(p.queue(e, cfg.SpanBatch)))
	}
	provider := sdktrace.NewTracerProvider(opts...)
	p.tracers = provider
	p.flush = append(p.flush, provider.ForceFlush)
	p.stop = append(p.stop, provider.Shutdown)
}

// queue returns a processor for an exporter that is not ours.
func (p *Pipeline) queue(e sdktrace.SpanExporter, b Batch) sdktrace.SpanProcessor {
	t := &tally{to: exporterName(e)}
	p.tallies = append(p.tallies, t)
	return &countedProcessor{sdktrace.NewBatchSpanProcessor(&countedExporter{e, t}, b.options()...), t}
}

func (b Batch) options() (opts []sdktrace.BatchSpanProcessorOption) {
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

func (p *Pipeline) startLogs(cfg *Config) {
	opts := []sdklog.LoggerProviderOption{sdklog.WithResource(cfg.Resource)}
	if p.has(spool.Log) {
		opts = append(opts, sdklog.WithProcessor(&logRecorder{spool: p.spool}))
	}
	provider := sdklog.NewLoggerProvider(opts...)
	p.loggers = provider
	p.stop = append(p.stop, provider.Shutdown)
}

// ForceFlush passes on what has been recorded so far, to all destinations at once.
// It ends with ctx at the latest, and after ten seconds if ctx has no deadline. The
// error says for each destination what is left.
func (p *Pipeline) ForceFlush(ctx context.Context) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	return together(ctx, p.flush)
}

// flushTimeout is for contexts that set no bound.
const flushTimeout = 10 * time.Second

func bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, flushTimeout)
}

// Shutdown flushes, stops recording and frees what New took. It ends with ctx at
// the latest, and after ten seconds if ctx has no deadline. The error says for each
// destination what was delivered, what waits on disk for the next start, and what
// was given up. Only the first call does anything; later ones return the same.
func (p *Pipeline) Shutdown(ctx context.Context) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	p.once.Do(func() {
		go func() {
			p.err = p.shutdown(ctx)
			close(p.over)
		}()
	})
	select {
	case <-p.over:
		return p.err
	case <-ctx.Done():
	}
	select { // the first call has the same deadline, and is about to say what is left
	case <-p.over:
		return p.err
	case <-time.After(2 * grace):
		return fmt.Errorf("otlp: shutdown: not over yet: %w", ctx.Err())
	}
}

func (p *Pipeline) shutdown(ctx context.Context) error {
	// What these return is in the accounts, but for what exporters of others say.
	_ = together(ctx, p.flush)
	end, cancel := ctx, context.CancelFunc(func() {})
	if ctx.Err() != nil { // processors are to be told all the same
		end, cancel = context.WithTimeout(context.WithoutCancel(ctx), grace)
	}
	defer cancel()
	if err := together(end, p.stop); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		otel.Handle(fmt.Errorf("otlp: shutdown: %w", err))
	}
	err := errors.Join(p.haltSenders(), p.closeFiles())
	for _, t := range p.tallies {
		err = errors.Join(err, t.undelivered())
	}
	return err
}

func (p *Pipeline) closeFiles() (err error) {
	for _, f := range p.close {
		err = errors.Join(err, f())
	}
	return err
}

// together runs all of fs at once and joins their errors. It does not wait for those
// that go on when ctx has ended.
func together(ctx context.Context, fs []func(context.Context) error) error {
	results := make(chan error, len(fs))
	for _, f := range fs {
		go func() { results <- f(ctx) }()
	}
	var errs []error
	late := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(grace/2, func() { close(late) }) })
	defer stop()
	for range fs {
		select {
		case err := <-results:
			errs = append(errs, err)
		case <-late:
			return errors.Join(append(errs, ctx.Err())...)
		}
	}
	return errors.Join(errs...)
}
