// SPDX-License-Identifier: Apache-2.0

package native

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// A sample keeps so many traces, evenly chosen: those whose ids, scrambled, are the
// smallest. Which they are does not depend on the order in which they come.
type sample struct {
	limit int
	count int
	held  []held // twice as many as are wanted at most, before those too many are dropped
}

type held struct {
	rank    uint64
	summary digest.Summary
}

func newSample(limit int) *sample { return &sample{limit: limit} }

// rankOf scrambles an id: parts of it may be a time or a counter. It is the
// finalizer of MurmurHash3.
func rankOf(id trace.TraceID) uint64 {
	h := binary.BigEndian.Uint64(id[:]) ^ 0x9e3779b97f4a7c15*binary.BigEndian.Uint64(id[8:])
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

func (s *sample) add(d *digest.Summary) {
	s.count++
	kept := *d
	kept.Services = nil // nobody asks for them, and there may be many
	s.held = append(s.held, held{rankOf(d.TraceID), kept})
	if len(s.held) >= 2*s.limit {
		s.drop()
	}
}

func (s *sample) drop() {
	slices.SortFunc(s.held, func(a, b held) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), bytes.Compare(a.summary.TraceID[:], b.summary.TraceID[:]))
	})
	s.held = s.held[:min(len(s.held), s.limit)]
}

func (s *sample) kept() []held {
	s.drop()
	return s.held
}

// sampled are what samples have kept, the newest first.
func sampled(samples ...*sample) (all []digest.Summary) {
	for _, s := range samples {
		for _, h := range s.kept() {
			all = append(all, h.summary)
		}
	}
	slices.SortFunc(all, func(a, b digest.Summary) int {
		return cmp.Or(cmp.Compare(b.Start, a.Start), bytes.Compare(a.TraceID[:], b.TraceID[:]))
	})
	return all
}
