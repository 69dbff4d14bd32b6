// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/sidetrace/sidetrace/internal/env"
	"github.com/sidetrace/sidetrace/internal/statedir"
)

// EnvConfig is what [ConfigFromEnv] needs besides the environment.
type EnvConfig struct {
	// Getenv looks a variable up. Nil means [os.Getenv].
	Getenv func(string) string
	// FileDir is the folder of the files that are written while no endpoint is
	// set and SIDETRACE_FILE_DIR does not name another. Empty means none.
	FileDir string
	// SpoolDir is the folder of the spool unless SIDETRACE_SPOOL_DIR names another.
	// Empty keeps what waits in memory.
	SpoolDir string
	// Service names the service's folder in that of SIDETRACE_SPOOL_DIR.
	Service string
	// Baggage takes the place of [propagation.Baggage].
	Baggage propagation.TextMapPropagator
}

// ConfigFromEnv returns the configuration that the environment gives, without a
// Resource. The README lists the variables. The error names each variable that
// cannot be used, its value, and what is allowed.
func ConfigFromEnv(in EnvConfig) (Config, error) {
	r := env.NewReader(in.Getenv)
	var cfg Config
	cfg.Disabled = r.Bool(env.Disabled, false)
	r.Pairs(env.ResourceAttributes) // read by NewResource, checked here
	cfg.Sampler = samplerFromEnv(r)
	limits := limitsFromEnv(r)
	cfg.Limits = &limits
	cfg.SpanBatch = batchFromEnv(r, env.SpanBatch, env.SpanDelay)
	cfg.SpanBatch.Queue = r.Int(env.SpanQueue, 0, 1, maxQueue)
	cfg.SpanBatch.Timeout = r.Duration(env.SpanExportTimeout, time.Millisecond, 0)
	cfg.LogBatch = batchFromEnv(r, env.LogBatch, env.LogDelay)
	cfg.Propagator = propagatorFromEnv(r, in.Baggage)
	cfg.Spool = spoolFromEnv(r, &in, cfg.Disabled)

	traces := signalFromEnv(r, &traceVars)
	logs := signalFromEnv(r, &logVars)
	cfg.Traces, cfg.Logs = traces.endpoints, logs.endpoints
	if traces.console {
		cfg.ConsoleTraces = os.Stdout
	}
	if logs.console {
		cfg.ConsoleLogs = os.Stdout
	}
	cfg.File = filesFromEnv(r, in.FileDir, traces.fallsBack, logs.fallsBack)
	return cfg, r.Err()
}

func samplerFromEnv(r *env.Reader) sdktrace.Sampler {
	const parentBased = "parentbased_"
	name := r.Choice(env.Sampler, "parentbased_always_on",
		"always_on", "always_off", "traceidratio",
		"parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio")
	share := r.Fraction(env.SamplerArg, 1)
	root, isParentBased := strings.CutPrefix(name, parentBased)
	var s sdktrace.Sampler
	switch root {
	case "always_off":
		s = sdktrace.NeverSample()
	case "traceidratio":
		s = sdktrace.TraceIDRatioBased(share)
	default:
		s = sdktrace.AlwaysSample()
	}
	if isParentBased {
		return sdktrace.ParentBased(s)
	}
	return s
}

func limitsFromEnv(r *env.Reader) sdktrace.SpanLimits {
	l := DefaultLimits()
	limit := func(v env.Var, n *int) { *n = r.Int(v, *n, -1, math.MaxInt) } // -1 is none
	limit(env.AttributeLimit, &l.AttributeCountLimit)
	limit(env.AttributeLength, &l.AttributeValueLengthLimit)
	limit(env.EventLimit, &l.EventCountLimit)
	limit(env.LinkLimit, &l.LinkCountLimit)
	limit(env.EventAttributeLimit, &l.AttributePerEventCountLimit)
	limit(env.LinkAttributeLimit, &l.AttributePerLinkCountLimit)
	return l
}

// maxQueue bounds what the stock processors make room for at once.
const maxQueue = 1 << 20

func batchFromEnv(r *env.Reader, size, delay env.Var) Batch {
	wait := r.Duration(delay, time.Millisecond, 0)
	if wait == 0 && r.Set(delay) {
		wait = time.Nanosecond // not the default
	}
	return Batch{
		Size:  r.Int(size, 0, 1, maxQueue),
		Delay: wait,
		Bytes: r.Int(env.RequestBytes, 0, 1<<10, 64<<20),
	}
}

