// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/store/table"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// A Filter finds the spans that one of several hints admits, by indexes and single
// columns. It may be used by any goroutine.
type Filter struct{ hints []hint }

// hint is one that is ready to be looked for.
type hint struct {
	query.SpanHint
	groups          []group
	services, names []uint64 // hashes
}

// group is tokens of which a span has one.
type group struct {
	tokens []token
	hashes []uint64
}

// token is one of an attribute. It says key=value, and a key may have = in it.
type token struct {
	text  string
	split []split
}

// split is what a token may mean.
type split struct {
	key, value string
	number     bool // the value is one
	integer    bool
	i          int64
}

// NewFilter returns a filter for spans that one of some hints admits. Without any,
// it finds all.
func NewFilter(hints []query.SpanHint) *Filter {
	f := &Filter{}
	if len(hints) == 0 {
		hints = []query.SpanHint{{}}
	}
	for _, h := range hints {
		f.hints = append(f.hints, newHint(h))
	}
	return f
}

func newHint(h query.SpanHint) hint {
	out := hint{SpanHint: h}
	for _, alternatives := range h.Tokens {
		var g group
		for _, text := range alternatives {
			g.tokens = append(g.tokens, newToken(text))
			g.hashes = append(g.hashes, hashToken([]byte(text)))
		}
		out.groups = append(out.groups, g)
	}
	for _, s := range h.Services {
		out.services = append(out.services, hashToken([]byte(markService+s)))
	}
	for _, n := range h.Names {
		out.names = append(out.names, hashToken([]byte(markName+n)))
	}
	return out
}

func newToken(text string) token {
	t := token{text: text}
	for i := range len(text) {
		if text[i] != '=' {
			continue
		}
		s := split{key: text[:i], value: text[i+1:]}
		if _, err := strconv.ParseFloat(s.value, 64); err == nil {
			s.number = true
		}
		if n, err := strconv.ParseInt(s.value, 10, 64); err == nil {
			s.i, s.integer = n, true
		}
		t.split = append(t.split, s)
	}
	return t
}

// MatchesAll reports whether the filter finds all spans.
func (f *Filter) MatchesAll() bool { return slices.ContainsFunc(f.hints, hint.isEmpty) }

func (h hint) isEmpty() bool {
	return len(h.Tokens) == 0 && h.Services == nil && h.Names == nil && h.MinDuration == 0 && h.MaxDuration == 0 &&
		!h.ErrorOnly && h.TraceIDs == nil && h.SpanIDs == nil
}

// Pages are the pages of the segment's spans that may have what the filter finds.
func (s *Segment) Pages(f *Filter) (pages []int, err error) {
	if s.Manifest.Spans == 0 {
		return nil, nil
	}
	x, err := s.tokenIndex()
	if err != nil {
		return nil, err
	}
	wanted := make([]bool, x.pages)
	err = x.file.with(func(in io.ReaderAt) error {
		for i := range f.hints {
			if err := s.pagesOf(&f.hints[i], x, in, wanted); err != nil {
				return err
			}
		}
		return nil
	})
	for p, w := range wanted {
		if w {
			pages = append(pages, p)
		}
	}
	return pages, err
}

// pagesOf adds the pages of one hint.
func (s *Segment) pagesOf(h *hint, x *tokenIndex, in io.ReaderAt, wanted []bool) error {
	mask := slices.Repeat([]byte{0xff}, (x.pages+7)/8)
	groups := make([][]uint64, 0, len(h.groups)+2)
	for _, g := range h.groups {
		if !slices.ContainsFunc(g.tokens, func(t token) bool { return x.skips(t.text) }) {
			groups = append(groups, g.hashes)
		}
	}
	for _, hashes := range [][]uint64{h.services, h.names} {
		if len(hashes) > 0 {
			groups = append(groups, hashes)
		}
	}
	for _, hashes := range groups {
		if ok, err := x.mayHave(in, hashes); !ok || err != nil {
			return err
		}
	}
	for _, hashes := range groups {
		pages, err := x.pagesWith(in, hashes)
		if err != nil {
			return err
		}
		for i := range mask {
			mask[i] &= pages[i]
		}
	}
	if h.TraceIDs != nil {
		if err := s.pagesOfTraces(h.TraceIDs, mask); err != nil {
			return err
		}
	}
	for p := range wanted {
		z := x.zones[p]
		if mask[p/8]>>(p%8)&1 != 0 && (!h.ErrorOnly || z.failed) && (h.MinDuration == 0 || time.Duration(z.longest) >= h.MinDuration) {
			wanted[p] = true
		}
	}
	return nil
}

