// SPDX-License-Identifier: Apache-2.0

package span_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/sidetrace/sidetrace/nodelog"
	"github.com/sidetrace/sidetrace/span"
	"github.com/sidetrace/sidetrace/span/spantest"
)

var alice = span.Identity{SID: "s1", AppID: "a1", UID: "u1", ChatID: "c1"}

func asMap(attrs []attribute.KeyValue) map[string]any {
	m := map[string]any{}
	for _, a := range attrs {
		m[string(a.Key)] = a.Value.AsInterface()
	}
	return m
}

func TestIdentityComesFirst(t *testing.T) {
	rec := spantest.New(t)
	ctx := span.ContextWithIdentity(rec.Context(t.Context()), alice)
	ctx, s := span.Start(ctx, "outer", attribute.Int("n", 1))
	_, inner := span.Start(ctx, "inner")
	inner.End()
	s.End()
	want := []attribute.KeyValue{
		attribute.String("sid", "s1"), attribute.String("app_id", "a1"), attribute.String("uid", "u1"),
		attribute.String("chat_id", "c1"), attribute.String("span_version", "1.0.0"),
	}
	assert.Equal(t, append(want, attribute.Int("n", 1)), rec.Span("outer").Attributes())
	assert.Equal(t, want, rec.Span("inner").Attributes())
	assert.Equal(t, rec.Span("outer").SpanContext().SpanID(), rec.Span("inner").Parent().SpanID())
	assert.Equal(t, span.ScopeName, rec.Span("inner").InstrumentationScope().Name)

	_, s = span.Start(rec.Context(t.Context()), "nobody")
	s.End()
	assert.Equal(t, "1.0.0", spantest.Attr(rec.Span("nobody"), "span_version").AsString())
	assert.Empty(t, spantest.Attr(rec.Span("nobody"), "sid").AsString())
	assert.Len(t, rec.Span("nobody").Attributes(), 5, "the identity's keys are always there")
}

func TestContextWithIdentityFillsUp(t *testing.T) {
	ctx := span.ContextWithIdentity(t.Context(), span.Identity{SID: "s", AppID: "a"})
	ctx = span.ContextWithIdentity(ctx, span.Identity{AppID: "b", UID: "u"})
	assert.Equal(t, span.Identity{SID: "s", AppID: "b", UID: "u"}, span.IdentityFromContext(ctx))
	assert.Zero(t, span.IdentityFromContext(t.Context()))
	var none context.Context
	assert.Zero(t, span.IdentityFromContext(none), "a nil context is survived")
}

func TestNewSID(t *testing.T) {
	n := 0
	rec := spantest.NewWithConfig(t, span.Config{NewSID: func() string { n++; return fmt.Sprint("made-", n) }})
	ctx, root := span.Start(rec.Context(t.Context()), "root")
	_, child := span.Start(ctx, "child")
	child.End()
	root.End()
	_, own := span.Start(span.ContextWithIdentity(rec.Context(t.Context()), alice), "own")
	own.End()
	assert.Equal(t, "made-1", spantest.Attr(rec.Span("root"), "sid").AsString())
	assert.Equal(t, "made-1", spantest.Attr(rec.Span("child"), "sid").AsString())
	assert.Equal(t, "s1", spantest.Attr(rec.Span("own"), "sid").AsString())
	assert.Equal(t, "made-1", span.IdentityFromContext(ctx).SID)
	assert.Equal(t, 1, n)
}

func TestKinds(t *testing.T) {
	rec := spantest.New(t)
	_, s := span.StartKind(rec.Context(t.Context()), trace.SpanKindClient, "call")
	s.End()
	_, s = span.Start(rec.Context(t.Context()), "work")
	s.SetName("renamed")
	s.End()
	assert.Equal(t, trace.SpanKindClient, rec.Span("call").SpanKind())
	assert.Equal(t, trace.SpanKindInternal, rec.Span("renamed").SpanKind())
}

type engine[T any] struct{}

