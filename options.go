// SPDX-License-Identifier: Apache-2.0

package sidetrace

import (
	"io"
	"log/slog"
	"net/http"
	"os"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/sidetrace/sidetrace/nodelog"
	"github.com/sidetrace/sidetrace/oss"
	"github.com/sidetrace/sidetrace/otlp"
)

// Option changes what [Start] does. Options come before the environment.
type Option interface{ apply(*options) }

type optionFunc func(*options)

func (f optionFunc) apply(o *options) { f(o) }

// options is what the Options have set. Zero fields are left to the environment.
type options struct {
	getenv      func(string) string
	logger      *slog.Logger
	errorOutput io.Writer // of OpenTelemetry's own log
	globals     bool

	serviceName  string
	sub          string
	location     string
	port         int
	stateDir     string
	attributes   []attribute.KeyValue
	endpoints    []otlp.Endpoint
	fileDir      string
	sampler      sdktrace.Sampler
	processors   []sdktrace.SpanProcessor
	exporters    []sdktrace.SpanExporter
	spool        *otlp.SpoolConfig // nil leaves it to the environment
	meters       metric.MeterProvider
	level        slog.Leveler
	store        oss.Linker
	sinks        nodelog.Sinks
	trustedHosts []string
	public       bool
	filter       func(*http.Request) bool
}

func newOptions(opts []Option) *options {
	o := &options{getenv: os.Getenv, errorOutput: os.Stderr, globals: true}
	for _, opt := range opts {
		opt.apply(o)
	}
	if o.logger == nil {
		o.logger = slog.Default()
	}
	return o
}

// WithServiceName names the service (SIDETRACE_SERVICE_NAME, OTEL_SERVICE_NAME,
// SERVICE_NAME).
func WithServiceName(name string) Option {
	return optionFunc(func(o *options) { o.serviceName = name })
}

// WithSub sets the subsystem in session ids (SIDETRACE_SUB, SERVICE_SUB).
func WithSub(sub string) Option { return optionFunc(func(o *options) { o.sub = sub }) }

// WithLocation sets the data centre in session ids (SIDETRACE_LOCATION,
// SERVICE_LOCATION).
func WithLocation(location string) Option {
	return optionFunc(func(o *options) { o.location = location })
}

// WithPort sets the port of the service in session ids (SIDETRACE_PORT,
// SERVICE_PORT).
func WithPort(port int) Option { return optionFunc(func(o *options) { o.port = port }) }

// WithStateDir sets the folder for local files (SIDETRACE_STATE_DIR).
func WithStateDir(dir string) Option { return optionFunc(func(o *options) { o.stateDir = dir }) }

// WithResource adds facts about the process to every span and record.
func WithResource(attrs ...attribute.KeyValue) Option {
	return optionFunc(func(o *options) { o.attributes = append(o.attributes, attrs...) })
}

// WithEndpoints sends spans and log records to these places, in place of those of
// the environment. The URL of an HTTP endpoint has no signal's path.
func WithEndpoints(endpoints ...otlp.Endpoint) Option {
	return optionFunc(func(o *options) { o.endpoints = append(o.endpoints, endpoints...) })
}

// WithFileDir writes spans and log records to files in dir (SIDETRACE_FILE_DIR),
// beside any endpoints.
func WithFileDir(dir string) Option { return optionFunc(func(o *options) { o.fileDir = dir }) }

// WithSampler decides which spans are recorded (OTEL_TRACES_SAMPLER). Below a
// local span that is not sampled it is not asked.
func WithSampler(s sdktrace.Sampler) Option { return optionFunc(func(o *options) { o.sampler = s }) }

// WithSpanProcessor adds a processor that sees each span before it is passed on.
func WithSpanProcessor(p sdktrace.SpanProcessor) Option {
	return optionFunc(func(o *options) { o.processors = append(o.processors, p) })
}

// WithSpool says where what is not delivered yet is kept, and how much of it, in
// place of the environment (SIDETRACE_SPOOL_DIR and its like).
func WithSpool(c otlp.SpoolConfig) Option { return optionFunc(func(o *options) { o.spool = &c }) }

// WithExporter sends spans to an exporter of OpenTelemetry's as well, from a queue
// in memory; see [otlp.Config].
func WithExporter(e sdktrace.SpanExporter) Option {
	return optionFunc(func(o *options) { o.exporters = append(o.exporters, e) })
}

// WithMeterProvider measures the pipeline by p in place of OpenTelemetry's global
// provider.
func WithMeterProvider(p metric.MeterProvider) Option {
	return optionFunc(func(o *options) { o.meters = p })
}

// WithLevel sets the lowest level of events that are recorded (SIDETRACE_LEVEL).
// A [slog.LevelVar] can be changed later.
func WithLevel(level slog.Leveler) Option { return optionFunc(func(o *options) { o.level = level }) }

// WithStore keeps large values in s, in place of the object storage of the
// environment. A store of your own should have a method String that tells it from
// others of its type: values that wait for their upload are kept for each by
// itself.
func WithStore(s oss.Linker) Option { return optionFunc(func(o *options) { o.store = s }) }

// WithSink sends the records of requests to s as well.
func WithSink(s nodelog.Sink) Option {
	return optionFunc(func(o *options) { o.sinks = append(o.sinks, s) })
}

// WithTrustedHosts adds hosts that the identity is sent to
// (SIDETRACE_TRUSTED_HOSTS); see [middleware.Config].
func WithTrustedHosts(hosts ...string) Option {
	return optionFunc(func(o *options) { o.trustedHosts = append(o.trustedHosts, hosts...) })
}

// WithPublic is for servers whose callers are not to be trusted: their trace
// becomes a link, and the identity that they send is ignored.
func WithPublic() Option { return optionFunc(func(o *options) { o.public = true }) }

// WithFilter says which HTTP requests are traced and recorded.
func WithFilter(f func(*http.Request) bool) Option {
	return optionFunc(func(o *options) { o.filter = f })
}

// WithLogger sets where Start says what is worth knowing. The default is
// [slog.Default].
func WithLogger(l *slog.Logger) Option { return optionFunc(func(o *options) { o.logger = l }) }

// WithGetenv looks variables up elsewhere than in the process's environment.
func WithGetenv(getenv func(string) string) Option {
	return optionFunc(func(o *options) { o.getenv = getenv })
}

// WithoutGlobals leaves OpenTelemetry's global providers alone, for processes
// with several Runtimes.
func WithoutGlobals() Option { return optionFunc(func(o *options) { o.globals = false }) }
