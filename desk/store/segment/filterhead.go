// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"bytes"
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
	origins map[*Origin][]bool // whether an origin has one of the tokens of each group, hint by hint
}

// NewHeadFilter returns one for a filter; nil: it finds all.
func NewHeadFilter(f *Filter) *HeadFilter {
	return &HeadFilter{filter: f, origins: map[*Origin][]bool{}}
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
	of := f.originHas(s.Origin)
	for i := range h.groups {
		if !of[first+i] && !slices.ContainsFunc(h.groups[i].tokens, func(t token) bool { return t.mayBeIn(s.Raw) }) {
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

// mayBeIn reports whether the bytes of a span may have an attribute with the token:
// the key is there, and so is the value if it is a text that spells no number.
func (t token) mayBeIn(raw []byte) bool {
	return slices.ContainsFunc(t.split, func(s split) bool {
		text := !s.number && s.value != "true" && s.value != "false"
		return bytes.Contains(raw, []byte(s.key)) && (!text || bytes.Contains(raw, []byte(s.value)))
	})
}
