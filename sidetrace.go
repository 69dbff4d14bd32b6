// SPDX-License-Identifier: Apache-2.0

// Package sidetrace gives a service traces, session ids and node logs.
//
//	rt, err := sidetrace.Start(ctx)
//	if err != nil {
//		return err
//	}
//	defer rt.Shutdown(context.Background())
//	http.ListenAndServe(":8080", rt.HTTP(mux))
//
// [Start] reads the environment and wires the other packages together: spans
// (package span) and the records of nodes (nodelog) go through a pipeline (otlp)
// to OTLP endpoints or files, large values to object storage (oss), and HTTP and
// gRPC (middleware) carry trace and session (sid) from service to service. Each
// of them can be used by itself.
//
// The README lists the environment variables. Options in code come before them.
package sidetrace

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log"
	nooplog "go.opentelemetry.io/otel/log/noop"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	nooptrace "go.opentelemetry.io/otel/trace/noop"

	"github.com/sidetrace/sidetrace/internal/otelstate"
	"github.com/sidetrace/sidetrace/middleware"
	"github.com/sidetrace/sidetrace/nodelog"
	"github.com/sidetrace/sidetrace/oss"
	"github.com/sidetrace/sidetrace/otlp"
	"github.com/sidetrace/sidetrace/sid"
	"github.com/sidetrace/sidetrace/span"
)

//go:generate go run ./internal/envtable README.md README.zh-CN.md

// Runtime is what [Start] has started. It has the methods of
// [middleware.Middleware]. They may be called from several goroutines at once.
type Runtime struct {
	*middleware.Middleware

	pipeline  *otlp.Pipeline
	sids      *sid.Generator
	records   *nodelog.Recorder // nil when records have nowhere to go
	offloader *oss.Offloader    // nil without object storage
	closers   []func() error    // after everything else, the last one first

	once sync.Once // for Shutdown
	err  error     // of Shutdown, read after once
}

// Start starts tracing for this process, from the environment and opts. It does
// not wait for collectors or object storage, which may be away. A variable that
// cannot be used is an error that names it, its value and what is allowed.
//
// The Runtime becomes OpenTelemetry's global provider, of traces, logs and
// propagation, unless another library's is set; then Start says so, and
// [Runtime.Context] leads spans to this Runtime. Call [Runtime.Shutdown] at the
// end of the process.
func Start(ctx context.Context, opts ...Option) (*Runtime, error) {
	o := newOptions(opts)
	s, err := readSettings(o)
	if err != nil {
		return nil, fmt.Errorf("sidetrace: the environment cannot be used:\n%w", err)
	}
	if s.otelLevel != nil {
		otel.SetLogger(logr.FromSlogHandler(slog.NewTextHandler(o.errorOutput, &slog.HandlerOptions{Level: s.otelLevel})))
	}
	for _, warning := range s.warnings {
		o.logger.Warn("sidetrace: " + warning)
	}
	rt := &Runtime{}
	if err := rt.start(ctx, o, s); err != nil {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		return nil, errors.Join(fmt.Errorf("sidetrace: %w", err), rt.Shutdown(stop))
	}
	return rt, nil
}

// start does the work of Start. What it leaves when it fails, Shutdown clears up.
func (r *Runtime) start(ctx context.Context, o *options, s *settings) (err error) {
	s.pipeline.Processors = append([]sdktrace.SpanProcessor{span.NewProcessor()}, s.pipeline.Processors...)
	if !s.pipeline.Disabled {
		if err := r.startStore(ctx, o, s); err != nil {
			return err
		}
		if r.offloader != nil {
			s.pipeline.Offload = func(text string) (string, bool) {
				link, ok := r.offloader.Offload(text)
				return string(span.LinkKey) + ": " + link, ok
			}
		}
	}
	if r.pipeline, err = otlp.New(ctx, s.pipeline); err != nil {
		return err
	}
	mw := s.middleware
	mw.TracerProvider, mw.Propagator = r.pipeline.TracerProvider(), r.pipeline.Propagator()
	if !s.pipeline.Disabled {
		if err := r.startRecording(ctx, o, s); err != nil {
			return err
		}
		mw.NewSID, mw.Records = r.sids.Next, r.records
	}
	if r.Middleware, err = middleware.New(mw); err != nil {
		return err
	}
	if o.globals {
		r.setGlobals(o.logger)
	}
	if files := r.pipeline.Files(); s.pipeline.File.Optional && len(files) > 0 {
		o.logger.Info("sidetrace: what has no endpoint is written to files", "files", files)
	}
	return nil
}

