// SPDX-License-Identifier: Apache-2.0

package receive

import (
	"maps"
	"sync"
)

// Stats are what a [Server] has counted since its start.
type Stats struct {
	Traces, Logs SignalStats
	// Refused counts requests that were not taken. Those that were [Busy] are back
	// pressure.
	Refused map[Reason]uint64
	// InFlightBytes is the memory that requests take at this moment.
	InFlightBytes int64
}

// SignalStats are what was counted of a signal.
type SignalStats struct {
	Requests uint64 // that were taken, with all of their records or some
	Records  uint64 // that the sink has
	Bytes    uint64 // of these requests, decompressed
	// Rejected counts records that were left out of requests, by reason:
	// "missing_id", "long_id", "too_deep", "too_many", "unreadable".
	Rejected map[string]uint64
	// Repaired counts texts that were no UTF-8.
	Repaired uint64
}

// Stats returns what was counted. It may be changed by whoever has it.
func (s *Server) Stats() Stats {
	out := s.stats.snapshot()
	out.InFlightBytes = s.budget.used.Load()
	return out
}

// counters is what Stats is made of. Requests are counted once each, so that a
// lock costs nothing.
type counters struct {
	mu    sync.Mutex // guards stats
	stats Stats
}

func (c *counters) refused(r Reason) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stats.Refused == nil {
		c.stats.Refused = map[Reason]uint64{}
	}
	c.stats.Refused[r]++
}

func (c *counters) taken(signal Signal, o *outcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	to := &c.stats.Traces
	if signal == Logs {
		to = &c.stats.Logs
	}
	to.Requests++
	to.Records += uint64(o.records)
	to.Bytes += uint64(o.bytes)
	to.Repaired += uint64(o.repaired)
	if to.Rejected == nil {
		to.Rejected = map[string]uint64{}
	}
	for reason, n := range o.rejected {
		to.Rejected[reason] += uint64(n)
	}
}

func (c *counters) snapshot() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.stats
	out.Refused = maps.Clone(out.Refused)
	out.Traces.Rejected = maps.Clone(out.Traces.Rejected)
	out.Logs.Rejected = maps.Clone(out.Logs.Rejected)
	return out
}
