// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/sidetrace/sidetrace/internal/spool"
)

func text(key, value string) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: value}}}
}

func shrunk(t *testing.T, h *shrinker, s *tracepb.Span, size int) *tracepb.Span {
	t.Helper()
	b, err := proto.Marshal(s)
	require.NoError(t, err)
	small, ok := h.to(spool.Span, b, size, map[string]string{})
	require.True(t, ok)
	assert.LessOrEqual(t, len(small), size)
	var got tracepb.Span
	require.NoError(t, proto.Unmarshal(small, &got))
	return &got
}

// Whatever it is that makes a span large, it goes, and the identity stays.
func TestShrinkAnything(t *testing.T) {
	long := strings.Repeat("\u63d0", 1<<20)
	identity := []*commonpb.KeyValue{text("sid", "s1"), text("uid", "u1")}
	wide := &tracepb.Span{Name: "wide", Attributes: identity}
	for i := range 1000 {
		e := &tracepb.Span_Event{Name: "event"}
		for j := range 25 {
			e.Attributes = append(e.Attributes, text(fmt.Sprint("k", j), strings.Repeat("v", 220+i%100)))
		}
		wide.Events = append(wide.Events, e)
	}
	for name, s := range map[string]*tracepb.Span{
		"attribute":   {Attributes: append(identity[:2:2], text("prompt", long))},
		"status":      {Attributes: identity, Status: &tracepb.Status{Message: long}},
		"name":        {Attributes: identity, Name: long},
		"event":       {Attributes: identity, Events: []*tracepb.Span_Event{{Name: long}}},
		"many events": wide,
	} {
		t.Run(name, func(t *testing.T) {
			begun := time.Now()
			got := shrunk(t, &shrinker{}, s, 100_000)
			assert.Less(t, time.Since(begun), 10*time.Second, "not quadratic")
			assert.Equal(t, "s1", got.Attributes[0].Value.GetStringValue())
			assert.Equal(t, "u1", got.Attributes[1].Value.GetStringValue())
			assert.True(t, utf8.ValidString(got.String()))
			assert.Equal(t, len(s.Events), len(got.Events)+int(got.DroppedEventsCount))
			marked := slices.ContainsFunc(got.Attributes, func(a *commonpb.KeyValue) bool { return a.Key == TruncatedKey })
			assert.True(t, marked || got.DroppedEventsCount > 0)
		})
	}
}

func TestShrinkWithLinks(t *testing.T) {
	long := strings.Repeat("x", 50_000)
	calls := 0
	h := &shrinker{func(string) (string, bool) { calls++; return "link", true }}
	s := &tracepb.Span{Attributes: []*commonpb.KeyValue{text("a", long), text("b", long)}}
	got := shrunk(t, h, s, 10_000)
	assert.Equal(t, "link", got.Attributes[0].Value.GetStringValue())
	assert.Equal(t, 1, calls, "equal values are one")
	for _, h := range []*shrinker{
		{func(v string) (string, bool) { return v + v, true }}, // longer than the text
		{func(string) (string, bool) { return "", false }},
	} {
		got = shrunk(t, h, s, 10_000)
		assert.Equal(t, TruncatedKey, got.Attributes[len(got.Attributes)-1].Key)
	}
}

func TestShrinkLog(t *testing.T) {
	r := &logspb.LogRecord{Attributes: []*commonpb.KeyValue{text("sid", "s1")}, Body: text("", strings.Repeat("x", 1<<20)).Value}
	b, err := proto.Marshal(r)
	require.NoError(t, err)
	small, ok := (&shrinker{}).to(spool.Log, b, 10_000, map[string]string{})
	require.True(t, ok)
	var got logspb.LogRecord
	require.NoError(t, proto.Unmarshal(small, &got))
	assert.Equal(t, "s1", got.Attributes[0].Value.GetStringValue())
	assert.Equal(t, "body", got.Attributes[1].Value.GetArrayValue().Values[0].GetStringValue())
	_, ok = (&shrinker{}).to(spool.Log, []byte{0xff}, 10, nil)
	assert.False(t, ok)
}
