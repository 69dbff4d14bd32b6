// SPDX-License-Identifier: Apache-2.0

package sift_test

import (
	"encoding/binary"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/sidetrace/sidetrace/desk/receive/internal/sift"
)

func str(k, v string) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: k, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: v}}}
}

func number(k string, v int64) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: k, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: v}}}
}

// agentSpans are what an agent sends: 8 attributes and an event, some 425 bytes.
func agentSpans(n int) []byte {
	ss := &tracepb.ScopeSpans{Scope: &commonpb.InstrumentationScope{Name: "agent"}}
	for i := range n {
		ss.Spans = append(ss.Spans, &tracepb.Span{
			TraceId: binary.BigEndian.AppendUint64(make([]byte, 8), uint64(i/20+1)), SpanId: binary.BigEndian.AppendUint64(nil, uint64(i+1)),
			Name: "execute_tool", Kind: tracepb.Span_SPAN_KIND_CLIENT, StartTimeUnixNano: 1_700_000_000_000_000_000, EndTimeUnixNano: 1_700_000_001_000_000_000,
			Attributes: []*commonpb.KeyValue{
				str("sid", "agt0a1b2c3d@cn0a0001018d2f3e4c5d6e"), str("uid", "user-4711"), str("chat_id", "chat-0badcafe"), str("app_id", "app-7"),
				str("node.type", "tool"), str("gen_ai.request.model", "spark-4"), number("gen_ai.usage.input_tokens", 4711), number("gen_ai.usage.output_tokens", 815),
			},
			Events: []*tracepb.Span_Event{{TimeUnixNano: 1_700_000_000_500_000_000, Name: "log", Attributes: []*commonpb.KeyValue{
				str("level", "info"), str("message", "step done, the next one waits for its input to be complete"),
			}}},
		})
	}
	b, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{
		Resource: &resourcepb.Resource{Attributes: []*commonpb.KeyValue{str("service.name", "tools")}}, ScopeSpans: []*tracepb.ScopeSpans{ss},
	}}})
	if err != nil {
		panic(err)
	}
	return b
}

func BenchmarkScan(b *testing.B) {
	const spans = 1000
	body := agentSpans(spans)
	s := sift.Traces(10_000)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if n, clean, err := s.Scan(body); n != spans || !clean || err != nil {
			b.Fatal(n, clean, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/spans, "ns/span")
}
