// SPDX-License-Identifier: Apache-2.0

package analysis

import "github.com/sidetrace/sidetrace/desk/trace"

// A Summary is a trace in a few figures. Times are in ns.
type Summary struct {
	TraceID trace.TraceID `json:"traceId"`
	// Root is the node of the first span of all: of those without a parent, or
	// if there are none of those whose parent is missing, the earliest; None in
	// an empty trace.
	Root        int32  `json:"root"`
	RootService string `json:"rootService"`
	RootName    string `json:"rootName"`
	// Entry is the node of the first span that was called, a server or a
	// consumer: the shallowest, then the earliest; None if there is none.
	Entry        int32  `json:"entry"`
	EntryService string `json:"entryService"`
	EntryName    string `json:"entryName"`
	// Category is the kind of work of the entry, or without one of the root.
	Category Category `json:"category"`
	// Code is the status code of that span.
	Code StatusBadge `json:"code"`

	Start    int64 `json:"start"`
	End      int64 `json:"end"` // the last end
	Duration int64 `json:"duration"`
	// Longest and Shortest are durations of spans.
	Longest  int64 `json:"longest"`
	Shortest int64 `json:"shortest"`

	// Services are in the order in which they first occurred; ServiceCount
	// leaves out a service without a name.
	Services     []ServiceCount `json:"services"`
	ServiceCount int            `json:"serviceCount"`

	Spans  int `json:"spans"`
	Errors int `json:"errors"`
	// Orphans are the spans whose parent is missing.
	Orphans int `json:"orphans"`
	// Duplicates are the spans that another with the same id replaced.
	Duplicates int `json:"duplicates"`
	// Levels are the nodes of the longest way down from a root.
	Levels int `json:"levels"`
	// Requests are the spans that were called: servers and consumers.
	Requests int `json:"requests"`

	Categories map[Category]int `json:"categories"`
	Kinds      KindCounts       `json:"kinds"`
	// Skewed says that clocks are off.
	Skewed bool `json:"skewed"`
}

// A ServiceCount is a service's part of a trace.
type ServiceCount struct {
	Name   string `json:"name"`
	Spans  int    `json:"spans"`
	Errors int    `json:"errors"`
}

// KindCounts counts spans by kind.
type KindCounts struct {
	Sync        int `json:"sync"`  // servers and clients
	Async       int `json:"async"` // producers and consumers
	Internal    int `json:"internal"`
	Unspecified int `json:"unspecified"`
}

// A Category is a kind of work, for counting.
type Category string

// The categories.
const (
	CategoryMessaging Category = "messaging"
	CategoryQueue     Category = "async_backend"
	CategoryDB        Category = "db"
	CategoryRPC       Category = "rpc"
	CategoryHTTP      Category = "http"
	CategoryOther     Category = "other"
)

// A StatusBadge is the HTTP or gRPC status code of a span.
type StatusBadge struct {
	// Value is the code as text, "" if the span has none.
	Value string `json:"value"`
	// Failed says whether the code means an error.
	Failed bool `json:"failed"`
}

// Summary sums the trace up.
func (t *Tree) Summary() *Summary { return new(Summary) }
