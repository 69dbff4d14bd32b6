// SPDX-License-Identifier: Apache-2.0

package finding

import "time"

// A Kind is what a finding is about.
type Kind string

// A Severity says how much a finding matters.
type Severity uint8

// The severities.
const (
	// Info is worth knowing: how the time was spent, what was recorded how.
	Info Severity = iota
	// Warning is worth changing: it costs time or tokens, or hides something.
	Warning
	// Critical is what failed, and what would not have ended by itself.
	Critical
)

var severityNames = [...]string{"info", "warning", "critical"}

// String is the severity in lower case.
func (s Severity) String() string {
	if int(s) >= len(severityNames) {
		return "critical"
	}
	return severityNames[s]
}

// MarshalText is what String returns.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A Finding is one thing that was found.
type Finding struct {
	Kind     Kind     `json:"kind"`
	Severity Severity `json:"severity"`
	// Title says in one line what was found, with its numbers.
	Title string `json:"title"`
	// Advice says in one sentence what to do about it.
	Advice string `json:"advice"`
	// Nodes are the spans that the finding rests on, as nodes of the tree, the
	// most telling first; never empty, at most 1000. Of what was found at several
	// places they are those of the costliest.
	Nodes []int32 `json:"nodes"`
	// Count is how many spans there are, at that place: more than Nodes can hold
	// if there are more than 1000.
	Count int `json:"count"`
	// Places is how often the same was found in the trace: at least 1.
	Places int `json:"places"`
	// Cost is the time, in ns, that it took or that could be saved, at all places
	// together; never negative, and never more than the trace took. 0 for what
	// costs no time.
	Cost time.Duration `json:"cost"`
	// Tokens are those that it cost, of the prompts and the answers of models.
	Tokens int64 `json:"tokens,omitempty"`
	// Shift is, for a [ClockSkew], what has to be added to the times of the
	// service of the first node, in ns.
	Shift time.Duration `json:"shift,omitempty"`
	// More is how many findings of this kind were left out for [Options.Limit];
	// the last of its kind has it.
	More int `json:"more,omitempty"`
}

// Options tune [Find]. The zero value has the defaults, each with its reason.
type Options struct {
	// MinShare is the part of the trace's duration from which on time matters. 0
	// means 0.01: less is lost in the difference between two runs.
	MinShare float64
	// MinCost is the time from which on time matters. 0 means 1 ms: below, it is
	// the measurement and the scheduler that one sees.
	MinCost time.Duration
	// RepeatedCalls is how many similar calls make an [NPlusOne]. 0 means 5, as
	// Sentry's detector has it: fewer may well be written out one by one.
	RepeatedCalls int
	// EqualQueries is how many equal queries make a [DuplicateQuery]. 0 means 3:
	// two are common where one part of a program checks what another did.
	EqualQueries int
	// SerialCalls is how many calls in a row make a [SerialCalls]. 0 means 3: two
	// are most often one that needs the other.
	SerialCalls int
	// EqualToolCalls is how many equal calls of a tool make a [StuckAgent]. 0 means
	// 3: the second one may be to make sure.
	EqualToolCalls int
	// FirstFrame is how long the first piece of a streamed answer may take. 0
	// means 2 s: who waits longer in silence begins to doubt that anything happens.
	FirstFrame time.Duration
	// Gap is how long nothing may be recorded below a span. 0 means 50 ms.
	Gap time.Duration
	// GapShare is the part of the trace that a gap must have as well. 0 means 0.1:
	// all programs do some work of their own between calls.
	GapShare float64
	// BottleneckShare is the part of the critical path that one span must have to
	// be a [Bottleneck]. 0 means 0.2: below that there is no single one.
	BottleneckShare float64
	// Skew is how far clocks may be off unreported. 0 means 1 ms: that much is
	// usual between machines that keep their time by NTP.
	Skew time.Duration
	// Overrun is how long a span may go on after its parent. 0 means 5 ms: what
	// ends together is recorded in any order.
	Overrun time.Duration
	// Limit is how many findings of one kind are returned, the costliest ones. 0
	// means 50: more are not read, and say the same.
	Limit int
}
