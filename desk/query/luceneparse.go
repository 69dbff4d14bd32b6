// SPDX-License-Identifier: Apache-2.0

package query

import "html"

// A luceneParser makes conditions of query strings. After the first error there
// are no more tokens, so that everything that is being read ends.
type luceneParser struct {
	luceneLexer
	token luceneToken
	depth int
	joins int      // how often AND and OR occurred outside of brackets
	field *bkField // what values are of; nil: of anything
	err   error
}

func (p *luceneParser) advance() {
	if p.err == nil {
		p.token, p.err = p.next()
	}
	if p.err != nil {
		p.token = luceneToken{}
	}
}

func (p *luceneParser) fail(want string) { p.failAt(p.token, want) }

func (p *luceneParser) failAt(t luceneToken, want string) {
	if p.err == nil {
		p.err = p.luceneLexer.fail(t.offset, t.end, want)
	}
	p.token = luceneToken{}
}

func (p *luceneParser) is(operator string) bool {
	return p.token.kind == luceneOperator && p.token.text == operator
}

// took goes past an operator if it is there.
func (p *luceneParser) took(operator string) bool {
	there := p.is(operator)
	if there {
		p.advance()
	}
	return there
}

// ends reports whether no further condition follows.
func (p *luceneParser) ends() bool {
	return p.token.kind == luceneEnd || p.is(")")
}

// A clause is one of the conditions that stand side by side.
type clause struct {
	expr   Expr
	demand string // "+", "NOT" or ""
}

// sequence reads conditions that stand side by side.
func (p *luceneParser) sequence() Expr {
	all := []clause{p.clause()}
	for !p.ends() {
		all = append(all, p.clause())
	}
	return combine(all)
}

// clause reads one of them. What + or NOT stands before is demanded or forbidden
// unless AND or OR joins it to something.
func (p *luceneParser) clause() clause {
	demanded, forbidden, joins := p.is("+"), p.is("-") || p.is("NOT"), p.joins
	e := p.either()
	n, negated := e.(Not)
	switch {
	case p.joins > joins:
		return clause{expr: e}
	case demanded:
		return clause{e, "+"}
	case forbidden && negated:
		return clause{n.Expr, "NOT"}
	}
	return clause{expr: e}
}

// combine is what clauses side by side ask for: all that are demanded or, if
// none is, one of the others, and none of the forbidden.
func combine(all []clause) Expr {
	var must, may []Expr
	var not []Expr
	for _, c := range all {
		switch c.demand {
		case "+":
			must = append(must, c.expr)
		case "NOT":
			not = append(not, Not{c.expr})
		default:
			may = append(may, c.expr)
		}
	}
	if len(must) == 0 && len(may) > 0 {
		must = []Expr{anyOf(may...)}
	}
	return allOf(append(must, not...)...)
}

// either reads conditions joined by OR.
func (p *luceneParser) either() Expr { return p.joined("OR", p.all, anyOf) }

// all reads conditions joined by AND.
func (p *luceneParser) all() Expr { return p.joined("AND", p.condition, allOf) }

func (p *luceneParser) joined(operator string, operand func() Expr, join func(...Expr) Expr) Expr {
	run := []Expr{operand()}
	for p.took(operator) {
		p.joins++
		run = append(run, operand())
	}
	return join(run...)
}

// condition reads one condition with what stands before it.
func (p *luceneParser) condition() Expr {
	p.depth++
	defer func() { p.depth-- }()
	switch {
	case p.depth >= MaxDepth:
		p.fail(wantShallow)
	case p.took("+"):
		return p.condition()
	case p.took("-"), p.took("NOT"):
		return Not{p.condition()}
	case p.token.kind == luceneField:
		return p.named()
	}
	return p.value()
}

// named reads the name of a field and its value.
func (p *luceneParser) named() Expr {
	name := p.token
	if p.field != nil {
		p.fail("a value, as this is within the brackets of a field")
	}
	p.advance()
	if name.text == "_exists_" {
		return p.existence()
	}
	f, err := bkFieldOf(name.text)
	if err != nil {
		p.failAt(name, err.Error())
	}
	p.field = &f
	e := p.value()
	p.field = nil
	return e
}

func (p *luceneParser) existence() Expr {
	f, err := bkFieldOf(p.token.text)
	if err != nil || p.token.kind != luceneTerm {
		p.fail("the name of a field")
	}
	p.advance()
	return Compare{Field: f.Field, Op: Exists}
}

