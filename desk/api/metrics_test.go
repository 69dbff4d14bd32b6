// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/api"
	"github.com/sidetrace/sidetrace/desk/receive"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/source/memory"
)

// described is a source that says how much it has.
type described struct {
	source.Source
	has source.Description
	err error
}

func (d described) Describe(context.Context) (source.Description, error) { return d.has, d.err }

func stats() receive.Stats {
	return receive.Stats{
		Traces:        receive.SignalStats{Requests: 3, Records: 40, Bytes: 500, Repaired: 1, Rejected: map[string]uint64{"missing_id": 2}},
		Logs:          receive.SignalStats{Requests: 1},
		Refused:       map[receive.Reason]uint64{receive.Busy: 7},
		InFlightBytes: 99,
	}
}

// scrape reads the metrics of a server with the parser of Prometheus.
func scrape(t *testing.T, base string) map[string]*dto.MetricFamily {
	t.Helper()
	got := ask(t, "GET /metrics", base)
	require.Equal(t, http.StatusOK, got.status)
	assert.True(t, strings.HasPrefix(got.header.Get("Content-Type"), "text/plain; version=0.0.4"), got.header)
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(got.body))
	require.NoError(t, err)
	problems, err := promlint.New(strings.NewReader(got.body)).Lint()
	require.NoError(t, err)
	assert.Empty(t, problems, "metrics are named by the conventions")
	return families
}

// value is that of a metric with labels, in the order of their names.
func value(t *testing.T, families map[string]*dto.MetricFamily, name string, labels ...string) float64 {
	t.Helper()
	require.Contains(t, families, name)
	for _, m := range families[name].GetMetric() {
		var has []string
		for _, l := range m.GetLabel() {
			has = append(has, l.GetValue())
		}
		if slices.Equal(has, labels) {
			return m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	require.Fail(t, "there is no such metric", "%s %v", name, labels)
	return 0
}

func TestMetrics(t *testing.T) {
	extra := prometheus.NewCounter(prometheus.CounterOpts{Name: "desk_dropped_segments_total", Help: "Segments that are no longer kept."})
	extra.Add(4)
	base := serve(t, api.Config{
		Source:   described{memory.New(), source.Description{Traces: 1, Spans: 2, Logs: 3, Bytes: 4, Oldest: 1_500_000_000, Newest: 2_500_000_000}, nil},
		Received: stats, Metrics: []prometheus.Collector{extra}, Version: "1.2.3",
	}).URL
	for request, status := range map[string]int{
		"GET /api/services": 200, "GET /api/traces/xyz": 400, "GET /api/desk/v1/nothing": 404, "GET /tempo/api/echo": 200, "POST /tempo/api/echo": 405,
	} {
		require.Equal(t, status, ask(t, request, base).status)
	}
	live, err := http.Get(base + "/api/desk/v1/live")
	require.NoError(t, err)
	defer live.Body.Close()
	families := scrape(t, base)
	for _, tt := range []struct {
		name   string
		labels []string
		want   float64
	}{
		{"desk_received_requests_total", []string{"traces"}, 3},
		{"desk_received_requests_total", []string{"logs"}, 1},
		{"desk_received_records_total", []string{"traces"}, 40},
		{"desk_received_bytes_total", []string{"traces"}, 500},
		{"desk_repaired_texts_total", []string{"traces"}, 1},
		{"desk_rejected_records_total", []string{"missing_id", "traces"}, 2},
		{"desk_refused_requests_total", []string{"busy"}, 7},
		{"desk_receive_in_flight_bytes", nil, 99},
		{"desk_stored_traces", nil, 1},
		{"desk_stored_spans", nil, 2},
		{"desk_stored_log_records", nil, 3},
		{"desk_stored_bytes", nil, 4},
		{"desk_oldest_span_timestamp_seconds", nil, 1.5},
		{"desk_newest_span_timestamp_seconds", nil, 2.5},
		{"desk_dropped_segments_total", nil, 4},
		{"desk_build_info", []string{"1.2.3"}, 1},
		{"desk_http_requests_under_way", nil, 1}, // this one
		{"desk_http_streams", nil, 1},
		{"desk_http_request_duration_seconds", []string{"200", "jaeger"}, 1},
		{"desk_http_request_duration_seconds", []string{"400", "jaeger"}, 1},
		{"desk_http_request_duration_seconds", []string{"404", "desk"}, 1},
		{"desk_http_request_duration_seconds", []string{"200", "tempo"}, 1},
		{"desk_http_request_duration_seconds", []string{"405", "tempo"}, 1},
	} {
		assert.InDelta(t, tt.want, value(t, families, tt.name, tt.labels...), 0, "%s %v", tt.name, tt.labels)
	}
	assert.Positive(t, value(t, families, "go_memstats_alloc_bytes"))
	assert.Positive(t, value(t, families, "go_goroutines"))
}

// TestMetricsWithFaults checks that what cannot be collected is told of and leaves
// the rest.
func TestMetricsWithFaults(t *testing.T) {
	reported := make(chan error, 10)
	base := serve(t, api.Config{
		Source: described{memory.New(), source.Description{}, errors.New("the disk is on fire")}, Report: func(err error) { reported <- err },
	}).URL
	families := scrape(t, base)
	assert.NotContains(t, slices.Collect(maps.Keys(families)), "desk_stored_spans")
	assert.Contains(t, families, "go_goroutines")
	require.ErrorContains(t, <-reported, "the disk is on fire")
	_, err := api.New(api.Config{Source: memory.New(), Metrics: []prometheus.Collector{prometheus.NewGauge(prometheus.GaugeOpts{Name: "desk_http_streams", Help: "Mine."})}})
	require.ErrorContains(t, err, "api: metrics:")
}