// startRecording starts what makes session ids, spans with large values, and
// records.
func (r *Runtime) startRecording(ctx context.Context, o *options, s *settings) (err error) {
	if r.sids, err = sid.New(s.sid); err != nil {
		return err
	}
	var offloader nodelog.Offloader
	if r.offloader != nil {
		offloader = r.offloader
	}
	unbind, err := span.Bind(r.pipeline.TracerProvider(), span.Config{
		Level: s.level, Offloader: offloader, Threshold: s.threshold, NewSID: r.sids.Next,
	})
	if err != nil {
		return err
	}
	r.closers = append(r.closers, func() error { unbind(); return nil })
	sinks, err := r.sinks(o, s)
	if err != nil || len(sinks) == 0 {
		return err
	}
	r.records = nodelog.NewRecorder(nodelog.RecorderConfig{
		Sink: sinks, ServiceID: s.serviceName, Sub: cmp.Or(s.sid.Sub, sid.DefaultSub), LogCaller: s.serviceName,
		Offloader: offloader, Threshold: s.threshold, StreamNodeTypes: s.streamNodeTypes,
	})
	return nil
}

// sinks returns where records go.
func (r *Runtime) sinks(o *options, s *settings) (nodelog.Sinks, error) {
	var sinks nodelog.Sinks
	if len(s.pipeline.Logs) > 0 || s.pipeline.File.Logs != "" || s.pipeline.ConsoleLogs != nil {
		sinks = append(sinks, nodelog.NewLogSink(r.pipeline.LoggerProvider()))
	}
	if s.nodeLogs.Path != "" {
		file, err := nodelog.NewFileSink(s.nodeLogs)
		if err != nil {
			return nil, err
		}
		r.closers = append(r.closers, file.Close)
		sinks = append(sinks, file)
	}
	return append(sinks, o.sinks...), nil
}

// setGlobals makes r OpenTelemetry's global provider as far as no other is set.
func (r *Runtime) setGlobals(logger *slog.Logger) {
	if p := r.pipeline.TracerProvider(); otelstate.IsDefault(otel.GetTracerProvider()) {
		otel.SetTracerProvider(p)
		r.closers = append(r.closers, func() error {
			if otel.GetTracerProvider() == p {
				otel.SetTracerProvider(nooptrace.NewTracerProvider()) // for the next Start
			}
			return nil
		})
	} else {
		logger.Warn("sidetrace: another OpenTelemetry TracerProvider is set globally and stays; spans that start under no other go to it, unless Runtime.Context is used",
			"provider", fmt.Sprintf("%T", otel.GetTracerProvider()))
	}
	if p := r.pipeline.LoggerProvider(); otelstate.IsDefault(otel.GetLoggerProvider()) {
		otel.SetLoggerProvider(p)
		r.closers = append(r.closers, func() error {
			if otel.GetLoggerProvider() == p {
				otel.SetLoggerProvider(nooplog.NewLoggerProvider())
			}
			return nil
		})
	}
	r.setGlobalPropagator(logger)
}

// globalPropagator can be compared, unlike most propagators.
type globalPropagator struct{ propagation.TextMapPropagator }

func (r *Runtime) setGlobalPropagator(logger *slog.Logger) {
	if len(otel.GetTextMapPropagator().Fields()) > 0 {
		logger.Warn("sidetrace: another OpenTelemetry propagator is set globally and stays; messages and clients of other libraries carry what it carries",
			"fields", otel.GetTextMapPropagator().Fields())
		return
	}
	p := &globalPropagator{r.pipeline.Propagator()}
	otel.SetTextMapPropagator(p)
	r.closers = append(r.closers, func() error {
		if otel.GetTextMapPropagator() == propagation.TextMapPropagator(p) {
			otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator())
		}
		return nil
	})
}

