// SPDX-License-Identifier: Apache-2.0

package finding_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/analysis/finding"
	"github.com/sidetrace/sidetrace/desk/trace"
)

func find(t *testing.T, lines string, o finding.Options) []finding.Finding {
	t.Helper()
	return finding.Find(analysis.Build(draw(t, lines)), o)
}

// of are the findings of a kind.
func of(kind finding.Kind, all []finding.Finding) (some []finding.Finding) {
	for _, f := range all {
		if f.Kind == kind {
			some = append(some, f)
		}
	}
	return some
}

func TestFindOrder(t *testing.T) {
	all := find(t, `
run [0 1000] server @shop
  SELECT [10 14] *6+5 sql=~SELECT * FROM items WHERE id = #~
  GET [100 200] get=https://a/b fail
  GET [300 400] get=https://a/b fail
  step [700 1000]`, finding.Options{})
	var got []string
	for _, f := range all {
		got = append(got, fmt.Sprint(f.Severity, " ", f.Kind, " ", f.Cost))
	}
	assert.Equal(t, []string{
		"critical retry 300ms", "warning gap 300ms", "warning errorOrigin 200ms", "warning nPlusOne 20ms",
		"info criticalPath 1s", "info bottleneck 476ms",
	}, got)
}

func TestFindLimit(t *testing.T) {
	var lines strings.Builder
	lines.WriteString("run [0 1000] @shop fail\n")
	for i := range 7 {
		fmt.Fprintf(&lines, "  step [0 %d] fail:reason_%d\n", 10+i, i)
	}
	origins := of(finding.ErrorOrigin, find(t, lines.String(), finding.Options{Limit: 3}))
	require.Len(t, origins, 3)
	assert.Equal(t, 4, origins[2].More)
	assert.Zero(t, origins[0].More)
	assert.Equal(t, 16*time.Millisecond, origins[0].Cost, "the costliest are kept")
	origins = of(finding.ErrorOrigin, find(t, lines.String(), finding.Options{Limit: -1}))
	assert.Len(t, origins, 7, "less than none is not set")
}

func TestFindManyNodes(t *testing.T) {
	all := find(t, `
run [0 100000] @shop fail
  SELECT [10 14] *1500+10 sql=~SELECT * FROM items WHERE id = #~`, finding.Options{})
	repeated := of(finding.NPlusOne, all)
	require.Len(t, repeated, 1)
	assert.Len(t, repeated[0].Nodes, 1000)
	assert.Equal(t, 1500, repeated[0].Count)
	paths := of(finding.Path, all)
	require.Len(t, paths, 1)
	assert.Len(t, paths[0].Nodes, 1000)
	assert.Equal(t, 1501, paths[0].Count)

	chain := of(finding.ErrorOrigin, finding.Find(analysis.Build(failed(1200)), finding.Options{}))
	require.Len(t, chain, 1)
	assert.Len(t, chain[0].Nodes, 1000)
	assert.Equal(t, 1200, chain[0].Count)
	assert.Equal(t, int32(1199), chain[0].Nodes[0], "the origin")
}

// failed is a chain in which everything failed.
func failed(n int) []trace.Span {
	spans := shaped(n, func(i int) int { return i - 1 })
	for i := range spans {
		spans[i].Status.Code = trace.Error
	}
	return spans
}

// Spans that are each other's parents are found, and the rest is found below them.
func TestFindInACycle(t *testing.T) {
	spans := draw(t, `
a [0 100] @shop
  b [10 90]
    SELECT [10 14] *6+5 sql=~SELECT * FROM items WHERE id = #~`)
	spans[0].Parent = spans[1].ID
	all := finding.Find(analysis.Build(spans), finding.Options{})
	require.Len(t, of(finding.BrokenParent, all), 1)
	assert.Equal(t, "1 span names itself or a span below it as its parent", of(finding.BrokenParent, all)[0].Title)
	assert.Len(t, of(finding.NPlusOne, all), 1)
}

func TestFindingJSON(t *testing.T) {
	orphans := of(finding.Orphan, find(t, `
run [0 100] @shop
b [30 40] @stock missing`, finding.Options{}))
	got, err := json.Marshal(orphans)
	require.NoError(t, err)
	assert.JSONEq(t, `[{
		"kind": "orphan", "severity": "warning", "title": "1 span names 1 parent not in the trace",
		"advice": "Wait for late spans, then look for a service whose spans are sampled away, dropped or sent elsewhere.",
		"translations": {"zh-CN": {
			"title": "1 个 Span 的 1 个父 Span 不在此 Trace 中",
			"advice": "等待迟到的 Span，再查找其 Span 未被采样、被丢弃或发往别处的服务。"
		}},
		"nodes": [1], "count": 1, "places": 1, "cost": 0
	}]`, string(got))
	for severity, want := range map[finding.Severity]string{finding.Info: "info", finding.Critical: "critical", 9: "critical"} {
		assert.Equal(t, want, severity.String())
	}
}

func TestErrorReasons(t *testing.T) {
	exception := func(attrs ...string) []trace.Event {
		e := trace.Event{Name: "exception"}
		for i := 0; i < len(attrs); i += 2 {
			e.Attributes = append(e.Attributes, trace.KeyValue{Key: "exception." + attrs[i], Value: trace.String(attrs[i+1])})
		}
		return []trace.Event{{Name: "exception"}, e, {Name: "retry"}}
	}
	for _, tt := range []struct {
		name   string
		events []trace.Event
		status string
		want   string
	}{
		{"type and message", exception("type", "KeyError", "message", "'x'"), "ignored", "KeyError: 'x'"},
		{"the path of a type", exception("type", "*example.com/pay/status.Error", "message", "busy"), "", "status.Error: busy"},
		{"a message with its type", exception("type", "KeyError", "message", "KeyError: 'x'"), "", "KeyError: 'x'"},
		{"a type alone", exception("type", "KeyError"), "", "KeyError"},
		{"a message alone", exception("message", "'x'"), "", "'x'"},
		{"only the status", nil, "no\n such  file", "no such file"},
		{"a long one", nil, strings.Repeat("é", 200), strings.Repeat("é", 80) + "…"},
	} {
		spans := draw(t, "job [0 10] @batch fail")
		spans[0].Events, spans[0].Status.Message = tt.events, tt.status
		spans[0].Name = ""
		all := of(finding.ErrorOrigin, finding.Find(analysis.Build(spans), finding.Options{}))
		require.Len(t, all, 1, tt.name)
		assert.Equal(t, "a span without a name (batch) failed: "+tt.want+"; nothing is above it", all[0].Title, tt.name)
	}
}

// TestSavable: what repeated calls cost is less than they took, and says so.
func TestSavable(t *testing.T) {
	found := find(t, `
run [0 500] @engine
  SELECT # [10 20] *10+10 sql=~SELECT a FROM b WHERE c = #~`, finding.Options{})
	savable := map[finding.Kind]bool{}
	for _, f := range found {
		savable[f.Kind] = f.Savable
	}
	assert.Equal(t, map[finding.Kind]bool{finding.NPlusOne: true, finding.Path: false, finding.Bottleneck: false}, savable)
}