// value reads one value, or several in brackets.
func (p *luceneParser) value() Expr {
	t := p.token
	switch {
	case p.took("("):
		return p.bracket()
	case p.is("["), p.is("{"):
		return p.span()
	case t.kind == luceneSize:
		return p.size()
	case t.kind == luceneTerm, t.kind == lucenePhrase, t.kind == luceneRegex:
		p.advance()
		e, err := p.leaf(t)
		return p.checked(t, e, err)
	}
	p.fail("a word, a text in quotes, a range or (")
	return nil
}

// checked reports what is wrong with a value where it stands.
func (p *luceneParser) checked(t luceneToken, e Expr, err error) Expr {
	if err != nil {
		p.failAt(t, err.Error())
	}
	return e
}

func (p *luceneParser) bracket() Expr {
	joins := p.joins
	e := p.sequence()
	p.joins = joins
	if !p.took(")") {
		p.fail(")")
	}
	return e
}

// leaf is the condition of one value.
func (p *luceneParser) leaf(t luceneToken) (Expr, error) {
	f := bkField{Field: Field{Intrinsic, "any"}}
	if p.field != nil {
		f = *p.field
	}
	text := html.UnescapeString(t.text)
	switch {
	case t.kind == luceneRegex:
		return f.compare(Regex, t.text)
	case t.kind == luceneTerm && t.text == "*":
		if p.field == nil {
			return And{}, nil
		}
		return Compare{Field: f.Field, Op: Exists}, nil
	case t.kind == luceneTerm && t.wild:
		return f.like(html.UnescapeString(t.pattern))
	}
	if of, ok := idField(text); ok && p.field == nil {
		return of.equal(text)
	}
	if f.holdsWhole(t, text) {
		return f.equal(text)
	}
	return f.contains(text)
}

// holdsWhole reports whether a word or phrase is to be the whole value: in
// quotes, a number, a truth value, an id, or of a field that has no text.
func (f bkField) holdsWhole(t luceneToken, text string) bool {
	if f.kind() == anything {
		_, number := parseNumber(text)
		return number && t.kind == luceneTerm
	}
	if !f.isText() {
		return true
	}
	if t.kind == lucenePhrase {
		return !f.prose
	}
	_, isID := idField(text)
	_, isNumber := parseNumber(text)
	return isID || isNumber || text == "true" || text == "false"
}

// size reads what stands after > >= < <=.
func (p *luceneParser) size() Expr {
	op := Op(p.token.text)
	if p.field == nil {
		p.fail("a field before " + string(op))
	}
	p.advance()
	t := p.token
	if t.kind != luceneTerm && t.kind != lucenePhrase {
		p.fail("a value after " + string(op))
		return nil
	}
	p.advance()
	e, err := p.field.ordered(op, t.text)
	return p.checked(t, e, err)
}

// span reads a range: [a TO b], with { } for ends that are not part of it.
func (p *luceneParser) span() Expr {
	lower, upper := Gte, Lte
	if p.is("{") {
		lower = Gt
	}
	if p.field == nil {
		p.fail("a field before the range")
	}
	p.inRange = true
	from := p.limit()
	p.advance()
	if p.token.text != "TO" {
		p.fail("TO")
	}
	to := p.limit()
	p.inRange = false
	p.advance()
	switch {
	case p.is("}"):
		upper = Lt
	case !p.is("]"):
		p.fail("] or }")
	}
	if p.err != nil {
		return nil
	}
	p.advance()
	return p.between(p.bound(lower, from), p.bound(upper, to))
}

// limit reads an end of a range.
func (p *luceneParser) limit() luceneToken {
	p.advance()
	if p.token.kind != luceneTerm && p.token.kind != lucenePhrase {
		p.fail("the end of a range, or *")
	}
	return p.token
}

// bound is what an end of a range asks for, nil for an open one.
func (p *luceneParser) bound(op Op, t luceneToken) Expr {
	if t.kind == luceneTerm && t.text == "*" {
		return nil
	}
	e, err := p.field.ordered(op, t.text)
	return p.checked(t, e, err)
}

func (p *luceneParser) between(from, to Expr) Expr {
	switch {
	case from == nil && to == nil:
		return Compare{Field: p.field.Field, Op: Exists}
	case from == nil:
		return to
	case to == nil:
		return from
	}
	return allOf(from, to)
}
