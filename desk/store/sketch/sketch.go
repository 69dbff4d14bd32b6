// SPDX-License-Identifier: Apache-2.0

// Package sketch counts durations in buckets, from which quantiles are read and
// which can be added up over minutes, operations and segments without loss.
//
// Buckets are linear below 128 ns and then 64 to each power of two, like those of
// the HdrHistogram: each is at most 1/64 of its lower bound wide, and a quantile is
// the middle of its bucket, so it is off by at most 1/128, 0.8 %.
package sketch

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"
)

// Buckets is how many buckets there are; their numbers are below it.
const Buckets = (64-subBits-1)*perOctave + perOctave

const (
	subBits   = 6
	perOctave = 1 << subBits
)

// Bucket is the number of the bucket of a duration in nanoseconds. Negative ones
// are in that of 0.
func Bucket(d int64) uint16 {
	if d < perOctave {
		return uint16(max(d, 0))
	}
	shift := bits.Len64(uint64(d)) - subBits - 1
	return uint16(shift<<subBits) + uint16(d>>shift)
}

// bounds are the lowest duration of a bucket, and how many there are.
func bounds(bucket uint16) (low, width int64) {
	if bucket < 2*perOctave {
		return int64(bucket), 1
	}
	shift := bucket>>subBits - 1
	return int64(bucket-shift<<subBits) << shift, 1 << shift
}

// A Sketch counts durations. Its zero value is empty and ready.
type Sketch struct {
	buckets []uint16 // ascending
	counts  []uint64
}

// Add counts a duration in nanoseconds n times.
func (s *Sketch) Add(d int64, n uint64) { s.AddBucket(Bucket(d), n) }

// AddBucket counts n durations of a bucket. It is fastest in ascending order.
func (s *Sketch) AddBucket(bucket uint16, n uint64) {
	if n == 0 {
		return
	}
	i := len(s.buckets)
	if i > 0 && bucket <= s.buckets[i-1] {
		var found bool
		if i, found = slices.BinarySearch(s.buckets, bucket); found {
			s.counts[i] += n
			return
		}
	}
	s.buckets = slices.Insert(s.buckets, i, bucket)
	s.counts = slices.Insert(s.counts, i, n)
}

// Count is how many durations there are.
func (s *Sketch) Count() (n uint64) {
	for _, c := range s.counts {
		n += c
	}
	return n
}

// Size is about how many bytes of memory the sketch takes.
func (s *Sketch) Size() int { return 48 + 2*cap(s.buckets) + 8*cap(s.counts) }

// Quantile is the duration in nanoseconds that a share q of the durations, from 0
// to 1, does not exceed, 0 if there are none.
func (s *Sketch) Quantile(q float64) int64 {
	total := s.Count()
	if total == 0 {
		return 0
	}
	rank := uint64(q * float64(total))
	rank = min(rank, total-1)
	for i, c := range s.counts {
		if rank < c {
			low, width := bounds(s.buckets[i])
			return low + width/2
		}
		rank -= c
	}
	return 0
}

// Each calls yield with the buckets that are not empty, as the lowest duration in
// nanoseconds, how many there are, and the count.
func (s *Sketch) Each(yield func(low, width int64, count uint64)) {
	for i, b := range s.buckets {
		low, width := bounds(b)
		yield(low, width, s.counts[i])
	}
}

// Append appends the sketch as bytes: how many buckets there are, and of each what
// its number is behind that of the one before, and its count, as unsigned varints.
func (s *Sketch) Append(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(s.buckets)))
	last := uint16(0)
	for i, bucket := range s.buckets {
		b = binary.AppendUvarint(b, uint64(bucket-last))
		b = binary.AppendUvarint(b, s.counts[i])
		last = bucket
	}
	return b
}

var errMalformed = errors.New("sketch: malformed")

// Read reads what [Sketch.Append] wrote, and returns what stands behind it.
func (s *Sketch) Read(b []byte) (rest []byte, err error) {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)) {
		return nil, errMalformed
	}
	s.buckets, s.counts = make([]uint16, 0, n), make([]uint64, 0, n)
	return read(b, func(bucket uint16, count uint64) {
		s.buckets, s.counts = append(s.buckets, bucket), append(s.counts, count)
	})
}

