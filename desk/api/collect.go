// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sidetrace/sidetrace/desk/receive"
	"github.com/sidetrace/sidetrace/desk/source"
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// What is told of requests by OTLP.
var (
	receivedRequests = desc("desk_received_requests_total", "Requests by OTLP that were taken, with all of their records or some.", "signal")
	receivedRecords  = desc("desk_received_records_total", "Spans and log records that were taken.", "signal")
	receivedBytes    = desc("desk_received_bytes_total", "Bytes of requests that were taken, decompressed.", "signal")
	rejectedRecords  = desc("desk_rejected_records_total", "Spans and log records that were left out of requests.", "signal", "reason")
	repairedTexts    = desc("desk_repaired_texts_total", "Texts that were no UTF-8 and were repaired.", "signal")
	refusedRequests  = desc("desk_refused_requests_total", "Requests by OTLP that were not taken; busy is back pressure.", "reason")
	inFlightBytes    = desc("desk_receive_in_flight_bytes", "Memory that requests by OTLP take at this moment.")
)

// received collects what was counted of requests by OTLP.
type received func() receive.Stats

// Describe implements [prometheus.Collector].
func (c received) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{receivedRequests, receivedRecords, receivedBytes, rejectedRecords, repairedTexts, refusedRequests, inFlightBytes} {
		to <- d
	}
}

// Collect implements [prometheus.Collector].
func (c received) Collect(to chan<- prometheus.Metric) {
	stats := c()
	total := func(d *prometheus.Desc, n uint64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	for signal, s := range map[receive.Signal]receive.SignalStats{receive.Traces: stats.Traces, receive.Logs: stats.Logs} {
		total(receivedRequests, s.Requests, signal.String())
		total(receivedRecords, s.Records, signal.String())
		total(receivedBytes, s.Bytes, signal.String())
		total(repairedTexts, s.Repaired, signal.String())
		for reason, n := range s.Rejected {
			total(rejectedRecords, n, signal.String(), reason)
		}
	}
	for reason, n := range stats.Refused {
		total(refusedRequests, n, string(reason))
	}
	to <- prometheus.MustNewConstMetric(inFlightBytes, prometheus.GaugeValue, float64(stats.InFlightBytes))
}

// What is told of a source.
var (
	storedTraces = desc("desk_stored_traces", "Traces that are kept.")
	storedSpans  = desc("desk_stored_spans", "Spans that are kept.")
	storedLogs   = desc("desk_stored_log_records", "Log records that are kept.")
	storedBytes  = desc("desk_stored_bytes", "What is kept takes so much on disk.")
	oldestSpan   = desc("desk_oldest_span_timestamp_seconds", "When the oldest span that is kept began.")
	newestSpan   = desc("desk_newest_span_timestamp_seconds", "When the newest span that is kept began.")
)

// describeWithin is how long a source may take to say how much it has.
const describeWithin = 5 * time.Second

// stored collects how much a source has.
type stored struct{ source source.Describer }

// Describe implements [prometheus.Collector].
func (c stored) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{storedTraces, storedSpans, storedLogs, storedBytes, oldestSpan, newestSpan} {
		to <- d
	}
}

// Collect implements [prometheus.Collector].
func (c stored) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), describeWithin)
	defer cancel()
	has, err := c.source.Describe(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(storedSpans, err)
		return
	}
	set := func(d *prometheus.Desc, v float64) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v)
	}
	set(storedTraces, float64(has.Traces))
	set(storedSpans, float64(has.Spans))
	set(storedLogs, float64(has.Logs))
	set(storedBytes, float64(has.Bytes))
	if has.Spans > 0 {
		set(oldestSpan, float64(has.Oldest)/float64(time.Second))
		set(newestSpan, float64(has.Newest)/float64(time.Second))
	}
}
