// SPDX-License-Identifier: Apache-2.0

package receive_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/log"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc"

	"github.com/sidetrace/sidetrace/desk/receive"
	"github.com/sidetrace/sidetrace/otlp"
)

// The exporters of OpenTelemetry deliver, over both protocols and compressed.
func TestStockExporters(t *testing.T) {
	s := start(t, receive.Config{})
	for name, client := range map[string]otlptrace.Client{
		"grpc":        otlptracegrpc.NewClient(otlptracegrpc.WithEndpoint(s.grpc), otlptracegrpc.WithInsecure()),
		"grpc gzip":   otlptracegrpc.NewClient(otlptracegrpc.WithEndpoint(s.grpc), otlptracegrpc.WithInsecure(), otlptracegrpc.WithCompressor("gzip")),
		"grpc zstd":   otlptracegrpc.NewClient(otlptracegrpc.WithEndpoint(s.grpc), otlptracegrpc.WithInsecure(), otlptracegrpc.WithDialOption(grpc.WithDefaultCallOptions(grpc.UseCompressor("zstd")))),
		"http":        otlptracehttp.NewClient(otlptracehttp.WithEndpoint(s.http), otlptracehttp.WithInsecure()),
		"http gzip":   otlptracehttp.NewClient(otlptracehttp.WithEndpoint(s.http), otlptracehttp.WithInsecure(), otlptracehttp.WithCompression(otlptracehttp.GzipCompression)),
		"wrong ports": otlptracehttp.NewClient(otlptracehttp.WithEndpoint(s.grpc), otlptracehttp.WithInsecure()),
	} {
		t.Run(name, func(t *testing.T) {
			before := len(s.spans(t))
			e, err := otlptrace.New(t.Context(), client)
			require.NoError(t, err)
			p := sdktrace.NewTracerProvider(sdktrace.WithBatcher(e))
			for range 1000 {
				_, span := p.Tracer("stock").Start(t.Context(), name)
				span.SetAttributes(attribute.String("k", "v"))
				span.End()
			}
			require.NoError(t, p.Shutdown(context.Background()))
			spans := s.spans(t)[before:]
			require.Len(t, spans, 1000)
			for i := range spans {
				assert.Equal(t, name, spans[i].Name)
				v, _ := spans[i].Attribute("k")
				assert.Equal(t, "v", v.Str())
				assert.Equal(t, "stock", spans[i].Scope.Name)
			}
		})
	}
}

// Our own pipeline delivers traces and logs, over both protocols and compressed.
func TestOwnPipeline(t *testing.T) {
	for _, tt := range []struct {
		name        string
		protocol    otlp.Protocol
		compression string
	}{
		{"grpc", otlp.ProtocolGRPC, ""},
		{"grpc gzip", otlp.ProtocolGRPC, "gzip"},
		{"grpc zstd", otlp.ProtocolGRPC, "zstd"},
		{"http", otlp.ProtocolHTTP, ""},
		{"http gzip", otlp.ProtocolHTTP, "gzip"},
		{"http zstd", otlp.ProtocolHTTP, "zstd"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := start(t, receive.Config{})
			endpoint := func(path string) []otlp.Endpoint {
				if tt.protocol == otlp.ProtocolGRPC {
					return []otlp.Endpoint{{URL: "http://" + s.grpc, Protocol: tt.protocol, Compression: tt.compression}}
				}
				return []otlp.Endpoint{{URL: "http://" + s.http + path, Protocol: tt.protocol, Compression: tt.compression}}
			}
			p, err := otlp.New(t.Context(), otlp.Config{
				Traces: endpoint("/v1/traces"), Logs: endpoint("/v1/logs"), Spool: otlp.SpoolConfig{Dir: t.TempDir()},
			})
			require.NoError(t, err)
			for range 500 {
				ctx, span := p.TracerProvider().Tracer("own").Start(t.Context(), tt.name)
				var r log.Record
				r.SetBody(attribute.StringValue(tt.name))
				p.LoggerProvider().Logger("own").Emit(ctx, r)
				span.End()
			}
			require.NoError(t, p.Shutdown(context.Background()))
			spans, logs := s.spans(t), s.logs(t)
			assert.Len(t, spans, 500)
			assert.Len(t, logs, 500)
			stats := s.Stats()
			assert.EqualValues(t, 500, stats.Traces.Records)
			assert.EqualValues(t, 500, stats.Logs.Records)
			assert.Empty(t, stats.Refused)
			for i := range logs {
				assert.Equal(t, tt.name, logs[i].Body.Str())
				assert.False(t, logs[i].TraceID.IsZero())
			}
		})
	}
}
