// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"cmp"
	"slices"

	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/store/sketch"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// statKey is what spans are counted by: texts are numbers of a table.
type statKey struct {
	minute       Minute
	a, b         uint32
	kind, status int32
	named        bool
}

// tally is what is counted of a key.
type tally struct {
	sum       float64
	errors    uint64
	durations sketch.Sketch
}

// counter counts durations by key.
type counter struct {
	keys    map[statKey]uint32
	list    []statKey
	tallies []tally
	last    uint32 // the key that was counted last
}

func (c *counter) add(k statKey, sp *digest.Span) {
	if len(c.list) == 0 || k != c.list[c.last] {
		c.last = c.number(k)
	}
	t := &c.tallies[c.last]
	t.sum += float64(sp.Duration)
	t.durations.Add(sp.Duration, 1)
	if sp.Status == trace.Error {
		t.errors++
	}
}

func (c *counter) number(k statKey) uint32 {
	n, ok := c.keys[k]
	if !ok {
		if c.keys == nil {
			c.keys = map[statKey]uint32{}
		}
		n = uint32(len(c.list))
		c.keys[k] = n
		c.list, c.tallies = append(c.list, k), append(c.tallies, tally{})
	}
	return n
}

// sorted are the places of the keys, so that cells of one group follow one another
// in the order of time.
func (c *counter) sorted(texts []string) []uint32 {
	order := make([]uint32, len(c.list))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(i, j uint32) int {
		a, b := &c.list[i], &c.list[j]
		return cmp.Or(
			cmp.Compare(texts[a.a], texts[b.a]), cmp.Compare(texts[a.b], texts[b.b]), cmp.Compare(a.kind, b.kind), cmp.Compare(a.status, b.status),
			cmp.Compare(bit(a.named), bit(b.named)), cmp.Compare(a.minute, b.minute),
		)
	})
	return order
}

// bit is 1 for true.
func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// cells are what was counted; group is told of the first key of each group.
func (c *counter) cells(texts []string, group func(k statKey)) (out cells) {
	var last statKey
	for i, n := range c.sorted(texts) {
		k := c.list[n]
		whole := k
		if k.minute = 0; i == 0 || k != last {
			group(k)
			out.ends = append(out.ends, i)
		}
		last = k
		t := &c.tallies[n]
		out.ends[len(out.ends)-1]++
		out.list = append(out.list, Cell{whole.minute, t.durations.Count(), t.errors, t.sum, t.durations.Append(nil)})
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

// Span counts a span, and returns what summaries depend on.
func (s *Statistician) Span(sp *Span) digest.Span {
	d := sp.Digest()
	s.numbered(&d, s.service(sp.Origin), uint32(s.texts.number(d.Name)))
	return d
}

// namedService is a service as keys have it.
type namedService struct {
	text  uint32
	named bool
}

func (s *Statistician) service(o *Origin) namedService {
	named := false
	if o.Resource != nil {
		_, named = trace.Lookup(o.Resource.Attributes, "service.name")
	}
	return namedService{uint32(s.texts.number(o.Service)), named}
}

// numbered counts a span whose service and name have numbers.
func (s *Statistician) numbered(sp *digest.Span, service namedService, name uint32) {
	s.operations.add(statKey{MinuteOf(sp.Start), service.text, name, int32(sp.Kind), int32(sp.Status), service.named}, sp)
}

// Calls counts the calls between services of a trace, of which one side at least
// stands at from or behind it.
func (s *Statistician) Calls(spans []digest.Span, from int) {
	s.summer.Calls(spans, from, func(parent, child int) {
		c := &spans[child]
		caller, callee := uint32(s.texts.number(spans[parent].Service)), uint32(s.texts.number(c.Service))
		s.calls.add(statKey{minute: MinuteOf(c.Start), a: caller, b: callee, kind: int32(c.Kind)}, c)
	})
}

// Stats are what was counted. More may be counted afterwards.
func (s *Statistician) Stats() *Stats {
	out := &Stats{}
	text := func(n uint32) string { return s.texts.list[n] }
	out.operations = s.operations.cells(s.texts.list, func(k statKey) {
		out.Operations = append(out.Operations, Operation{text(k.a), k.named, text(k.b), trace.Kind(k.kind), trace.StatusCode(k.status)})
	})
	out.calls = s.calls.cells(s.texts.list, func(k statKey) {
		out.Calls = append(out.Calls, Call{text(k.a), text(k.b), trace.Kind(k.kind)})
	})
	return out
}
