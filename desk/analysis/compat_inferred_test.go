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
		original := originalCallees(spans)
		requireOutput(t, v.Outputs["virtual_spans"], inferredOutput(t, v.Spans, original, texts))
		assert.ElementsMatch(t, unserved(spans, original), InferCallees(Build(spans)))
	})
}

// originalCallees are the callees that the original infers: of every call,
// whether or not it was served.
func originalCallees(spans []trace.Span) []trace.Span {
	tree := Build(ownIDs(spans))
	callees := []trace.Span{}
	for i := range tree.Nodes {
		if rule := inferenceOf(&tree.Nodes[i]); rule != nil {
			s := rule.callee(&tree.Nodes[i])
			s.Parent = spans[i].ID
			s.ID = s.Parent.Derived("callee")
			callees = append(callees, s)
		}
	}
	return callees
}

// unserved leaves the callees whose calls nothing in the trace served.
func unserved(spans, callees []trace.Span) (left []trace.Span) {
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
	last := map[trace.SpanID]int{}
	for i := range callees {
		last[callees[i].ID] = i
	}
	for i, s := range callees {
		if !served[s.Parent] && last[s.ID] == i {
			left = append(left, s)
		}
	}
	return left
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
