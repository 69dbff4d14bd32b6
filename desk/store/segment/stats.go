// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/store/sketch"
	"github.com/sidetrace/sidetrace/desk/store/table"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// The file stats.bin has one section, compressed with zstd: a table of texts, and
// then unsigned varints unless said otherwise:
//
//	operations: how many, and of each service, name, kind and status; the minute
//	    behind that of the one before (signed); the sum of durations (the bits of a
//	    float, 8 bytes) and a [sketch.Sketch] of them
//	calls: the same with caller, callee, kind of the span that was called, and how
//	    many failed
//	keys: how many, and of each the table it is in, the key, the kind of its values
//	    and how many there are
const (
	statsSections = 1
	statsKind     = 's'
)

// A Minute is a count of whole minutes since 1970.
type Minute int64

// MinuteOf is the minute of a time in nanoseconds.
func MinuteOf(t int64) Minute {
	m := t / int64(time.Minute)
	if t < 0 && t%int64(time.Minute) != 0 {
		m--
	}
	return Minute(m)
}

// Start is when the minute begins, in nanoseconds.
func (m Minute) Start() int64 { return int64(m) * int64(time.Minute) }

// Operation is the spans of one name and outcome that started in one minute.
type Operation struct {
	Minute    Minute
	Service   string
	Name      string
	Kind      trace.Kind
	Status    trace.StatusCode
	Sum       float64 // of durations in nanoseconds
	Durations sketch.Sketch
}

// Call is the spans of one minute whose parents belong to another service.
type Call struct {
	Minute         Minute
	Caller, Callee string
	Kind           trace.Kind // of the spans that were called
	Errors         uint64
	Sum            float64
	Durations      sketch.Sketch // of the spans that were called
}

// Key is an attribute's key.
type Key struct {
	Scope  Scope
	Key    string
	Kind   table.Kind
	Values int
}

// A Scope says what attributes belong to.
type Scope uint8

// The scopes of attributes.
const (
	OfSpan Scope = iota
	OfEvent
	OfLink
	OfLog
	OfResource
	OfScope

	scopes
)

// Stats are what is known of a segment without its spans. They are not changed and
// may be shared.
type Stats struct {
	Operations []Operation
	Calls      []Call
	Keys       []Key
}

// statKey is what spans are counted by: texts are numbers of a table.
type statKey struct {
	minute       Minute
	a, b         uint32
	kind, status int32
}

// counter counts durations by key.
type counter struct {
	keys    map[statKey]uint32
	list    []statKey
	sums    []float64
	errors  []uint64
	samples []uint64 // number of the key above bucket
	last    statKey
	lastN   uint32
}

func (c *counter) add(k statKey, duration int64, failed bool) {
	n := c.lastN
	if len(c.list) == 0 || k != c.last {
		n = c.number(k)
		c.last, c.lastN = k, n
	}
	c.sums[n] += float64(duration)
	if failed {
		c.errors[n]++
	}
	c.samples = append(c.samples, uint64(n)<<16|uint64(sketch.Bucket(duration)))
}

func (c *counter) number(k statKey) uint32 {
	n, ok := c.keys[k]
	if !ok {
		if c.keys == nil {
			c.keys = map[statKey]uint32{}
		}
		n = uint32(len(c.list))
		c.keys[k] = n
		c.list, c.sums, c.errors = append(c.list, k), append(c.sums, 0), append(c.errors, 0)
	}
	return n
}

// sketches are the durations of each key.
func (c *counter) sketches() []sketch.Sketch {
	slices.Sort(c.samples)
	out := make([]sketch.Sketch, len(c.list))
	for i := 0; i < len(c.samples); {
		from := i
		for i < len(c.samples) && c.samples[i] == c.samples[from] {
			i++
		}
		out[c.samples[from]>>16].AddBucket(uint16(c.samples[from]), uint64(i-from))
	}
	return out
}

// A Statistician counts spans and calls. Its zero value is ready.
type Statistician struct {
	texts      textTable
	operations counter
	calls      counter
	summer     digest.Summer
}

// Span counts a span.
func (s *Statistician) Span(sp *digest.Span) {
	s.numbered(sp, uint32(s.texts.number(sp.Service)), uint32(s.texts.number(sp.Name)))
}

// numbered counts a span whose service and name have numbers.
func (s *Statistician) numbered(sp *digest.Span, service, name uint32) {
	k := statKey{MinuteOf(sp.Start), service, name, int32(sp.Kind), int32(sp.Status)}
	s.operations.add(k, sp.Duration, sp.Status == trace.Error)
}

// Calls counts the calls between services of a trace, of which one side at least
// stands at from or behind it.
func (s *Statistician) Calls(spans []digest.Span, from int) {
	s.summer.Calls(spans, from, func(parent, child int) {
		c := &spans[child]
		k := statKey{MinuteOf(c.Start), uint32(s.texts.number(spans[parent].Service)), uint32(s.texts.number(c.Service)), int32(c.Kind), 0}
		s.calls.add(k, c.Duration, c.Status == trace.Error)
	})
}