const mebibyte = 1 << 20

// spoolFromEnv tries a folder that is named, since whoever does so relies on it.
func spoolFromEnv(r *env.Reader, in *EnvConfig, disabled bool) SpoolConfig {
	cfg := SpoolConfig{
		Dir:          in.SpoolDir,
		SegmentBytes: int64(r.Int(env.SpoolSegment, 0, 1, 1<<10)) * mebibyte,
		MaxBytes:     int64(r.Int(env.SpoolMegabytes, 0, 1, 1<<24)) * mebibyte,
		MaxAge:       r.Duration(env.SpoolAge, time.Second, 0),
		MemoryBytes:  int64(r.Int(env.SpoolMemory, 0, 1, 1<<20)) * mebibyte,
		SyncEvery:    r.Duration(env.SpoolSync, time.Millisecond, 0),
	}
	if cfg.MaxAge == 0 && r.Set(env.SpoolAge) {
		cfg.MaxAge = math.MaxInt64
	}
	if cfg.SyncEvery == 0 && r.Set(env.SpoolSync) {
		r.Reject(env.SpoolSync, "more than 0", nil)
	}
	switch _, dir := r.Get(env.SpoolDir); {
	case strings.EqualFold(dir, "none"):
		cfg.Dir = ""
	case dir != "":
		cfg.Dir = filepath.Join(dir, statedir.Name(in.Service))
		if disabled {
			break
		}
		if err := statedir.PrepareWritable(cfg.Dir); err != nil {
			r.Reject(env.SpoolDir, "a folder that this user may write to, or none", err)
		}
	}
	return cfg
}

func propagatorFromEnv(r *env.Reader, bag propagation.TextMapPropagator) propagation.TextMapPropagator {
	names := r.List(env.Propagators)
	if len(names) == 0 {
		names = []string{"tracecontext", "baggage"}
	}
	p, err := NewPropagator(names, bag)
	if err != nil {
		r.Reject(env.Propagators, "a list of "+strings.Join(PropagatorNames(), ", "), nil)
	}
	return p
}

func filesFromEnv(r *env.Reader, dir string, traces, logs bool) FileConfig {
	cfg := FileConfig{
		MaxMegabytes: r.Int(env.FileMegabytes, 0, 1, 1<<20),
		Backups:      r.Int(env.FileBackups, 0, 1, 1<<20),
	}
	switch _, name := r.Get(env.FileDir); {
	case strings.EqualFold(name, "none"):
		return cfg
	case name != "":
		return cfg.In(name)
	case dir == "":
		return cfg
	}
	cfg = cfg.In(dir)
	cfg.Optional = traces || logs // nobody asked for them by name
	if !traces {
		cfg.Traces = ""
	}
	if !logs {
		cfg.Logs = ""
	}
	return cfg
}

// signalVars are the variables of one signal.
type signalVars struct {
	exporter, endpoint, protocol, headers, timeout, compression env.Var
	certificate, clientCertificate, clientKey, insecure         env.Var
	path                                                        string
}

var traceVars = signalVars{
	exporter: env.TracesExporter, endpoint: env.TracesEndpoint, protocol: env.TracesProtocol,
	headers: env.TracesHeaders, timeout: env.TracesTimeout, compression: env.TracesCompression,
	certificate: env.TracesCertificate, clientCertificate: env.TracesClientCertificate,
	clientKey: env.TracesClientKey, insecure: env.TracesInsecure, path: tracesPath,
}

var logVars = signalVars{
	exporter: env.LogsExporter, endpoint: env.LogsEndpoint, protocol: env.LogsProtocol,
	headers: env.LogsHeaders, timeout: env.LogsTimeout, compression: env.LogsCompression,
	certificate: env.LogsCertificate, clientCertificate: env.LogsClientCertificate,
	clientKey: env.LogsClientKey, insecure: env.LogsInsecure, path: logsPath,
}

// signal is where one signal goes.
type signal struct {
	endpoints []Endpoint
	console   bool
	fallsBack bool // to the file: nothing was asked for
}

