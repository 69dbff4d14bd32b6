// SPDX-License-Identifier: Apache-2.0

package sidetrace

import (
	"cmp"
	"errors"
	"log/slog"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/sidetrace/sidetrace/internal/env"
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
		serviceName: cmp.Or(o.serviceName, o.attribute("service.name"), r.Text(env.ServiceName, ""), r.Pairs(env.ResourceAttributes)["service.name"],
			"unknown_service:"+filepath.Base(os.Args[0])),
		sid: sid.Config{
			Sub:      cmp.Or(o.sub, r.Text(env.Sub, "svc")),
			Location: cmp.Or(o.location, r.Text(env.Location, sid.DefaultLocation)),
			Port:     cmp.Or(o.port, r.Int(env.Port, 0, 1, math.MaxUint16)),
		},
		level:           o.level,
		nodeLogs:        nodelog.FileConfig{Path: r.Text(env.NodeLogFile, "")},
		streamNodeTypes: r.List(env.StreamNodeTypes),
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
	pipeline, err := otlp.ConfigFromEnv(otlp.EnvConfig{Getenv: o.getenv, FileDir: s.serviceDir, Baggage: span.Propagator{}})
	s.pipeline = o.complete(pipeline, s.serviceName)
	return s, errors.Join(r.Err(), err)
}

// serviceDir returns the service's own folder below the state folder.
func serviceDir(o *options, r *env.Reader, service string) string {
	base := cmp.Or(o.stateDir, r.Text(env.StateDir, ""))
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
	cfg.Processors = o.processors
	if o.sampler != nil {
		cfg.Sampler = o.sampler
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
		s3: oss.S3Config{
			Bucket:          r.Text(env.OSSBucket, ""),
			Endpoint:        r.Text(env.OSSEndpoint, ""),
			Region:          r.Text(env.OSSRegion, ""),
			AccessKeyID:     r.Text(env.OSSAccessKey, ""),
			SecretAccessKey: r.Text(env.OSSSecretKey, ""),
			Prefix:          strings.Trim(r.Text(env.OSSPrefix, ""), "/"),
			Addressing:      oss.Addressing(r.Choice(env.OSSAddressing, "auto", "auto", "path", "host")),
			Checksums:       oss.ChecksumMode(r.Choice(env.OSSChecksums, "auto", "auto", "when_required", "when_supported")),
			SSEKMSKeyID:     r.Text(env.OSSKMSKey, ""),
			LinkLife:        r.Duration(env.OSSLinkLife, time.Second, 0),
		},
	}
	kind, links := kindDir, oss.LinkS3
	if st.s3.Bucket != "" {
		kind = kindS3
	}
	if r.Set(env.OSSLinkLife) {
		links = oss.LinkPresigned // what OSS_TTL has always meant
	}
	st.kind = r.Choice(env.OSSType, kind, kindS3, kindDir, kindNone)
	st.s3.Links = oss.LinkStyle(r.Choice(env.OSSLinks, string(links), "s3", "plain", "presigned"))
	st.check(r)
	return st
}

// check reports what oss.NewS3 would, by the names of the variables.
func (st *storage) check(r *env.Reader) {
	if _, sse := r.Get(env.OSSEncryption); sse != "" {
		st.s3.SSE = sse
		if sse != "AES256" && sse != "aws:kms" {
			r.Reject(env.OSSEncryption, "AES256 or aws:kms", nil)
		}
	}
	if st.s3.LinkLife > oss.MaxLinkLife {
		r.Reject(env.OSSLinkLife, "at most 604800 seconds (seven days)", nil)
	}
	if st.s3.Endpoint != "" {
		u, err := url.Parse(st.s3.Endpoint)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil {
			r.Reject(env.OSSEndpoint, "http://host:port or https://host", nil)
		}
	}
	if st.kind != kindS3 {
		return
	}
	if st.s3.Bucket == "" {
		r.Reject(env.OSSBucket, "the name of a bucket, since object storage is to be S3", nil)
	}
	if (st.s3.AccessKeyID == "") != (st.s3.SecretAccessKey == "") {
		r.Reject(env.OSSAccessKey, "it and "+strings.Join(env.OSSSecretKey.Names, " or ")+" both set or both empty", nil)
	}
}
