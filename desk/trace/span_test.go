// SPDX-License-Identifier: Apache-2.0

package trace_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sidetrace/sidetrace/desk/trace"
)

func TestKinds(t *testing.T) {
	tests := []struct {
		kind                   trace.Kind
		name                   string
		called, calling, async bool
	}{
		{trace.Unspecified, "unspecified", false, false, false},
		{trace.Internal, "internal", false, false, false},
		{trace.Server, "server", true, false, false},
		{trace.Client, "client", false, true, false},
		{trace.Producer, "producer", false, true, true},
		{trace.Consumer, "consumer", true, false, true},
		{6, "unspecified", false, false, false},
		{-1, "unspecified", false, false, false},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.name, tt.kind.String())
		assert.Equal(t, tt.called, tt.kind.IsCalled(), tt.name)
		assert.Equal(t, tt.calling, tt.kind.IsCalling(), tt.name)
		assert.Equal(t, tt.async, tt.kind.IsAsync(), tt.name)
	}
	assert.EqualValues(t, []trace.Kind{0, 1, 2, 3, 4, 5}, []trace.Kind{trace.Unspecified, trace.Internal, trace.Server, trace.Client, trace.Producer, trace.Consumer}, "the numbers of OTLP")
}

func TestStatus(t *testing.T) {
	for code, want := range map[trace.StatusCode]string{0: "unset", 1: "ok", 2: "error", 3: "unset", -1: "unset"} {
		s := trace.Span{Status: trace.Status{Code: code}}
		assert.Equal(t, want, code.String())
		assert.Equal(t, want == "error", s.IsError())
	}
}

func TestDuration(t *testing.T) {
	tests := []struct {
		name               string
		start, end, offset int64
		want               int64
	}{
		{"nothing", 0, 0, 0, 0},
		{"usual", 1_700_000_000_000_000_000, 1_700_000_000_000_000_123, 0, 123},
		{"offset", 10, 20, -1, 9},
		{"negative", 20, 10, 0, -10},
		{"too long", math.MinInt64, math.MaxInt64, 0, math.MaxInt64},
		{"too long by one", -1, math.MaxInt64, 0, math.MaxInt64},
		{"too negative", math.MaxInt64, math.MinInt64, 0, math.MinInt64},
		{"as long as can be", 0, math.MaxInt64, 0, math.MaxInt64},
		{"as negative as can be", 0, math.MinInt64, 0, math.MinInt64},
		{"too much offset", 0, math.MaxInt64, 1, math.MaxInt64},
		{"too little offset", 0, math.MinInt64, -1, math.MinInt64},
		{"offset back", 0, math.MaxInt64, -1, math.MaxInt64 - 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := trace.Span{Start: tt.start, End: tt.end, Offset: tt.offset}
			assert.Equal(t, tt.want, s.Duration())
		})
	}
}

func TestOrigin(t *testing.T) {
	var s trace.Span
	assert.Empty(t, s.Service())
	assert.Empty(t, s.SDK())
	s.Resource = &trace.Resource{Attributes: []trace.KeyValue{pair("service.name", trace.Int(7)), pair("telemetry.sdk.name", trace.String("sidetrace"))}}
	assert.Equal(t, "7", s.Service())
	assert.Equal(t, "sidetrace", s.SDK())
	s.Attributes = []trace.KeyValue{pair("service.name", trace.String("of the span"))}
	v, ok := s.Attribute("service.name")
	assert.True(t, ok)
	assert.Equal(t, "of the span", v.Str())
	assert.Equal(t, "7", s.Service())
}

func TestClone(t *testing.T) {
	in := func() trace.Span {
		return trace.Span{
			Name: "a", Attributes: []trace.KeyValue{pair("k", trace.Int(1))},
			Events: []trace.Event{{Name: "e", Attributes: []trace.KeyValue{pair("k", trace.Int(1))}}},
			Links:  []trace.Link{{State: "s", Attributes: []trace.KeyValue{pair("k", trace.Int(1))}}},
		}
	}
	s := in()
	s.Resource, s.Scope = &trace.Resource{}, &trace.Scope{}
	c := s.Clone()
	assert.Equal(t, s, c)
	assert.Same(t, s.Resource, c.Resource)
	assert.Same(t, s.Scope, c.Scope)

	c.Attributes[0].Key, c.Events[0].Name, c.Events[0].Attributes[0].Key, c.Links[0].State, c.Links[0].Attributes[0].Key = "x", "x", "x", "x", "x"
	s.Resource, s.Scope = nil, nil
	assert.Equal(t, in(), s)
	empty := trace.Span{}
	assert.Equal(t, empty, empty.Clone())
}
