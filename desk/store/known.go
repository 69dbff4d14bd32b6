// SPDX-License-Identifier: Apache-2.0

package store

import (
	"github.com/parquet-go/parquet-go/bloom"

	"github.com/sidetrace/sidetrace/desk/store/segment"
)

const (
	// lookBack is how many segments are asked for earlier parts of a trace.
	lookBack = 256
	// shelfTraces is how many traces share a filter, and bitsPerKnown what it takes
	// of each: about one of ten thousand that are in none seems to be in it.
	shelfTraces  = 64 << 10
	bitsPerKnown = 24
)

// known are the traces of the newest segments. Each segment has a filter of its own,
// but to ask hundreds of them for every new trace takes long, and so many of their
// small errors are a large one.
type known struct{ shelves []*shelf }

// shelf has the traces of some segments that follow one another.
type shelf struct {
	filter bloom.SplitBlockFilter
	room   int
	newest uint64 // Order of the newest of them
}

// add adds traces of a segment that is newer than all before, by their fingerprints.
func (k *known) add(order uint64, prints []uint32) {
	last := len(k.shelves) - 1
	if last < 0 || k.shelves[last].room < len(prints) {
		room := max(shelfTraces, len(prints))
		k.shelves = append(k.shelves, &shelf{filter: make(bloom.SplitBlockFilter, bloom.NumSplitBlocksOf(int64(room), bitsPerKnown)), room: room})
		last++
	}
	s := k.shelves[last]
	for _, p := range prints {
		s.filter.Insert(widen(p))
	}
	s.room -= len(prints)
	s.newest = order
}

// forget leaves out what is only in segments before one.
func (k *known) forget(oldest uint64) {
	for len(k.shelves) > 1 && k.shelves[0].newest < oldest {
		k.shelves = k.shelves[1:]
	}
}

// mayHave reports whether a trace may be in one of the segments: never false if it
// is.
func (k *known) mayHave(id traceID) bool {
	h := widen(segment.Fingerprint(id))
	for _, s := range k.shelves {
		if s.filter.Check(h) {
			return true
		}
	}
	return false
}

// widen makes 64 bits of 32, as the filter takes one half of them to find a block
// and the other one for the bits in it (the finalizer of SplitMix64).
func widen(p uint32) uint64 {
	x := uint64(p) + 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// knowLocked adds the traces of the newest segment.
func (s *Store) knowLocked(g *segment.Segment, prints []uint32) {
	s.known.add(g.Manifest.Order, prints)
	s.known.forget(s.segments[max(len(s.segments)-lookBack, 0)].Manifest.Order)
}

// hasPartsLocked reports whether a trace may be in a segment already, or is being
// written into one.
func (s *Store) hasPartsLocked(id traceID) bool {
	return s.frozen[id] != nil || s.known.mayHave(id)
}
