// SPDX-License-Identifier: Apache-2.0

package format_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// batchOf is spans of one service with 8 attributes and an event each.
func batchOf(n int) *trace.Batch {
	web := &trace.Resource{Attributes: []trace.KeyValue{{Key: "service.name", Value: trace.String("web")}}}
	scope := &trace.Scope{Name: "http"}
	b := &trace.Batch{}
	for i := range n {
		s := trace.Span{
			TraceID: trace.TraceID{1}, ID: trace.SpanID{1, byte(i >> 16), byte(i >> 8), byte(i)}, Parent: trace.SpanID{1}, Name: "GET /items", Kind: trace.Server,
			Start: 1_700_000_000_000_000_000, End: 1_700_000_000_001_000_000, Resource: web, Scope: scope,
			Events: []trace.Event{{Time: 1_700_000_000_000_000_000, Name: "log", Attributes: []trace.KeyValue{{Key: "level", Value: trace.String("INFO")}}}},
		}
		for a := range 8 {
			s.Attributes = append(s.Attributes, trace.KeyValue{Key: fmt.Sprintf("key.number.%d", a), Value: trace.String("a value of some length")})
		}
		b.Spans = append(b.Spans, s)
	}
	return b
}

func BenchmarkRead(b *testing.B) {
	const n = 1000
	batch := batchOf(n)
	message, err := format.MarshalTraces(batch.Spans)
	require.NoError(b, err)
	for name, in := range map[string][]byte{
		"protobuf": message, "otlpjson": format.AppendOTLPJSON(nil, batch), "jaeger": format.AppendJaeger(nil, batch.Spans),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				got, err := format.Read(bytes.NewReader(in))
				if err != nil || len(got.Spans) != n {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/span")
		})
	}
}