func (*engine[T]) run(ctx context.Context) {
	_, s := span.Start(ctx, "")
	s.End()
	func() {
		func() {
			_, s := span.StartKind(ctx, trace.SpanKindClient, "")
			s.End()
		}()
	}()
	for range 2 {
		_, s := span.Start(ctx, "given::")
		s.End()
	}
}

func TestCallersName(t *testing.T) {
	rec := spantest.New(t)
	(&engine[int]{}).run(rec.Context(t.Context()))
	_, s := span.Start(rec.Context(t.Context()), "")
	s.End()
	_, s = span.Start(rec.Context(t.Context()), "ends in:")
	s.End()
	_, s = span.StartNode(rec.Context(t.Context()), nodelog.Node{})
	s.End()
	var names []string
	for _, s := range rec.Ended() {
		names = append(names, s.Name())
	}
	assert.Equal(t, []string{"engine.run", "engine.run", "given::engine.run", "given::engine.run", "TestCallersName", "ends in:", "TestCallersName"}, names)
}

func TestLevels(t *testing.T) {
	var level slog.LevelVar
	rec := spantest.NewWithConfig(t, span.Config{Level: &level})
	record := func() []string {
		_, s := span.Start(rec.Context(t.Context()), "levels")
		s.Debug("d")
		s.Info("i")
		s.Warn("w")
		s.Error("e")
		s.End()
		ended := rec.Ended()
		var names []string
		for _, e := range ended[len(ended)-1].Events() {
			names = append(names, e.Name)
		}
		return names
	}
	level.Set(slog.LevelDebug)
	assert.Equal(t, []string{"DEBUG", "INFO", "WARN", "ERROR"}, record())
	level.Set(slog.LevelWarn)
	assert.Equal(t, []string{"WARN", "ERROR"}, record())
	level.Set(slog.LevelError)
	assert.Equal(t, []string{"ERROR"}, record())
}

func TestEvents(t *testing.T) {
	rec := spantest.New(t)
	_, s := span.Start(rec.Context(t.Context()), "events")
	s.Info("found", attribute.Int("hits", 3))
	s.Debug("", attribute.String("a", "1"), attribute.Bool("b", true))
	s.Event("cache", attribute.String("key", "k"))
	s.Error("gone wrong")
	s.SetCode(10007)
	s.End()
	got := rec.Span("events")
	require.Len(t, got.Events(), 4)
	for i, want := range []struct {
		name  string
		attrs map[string]any
	}{
		{"INFO", map[string]any{"INFO LOG": "found", "hits": int64(3)}},
		{"DEBUG", map[string]any{"a": "1", "b": true}},
		{"cache", map[string]any{"key": "k"}},
		{"ERROR", map[string]any{"ERROR LOG": "gone wrong"}},
	} {
		assert.Equal(t, want.name, got.Events()[i].Name)
		assert.Equal(t, want.attrs, asMap(got.Events()[i].Attributes))
	}
	assert.Equal(t, sdktrace.Status{Code: codes.Error, Description: "gone wrong"}, got.Status())
	assert.True(t, spantest.Attr(got, "error").AsBool())
	assert.EqualValues(t, 10007, spantest.Attr(got, "code").AsInt64())
}

func TestAttributesAreCopied(t *testing.T) {
	rec := spantest.New(t)
	attrs := []attribute.KeyValue{attribute.Int("n", 1)}
	_, s := span.Start(rec.Context(t.Context()), "copied", attrs...)
	s.Set(attrs...)
	s.Info("", attrs...)
	s.Event("e", attrs...)
	attrs[0] = attribute.Int("n", 2)
	s.End()
	got := rec.Span("copied")
	assert.EqualValues(t, 1, spantest.Attr(got, "n").AsInt64())
	for _, e := range got.Events() {
		assert.EqualValues(t, 1, spantest.EventAttr(e, "n").AsInt64())
	}
}

// store is an Offloader that keeps everything.
type store struct {
	mu    sync.Mutex
	texts []string
	full  bool
}