// Stats are what was counted.
func (s *Statistician) Stats() *Stats {
	out := &Stats{}
	text := func(n uint32) string { return s.texts.list[n] }
	for i, d := range s.operations.sketches() {
		k := s.operations.list[i]
		out.Operations = append(out.Operations, Operation{k.minute, text(k.a), text(k.b), trace.Kind(k.kind), trace.StatusCode(k.status), s.operations.sums[i], d})
	}
	for i, d := range s.calls.sketches() {
		k := s.calls.list[i]
		out.Calls = append(out.Calls, Call{k.minute, text(k.a), text(k.b), trace.Kind(k.kind), s.calls.errors[i], s.calls.sums[i], d})
	}
	out.sort()
	return out
}

func (s *Stats) sort() {
	slices.SortFunc(s.Operations, func(a, b Operation) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Status, b.Status), cmp.Compare(a.Minute, b.Minute))
	})
	slices.SortFunc(s.Calls, func(a, b Call) int {
		return cmp.Or(cmp.Compare(a.Caller, b.Caller), cmp.Compare(a.Callee, b.Callee), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Minute, b.Minute))
	})
	slices.SortFunc(s.Keys, func(a, b Key) int {
		return cmp.Or(cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Kind, b.Kind))
	})
}

// encode makes the file.
func (s *Stats) encode() []byte {
	var texts textTable
	minute := Minute(0)
	common := func(b []byte, m Minute, sum float64, d *sketch.Sketch) []byte {
		b = binary.AppendVarint(b, int64(m-minute))
		minute = m
		return d.Append(le.AppendUint64(b, math.Float64bits(sum)))
	}
	b := binary.AppendUvarint(nil, uint64(len(s.Operations)))
	for i := range s.Operations {
		o := &s.Operations[i]
		for _, n := range []uint64{texts.number(o.Service), texts.number(o.Name), uint64(uint32(o.Kind)), uint64(uint32(o.Status))} {
			b = binary.AppendUvarint(b, n)
		}
		b = common(b, o.Minute, o.Sum, &o.Durations)
	}
	b = binary.AppendUvarint(b, uint64(len(s.Calls)))
	for i := range s.Calls {
		c := &s.Calls[i]
		for _, n := range []uint64{texts.number(c.Caller), texts.number(c.Callee), uint64(uint32(c.Kind)), c.Errors} {
			b = binary.AppendUvarint(b, n)
		}
		b = common(b, c.Minute, c.Sum, &c.Durations)
	}
	b = binary.AppendUvarint(b, uint64(len(s.Keys)))
	for _, k := range s.Keys {
		for _, n := range []uint64{uint64(k.Scope), texts.number(k.Key), uint64(k.Kind), uint64(k.Values)} {
			b = binary.AppendUvarint(b, n)
		}
	}
	return encodeSide(statsKind, zip(append(texts.append(nil), b...)))
}

// readStats reads the file.
func readStats(path string) (*Stats, error) {
	file, err := openSide(path, statsKind, statsSections)
	if err != nil {
		return nil, err
	}
	b, err := file.section(0)
	if err != nil {
		return nil, err
	}
	if b, err = unzip(b); err != nil {
		return nil, err
	}
	return decodeStats(b)
}

func decodeStats(b []byte) (*Stats, error) {
	d := statsReader{blockReader: blockReader{reader: reader{b: b}}}
	d.list = d.texts()
	s := &Stats{Operations: make([]Operation, d.number(len(d.b)+1))}
	for i := range s.Operations {
		o := &s.Operations[i]
		o.Service, o.Name, o.Kind, o.Status = d.text(), d.text(), trace.Kind(d.uvarint()), trace.StatusCode(d.uvarint())
		o.Minute, o.Sum = d.common(&o.Durations)
	}
	s.Calls = make([]Call, d.number(len(d.b)+1))
	for i := range s.Calls {
		c := &s.Calls[i]
		c.Caller, c.Callee, c.Kind, c.Errors = d.text(), d.text(), trace.Kind(d.uvarint()), d.uvarint()
		c.Minute, c.Sum = d.common(&c.Durations)
	}
	s.Keys = make([]Key, d.number(len(d.b)+1))
	for i := range s.Keys {
		s.Keys[i] = Key{Scope(d.number(int(scopes))), d.text(), table.Kind(d.number(int(table.Bytes) + 1)), d.number(math.MaxInt32)}
	}
	if d.bad {
		return nil, fmt.Errorf("%w: the statistics are malformed", ErrDamaged)
	}
	return s, nil
}

type statsReader struct {
	blockReader
	minute Minute
}

func (d *statsReader) common(s *sketch.Sketch) (m Minute, sum float64) {
	d.minute += Minute(d.varint())
	sum = math.Float64frombits(le.Uint64(d.take(8)))
	rest, err := s.Read(d.b)
	if err != nil {
		d.bad = true
	}
	d.b = rest
	return d.minute, sum
}

// weight is about how many bytes the statistics take.
func (s *Stats) weight() int64 {
	n := 200*len(s.Operations) + 200*len(s.Calls) + 64*len(s.Keys)
	for i := range s.Operations {
		n += s.Operations[i].Durations.Size()
	}
	for i := range s.Calls {
		n += s.Calls[i].Durations.Size()
	}
	return int64(n)
}
