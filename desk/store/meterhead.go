// SPDX-License-Identifier: Apache-2.0

package store

import (
	"slices"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/store/segment"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// headMeter counts what is in the head. What it has counted it does not count
// again, until there are other segments: then something has left the head.
type headMeter struct {
	turn chan struct{} // who has sent to it may use the rest
	headCounts
}

// headCounts are what is counted beside some segments.
type headCounts struct {
	segments []*segment.Segment
	counted  map[traceID]*countedTrace
	spans    segment.Statistician
	stats    *segment.Stats
	keys     segment.Keys
	keyed    map[traceID]int // spans of which the keys are counted
}

// countedTrace is a trace of the head as far as it is counted.
type countedTrace struct {
	spans   int
	earlier []digest.Span // that segments have of it
}

func newHeadMeter() *headMeter { return &headMeter{turn: make(chan struct{}, 1)} }

// begin waits for the meter, and makes it ready for a view. It is ended by end.
func (m *headMeter) begin(v *view) error {
	select {
	case m.turn <- struct{}{}:
	case <-v.ctx.Done():
		return v.ctx.Err()
	}
	if m.counted == nil || !slices.Equal(m.segments, v.segments) {
		m.headCounts = headCounts{segments: v.segments, counted: map[traceID]*countedTrace{}, keyed: map[traceID]int{}}
	}
	return nil
}

func (m *headMeter) end() { <-m.turn }

// headStats counts spans and calls of the head.
func (v *view) headStats() (*segment.Stats, error) {
	m := v.store.meter
	if err := m.begin(v); err != nil {
		return nil, err
	}
	defer m.end()
	for i := range v.head.traces {
		p := &v.head.traces[i]
		c := m.counted[p.id]
		if c != nil && c.spans >= len(p.spans) || len(p.spans) == 0 {
			continue
		}
		if v.ctx.Err() != nil {
			return nil, v.ctx.Err()
		}
		if c == nil {
			c = &countedTrace{}
			if p.continued {
				var err error
				if c.earlier, err = v.digestsOf(p.id); err != nil {
					return nil, err
				}
			}
			m.counted[p.id] = c
		}
		m.count(c, p)
	}
	if m.stats == nil {
		m.stats = m.spans.Stats()
	}
	return m.stats, nil
}

// count counts what is new of a trace.
func (m *headMeter) count(c *countedTrace, p *part) {
	all := slices.Clone(c.earlier)
	for i := range p.spans {
		if i < c.spans {
			all = append(all, p.spans[i].Digest())
			continue
		}
		all = append(all, m.spans.Span(&p.spans[i]))
	}
	m.spans.Calls(all, len(c.earlier)+c.spans)
	c.spans = len(p.spans)
	m.stats = nil
}

// digestWanted is what calls depend on.
var digestWanted = segment.NewWanted([]query.Field{{Scope: query.Intrinsic, Name: "traceDuration"}})

// digestsOf is what calls depend on of what segments have of a trace.
func (v *view) digestsOf(id traceID) (out []digest.Span, err error) {
	err = v.storedSpans(id, digestWanted, func(spans []trace.Span) {
		for i := range spans {
			s := &spans[i]
			out = append(out, digest.Span{
				ID: s.ID, Parent: s.Parent, Start: s.Start, Duration: s.Duration(), Service: s.Service(), Name: s.Name, Kind: s.Kind, Status: s.Status.Code,
			})
		}
	})
	return out, err
}

// storedSpans calls yield with what is wanted of the spans that segments have of a
// trace; they are valid during the call.
func (v *view) storedSpans(id traceID, w *segment.Wanted, yield func([]trace.Span)) error {
	for _, g := range v.segments {
		e, ok, err := g.Find(id)
		if err == nil && ok && e.Rows > 0 {
			err = v.rowsOf(g, &e, w, yield)
		}
		if v.ctx.Err() != nil {
			return v.ctx.Err()
		}
		if err != nil {
			v.warn(err) // what is left is better than nothing
		}
	}
	return nil
}

// wantedSpans are all spans of a trace, in no order: those of segments with what is
// wanted of them.
func (v *view) wantedSpans(id traceID, w *segment.Wanted) (all []trace.Span, err error) {
	err = v.storedSpans(id, w, func(spans []trace.Span) { all = appendClones(all, spans) })
	if p := v.inHead(id); p != nil && err == nil {
		all = append(all, v.spansOf(p)...)
	}
	return all, err
}

func (v *view) rowsOf(g *segment.Segment, e *segment.Entry, w *segment.Wanted, yield func([]trace.Span)) error {
	s, err := g.Scan(w)
	if err != nil {
		return err
	}
	return s.Trace(v.ctx, e, yield)
}

// headKeys counts the keys of attributes in the head.
func (v *view) headKeys() ([]segment.Key, error) {
	m := v.store.meter
	if err := m.begin(v); err != nil {
		return nil, err
	}
	defer m.end()
	for i := range v.head.traces {
		p := &v.head.traces[i]
		if v.ctx.Err() != nil {
			return nil, v.ctx.Err()
		}
		for ; m.keyed[p.id] < len(p.spans); m.keyed[p.id]++ {
			m.keys.Span(&p.spans[m.keyed[p.id]])
		}
	}
	return m.keys.List(), nil
}

// statsOf is what is known of a segment: if that cannot be read, it is counted again.
// It is nil, with a warning, if that is not possible either.
func (v *view) statsOf(g *segment.Segment) *segment.Stats {
	st, err := g.Stats()
	if err == nil {
		return st
	}
	v.store.reportOnce(err)
	older := v.segments[:slices.Index(v.segments, g)]
	if st, err = g.Recount(func(id traceID) (*segment.Part, error) { return partIn(older, id) }); err != nil {
		v.warn(err)
		return nil
	}
	return st
}

// eachStats calls yield with what is known of the head and of each segment that has
// spans in the minutes of a range, until the context is done. contains says which
// minutes these are.
func (v *view) eachStats(r minutes, yield func(st *segment.Stats, contains func(segment.Minute) bool)) error {
	for _, g := range v.segments {
		if v.ctx.Err() != nil {
			return v.ctx.Err()
		}
		first, last := g.Manifest.Counted()
		if g.Manifest.Spans == 0 || !r.overlaps(first, last) {
			continue
		}
		st := v.statsOf(g)
		if st == nil {
			continue
		}
		if r.Contains(first) && r.Contains(last) {
			yield(st, everyMinute)
		} else {
			yield(st, r.has)
		}
	}
	st, err := v.headStats()
	if err == nil {
		yield(st, r.has)
	}
	return err
}