func (s *store) Offload(text string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full {
		return "", false
	}
	s.texts = append(s.texts, text)
	return fmt.Sprintf("s3://traces/%d", len(s.texts)-1), true
}

func TestLargeValues(t *testing.T) {
	off := &store{}
	rec := spantest.NewWithConfig(t, span.Config{Offloader: off})
	stays, goes := strings.Repeat("s", 5120), strings.Repeat("g", 5121)
	_, s := span.Start(rec.Context(t.Context()), "large", attribute.String("start", goes), attribute.String("small", stays))
	s.Set(attribute.String("set", goes), attribute.StringSlice("list", []string{goes, "x"}), attribute.Int("n", 1))
	s.Info(goes, attribute.String("k", stays))
	s.Info("", attribute.String("k", stays), attribute.Int("n", 1))
	s.Info("", attribute.String("k", "short"))
	s.Event("e", attribute.String("k", goes))
	s.Fail(errors.New(goes))
	s.End()

	got := rec.Span("large")
	text := func(link string) string {
		var i int
		_, err := fmt.Sscanf(link, "s3://traces/%d", &i)
		require.NoError(t, err, link)
		return off.texts[i]
	}
	linked := func(v attribute.Value) string {
		link, ok := strings.CutPrefix(v.AsString(), "trace_link: ")
		require.True(t, ok, v.AsString())
		return text(link)
	}
	assert.Equal(t, goes, linked(spantest.Attr(got, "start")))
	assert.Equal(t, stays, spantest.Attr(got, "small").AsString())
	assert.Equal(t, goes, linked(spantest.Attr(got, "set")))
	assert.JSONEq(t, `["`+goes+`","x"]`, linked(spantest.Attr(got, "list")))
	events := got.Events()
	require.Len(t, events, 5)
	assert.Equal(t, goes, linked(spantest.EventAttr(events[0], "INFO LOG")))
	assert.Equal(t, stays, spantest.EventAttr(events[0], "k").AsString())
	require.Len(t, events[1].Attributes, 1, "attributes that are too long in sum become one link")
	var whole map[string]any
	require.NoError(t, json.Unmarshal([]byte(text(spantest.EventAttr(events[1], "trace_link").AsString())), &whole))
	assert.Equal(t, map[string]any{"k": stays, "n": 1.0}, whole)
	assert.Equal(t, "short", spantest.EventAttr(events[2], "k").AsString())
	assert.Len(t, events[3].Attributes, 1)
	assert.Equal(t, goes, linked(spantest.EventAttr(events[4], "exception.message")))
	assert.Less(t, len(got.Status().Description), 1100, "the status is bounded")

	off.full = true
	_, s = span.Start(rec.Context(t.Context()), "full", attribute.String("k", goes))
	s.Info("", attribute.String("k", goes))
	s.End()
	assert.Equal(t, goes, spantest.Attr(rec.Span("full"), "k").AsString(), "what nobody takes stays")
	assert.Equal(t, goes, spantest.EventAttr(rec.Span("full").Events()[0], "k").AsString())
}

func TestStatusIsCutBetweenCharacters(t *testing.T) {
	rec := spantest.New(t)
	_, s := span.Start(rec.Context(t.Context()), "cut")
	s.Error("x" + strings.Repeat("提", 1000))
	s.End()
	assert.Equal(t, "x"+strings.Repeat("提", 341)+"…", rec.Span("cut").Status().Description)
}