// Context returns ctx whose root spans belong to this Runtime, also when it is
// not OpenTelemetry's global provider.
func (r *Runtime) Context(ctx context.Context) context.Context {
	return span.ContextWithProvider(ctx, r.pipeline.TracerProvider())
}

// Begin is for work that no middleware has begun, such as a batch job: it returns
// ctx with a session, new unless ctx or req has one, and the record of the work,
// which the caller ends. The first span started under it, by [span.Start], is the
// record's entry; nodes come below that.
func (r *Runtime) Begin(ctx context.Context, req nodelog.Request) (context.Context, *nodelog.TraceLog) {
	ctx = r.Context(ctx)
	id := span.Identity{SID: cmp.Or(req.SID, span.IdentityFromContext(ctx).SID), AppID: req.AppID, UID: req.UID, ChatID: req.ChatID}
	if id.SID == "" && r.sids != nil {
		id.SID = r.sids.Next()
	}
	ctx = span.ContextWithIdentity(ctx, id)
	req.SID = id.SID
	record := r.records.Begin(req)
	return span.ContextWithTraceLog(ctx, record), record
}

// TracerProvider returns the provider of tracers, for instrumentation that asks
// for one. It is an *[sdktrace.TracerProvider] unless OTEL_SDK_DISABLED is set.
func (r *Runtime) TracerProvider() trace.TracerProvider { return r.pipeline.TracerProvider() }

// LoggerProvider returns the provider of loggers.
func (r *Runtime) LoggerProvider() log.LoggerProvider { return r.pipeline.LoggerProvider() }

// Propagator returns what carries the context to other services.
func (r *Runtime) Propagator() propagation.TextMapPropagator { return r.pipeline.Propagator() }

// Files returns the paths of the files that are written.
func (r *Runtime) Files() []string { return r.pipeline.Files() }

// Ledger says for each destination what has become of all spans and records.
func (r *Runtime) Ledger() []otlp.Account { return r.pipeline.Ledger() }

// LedgerHandler serves [Runtime.Ledger] as JSON.
func (r *Runtime) LedgerHandler() http.Handler { return r.pipeline.LedgerHandler() }

// Offloads returns the counts of values that went to object storage.
func (r *Runtime) Offloads() oss.OffloaderStats { return r.offloader.Stats() }

// ForceFlush passes on what has been recorded so far. It ends with ctx at the
// latest.
func (r *Runtime) ForceFlush(ctx context.Context) error {
	return both(func() error { return r.pipeline.ForceFlush(ctx) }, func() error { return r.offloader.Flush(ctx) })
}

// shutdownTimeout is for a Shutdown whose context sets no bound.
const shutdownTimeout = 10 * time.Second

// Shutdown ends recording and delivers what is left, spans, records and large
// values at once. It ends with ctx at the latest, and after ten seconds if ctx
// has no deadline; a non-nil error says what was not delivered, and where it
// waits if it does. Call it when the servers have stopped. Only the first call
// does anything; later ones return the same.
func (r *Runtime) Shutdown(ctx context.Context) error {
	r.once.Do(func() {
		if _, bounded := ctx.Deadline(); !bounded {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, shutdownTimeout)
			defer cancel()
		}
		r.err = both(func() error {
			if r.pipeline == nil {
				return nil
			}
			return r.pipeline.Shutdown(ctx)
		}, func() error { _ = r.offloader.Flush(ctx); return nil }) // Close says what is left
		// Not before the pipeline, which may have more for it.
		r.err = errors.Join(r.err, r.offloader.Close(ctx))
		for _, f := range slices.Backward(r.closers) {
			r.err = errors.Join(r.err, f())
		}
	})
	return r.err
}

// both runs f and g at once.
func both(f, g func() error) error {
	var fErr error
	var wg sync.WaitGroup
	wg.Go(func() { fErr = f() })
	gErr := g()
	wg.Wait()
	return errors.Join(fErr, gErr)
}
