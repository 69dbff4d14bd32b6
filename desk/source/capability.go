// SPDX-License-Identifier: Apache-2.0

package source

import (
	"encoding/json"
	"fmt"
)

// Capabilities are what a source can do, beside finding traces by id and by a
// query on their spans, the newest first.
type Capabilities uint32

// The capabilities.
const (
	// CanStructure: queries relate and count spans, and ask for fields of the trace.
	CanStructure Capabilities = 1 << iota
	// CanPage: [Search.After].
	CanPage
	// CanSort: orders other than [Newest].
	CanSort
	// CanTotal: [Search.Total].
	CanTotal
	// CanScan: [Finder.Scan].
	CanScan
	// CanFindSpans: [Finder.Spans], and the sets of a [Hit].
	CanFindSpans
	// CanListKeys: [Catalog.Keys].
	CanListKeys
	// CanListValues: [Catalog.Values].
	CanListValues
	// CanCount: [Meter.Statistics] without a query, by service, name, kind and status.
	CanCount
	// CanCountAnything: [Meter.Statistics] with any query, by any field.
	CanCountAnything
	// CanMap: [Meter.Edges].
	CanMap
	// CanFindLogs: [Source.Logs].
	CanFindLogs
	// CanWatch: [Source.Watch].
	CanWatch

	// All is all of them.
	All Capabilities = 1<<iota - 1
)

var capabilityNames = []string{
	"structure", "page", "sort", "total", "scan", "spans", "keys", "values", "count", "countAnything", "map", "logs", "watch",
}

// Has reports whether the source has all of the wanted capabilities.
func (c Capabilities) Has(want Capabilities) bool { return c&want == want }

// Names are the names of the capabilities.
func (c Capabilities) Names() []string {
	names := []string{}
	for i, name := range capabilityNames {
		if c.Has(1 << i) {
			names = append(names, name)
		}
	}
	return names
}

// MarshalJSON is the list of the names.
func (c Capabilities) MarshalJSON() ([]byte, error) { return json.Marshal(c.Names()) }

// An UnsupportedError says that a source cannot do what it was asked to.
type UnsupportedError struct{ Wanted Capabilities }

// Error names what the source cannot do.
func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("source: this source cannot do what was asked: it lacks %v", e.Wanted.Names())
}

// Require is an [UnsupportedError] if something that is wanted is missing.
func (c Capabilities) Require(want Capabilities) error {
	if missing := want &^ c; missing != 0 {
		return &UnsupportedError{missing}
	}
	return nil
}