func TestNodes(t *testing.T) {
	rec := spantest.New(t)
	record := nodelog.New(nodelog.Request{})
	ctx := span.ContextWithIdentity(rec.Context(t.Context()), alice)
	ctx = span.ContextWithTraceLog(ctx, record)
	assert.Same(t, record, span.TraceLogFromContext(ctx))

	ctx, entry := span.Start(ctx, "entry")
	require.Nil(t, entry.Node())
	nctx, node := span.StartNode(ctx, nodelog.Node{ID: "llm::1", Type: "llm", Name: "Model"})
	node.Node().Usage(nodelog.Usage{PromptTokens: 12, CompletionTokens: 3})
	node.Node().FirstFrame()
	node.Set(attribute.Int("n", 1))
	node.Set(attribute.Int("n", 2), attribute.String("b", "x"))
	node.Info("text", attribute.Int("i", 1))
	node.Event("cache", attribute.Bool("hit", true))
	_, child := span.Start(nctx, "child")
	child.Warn("from the child")
	child.Fail(errors.New("once"))
	child.End()
	cctx, nested := span.StartNode(nctx, nodelog.Node{ID: "tool::2"})
	nested.Fail(errors.New("broken tool"))
	nested.End()
	assert.Same(t, nested, span.FromContext(cctx))
	node.SetCode(7)
	node.End()
	entry.SetCode(3)
	entry.End()
	record.End(t.Context())

	var got struct {
		SID    string `json:"sid"`
		Status struct {
			Code    int
			Message string
		}
		Trace []struct {
			ID     string   `json:"id"`
			NodeID string   `json:"node_id"`
			Next   []string `json:"next_log_ids"`
			OK     bool     `json:"running_status"`
			Logs   []string
		}
	}
	require.NoError(t, json.Unmarshal(record.AppendJSON(nil), &got))
	assert.Equal(t, "s1", got.SID)
	assert.Equal(t, 3, got.Status.Code)
	require.Len(t, got.Trace, 2)
	assert.True(t, got.Trace[0].OK, "an error below the node's span does not fail the node")
	assert.Equal(t, []string{got.Trace[1].ID}, got.Trace[0].Next)
	assert.False(t, got.Trace[1].OK)
	var lines []string
	for _, l := range got.Trace[0].Logs {
		var line struct{ Level, Message, Time string }
		require.NoError(t, json.Unmarshal([]byte(l), &line))
		assert.Regexp(t, `^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$`, line.Time)
		lines = append(lines, line.Level+" "+line.Message)
	}
	assert.Equal(t, []string{
		`INFO set attribute: n=1`,
		`INFO set attributes: {"b":"x","n":2}`,
		`INFO text {"i":1}`,
		`INFO cache={"hit":true}`,
		`WARN from the child`,
		`ERROR once`,
		`INFO set attribute: code=7`,
	}, lines)

	s := rec.Span("Model")
	attrs := asMap(s.Attributes())
	assert.Equal(t, "llm::1", attrs["node.id"])
	assert.Equal(t, "llm", attrs["node.type"])
	assert.Equal(t, got.Trace[0].ID, attrs["node.log_id"])
	assert.EqualValues(t, 12, attrs["gen_ai.usage.input_tokens"])
	assert.EqualValues(t, 3, attrs["gen_ai.usage.output_tokens"])
	assert.Contains(t, attrs, "gen_ai.response.time_to_first_chunk")
	tool := asMap(rec.Span("tool::2").Attributes())
	assert.NotContains(t, tool, "gen_ai.usage.input_tokens", "what was not counted is not 0")
	assert.Equal(t, codes.Error, rec.Span("tool::2").Status().Code)
}

func TestErrorEventFailsNode(t *testing.T) {
	rec := spantest.New(t)
	record := nodelog.New(nodelog.Request{})
	ctx := span.ContextWithTraceLog(rec.Context(t.Context()), record)
	ctx, entry := span.Start(ctx, "entry")
	_, s := span.StartNode(ctx, nodelog.Node{Name: "n"})
	s.Error("", attribute.String("why", "no"))
	s.End()
	entry.Fail(errors.New("whole request"))
	assert.Equal(t, nodelog.Outcome{Message: "whole request", Failed: true}, record.Outcome())
	entry.End()
	record.End(t.Context())
	b := string(record.AppendJSON(nil))
	assert.Contains(t, b, `"running_status":false`)
	assert.Contains(t, b, `"status":{"code":1,"message":"whole request"}`)
	assert.Contains(t, b, `{\"level\":\"ERROR\",\"message\":\"{\\\"why\\\":\\\"no\\\"}\"`)
}

