// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/sidetrace/sidetrace/desk/store"
)

func removedDesc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, []string{"reason"}, nil)
}

var (
	removedSpans = removedDesc("desk_removed_spans_total", "Spans that were removed, being older than --max-age, or more than --max-bytes.")
	removedLogs  = removedDesc("desk_removed_log_records_total", "Log records that were removed likewise.")
	removedBytes = removedDesc("desk_removed_bytes_total", "Bytes on disk of what was removed.")
)

// removed collects what a store has removed.
type removed struct{ store *store.Store }

// Describe implements [prometheus.Collector].
func (c removed) Describe(to chan<- *prometheus.Desc) {
	to <- removedSpans
	to <- removedLogs
	to <- removedBytes
}

// Collect implements [prometheus.Collector].
func (c removed) Collect(to chan<- prometheus.Metric) {
	all := c.store.Removed()
	for reason, of := range map[string]store.Amount{"age": all.TooOld, "bytes": all.TooMuch} {
		total := func(d *prometheus.Desc, n uint64) {
			to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), reason)
		}
		total(removedSpans, of.Spans)
		total(removedLogs, of.Logs)
		total(removedBytes, of.Bytes)
	}
}
