// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/trace"
)

func TestCompatInferredCallees(t *testing.T) {
	eachVector(t, "virtual_spans", func(t *testing.T, v *vector) {
		spans, _ := spansOf(t, v.Spans)
		texts := textsOf(t, v.Spans)
		original, calls := originalCallees(spans)
		requireOutput(t, v.Outputs["virtual_spans"], inferredOutput(t, v.Spans, original, texts))

		served, last := servedCalls(spans), map[trace.SpanID]int{}
		for i := range spans {
			last[spans[i].ID] = i
		}
		var unserved []trace.Span
		for i, call := range calls {
			if id := spans[call].ID; last[id] == call && !served[id] {
				unserved = append(unserved, original[i])
			}
		}
		assert.ElementsMatch(t, unserved, InferCallees(Build(spans)))
	})
}

// originalCallees are the callees that the original infers: of every record of a
// call, whether or not it was served; and the indexes of those records.
func originalCallees(spans []trace.Span) (callees []trace.Span, calls []int) {
	tree := Build(ownIDs(spans))
	for i := range tree.Nodes {
		if rule := inferenceOf(&tree.Nodes[i]); rule != nil {
			s := rule.callee(&tree.Nodes[i])
			s.Parent = spans[i].ID
			s.ID = s.Parent.Derived("callee")
			callees, calls = append(callees, s), append(calls, i)
		}
	}
	return callees, calls
}

// servedCalls are the ids of the spans below which, over internal ones, something
// was served.
func servedCalls(spans []trace.Span) map[trace.SpanID]bool {
	served := map[trace.SpanID]bool{}
	tree := Build(spans)
	for i := range tree.Nodes {
		if !tree.Nodes[i].Span.Kind.IsCalled() {
			continue
		}
		at := tree.Nodes[i].Parent
		for at != None && !tree.Nodes[at].Span.Kind.IsCalled() && !tree.Nodes[at].Span.Kind.IsCalling() {
			at = tree.Nodes[at].Parent
		}
		if at != None {
			served[tree.Nodes[at].Span.ID] = true
		}
	}
	return served
}

// inferredOutput is callees in the form of the original, which also passes on to
// whom the call's record belongs.
func inferredOutput(t *testing.T, documents json.RawMessage, callees []trace.Span, texts idTexts) []object {
	t.Helper()
	var records []object
	require.NoError(t, json.Unmarshal(documents, &records))
	owners := map[string]object{}
	for _, r := range records {
		owners[r["span_id"].(string)] = r
	}
	out := []object{}
	for i := range callees {
		s := &callees[i]
		id := texts.spans[s.Parent]
		o := object{
			"attributes": attributesObject(s.Attributes), "kind": s.Kind, "parent_span_id": id, "span_id": id + "-virtual",
			"resource": attributesObject(s.Resource.Attributes), "status": object{"code": s.Status.Code, "message": s.Status.Message},
			"trace_id": texts.traces[s.TraceID], "span_name": s.Name, "elapsed_time": micros(s.Duration()),
			"start_time": micros(s.Start), "end_time": micros(s.End), "trace_state": s.State, "time": "",
			"links": []any{}, "events": []any{}, "is_virtual": s.Inferred,
		}
		for _, key := range []string{"bk_biz_id", "app_name"} {
			if v := owners[id][key]; v != nil && v != "" {
				o[key] = v
			}
		}
		out = append(out, o)
	}
	return out
}

func attributesObject(attrs []trace.KeyValue) object {
	o := object{}
	for _, kv := range attrs {
		o[kv.Key] = kv.Value
	}
	return o
}