// Without a record a node is a span with the node's names.
func TestNodeWithoutRecord(t *testing.T) {
	rec := spantest.New(t)
	_, s := span.StartNode(rec.Context(t.Context()), nodelog.Node{ID: "tool::1", Type: "tool"})
	assert.Nil(t, s.Node())
	s.End()
	attrs := asMap(rec.Span("tool::1").Attributes())
	assert.Equal(t, "tool", attrs["node.type"])
	assert.NotContains(t, attrs, "node.log_id")
}

// Records are not sampled: a node log fills up although the span is dropped.
func TestUnsampledNode(t *testing.T) {
	rec := spantest.NewWithConfig(t, span.Config{}, sdktrace.WithSampler(sdktrace.NeverSample()))
	record := nodelog.New(nodelog.Request{})
	ctx := span.ContextWithTraceLog(rec.Context(t.Context()), record)
	ctx, entry := span.Start(ctx, "entry")
	require.NotNil(t, entry, "it speaks for the record")
	entry.SetCode(9)
	ctx, s := span.StartNode(ctx, nodelog.Node{ID: "n"})
	s.Info("seen")
	_, child := span.Start(ctx, "child")
	child.Info("from below")
	child.End()
	assert.Same(t, s.Node(), span.FromContext(ctx).Node())
	s.End()
	entry.End()
	b := string(record.AppendJSON(nil))
	assert.Contains(t, b, "seen")
	assert.Contains(t, b, "from below")
	assert.Contains(t, b, `"code":9`)
	assert.Empty(t, rec.Ended())
}

// A node that runs under a dropped span has its log as well.
func TestNodeUnderDroppedSpan(t *testing.T) {
	rec := spantest.NewWithConfig(t, span.Config{Level: slog.LevelInfo}, sdktrace.WithSampler(sdktrace.NeverSample()))
	record := nodelog.New(nodelog.Request{})
	ctx := span.ContextWithTraceLog(rec.Context(t.Context()), record)
	ctx, _ = span.Start(ctx, "entry")
	ctx, dropped := span.Start(ctx, "helper")
	require.Nil(t, dropped)
	ctx, s := span.StartNode(ctx, nodelog.Node{ID: "n"})
	s.Node().Input("k", "what it got")
	s.Debug("too much detail")
	_, child := span.Start(ctx, "child")
	child.Info("from below")
	child.Debug("too much detail")
	s.Fail(errors.New("it broke"))
	s.End()
	b := string(record.AppendJSON(nil))
	assert.Contains(t, b, "what it got")
	assert.Contains(t, b, "from below")
	assert.Contains(t, b, "it broke")
	assert.Contains(t, b, `"running_status":false`)
	assert.NotContains(t, b, "too much detail", "the level holds here too")
}

func TestUnsampled(t *testing.T) {
	rec := spantest.NewWithConfig(t, span.Config{}, sdktrace.WithSampler(sdktrace.NeverSample()))
	ctx, s := span.Start(span.ContextWithIdentity(rec.Context(t.Context()), alice), "root")
	assert.Nil(t, s)
	sc := trace.SpanContextFromContext(ctx)
	assert.True(t, sc.IsValid(), "the decision travels on")
	assert.False(t, sc.IsSampled())
	assert.Equal(t, alice, span.IdentityFromContext(ctx))
	again, s := span.Start(ctx, "child")
	assert.Nil(t, s)
	assert.Equal(t, ctx, again)
	assert.Nil(t, span.FromContext(ctx))
}

