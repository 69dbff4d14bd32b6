// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/trace"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/proto"

	"github.com/sidetrace/sidetrace/internal/otlptest"
)

// encodedLog is what a log processor got, and what encodeLog and the others made
// of it then.
type encodedLog struct {
	source               sdklog.Record
	log, resource, scope []byte
}

// logs emits n records by the SDK, from two providers with three loggers each. The
// observed time tells them apart.
func (o odd) logs(n int) (all []encodedLog) {
	keep := logProcessorFunc(func(r *sdklog.Record) {
		all = append(all, encodedLog{source: r.Clone(), log: encodeLog(nil, r),
			resource: encodeResource(nil, r.Resource()), scope: encodeScope(nil, r.InstrumentationScope())})
	})
	var loggers []log.Logger
	for i := range 2 {
		opts := []sdklog.LoggerProviderOption{sdklog.WithProcessor(keep), sdklog.WithResource(o.resource(i)), sdklog.WithAttributeCountLimit(3)}
		if i == 1 {
			opts = append(opts, sdklog.WithAllowKeyDuplication(), sdklog.WithAttributeCountLimit(-1))
		}
		p := sdklog.NewLoggerProvider(opts...)
		loggers = append(loggers, p.Logger(""), p.Logger("plain"), p.Logger("full"+o.text(), log.WithInstrumentationVersion("1"+o.text()),
			log.WithSchemaURL("https://example.com/scope"), log.WithInstrumentationAttributes(o.attributes(0)...)))
	}
	for i := range n {
		o.emit(pick(o.Rand, loggers...), time.Unix(1_700_000_000, int64(i)))
	}
	return all
}

func (o odd) emit(l log.Logger, observed time.Time) {
	var r log.Record
	r.SetTimestamp(pick(o.Rand, time.Time{}, time.Unix(1_700_000_000, int64(o.IntN(1e9)))))
	r.SetObservedTimestamp(observed)
	r.SetBody(o.value(0))
	r.SetEventName(pick(o.Rand, "", "event", o.text()))
	r.SetSeverity(log.Severity(o.IntN(25)))
	r.SetSeverityText(pick(o.Rand, "", "ERROR", o.text()))
	r.AddAttributes(o.attributes(0)...)
	if o.IntN(4) == 0 {
		r.AddAttributes(o.attributes(0)...)
	}
	ctx := trace.ContextWithSpanContext(context.Background(), randomContext(o.Rand))
	if o.IntN(2) == 0 {
		ctx = context.Background()
	}
	l.Emit(ctx, r)
}

func (e encodedLog) decode(t testing.TB) (r *logspb.LogRecord, res *resourcepb.Resource, scope *commonpb.InstrumentationScope) {
	r = &logspb.LogRecord{}
	require.NoError(t, proto.Unmarshal(e.log, r))
	_, res, scope = encoded{resource: e.resource, scope: e.scope}.decode(t)
	return r, res, scope
}

func TestEncodeLogIsWhatTheStockExporterSends(t *testing.T) {
	logs := odd{Rand: rand.New(rand.NewPCG(9, 10))}.logs(3000)
	require.Len(t, logs, 3000)
	collector := otlptest.GRPC(t, nil)
	stock, err := otlploggrpc.New(t.Context(), otlploggrpc.WithEndpointURL(collector.URL))
	require.NoError(t, err)
	defer func() { require.NoError(t, stock.Shutdown(t.Context())) }()
	for batch := range slices.Chunk(logs, 20) { // gRPC takes 4 MiB
		var all []sdklog.Record
		for _, e := range batch {
			all = append(all, e.source)
		}
		require.NoError(t, stock.Export(t.Context(), all))
	}
	seen := 0
	for _, rl := range collector.Logs() {
		for _, sl := range rl.ScopeLogs {
			for _, want := range sl.LogRecords {
				e := logs[want.ObservedTimeUnixNano-1_700_000_000_000_000_000]
				requireEncoding(t, want, e.log)
				requireEncoding(t, orEmpty(rl.Resource, &resourcepb.Resource{}), e.resource)
				requireEncoding(t, orEmpty(sl.Scope, &commonpb.InstrumentationScope{}), e.scope)
				seen++
			}
		}
	}
	require.Equal(t, 3000, seen)
}

func TestEncodeLogOddValues(t *testing.T) {
	for _, s := range []log.Severity{-1, 25, math.MaxInt} {
		assert.Zero(t, severityNumber(s))
	}
	assert.Equal(t, uint64(24), severityNumber(log.SeverityFatal4))
	var got logspb.LogRecord
	require.NoError(t, proto.Unmarshal(encodeLog(nil, &sdklog.Record{}), &got))
	requireProtoEqual(t, &logspb.LogRecord{Body: &commonpb.AnyValue{}}, &got)
	for _, e := range (odd{Rand: rand.New(rand.NewPCG(11, 12)), broken: true}).logs(500) {
		e.decode(t)
	}
}

func TestEncodeLogDoesNotAllocate(t *testing.T) {
	var r sdklog.Record
	r.SetBody(attribute.StringValue("message"))
	r.AddAttributes(typicalSpan(t).Attributes()...)
	b := make([]byte, 0, 4096)
	assert.Zero(t, testing.AllocsPerRun(100, func() { b = encodeLog(b[:0], &r) }))
}
