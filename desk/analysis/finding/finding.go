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

// A Wording is what a finding says in one language.
type Wording struct {
	Title  string `json:"title"`
	Advice string `json:"advice"`
}

// Translations are what a finding says in other languages than English, by their
// tags (RFC 5646) in JSON.
type Translations struct {
	Chinese Wording `json:"zh-CN"` // simplified
}

// A Finding is one thing that was found.
type Finding struct {
	Kind     Kind     `json:"kind"`
	Severity Severity `json:"severity"`
	// Title says in one line what was found, with its numbers.
	Title string `json:"title"`
	// Advice says in one sentence what to do about it.
	Advice string `json:"advice"`
	// Translations are title and advice in other languages.
	Translations Translations `json:"translations"`
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
	// together; never negative, and never more than the time from the first start
	// to the last end of the trace. 0 for what costs no time.
	Cost time.Duration `json:"cost"`
	// Savable says that Cost is the time that could be saved, and not that of the
	// spans.
	Savable bool `json:"savable,omitempty"`
	// Tokens are those that it cost, of the prompts and the answers of models.
	Tokens int64 `json:"tokens,omitempty"`
	// Shift is, for a [ClockSkew], what has to be added to the times of the
	// service of the first node, in ns.
	Shift time.Duration `json:"shift,omitempty"`
	// More is how many findings of this kind were left out for [Options.Limit];
	// the last of its kind has it.
	More int `json:"more,omitempty"`
}
