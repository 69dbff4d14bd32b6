// SPDX-License-Identifier: Apache-2.0

package sidetrace

import (
	"cmp"
	"errors"
	"log/slog"
	"math"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/sidetrace/sidetrace/internal/env"
	"github.com/sidetrace/sidetrace/internal/ossenv"
	"github.com/sidetrace/sidetrace/internal/statedir"
	"github.com/sidetrace/sidetrace/middleware"
	"github.com/sidetrace/sidetrace/nodelog"
	"github.com/sidetrace/sidetrace/oss"
	"github.com/sidetrace/sidetrace/otlp"
	"github.com/sidetrace/sidetrace/sid"
	"github.com/sidetrace/sidetrace/span"
)

// settings is what options and environment say together.
type settings struct {
	serviceName     string
	serviceDir      string // folder for local files; empty if there can be none
	sid             sid.Config
	pipeline        otlp.Config
	level           slog.Leveler
	otelLevel       slog.Leveler // nil leaves OpenTelemetry's log alone
	middleware      middleware.Config
	nodeLogs        nodelog.FileConfig
	streamNodeTypes []string
	threshold       int
	storage         storage
	warnings        []string
}

// storage is where large values go.
type storage struct {
	kind       string // one of the constants below
	s3         oss.S3Config
	dir        string
	dirAge     time.Duration
	pendingDir string // empty: one in the service's folder
	asked      bool   // whether somebody asked for this kind
}

const (
	kindS3   = "s3"
	kindDir  = "dir"
	kindNone = "none"
)

func readSettings(o *options) (*settings, error) {
	r := env.NewReader(o.getenv)
	s := &settings{
		serviceName: o.service(r),
		sid: sid.Config{
			Sub:      cmp.Or(o.sub, r.Text(env.Sub, "svc")),
			Location: cmp.Or(o.location, r.Text(env.Location, sid.DefaultLocation)),
			Port:     cmp.Or(o.port, r.Int(env.Port, 0, 1, math.MaxUint16)),
		},
		level:           o.level,
		nodeLogs:        nodelog.FileConfig{Path: r.Text(env.NodeLogFile, "")},
		streamNodeTypes: r.List(env.StreamNodeTypes),
		warnings:        warnings(r),
		threshold:       r.Int(env.OffloadThreshold, nodelog.DefaultThreshold, 1, math.MaxInt),
	}
	s.serviceDir = serviceDir(o, r, s.serviceName)
	levels := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
	if level := levels[r.Choice(env.Level, "debug", "debug", "info", "warn", "error")]; s.level == nil {
		s.level = level
	}
	s.otelLevel = otelLevel(r)
	s.middleware = middleware.Config{
		TrustedHosts: append(r.List(env.TrustedHosts), o.trustedHosts...),
		Public:       o.public,
		Filter:       o.filter,
	}
	if _, err := middleware.New(middleware.Config{TrustedHosts: r.List(env.TrustedHosts)}); err != nil {
		r.Reject(env.TrustedHosts, "names, *.suffix, addresses, prefixes such as 203.0.113.0/24, or *, with commas", nil)
	}
	if _, err := sid.New(sid.Config{Sub: s.sid.Sub}); err != nil && o.sub == "" {
		r.Reject(env.Sub, "text without '@' and control characters", nil)
	}
	if _, err := sid.New(sid.Config{Location: s.sid.Location}); err != nil && o.location == "" {
		r.Reject(env.Location, "text without '@' and control characters", nil)
	}
	s.storage = readStorage(r)
	if !r.Bool(env.Disabled, false) {
		o.checkFolders(r, s)
	}
	pipeline, err := otlp.ConfigFromEnv(otlp.EnvConfig{
		Getenv: o.getenv, FileDir: s.serviceDir, SpoolDir: spoolDir(s.serviceDir), Service: s.serviceName, Baggage: span.Propagator{},
	})
	if err := errors.Join(r.Err(), err); err != nil {
		return nil, err
	}
	s.pipeline = o.complete(pipeline, s.serviceName)
	if o.store == nil && s.storage.kind == kindDir && !s.storage.asked && leavesMachine(s.pipeline) {
		s.storage.kind = kindNone
		o.logger.Info("sidetrace: large values stay in spans and records, as a reader on another machine could not open files of this one; SIDETRACE_OSS_BUCKET keeps them in S3, SIDETRACE_OSS_TYPE=dir in files")
	}
	return s, nil
}

func spoolDir(serviceDir string) string {
	if serviceDir == "" {
		return ""
	}
	return filepath.Join(serviceDir, "spool")
}

// service returns the name of the service.
func (o *options) service(r *env.Reader) string {
	resource := env.NewReader(o.getenv).Pairs(env.ResourceAttributes) // otlp.ConfigFromEnv says what is wrong with it
	return cmp.Or(o.serviceName, o.attribute("service.name"), r.Text(env.ServiceName, ""), resource["service.name"],
		"unknown_service:"+filepath.Base(os.Args[0]))
}

// checkFolders rejects variables that name a folder which cannot be used. What
// is used unasked may be missing.
func (o *options) checkFolders(r *env.Reader, s *settings) {
	check := func(v env.Var, dir string) {
		if !r.Set(v) || dir == "" {
			return
		}
		if err := statedir.Writable(dir); err != nil {
			r.Reject(v, "a folder that this user may write to", err)
		}
	}
	if _, dir := r.Get(env.FileDir); o.fileDir == "" && !strings.EqualFold(dir, "none") {
		check(env.FileDir, dir)
	}
	if o.store == nil && s.storage.kind == kindDir {
		check(env.OSSDir, s.storage.dir)
	}
	check(env.OffloadDir, s.storage.pendingDir)
	if path := s.nodeLogs.Path; path != "" {
		err := statedir.Writable(filepath.Dir(path))
		if info, statErr := os.Stat(path); statErr == nil && info.IsDir() {
			err = errors.New("it is a folder")
		}
		if err != nil {
			r.Reject(env.NodeLogFile, "the path of a file that this user may write", err)
		}
	}
}