func TestNil(t *testing.T) {
	ctx, s := span.Start(t.Context(), "no SDK")
	assert.Nil(t, s)
	assert.Equal(t, t.Context(), ctx)
	s.Set(attribute.Int("n", 1))
	s.SetCode(1)
	s.SetName("")
	s.Debug("")
	s.Info("")
	s.Warn("")
	s.Error("")
	s.Event("")
	s.Fail(errors.New("x"))
	s.End()
	assert.Nil(t, s.Node())
	assert.False(t, s.OTel().IsRecording())
	assert.Nil(t, span.FromContext(t.Context()))
	var none context.Context
	assert.Nil(t, span.FromContext(none), "a nil context is survived")
	ctx, s = span.Start(none, "nil context")
	assert.NotNil(t, ctx)
	assert.Nil(t, s)
	assert.PanicsWithValue(t, "up", func() {
		defer s.End()
		panic("up")
	})
}

func TestFromContext(t *testing.T) {
	rec := spantest.New(t)
	ctx, s := span.Start(rec.Context(t.Context()), "ours")
	assert.Same(t, s, span.FromContext(ctx))
	foreignCtx, foreign := rec.Provider().Tracer("other").Start(ctx, "theirs")
	adopted := span.FromContext(foreignCtx)
	require.NotNil(t, adopted)
	assert.Same(t, adopted, span.FromContext(foreignCtx), "its state is kept")
	adopted.Info("on theirs")
	adopted.Fail(errors.New("x"))
	span.FromContext(foreignCtx).Fail(errors.New("y"))
	assert.Same(t, s, span.FromContext(ctx))
	foreign.End()
	s.End()
	assert.Len(t, rec.Span("theirs").Events(), 3)
	assert.Empty(t, rec.Span("ours").Events())
}

// A span of another package under the record of a request is its entry, as the
// server span of an HTTP middleware.
func TestForeignEntry(t *testing.T) {
	rec := spantest.New(t)
	record := nodelog.New(nodelog.Request{})
	remote := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: 1, Remote: true})
	ctx := trace.ContextWithSpanContext(rec.Context(t.Context()), remote)
	ctx = span.ContextWithTraceLog(ctx, record)
	ctx, server := rec.Provider().Tracer("http").Start(ctx, "server")
	entry := span.FromContext(ctx)
	cctx, child := span.Start(ctx, "child")
	child.SetCode(1)
	child.End()
	fctx, foreign := rec.Provider().Tracer("db").Start(cctx, "query")
	span.FromContext(fctx).SetCode(2)
	foreign.End()
	later := span.ContextWithIdentity(ctx, alice) // as after a login
	assert.Same(t, entry, span.FromContext(later))
	fctx, foreign = rec.Provider().Tracer("db").Start(later, "query")
	span.FromContext(fctx).SetCode(4)
	span.FromContext(fctx).Fail(errors.New("first try"))
	foreign.End()
	assert.Zero(t, record.Outcome(), "a part is not the whole")
	entry.SetCode(3)
	server.End()
	assert.Equal(t, nodelog.Outcome{Code: 3}, record.Outcome())
}

// Spans of other instrumentation carry the identity as well.
func TestProcessor(t *testing.T) {
	rec := spantest.New(t)
	ctx := span.ContextWithIdentity(rec.Context(t.Context()), alice)
	_, foreign := rec.Provider().Tracer("db").Start(ctx, "query", trace.WithAttributes(attribute.Int("n", 1)))
	foreign.End()
	assert.Equal(t, map[string]any{"n": int64(1), "sid": "s1", "app_id": "a1", "uid": "u1", "chat_id": "c1"}, asMap(rec.Span("query").Attributes()))
	_, foreign = rec.Provider().Tracer("db").Start(span.ContextWithIdentity(rec.Context(t.Context()), span.Identity{SID: "s"}), "edge")
	foreign.End()
	assert.Equal(t, map[string]any{"sid": "s"}, asMap(rec.Span("edge").Attributes()))
	_, foreign = rec.Provider().Tracer("db").Start(rec.Context(t.Context()), "nobody")
	foreign.End()
	assert.Empty(t, rec.Span("nobody").Attributes())
}

