// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"log"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are the numbers for Prometheus.
type metrics struct {
	handler   http.Handler
	durations *prometheus.HistogramVec
}

// newMetrics names metrics by the conventions of Prometheus
// (https://prometheus.io/docs/practices/naming/).
func newMetrics(a *API) (*metrics, error) {
	registry := prometheus.NewRegistry()
	m := &metrics{durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "desk_http_request_duration_seconds", Help: "How long requests took that are no streams.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
	}, []string{"face", "code"})}
	underWay := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "desk_http_requests_under_way", Help: "Requests that are being answered.",
	}, func() float64 { return float64(a.gate.UnderWay()) })
	all := []prometheus.Collector{m.durations, underWay, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})}
	for _, c := range append(all, a.cfg.Metrics...) {
		if err := registry.Register(c); err != nil {
			return nil, fmt.Errorf("api: metrics: %w", err)
		}
	}
	m.handler = promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorLog: log.New(reporter{a.cfg.Report}, "", 0), ErrorHandling: promhttp.ContinueOnError, DisableCompression: true,
	})
	return m, nil
}

func (m *metrics) observe(face string, status int, took time.Duration) {
	m.durations.WithLabelValues(face, strconv.Itoa(status)).Observe(took.Seconds())
}

// A reporter reports what is logged.
type reporter struct{ report func(error) }

// Write implements [io.Writer].
func (r reporter) Write(line []byte) (int, error) {
	r.report(fmt.Errorf("api: metrics: %s", line))
	return len(line), nil
}