// pagesOfTraces leaves only the pages of some traces.
func (s *Segment) pagesOfTraces(ids []trace.TraceID, mask []byte) error {
	of := make([]byte, len(mask))
	for _, id := range ids {
		e, ok, err := s.Find(id)
		if err != nil {
			return err
		}
		for p := e.FirstRow / table.PageRows; ok && p*table.PageRows < e.FirstRow+e.Rows; p++ {
			of[p/8] |= 1 << (p % 8)
		}
	}
	for i := range mask {
		mask[i] &= of[i]
	}
	return nil
}

// Rows are the rows of a page that the filter finds, counted within the page, in
// order: those that a hint admits.
func (s *Segment) Rows(f *Filter, page int) (rows []int, err error) {
	t, err := s.table(spansFile)
	if t == nil || err != nil {
		return nil, err
	}
	r := rowFilter{segment: s, file: t, page: page, n: t.PageLen(page)}
	wanted := make([]bool, r.n)
	for i := range f.hints {
		r.left = slices.Repeat([]bool{true}, r.n)
		if err := r.hint(&f.hints[i]); err != nil {
			return nil, err
		}
		for row, left := range r.left {
			wanted[row] = wanted[row] || left
		}
	}
	for row, w := range wanted {
		if w {
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// rowFilter finds rows of a page.
type rowFilter struct {
	segment *Segment
	file    *table.File
	page, n int
	left    []bool // rows that met all conditions so far
}

// hint keeps the rows that a hint admits.
func (r *rowFilter) hint(h *hint) error {
	if h.Services != nil {
		if err := r.keep(spanService, oneOf(h.Services)); err != nil {
			return err
		}
	}
	if h.Names != nil {
		if err := r.keep(spanName, oneOf(h.Names)); err != nil {
			return err
		}
	}
	if h.ErrorOnly {
		if err := r.keep(spanStatus, number(trace.Error)); err != nil {
			return err
		}
	}
	if h.TraceIDs != nil {
		if err := r.keep(spanTraceID, oneOfIDs(h.TraceIDs)); err != nil {
			return err
		}
	}
	if h.SpanIDs != nil {
		if err := r.keep(spanID, oneOfIDs(h.SpanIDs)); err != nil {
			return err
		}
	}
	if err := r.durations(h); err != nil {
		return err
	}
	for i := range h.groups {
		if !slices.Contains(r.left, true) {
			return nil
		}
		if err := r.group(&h.groups[i]); err != nil {
			return err
		}
	}
	return nil
}

// keep keeps the rows whose value in a column is wanted.
func (r *rowFilter) keep(column int, m table.Matches) error {
	v, err := r.file.Page(column, r.page)
	if err != nil {
		return err
	}
	hit := make([]bool, r.n)
	v.Match(m, func(row int) { hit[row] = true })
	r.and(hit)
	return nil
}

func (r *rowFilter) and(hit []bool) {
	for i := range r.left {
		r.left[i] = r.left[i] && hit[i]
	}
}

func (r *rowFilter) durations(h *hint) error {
	if h.MinDuration == 0 && h.MaxDuration == 0 {
		return nil
	}
	starts, err := r.file.Page(spanStart, r.page)
	if err != nil {
		return err
	}
	durations, err := r.file.Page(spanDuration, r.page)
	if err != nil {
		return err
	}
	for i := range r.left {
		s := trace.Span{Start: int64(starts.Num(i))}
		s.End = s.Start + int64(durations.Num(i))
		took := time.Duration(s.Duration())
		r.left[i] = r.left[i] && (h.MinDuration == 0 || took >= h.MinDuration) && (h.MaxDuration == 0 || took <= h.MaxDuration)
	}
	return nil
}

// group keeps the rows that have one of some tokens: of the span, its resource or
// its scope.
func (r *rowFilter) group(g *group) error {
	hit := make([]bool, r.n)
	if err := r.origins(g, hit); err != nil {
		return err
	}
	for i := range g.tokens {
		for _, s := range g.tokens[i].split {
			column, kind, ok := r.file.AttributeColumn(s.key)
			if !ok {
				continue
			}
			v, err := r.file.Page(column, r.page)
			if err != nil {
				return err
			}
			v.Match(tokenMatch{s, kind}, func(row int) { hit[row] = true })
		}
	}
	list, err := r.file.List(r.page)
	if err != nil {
		return err
	}
	for row := range hit {
		hit[row] = hit[row] || list != nil && r.left[row] && g.has(list.Attributes(row))
	}
	r.and(hit)
	return nil
}

// has reports whether attributes have one of the tokens.
func (g *group) has(attrs []trace.KeyValue) (found bool) {
	query.EachToken(attrs, func(text []byte) {
		found = found || slices.ContainsFunc(g.tokens, func(t token) bool { return t.text == string(text) })
	})
	return found
}

// origins finds the rows whose resource or scope has one of the tokens.
func (r *rowFilter) origins(g *group, hit []bool) error {
	o, err := r.segment.origins()
	if err != nil {
		return err
	}
	resources, scopes := numbers{}, numbers{}
	for i, res := range o.resources {
		if res != nil && g.has(res.Attributes) {
			resources[uint64(i)] = true
		}
	}
	for i, sc := range o.scopes {
		if sc != nil && g.has(sc.Attributes) {
			scopes[uint64(i)] = true
		}
	}
	for column, m := range map[int]numbers{spanResource: resources, spanScope: scopes} {
		if len(m) == 0 {
			continue
		}
		v, err := r.file.Page(column, r.page)
		if err != nil {
			return err
		}
		v.Match(m, func(row int) { hit[row] = true })
	}
	return nil
}

// oneOf finds some texts.
type oneOf []string

// Text reports whether a text is one of them.
func (m oneOf) Text(b []byte) bool {
	return slices.ContainsFunc(m, func(s string) bool { return s == string(b) })
}

// Num finds nothing.
func (m oneOf) Num(uint64) bool { return false }

// idMatch finds some ids.
type idMatch map[string]bool

func oneOfIDs[ID trace.TraceID | trace.SpanID](ids []ID) idMatch {
	m := idMatch{}
	for _, id := range ids {
		m[bytesOfID(id)] = true
	}
	return m
}

func bytesOfID[ID trace.TraceID | trace.SpanID](id ID) string {
	switch id := any(id).(type) {
	case trace.TraceID:
		return string(id[:])
	case trace.SpanID:
		return string(id[:])
	}
	return ""
}

// Text reports whether an id is one of them.
func (m idMatch) Text(b []byte) bool { return m[string(b)] }

// Num finds nothing.
func (m idMatch) Num(uint64) bool { return false }

// number finds one.
type number uint64

// Text finds nothing.
func (m number) Text([]byte) bool { return false }

// Num reports whether it is the number.
func (m number) Num(n uint64) bool { return n == uint64(m) }

// numbers finds some.
type numbers map[uint64]bool

// Text finds nothing.
func (m numbers) Text([]byte) bool { return false }

// Num reports whether a number is one of them.
func (m numbers) Num(n uint64) bool { return m[n] }

// tokenMatch finds the values of a column that have a token.
type tokenMatch struct {
	split
	kind table.Kind
}

// Text reports whether a text has the token: only one that spells a number may be
// another text.
func (m tokenMatch) Text(b []byte) bool {
	if !m.number {
		return string(b) == m.value
	}
	return m.same(trace.String(string(b)))
}

// Num reports whether a number or boolean has the token.
func (m tokenMatch) Num(n uint64) bool {
	switch m.kind {
	case table.Int:
		return m.integer && int64(n) == m.i
	case table.Bool:
		return m.same(trace.Bool(n != 0))
	}
	return m.number && m.same(trace.Float(math.Float64frombits(n)))
}

func (m tokenMatch) same(v trace.Value) (found bool) {
	query.EachToken([]trace.KeyValue{{Value: v}}, func(text []byte) { found = found || string(text) == "="+m.value })
	return found
}