func TestProviders(t *testing.T) {
	one, two := spantest.New(t), spantest.New(t)
	ctx, s := span.Start(one.Context(t.Context()), "one")
	ctx = two.Context(ctx)
	_, inner := span.Start(ctx, "under one")
	inner.End()
	s.End()
	assert.Len(t, one.Ended(), 2, "a child belongs to its parent's provider")
	remote := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: 1, Remote: true})
	_, s = span.Start(trace.ContextWithSpanContext(two.Context(t.Context()), remote), "two")
	s.End()
	assert.Equal(t, remote.TraceID(), two.Span("two").SpanContext().TraceID())
}

func TestGlobalProvider(t *testing.T) {
	before := otel.GetTracerProvider()
	t.Cleanup(func() { otel.SetTracerProvider(before) })
	rec := spantest.New(t)
	otel.SetTracerProvider(rec.Provider())
	_, s := span.Start(t.Context(), "global")
	s.End()
	assert.Len(t, rec.Ended(), 1)

	// One that nobody has bound works as well.
	var ended []sdktrace.ReadOnlySpan
	plain := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporterFunc(func(ss []sdktrace.ReadOnlySpan) { ended = append(ended, ss...) })))
	otel.SetTracerProvider(plain)
	_, s = span.Start(span.ContextWithIdentity(t.Context(), alice), "plain")
	s.Debug("all levels")
	s.End()
	require.Len(t, ended, 1)
	assert.Len(t, ended[0].Events(), 1)

	otel.SetTracerProvider(noop.NewTracerProvider())
	_, s = span.Start(t.Context(), "noop")
	assert.Nil(t, s)

	otel.SetTracerProvider(uncomparable{rec.Provider(), nil})
	_, s = span.Start(t.Context(), "uncomparable")
	s.End()
	assert.Len(t, rec.Ended(), 2)
}

type uncomparable struct {
	trace.TracerProvider
	_ []int
}

type exporterFunc func([]sdktrace.ReadOnlySpan)

func (f exporterFunc) ExportSpans(_ context.Context, ss []sdktrace.ReadOnlySpan) error {
	f(ss)
	return nil
}
func (exporterFunc) Shutdown(context.Context) error { return nil }

func TestBind(t *testing.T) {
	p := sdktrace.NewTracerProvider()
	unbind, err := span.Bind(p, span.Config{})
	require.NoError(t, err)
	_, err = span.Bind(p, span.Config{})
	require.ErrorContains(t, err, "already")
	unbind()
	unbind()
	unbind, err = span.Bind(p, span.Config{})
	require.NoError(t, err)
	unbind()
	_, err = span.Bind(nil, span.Config{})
	require.Error(t, err)
	_, err = span.Bind(uncomparable{}, span.Config{})
	require.Error(t, err)
}

func TestEndIsIdempotent(t *testing.T) {
	rec := spantest.New(t)
	_, s := span.Start(rec.Context(t.Context()), "once")
	s.End()
	s.End()
	s.Info("too late")
	assert.Empty(t, rec.Span("once").Events())
}

func TestConcurrentUse(t *testing.T) {
	rec := spantest.New(t)
	record := nodelog.New(nodelog.Request{})
	ctx := span.ContextWithTraceLog(rec.Context(t.Context()), record)
	ctx, foreign := rec.Provider().Tracer("x").Start(ctx, "server")
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			span.FromContext(ctx).Info("shared")
			_, s := span.StartNode(ctx, nodelog.Node{Name: fmt.Sprint("n", i)})
			defer s.End()
			s.Set(attribute.Int("i", i))
			s.Fail(fmt.Errorf("e%d", i))
			span.FromContext(ctx).Fail(fs.ErrNotExist)
		})
	}
	wg.Wait()
	foreign.End()
	exceptions := 0
	for _, e := range rec.Span("server").Events() {
		if e.Name == "exception" {
			exceptions++
		}
	}
	assert.Equal(t, 1, exceptions, "one error, recorded once")
}