func signalFromEnv(r *env.Reader, v *signalVars) signal {
	names := r.List(v.exporter)
	for _, name := range names {
		if !slices.Contains([]string{"otlp", "console", "none"}, name) || name == "none" && len(names) > 1 {
			r.Reject(v.exporter, "otlp, console, both with a comma, or none", nil)
		}
	}
	s := signal{console: slices.Contains(names, "console")}
	common, insecure := commonFromEnv(r, v), r.Bool(v.insecure, false)
	if len(names) == 0 || slices.Contains(names, "otlp") {
		s.endpoints = endpointsFromEnv(r, v, common, insecure)
	}
	if len(s.endpoints) == 0 && slices.Contains(names, "otlp") {
		s.endpoints = []Endpoint{defaultEndpoint(common, v.path)}
	}
	s.fallsBack = len(s.endpoints) == 0 && len(names) == 0
	return s
}

// defaultEndpoint is the specification's, for exporters that were asked for
// without an endpoint.
func defaultEndpoint(e Endpoint, path string) Endpoint {
	e.URL = "http://localhost:4318" + path
	if e.Protocol == ProtocolGRPC {
		e.URL = "http://localhost:" + grpcPort
	}
	return e
}

// endpointsFromEnv reads the first variable that names endpoints.
func endpointsFromEnv(r *env.Reader, v *signalVars, common Endpoint, insecure bool) []Endpoint {
	source, isBase, isOriginal := v.endpoint, false, false
	switch {
	case r.Set(v.endpoint):
	case r.Set(env.Endpoint):
		source, isBase = env.Endpoint, true
	case r.Bool(env.Enable, false):
		source, isOriginal = env.OriginalEndpoint, true
		if !r.Set(source) {
			r.Reject(source, "host:port of a collector, since OTLP_ENABLE is set", nil)
			return nil
		}
	default:
		return nil
	}
	var all []Endpoint
	for _, value := range r.List(source) {
		e := common
		if isOriginal {
			e.Protocol = ProtocolGRPC
		}
		e.URL = completeURL(value, e, isOriginal || insecure)
		u, want := e.parse()
		if want != "" {
			if isOriginal {
				want = "host:port of a collector"
			}
			r.Reject(source, want, nil)
			return nil
		}
		if isBase && e.protocol(u) == ProtocolHTTP {
			e.URL = u.JoinPath(v.path).String() // the base of all signals
		}
		all = append(all, e)
	}
	return all
}

// completeURL adds the scheme that a gRPC endpoint need not have.
func completeURL(value string, e Endpoint, insecure bool) string {
	host, port, err := net.SplitHostPort(value)
	if strings.Contains(value, "://") || err != nil || host == "" || e.Protocol != ProtocolGRPC && port != grpcPort {
		return value
	}
	if insecure && e.TLS == nil {
		return "http://" + value
	}
	return "https://" + value
}

// commonFromEnv is what all endpoints of a signal share.
func commonFromEnv(r *env.Reader, v *signalVars) Endpoint {
	e := Endpoint{
		Protocol: Protocol(r.Choice(v.protocol, "", string(ProtocolGRPC), string(ProtocolHTTP))),
		Headers:  r.Pairs(v.headers),
		Timeout:  r.Duration(v.timeout, time.Millisecond, 0),
		TLS:      tlsFromEnv(r, v),
	}
	if _, bad := badHeader(e.Headers); bad {
		r.Reject(v.headers, wantHeaders, nil)
		e.Headers = nil
	}
	if c := r.Choice(v.compression, "none", gzipName, zstdName, "none"); c != "none" {
		e.Compression = c
	}
	return e
}

func tlsFromEnv(r *env.Reader, v *signalVars) *tls.Config {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	used := false
	if _, path := r.Get(v.certificate); path != "" {
		pem, err := os.ReadFile(path)
		cfg.RootCAs, used = x509.NewCertPool(), true
		if err == nil && !cfg.RootCAs.AppendCertsFromPEM(pem) {
			err = errors.New("no certificate in it")
		}
		if err != nil {
			r.Reject(v.certificate, "the path of a readable PEM file with certificates", err)
		}
	}
	_, cert := r.Get(v.clientCertificate)
	_, key := r.Get(v.clientKey)
	if cert != "" || key != "" {
		used = true
		pair, err := tls.LoadX509KeyPair(cert, key)
		switch {
		case cert == "":
			r.Reject(v.clientCertificate, "the path of a PEM file, since "+v.clientKey.Names[1]+" is set", nil)
		case err != nil:
			r.Reject(v.clientCertificate, fmt.Sprintf("the path of a readable PEM file, with its key in %s", v.clientKey.Names[1]), err)
		}
		cfg.Certificates = []tls.Certificate{pair}
	}
	if !used {
		return nil
	}
	return cfg
}
