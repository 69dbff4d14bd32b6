// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"slices"
	"time"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// Selectivity is higher for filters that are likely to find less.
func (f *Filter) Selectivity() int {
	least := 6
	for i := range f.hints {
		least = min(least, f.hints[i].selectivity())
	}
	return least
}

func (h *hint) selectivity() int {
	switch {
	case h.TraceIDs != nil:
		return 5
	case len(h.groups) > 0:
		return 4
	case h.SpanIDs != nil:
		return 3 // no index knows them
	case h.Names != nil:
		return 2
	case h.isEmpty():
		return 0
	}
	return 1
}

// A HeadFilter is a filter for spans that are not stored yet. It is for one
// goroutine.
type HeadFilter struct {
	filter  *Filter
	groups  [][]headToken      // hint by hint
	origins map[*Origin][]bool // whether an origin has one of the tokens of each group
	samples int                // spans that bytes were counted of
	bytes   frequencies
}

// headToken is what a token may mean: the bytes of a span that has it have both.
type headToken struct{ key, value needle }

// sampled is of how many spans bytes are counted, to know which are rare.
const sampled = 32

// NewHeadFilter returns one for a filter; nil: it finds all.
func NewHeadFilter(f *Filter) *HeadFilter {
	h := &HeadFilter{filter: f, origins: map[*Origin][]bool{}}
	if f == nil {
		return h
	}
	for i := range f.hints {
		for j := range f.hints[i].groups {
			var all []headToken
			for _, t := range f.hints[i].groups[j].tokens {
				for _, s := range t.split {
					all = append(all, s.inHead())
				}
			}
			h.groups = append(h.groups, all)
		}
	}
	return h
}

// inHead is what to look for: the key, and the value if it is a text that spells no
// number.
func (s *split) inHead() headToken {
	t := headToken{key: needle{text: []byte(s.key)}}
	if !s.number && s.value != "true" && s.value != "false" {
		t.value.text = []byte(s.value)
	}
	return t
}

// sample counts the bytes of a span.
func (f *HeadFilter) sample(raw []byte) {
	f.samples++
	f.bytes.add(raw)
	if f.samples < sampled {
		return
	}
	for _, g := range f.groups {
		for i := range g {
			g[i].key.choose(&f.bytes)
			g[i].value.choose(&f.bytes)
		}
	}
}

// MayAdmit reports whether the filter may find a span: never false if it does.
func (f *HeadFilter) MayAdmit(s *Span) bool {
	if f.filter == nil {
		return true
	}
	n := 0
	for i := range f.filter.hints {
		h := &f.filter.hints[i]
		if h.mayAdmit(s) && f.mayHaveTokens(h, s, n) {
			return true
		}
		n += len(h.groups)
	}
	return false
}

// mayAdmit looks at what is known without the span's bytes.
func (h *hint) mayAdmit(s *Span) bool {
	whole := trace.Span{Start: s.Start, End: s.End}
	took := time.Duration(whole.Duration())
	switch {
	case h.ErrorOnly && s.Status != trace.Error,
		h.MinDuration != 0 && took < h.MinDuration,
		h.MaxDuration != 0 && took > h.MaxDuration,
		h.Services != nil && !slices.Contains(h.Services, s.Origin.Service),
		h.Names != nil && !slices.ContainsFunc(h.Names, func(n string) bool { return n == string(s.Name) }),
		h.TraceIDs != nil && !slices.Contains(h.TraceIDs, s.TraceID),
		h.SpanIDs != nil && !slices.Contains(h.SpanIDs, s.ID):
		return false
	}
	return true
}

// mayHaveTokens looks for the tokens in the span's bytes, and for those of its
// origin. The groups of the hint are numbered from first.
func (f *HeadFilter) mayHaveTokens(h *hint, s *Span, first int) bool {
	if len(h.groups) == 0 {
		return true
	}
	if f.samples < sampled {
		f.sample(s.Raw)
	}
	of := f.originHas(s.Origin)
	for i := range h.groups {
		if !of[first+i] && !slices.ContainsFunc(f.groups[first+i], func(t headToken) bool { return t.value.in(s.Raw) && t.key.in(s.Raw) }) {
			return false
		}
	}
	return true
}

func (f *HeadFilter) originHas(o *Origin) []bool {
	if has, ok := f.origins[o]; ok {
		return has
	}
	var has []bool
	for i := range f.filter.hints {
		for j := range f.filter.hints[i].groups {
			g := &f.filter.hints[i].groups[j]
			has = append(has, o.Resource != nil && g.has(o.Resource.Attributes) || o.Scope != nil && g.has(o.Scope.Attributes))
		}
	}
	f.origins[o] = has
	return has
}
