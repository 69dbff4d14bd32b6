// SPDX-License-Identifier: Apache-2.0

package format

import (
	"slices"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// scratch is where attributes are gathered, so that the lists of spans are made
// once and are no longer than they are. Attributes within attributes stand above
// those around them.
type scratch struct{ pairs []trace.KeyValue }

// take returns the attributes from a height on, and takes them off.
func (s *scratch) take(from int) []trace.KeyValue {
	if len(s.pairs) == from {
		return nil
	}
	out := slices.Clone(s.pairs[from:])
	clear(s.pairs[from:])
	s.pairs = s.pairs[:from]
	return out
}
