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

	"github.com/sidetrace/sidetrace/desk/source"
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
	all := []prometheus.Collector{
		m.durations,
		gauge("desk_http_requests_under_way", "Requests that are being answered.", func() int { return a.gate.UnderWay() }),
		gauge("desk_http_streams", "Streams of events that are open.", func() int { return a.gate.Streams() }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "desk_build_info", Help: "The version of the program; always 1.", ConstLabels: prometheus.Labels{"version": a.cfg.Version},
		}, func() float64 { return 1 }),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	}
	if a.cfg.Received != nil {
		all = append(all, received(a.cfg.Received))
	}
	if d, ok := a.cfg.Source.(source.Describer); ok {
		all = append(all, stored{d})
	}
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

func gauge(name, help string, read func() int) prometheus.GaugeFunc {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return float64(read()) })
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
