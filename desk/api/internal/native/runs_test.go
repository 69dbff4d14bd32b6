// SPDX-License-Identifier: Apache-2.0

package native_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/analysis/agentrun"
	"github.com/sidetrace/sidetrace/desk/api/internal/native"
	"github.com/sidetrace/sidetrace/desk/source/memory"
	"github.com/sidetrace/sidetrace/desk/source/sourcetest"
	"github.com/sidetrace/sidetrace/desk/trace"
)

type runs struct {
	Runs []struct {
		TraceID, Question string
		FirstFrame        int64
		Usage             agentrun.Usage
		Cost              agentrun.Cost
		Failed            bool
	}
}

func TestRuns(t *testing.T) {
	agent, long := sourcetest.Agent(2, began, "s-1"), sourcetest.Agent(3, began, "s-1")
	agent.Spans[1].Attributes = append(agent.Spans[1].Attributes, trace.KeyValue{Key: "gen_ai.input.messages", Value: trace.String(`[{"role":"user","content":"Where to?"}]`)})
	long.Spans[0].Attributes = append(long.Spans[0].Attributes, trace.KeyValue{Key: "input.value", Value: trace.String(strings.Repeat("去哪里", 200))})
	prices, err := agentrun.ReadPrices(strings.NewReader(`{"currency": "usd", "prices": [{"model": "gpt-5", "input": 1.25, "output": 10}]}`))
	require.NoError(t, err)
	c := config(memory.New(&agent, &long))
	c.Prices = prices
	asked := "/runs?trace=" + sourcetest.TraceID(3).String() + "&trace=" + sourcetest.TraceID(9).String() + "&trace=" + sourcetest.TraceID(2).String()
	got := decoded[runs](t, check(t, handlerOf(c), httptest.NewRequest(http.MethodGet, native.Base+asked, nil)).Body.String())
	require.Len(t, got.Runs, 2, "in the order that is asked for, without what is not there")
	assert.Equal(t, sourcetest.TraceID(3).String(), got.Runs[0].TraceID)
	assert.True(t, utf8.ValidString(got.Runs[0].Question))
	assert.True(t, strings.HasPrefix(got.Runs[0].Question, "去哪里") && strings.HasSuffix(got.Runs[0].Question, "…"))
	assert.Less(t, len(got.Runs[0].Question), 410)
	second := got.Runs[1]
	assert.Equal(t, "Where to?", second.Question)
	assert.Equal(t, agentrun.Unknown, second.FirstFrame)
	assert.EqualValues(t, 350, second.Usage.Total)
	assert.Equal(t, []agentrun.Amount{{Currency: "USD", Nano: 875_000}}, second.Cost.Computed, "300 tokens in, 50 out")
	for _, form := range []string{"view=run", "format=columns"} {
		one := "/traces/" + sourcetest.TraceID(2).String() + "?" + form
		body := check(t, handlerOf(c), httptest.NewRequest(http.MethodGet, native.Base+one, nil)).Body.String()
		assert.Contains(t, body, `"question":"Where to?"`, form)
	}
}

func TestRunsThatFailed(t *testing.T) {
	const failedRuns = `{ tool != nil } !>> { status = error && (kind = server || agent != nil || span:parentID = "") }`
	tests := []struct {
		name string
		fail func(spans []trace.Span)
		want bool
	}{
		{"nothing", func([]trace.Span) {}, false},
		{"a tool", func(s []trace.Span) { s[2].Status.Code = trace.Error }, false},
		{"a model", func(s []trace.Span) { s[1].Status.Code = trace.Error }, false},
		{"a server below a tool", func(s []trace.Span) {
			s[3].Parent, s[3].Kind, s[3].Status.Code = s[2].ID, trace.Server, trace.Error
		}, false},
		{"a server below an agent", func(s []trace.Span) { s[1].Kind, s[1].Status.Code = trace.Server, trace.Error }, true},
		{"the root", func(s []trace.Span) { s[0].Parent, s[0].Status.Code = trace.SpanID{}, trace.Error }, true},
		{"an agent with a name", func(s []trace.Span) {
			s[0].Status.Code = trace.Error
			s[0].Attributes = append(s[0].Attributes, trace.KeyValue{Key: "gen_ai.agent.name", Value: trace.String("guide")})
		}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			run := sourcetest.Agent(2, began, "s-1")
			test.fail(run.Spans)
			h := handlerOf(config(memory.New(&run)))
			got := decoded[runs](t, check(t, h, httptest.NewRequest(http.MethodGet, native.Base+"/runs?trace="+sourcetest.TraceID(2).String(), nil)).Body.String())
			require.Len(t, got.Runs, 1)
			assert.Equal(t, test.want, got.Runs[0].Failed)
			found := check(t, h, httptest.NewRequest(http.MethodGet, native.Base+"/traces?q="+url.QueryEscape(failedRuns), nil)).Body.String()
			assert.Equal(t, test.want, strings.Contains(found, sourcetest.TraceID(2).String()), "the page's filter finds the same")
		})
	}
}

func TestRunsRefused(t *testing.T) {
	assert.Contains(t, refused(t, "/runs", http.StatusBadRequest), "0 ids of traces: want 1 to 50")
	assert.Contains(t, refused(t, "/runs?trace=zz", http.StatusBadRequest), "trace")
	assert.Contains(t, refused(t, "/runs"+"?trace=1"+strings.Repeat("&trace=1", 50), http.StatusBadRequest), "51 ids of traces")
}
