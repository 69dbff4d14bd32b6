// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/sidetrace/sidetrace/internal/spool"
	"github.com/sidetrace/sidetrace/otlp"
)

// target says where records go, as flags do.
type target struct {
	urls, traces, logs    string
	protocol, compression string
	headers               []string
	timeout               time.Duration
}

func (t *target) addURL(f *flag.FlagSet) {
	f.StringVar(&t.urls, "endpoint", "", "")
	f.StringVar(&t.traces, "traces-endpoint", "", "")
	f.StringVar(&t.logs, "logs-endpoint", "", "")
	f.StringVar(&t.protocol, "protocol", "", "")
}

func (t *target) addRest(f *flag.FlagSet) {
	f.StringVar(&t.compression, "compression", "", "")
	f.DurationVar(&t.timeout, "timeout", time.Minute, "")
	f.Func("header", "", func(s string) error {
		t.headers = append(t.headers, s) // checked where no message shows it
		return nil
	})
}

// heeded are the variables that hold beside the flags.
var heeded = []string{
	"OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
	"OTEL_EXPORTER_OTLP_CLIENT_KEY", "OTEL_EXPORTER_OTLP_INSECURE",
}

// flagNames puts flags in the place of variables.
var flagNames = strings.NewReplacer(
	"OTEL_EXPORTER_OTLP_ENDPOINT=", "-endpoint ", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=", "-traces-endpoint ", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=", "-logs-endpoint ",
	"OTEL_EXPORTER_OTLP_PROTOCOL=", "-protocol ", "OTEL_EXPORTER_OTLP_COMPRESSION=", "-compression ",
)

// config makes of the flags what a service makes of its environment: so the URLs of
// each signal, after which cursors are named, are the same.
func (t *target) config() (otlp.Config, error) {
	env := map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT":        bases(t.urls),
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": t.traces,
		"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT":   t.logs,
		"OTEL_EXPORTER_OTLP_PROTOCOL":        t.protocol,
		"OTEL_EXPORTER_OTLP_COMPRESSION":     t.compression,
	}
	for _, name := range heeded {
		env[name] = os.Getenv(name)
	}
	cfg, err := otlp.ConfigFromEnv(otlp.EnvConfig{Getenv: func(name string) string { return env[name] }})
	if err != nil {
		return otlp.Config{}, wrongly("%s", flagNames.Replace(err.Error()))
	}
	headers, err := t.parseHeaders()
	if err != nil {
		return otlp.Config{}, err
	}
	for _, e := range slices.Concat(cfg.Traces, cfg.Logs) {
		maps.Copy(e.Headers, headers)
	}
	return otlp.Config{Traces: cfg.Traces, Logs: cfg.Logs}, nil
}

// bases takes off what the Pipeline adds to the URL of a signal.
func bases(urls string) string {
	parts := strings.Split(urls, ",")
	for i, u := range parts {
		parts[i] = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSpace(u), "/v1/traces"), "/v1/logs")
	}
	return strings.Join(parts, ",")
}

func (t *target) parseHeaders() (map[string]string, error) {
	headers := map[string]string{}
	for _, h := range t.headers {
		name, value, ok := strings.Cut(h, "=")
		if name = strings.TrimSpace(name); !ok || name == "" {
			return nil, wrongly("-header: want name=value")
		}
		headers[name] = value
	}
	return headers, nil
}

// place is where records of a kind go.
type place struct {
	kind   spool.Kind
	url    string
	cursor string
}

// places are those of a configuration.
func places(cfg *otlp.Config) (all []place) {
	add := func(k spool.Kind, endpoints []otlp.Endpoint) {
		for _, e := range endpoints {
			all = append(all, place{k, e.URL, spool.CursorName(k, e.URL)})
		}
	}
	add(spool.Span, cfg.Traces)
	add(spool.Log, cfg.Logs)
	return all
}
