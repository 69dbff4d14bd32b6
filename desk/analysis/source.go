// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"cmp"
	"slices"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// A Source is what recorded a span.
type Source string

// The sources.
const (
	// SourceOpenTelemetry is instrumentation in the program.
	SourceOpenTelemetry Source = "opentelemetry"
	// SourceEBPF is DeepFlow, which watches programs from outside with eBPF.
	SourceEBPF Source = "ebpf"
	// SourceEBPFSystem is DeepFlow at the system calls of a process.
	SourceEBPFSystem Source = "ebpf_system"
	// SourceEBPFNetwork is DeepFlow at a network interface.
	SourceEBPFNetwork Source = "ebpf_network"
)

// SourceOf is what recorded a span, by telemetry.sdk.name and DeepFlow's
// df.capture_info.signal_source of its resource.
func SourceOf(s *trace.Span) Source {
	if s.SDK() != "deepflow" {
		return SourceOpenTelemetry
	}
	signal, _ := trace.Lookup(s.Resource.Attributes, "df.capture_info.signal_source")
	switch signal.Str() {
	case "Packet", "XFlow":
		return SourceEBPFNetwork
	case "eBPF":
		return SourceEBPFSystem
	}
	return SourceEBPF
}

// sources remembers the source of each resource.
type sources map[*trace.Resource]Source

func (known sources) of(s *trace.Span) Source {
	source, ok := known[s.Resource]
	if !ok {
		source = SourceOf(s)
		known[s.Resource] = source
	}
	return source
}

// Arrange is the spans in the order in which the diagrams of BlueKing APM take
// them: by start time; but of adjacent spans that eBPF recorded at system calls
// or at the network the longest come first, as they enclose the others. Spans
// that start together stay as they were. What is in order already is returned
// as it is, everything else in a new slice.
func Arrange(spans []trace.Span) []trace.Span {
	order := make([]int32, len(spans))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(spans[a].Start, spans[b].Start) })
	known := sources{}
	watched := func(at int32) bool {
		source := known.of(&spans[at])
		return source == SourceEBPFSystem || source == SourceEBPFNetwork
	}
	for first := 0; first < len(order); {
		end := first
		for end < len(order) && watched(order[end]) {
			end++
		}
		slices.SortStableFunc(order[first:end], func(a, b int32) int { return cmp.Compare(spans[b].Duration(), spans[a].Duration()) })
		first = end + 1
	}
	if slices.IsSorted(order) {
		return spans
	}
	arranged := make([]trace.Span, len(spans))
	for i, at := range order {
		arranged[i] = spans[at]
	}
	return arranged
}
