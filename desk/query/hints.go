// SPDX-License-Identifier: Apache-2.0

package query

import (
	"math"
	"reflect"
	"slices"
	"time"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// Hints say what a trace must have to match a query, as far as that can be known
// from indexes. They never rule out a match; they may let through what does not.
type Hints struct {
	// Need are requirements: of a trace that matches, each of them is met by a
	// span. A requirement is met by a span that one of its hints admits.
	Need [][]SpanHint
	// WholeTrace says that the spans which meet the requirements do not decide by
	// themselves: see [Program.NeedsTrace].
	WholeTrace bool
}

// A SpanHint says what a span must be like. What is empty does not matter.
type SpanHint struct {
	// Tokens are groups of alternatives: of each group, the span has at least one
	// token of [EachToken].
	Tokens [][]string
	// Services and Names are alternatives for the service.name of the resource and
	// for the name of the span.
	Services, Names []string
	// MinDuration and MaxDuration are what the duration is between; a MaxDuration
	// of 0 is no bound.
	MinDuration, MaxDuration time.Duration
	// ErrorOnly says that the status is an error.
	ErrorOnly bool
	// TraceIDs and SpanIDs are alternatives for the ids.
	TraceIDs []trace.TraceID
	SpanIDs  []trace.SpanID
}

// Limits beyond which hints are rather dropped.
const (
	maxNeed         = 16
	maxAlternatives = 64
)

// Hints are what a store can look for before it reads spans. A query that does
// not compile has none.
func (q *Query) Hints() Hints {
	p, err := Compile(q)
	if err != nil {
		return Hints{WholeTrace: true}
	}
	return Hints{Need: needOf(q), WholeTrace: p.needsTrace}
}

// Admits reports whether the spans of a trace meet all requirements.
func (h *Hints) Admits(spans []trace.Span) bool {
	for _, alternatives := range h.Need {
		met := slices.ContainsFunc(spans, func(s trace.Span) bool {
			return slices.ContainsFunc(alternatives, func(a SpanHint) bool { return a.Admits(&s) })
		})
		if !met {
			return false
		}
	}
	return true
}

// Admits reports whether a span is as the hint says.
func (h *SpanHint) Admits(s *trace.Span) bool {
	took := time.Duration(s.Duration())
	switch {
	case h.ErrorOnly && !s.IsError():
	case h.MinDuration != 0 && took < h.MinDuration:
	case h.MaxDuration != 0 && took > h.MaxDuration:
	case h.Names != nil && !slices.Contains(h.Names, s.Name):
	case h.Services != nil && !slices.Contains(h.Services, s.Service()):
	case h.TraceIDs != nil && !slices.Contains(h.TraceIDs, s.TraceID):
	case h.SpanIDs != nil && !slices.Contains(h.SpanIDs, s.ID):
	default:
		return len(h.Tokens) == 0 || h.admitsTokens(s)
	}
	return false
}

func (h *SpanHint) admitsTokens(s *trace.Span) bool {
	met := make([]bool, len(h.Tokens))
	see := func(token []byte) {
		for i, group := range h.Tokens {
			met[i] = met[i] || slices.Contains(group, string(token))
		}
	}
	EachToken(s.Attributes, see)
	if s.Resource != nil {
		EachToken(s.Resource.Attributes, see)
	}
	if s.Scope != nil {
		EachToken(s.Scope.Attributes, see)
	}
	return !slices.Contains(met, false)
}

func needOf(s Set) [][]SpanHint {
	switch s := s.(type) {
	case *Spanset:
		if s.Where == nil {
			return nil
		}
		if hints, ok := hintsOf(s.Where); ok {
			return [][]SpanHint{hints}
		}
	case *Combine:
		return needOfCombine(s)
	case *Query:
		need := needOf(s.From)
		for _, stage := range s.Stages {
			if set, ok := stage.(Set); ok {
				need = bothNeed(need, needOf(set))
			}
		}
		return need
	}
	return nil
}

func needOfCombine(s *Combine) [][]SpanHint {
	left, right := needOf(s.Left), needOf(s.Right)
	if s.Op == "||" {
		return eitherNeed(left, right)
	}
	if _, prefix, ok := s.Op.split(); ok && prefix == '!' {
		return right
	}
	return bothNeed(left, right)
}

func bothNeed(a, b [][]SpanHint) [][]SpanHint {
	all := slices.Concat(a, b)
	return all[:min(len(all), maxNeed)]
}

// eitherNeed is what two sides have in common: every requirement of one or of
// the other.
func eitherNeed(a, b [][]SpanHint) (all [][]SpanHint) {
	for _, x := range a {
		for _, y := range b {
			if len(x)+len(y) <= maxAlternatives && len(all) < maxNeed {
				all = append(all, slices.Concat(x, y))
			}
		}
	}
	return all
}

// hintsOf are alternatives, one of which admits each span that a condition holds
// for; not ok if nothing is known.
func hintsOf(e Expr) (hints []SpanHint, ok bool) {
	switch e := e.(type) {
	case And:
		return hintsOfAll(e)
	case Or:
		return hintsOfAny(e)
	case Compare:
		h, ok := e.hint()
		return []SpanHint{h}, ok
	}
	return nil, false
}

// hintsOfAll is one hint with all that is known to hold together; alternatives
// among the conditions are multiplied out as long as there are few.
func hintsOfAll(e And) (hints []SpanHint, ok bool) {
	hints = []SpanHint{{}}
	for _, operand := range flat(e) {
		alternatives, known := hintsOf(operand)
		if !known || len(hints)*len(alternatives) > maxAlternatives {
			continue
		}
		ok = true
		var next []SpanHint
		for _, h := range hints {
			for _, a := range alternatives {
				next = append(next, h.with(a))
			}
		}
		hints = next
	}
	return hints, ok
}

func hintsOfAny(e Or) (hints []SpanHint, ok bool) {
	for _, operand := range e {
		alternatives, known := hintsOf(operand)
		if !known || len(hints)+len(alternatives) > maxAlternatives {
			return nil, false
		}
		hints = append(hints, alternatives...)
	}
	return mergeTokens(hints), len(hints) > 0
}

// mergeTokens makes one hint of alternatives that are one token group each.
func mergeTokens(hints []SpanHint) []SpanHint {
	var group []string
	for _, h := range hints {
		if len(h.Tokens) != 1 || !reflect.DeepEqual(h, SpanHint{Tokens: h.Tokens}) {
			return hints
		}
		group = append(group, h.Tokens[0]...)
	}
	slices.Sort(group)
	return []SpanHint{{Tokens: [][]string{slices.Compact(group)}}}
}

// with is a hint for spans that two hints admit.
func (h SpanHint) with(g SpanHint) SpanHint {
	if len(h.Tokens)+len(g.Tokens) <= maxAlternatives {
		h.Tokens = slices.Concat(h.Tokens, g.Tokens)
	}
	h.Services, h.Names = firstOf(h.Services, g.Services), firstOf(h.Names, g.Names)
	h.TraceIDs, h.SpanIDs = firstOf(h.TraceIDs, g.TraceIDs), firstOf(h.SpanIDs, g.SpanIDs)
	h.MinDuration = max(h.MinDuration, g.MinDuration)
	if h.MaxDuration == 0 || g.MaxDuration != 0 && g.MaxDuration < h.MaxDuration {
		h.MaxDuration = g.MaxDuration
	}
	h.ErrorOnly = h.ErrorOnly || g.ErrorOnly
	return h
}

// firstOf is the first list that is not empty.
func firstOf[T any](a, b []T) []T {
	if a != nil {
		return a
	}
	return b
}

// hint is what one comparison says of the spans for which it holds.
func (c Compare) hint() (h SpanHint, ok bool) {
	if c.check() != nil {
		return h, false
	}
	if c.Field == (Field{Intrinsic, "duration"}) {
		return c.durationHint()
	}
	literals := c.exactly()
	if literals == nil {
		return h, false
	}
	switch c.Field {
	case Field{Intrinsic, "name"}:
		h.Names = textsOf(literals)
	case Field{Intrinsic, "service"}, Field{Resource, "service.name"}:
		return c.serviceHint(literals)
	case Field{Intrinsic, "trace:id"}:
		h.TraceIDs = idsOf(literals, trace.ParseTraceID)
		return h, len(h.TraceIDs) > 0
	case Field{Intrinsic, "span:id"}:
		h.SpanIDs = idsOf(literals, trace.ParseSpanID)
		return h, len(h.SpanIDs) > 0
	case Field{Intrinsic, "status"}:
		h.ErrorOnly = !slices.ContainsFunc(literals, func(l any) bool { return l != trace.Error })
	case Field{Intrinsic, "error"}:
		h.ErrorOnly = !slices.Contains(literals, any(false))
	default:
		return c.tokenHint(literals)
	}
	return h, h.ErrorOnly || h.Names != nil
}

// exactly are the literals of which the field equals one, nil if that is not
// what is asked.
func (c Compare) exactly() []any {
	switch c.Op {
	case Eq, In:
		return c.Values
	case Regex, Like:
		m, err := newMatcher(c)
		if err != nil || m.exact == nil || c.Field.kind() == id {
			return nil
		}
		literals := make([]any, len(m.exact))
		for i, s := range m.exact {
			literals[i] = s
		}
		return literals
	}
	return nil
}

func textsOf(literals []any) []string {
	texts := make([]string, len(literals))
	for i, l := range literals {
		texts[i], _ = l.(string)
	}
	return texts
}

// serviceHint is for literals that are texts; the names of services are.
func (c Compare) serviceHint(literals []any) (h SpanHint, ok bool) {
	for _, l := range literals {
		if _, isText := l.(string); !isText {
			return c.tokenHint(literals)
		}
	}
	return SpanHint{Services: textsOf(literals)}, true
}

// tokenHint is for attributes that an index knows, and for shorthands of them.
func (c Compare) tokenHint(literals []any) (h SpanHint, ok bool) {
	keys := c.Field.keys()
	if c.Field.Scope == Unscoped || c.Field.Scope == Span || c.Field.Scope == Resource || c.Field.Scope == Instrumentation {
		keys = []string{c.Field.Name}
	}
	if keys == nil || len(keys)*len(literals) > maxAlternatives {
		return h, false
	}
	var group []string
	for _, key := range keys {
		for _, l := range literals {
			token, known := literalToken(key, l)
			if !known {
				return h, false
			}
			group = append(group, token)
		}
	}
	slices.Sort(group)
	return SpanHint{Tokens: [][]string{slices.Compact(group)}}, true
}

func (c Compare) durationHint() (h SpanHint, ok bool) {
	if len(c.Values) == 0 {
		return h, false
	}
	least := slices.MinFunc(c.Values, compareLiterals)
	most := slices.MaxFunc(c.Values, compareLiterals)
	switch c.Op {
	case Gt, Gte:
		h.MinDuration = nanoseconds(least, math.Floor)
	case Lt, Lte:
		h.MaxDuration = nanoseconds(most, math.Ceil)
	case Eq, In:
		h.MinDuration, h.MaxDuration = nanoseconds(least, math.Floor), nanoseconds(most, math.Ceil)
	}
	return h, h.MinDuration > 0 || h.MaxDuration != 0
}

func compareLiterals(a, b any) int {
	x, _ := literalNumber(a)
	y, _ := literalNumber(b)
	return x.compare(y)
}

// nanoseconds rounds a literal to a duration; 0, which is no bound, where that
// would leave 64 bits.
func nanoseconds(literal any, round func(float64) float64) time.Duration {
	n, _ := literalNumber(literal)
	if !n.isFloat {
		return time.Duration(n.i)
	}
	if f := round(n.f); math.Abs(f) < 1<<62 {
		return time.Duration(f)
	}
	return 0
}
