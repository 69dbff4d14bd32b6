// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/trace"
)

func tmpValue(v any) trace.Value {
	switch x := v.(type) {
	case string:
		return trace.String(x)
	case float64:
		if x == math.Trunc(x) {
			return trace.Int(int64(x))
		}
		return trace.Float(x)
	case bool:
		return trace.Bool(x)
	}
	return trace.Value{}
}

func tmpAttrs(m map[string]any) (kv []trace.KeyValue) {
	for k, v := range m {
		kv = append(kv, trace.KeyValue{Key: k, Value: tmpValue(v)})
	}
	return kv
}

func tmpDocuments(t *testing.T, documents json.RawMessage) (spans []trace.Span) {
	var ds []struct {
		TraceID string `json:"trace_id"`
		ID      string `json:"span_id"`
		Parent  string `json:"parent_span_id"`
		Name    string `json:"span_name"`
		Kind    int32  `json:"kind"`
		Start   int64  `json:"start_time"`
		End     int64  `json:"end_time"`
		Elapsed int64  `json:"elapsed_time"`
		Status  struct {
			Code    int32
			Message string
		}
		Attrs    map[string]any `json:"attributes"`
		Resource map[string]any `json:"resource"`
	}
	require.NoError(t, json.Unmarshal(documents, &ds))
	res := map[string]*trace.Resource{}
	for _, d := range ds {
		b, _ := json.Marshal(d.Resource)
		r := res[string(b)]
		if r == nil {
			r = &trace.Resource{Attributes: tmpAttrs(d.Resource)}
			res[string(b)] = r
		}
		spans = append(spans, trace.Span{
			TraceID: trace.TraceIDOf(d.TraceID), ID: trace.SpanIDOf(d.ID), Parent: trace.SpanIDOf(d.Parent), Name: d.Name, Kind: trace.Kind(d.Kind),
			Start: d.Start * 1000, End: d.End * 1000, Offset: (d.Elapsed - d.End + d.Start) * 1000,
			Status: trace.Status{Code: trace.StatusCode(d.Status.Code), Message: d.Status.Message}, Attributes: tmpAttrs(d.Attrs), Resource: r,
		})
	}
	return spans
}