// leavesMachine reports whether spans or records go to another machine.
func leavesMachine(cfg otlp.Config) bool {
	return slices.ContainsFunc(slices.Concat(cfg.Traces, cfg.Logs), func(e otlp.Endpoint) bool {
		u, err := url.Parse(e.URL)
		if err != nil {
			return false // for otlp.New to say
		}
		ip, err := netip.ParseAddr(u.Hostname())
		return u.Hostname() != "localhost" && (err != nil || !ip.IsLoopback())
	})
}

// warnings are what is odd about variables and still no error.
func warnings(r *env.Reader) []string {
	var all []string
	for _, name := range ignored {
		if r.Set(env.Var{Names: []string{name}}) {
			all = append(all, name+" is not supported and ignored")
		}
	}
	if !r.Set(env.OriginalEndpoint) {
		return all
	}
	for _, v := range []env.Var{env.Endpoint, env.TracesEndpoint, env.LogsEndpoint} {
		if r.Set(v) {
			return append(all, v.Names[0]+" comes before OTLP_ENDPOINT, which is ignored for what the former names an endpoint of")
		}
	}
	if !r.Set(env.Enable) {
		all = append(all, "OTLP_ENDPOINT is ignored without OTLP_ENABLE=true")
	}
	return all
}

// ignored are variables that one would expect to have an effect. There are no
// metrics yet, and no queue of log records.
var ignored = []string{
	"OTEL_CONFIG_FILE", "OTEL_BLRP_MAX_QUEUE_SIZE", "OTEL_BLRP_EXPORT_TIMEOUT",
	"OTLP_METRIC_TIMEOUT", "OTLP_METRIC_EXPORT_INTERVAL_MILLIS", "OTLP_METRIC_EXPORT_TIMEOUT_MILLIS",
}

// serviceDir returns the service's own folder below the state folder.
func serviceDir(o *options, r *env.Reader, service string) string {
	if o.stateDir == "" && r.Set(env.StateDir) {
		dir := filepath.Join(r.Text(env.StateDir, ""), statedir.Name(service))
		if r.Bool(env.Disabled, false) {
			return dir // and make nothing
		}
		if err := statedir.PrepareWritable(dir); err != nil {
			r.Reject(env.StateDir, "a folder that this user may write to", err)
		}
		return dir
	}
	base := o.stateDir
	if base == "" {
		var err error
		if base, err = statedir.Base(); err != nil {
			o.logger.Warn("sidetrace: no folder for local files; set SIDETRACE_STATE_DIR", "error", err)
			return ""
		}
	}
	dir := filepath.Join(base, statedir.Name(service))
	if err := statedir.Check(dir); err != nil {
		o.logger.Warn("sidetrace: the folder for local files cannot be used; set SIDETRACE_STATE_DIR", "error", err)
		return ""
	}
	return dir
}

// otelLevel turns OTEL_LOG_LEVEL into the level of the logger that OpenTelemetry
// is given: it logs warnings at verbosity 1, information at 4 and details at 8,
// which logr maps to negative levels.
func otelLevel(r *env.Reader) slog.Leveler {
	if !r.Set(env.LogLevel) {
		return nil
	}
	verbosity := map[string]slog.Level{"error": 0, "warn": 1, "info": 4, "debug": 8}
	return -verbosity[r.Choice(env.LogLevel, "error", "error", "warn", "info", "debug")]
}

// attribute returns a resource attribute of the options.
func (o *options) attribute(key attribute.Key) string {
	for _, a := range slices.Backward(o.attributes) {
		if a.Key == key {
			return a.Value.AsString()
		}
	}
	return ""
}

// complete adds the options to the configuration of the environment.
func (o *options) complete(cfg otlp.Config, service string) otlp.Config {
	cfg.Resource = otlp.NewResource(otlp.ResourceConfig{ServiceName: service, Attributes: o.attributes})
	cfg.Processors, cfg.Exporters, cfg.MeterProvider = o.processors, o.exporters, o.meters
	if o.sampler != nil {
		cfg.Sampler = o.sampler
	}
	if o.spool != nil {
		cfg.Spool = *o.spool
	}
	if len(o.endpoints) > 0 {
		cfg.Traces, cfg.Logs = o.endpoints, o.endpoints
		if cfg.File.Optional { // the file stood in for an endpoint
			cfg.File.Traces, cfg.File.Logs = "", ""
		}
	}
	if o.fileDir != "" {
		cfg.File = cfg.File.In(o.fileDir)
		cfg.File.Optional = false
	}
	return cfg
}

func readStorage(r *env.Reader) storage {
	st := storage{
		dir:        r.Text(env.OSSDir, ""),
		dirAge:     r.Duration(env.OSSDirAge, time.Second, 30*24*time.Hour),
		pendingDir: r.Text(env.OffloadDir, ""),
		asked:      r.Set(env.OSSType) || r.Set(env.OSSBucket) || r.Set(env.OSSDir),
		s3:         ossenv.S3(r),
	}
	kind := kindDir
	if st.s3.Bucket != "" {
		kind = kindS3
	}
	st.kind = r.Choice(env.OSSType, kind, kindS3, kindDir, kindNone)
	if st.kind == kindS3 {
		ossenv.CheckNeeded(r, &st.s3)
	}
	return st
}