// Skip is how many durations a sketch counts that [Sketch.Append] wrote, and what
// stands behind it.
func Skip(b []byte) (count uint64, rest []byte, err error) {
	rest, err = read(b, func(_ uint16, n uint64) { count += n })
	return count, rest, err
}

// read calls yield with the buckets of a sketch as bytes, and returns what stands
// behind it.
func read(b []byte, yield func(bucket uint16, count uint64)) (rest []byte, err error) {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)) {
		return nil, errMalformed
	}
	b = b[size:]
	last := uint64(0)
	for i := range n {
		step, size := binary.Uvarint(b)
		if size <= 0 || step >= Buckets || last+step >= Buckets || i > 0 && step == 0 {
			return nil, errMalformed
		}
		b, last = b[size:], last+step
		count, size := binary.Uvarint(b)
		if size <= 0 || count == 0 {
			return nil, errMalformed
		}
		b = b[size:]
		yield(uint16(last), count)
	}
	return b, nil
}

// A Sum adds sketches up, of which there may be many: it has room for all buckets.
// Its zero value is empty and ready.
type Sum struct {
	counts    []uint64
	low, high int // buckets: none that is not empty is below low, nor at high or above
}

// Add adds a sketch.
func (a *Sum) Add(s *Sketch) {
	if n := len(s.buckets); n > 0 {
		a.widen(s.buckets[0], s.buckets[n-1])
	}
	for i, b := range s.buckets {
		a.counts[b] += s.counts[i]
	}
}

// AddBytes adds a sketch that [Sketch.Append] wrote and [Skip] took for whole.
// Of others it adds what it can read.
func (a *Sum) AddBytes(b []byte) {
	n, size := binary.Uvarint(b)
	if size <= 0 {
		return
	}
	if a.counts == nil {
		a.counts = make([]uint64, Buckets)
	}
	b = b[size:]
	bucket, first := uint64(0), uint64(Buckets)
	for range n {
		var count uint64
		if len(b) > 1 && b[0]|b[1] < 0x80 { // as nearly all are
			bucket, count = bucket+uint64(b[0]), uint64(b[1])
			b = b[2:]
		} else {
			step, stepSize := varint(b)
			more, moreSize := varint(b[stepSize:])
			if stepSize == 0 || moreSize == 0 || step >= Buckets {
				break
			}
			bucket, count = bucket+step, more
			b = b[stepSize+moreSize:]
		}
		if bucket >= uint64(len(a.counts)) {
			break
		}
		first = min(first, bucket)
		a.counts[bucket] += count
	}
	if first < Buckets {
		a.widen(uint16(first), uint16(min(bucket, Buckets-1)))
	}
}

// varint is [binary.Uvarint], of size 0 where there is none.
func varint(b []byte) (n uint64, size int) {
	n, size = binary.Uvarint(b)
	return n, max(size, 0)
}

// widen makes room for buckets from first to last.
func (a *Sum) widen(first, last uint16) {
	if a.counts == nil {
		a.counts = make([]uint64, Buckets)
	}
	if a.high == 0 {
		a.low = int(first)
	}
	a.low, a.high = min(a.low, int(first)), max(a.high, int(last)+1)
}

// Sketch is what was added.
func (a *Sum) Sketch() Sketch {
	n := 0
	for _, count := range a.used() {
		if count > 0 {
			n++
		}
	}
	s := Sketch{buckets: make([]uint16, 0, n), counts: make([]uint64, 0, n)}
	for i, count := range a.used() {
		if count > 0 {
			s.buckets, s.counts = append(s.buckets, uint16(a.low+i)), append(s.counts, count)
		}
	}
	return s
}

func (a *Sum) used() []uint64 { return a.counts[a.low:a.high] }

// Reset makes the sum empty again.
func (a *Sum) Reset() {
	clear(a.used())
	a.low, a.high = 0, 0
}
