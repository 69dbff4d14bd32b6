// SPDX-License-Identifier: Apache-2.0

package query

import (
	"html"
)

// A luceneParser makes conditions of query strings.
type luceneParser struct {
	luceneLexer
	token luceneToken
	depth int
	joins int      // how often AND and OR occurred outside of brackets
	field *bkField // what values are of; nil: of anything
}

func (p *luceneParser) advance() (err error) {
	p.token, err = p.next()
	return err
}

func (p *luceneParser) fail(want string) error { return p.failAt(p.token, want) }

func (p *luceneParser) failAt(t luceneToken, want string) error {
	return p.luceneLexer.fail(t.offset, t.end, want)
}

func (p *luceneParser) is(operator string) bool {
	return p.token.kind == luceneOperator && p.token.text == operator
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
func (p *luceneParser) sequence() (Expr, error) {
	var all []clause
	for len(all) == 0 || !p.ends() {
		c, err := p.clause()
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	if len(all) == 1 && all[0].demand != "NOT" {
		return all[0].expr, nil
	}
	return combine(all), nil
}

// clause reads one of them. What + or NOT stands before is demanded or forbidden
// unless AND or OR joins it to something.
func (p *luceneParser) clause() (clause, error) {
	demanded, forbidden := p.is("+"), p.is("-") || p.is("NOT")
	joins := p.joins
	e, err := p.either()
	if err != nil || p.joins > joins {
		return clause{expr: e}, err
	}
	switch {
	case demanded:
		return clause{e, "+"}, nil
	case forbidden:
		return clause{e.(Not).Expr, "NOT"}, nil
	}
	return clause{expr: e}, nil
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
func (p *luceneParser) either() (Expr, error) { return p.joined("OR", p.all) }

// all reads conditions joined by AND.
func (p *luceneParser) all() (Expr, error) { return p.joined("AND", p.condition) }

func (p *luceneParser) joined(operator string, operand func() (Expr, error)) (Expr, error) {
	var run []Expr
	for {
		e, err := operand()
		if err != nil {
			return nil, err
		}
		run = append(run, e)
		if !p.is(operator) {
			break
		}
		p.joins++
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	if operator == "OR" {
		return join("||", run), nil
	}
	return join("&&", run), nil
}

// condition reads one condition with what stands before it.
func (p *luceneParser) condition() (Expr, error) {
	if p.depth++; p.depth >= MaxDepth {
		return nil, p.fail(wantShallow)
	}
	defer func() { p.depth-- }()
	if p.is("+") || p.is("-") || p.is("NOT") {
		negated := !p.is("+")
		if err := p.advance(); err != nil {
			return nil, err
		}
		e, err := p.condition()
		if negated {
			e = Not{e}
		}
		return e, err
	}
	if p.token.kind == luceneField {
		return p.named()
	}
	return p.value()
}

// named reads the name of a field and its value.
func (p *luceneParser) named() (Expr, error) {
	if p.field != nil {
		return nil, p.fail("a value, as this is within the brackets of a field")
	}
	name := p.token
	if name.text == "_exists_" {
		return p.existence()
	}
	f, err := bkFieldOf(name.text)
	if err != nil {
		return nil, p.fail(err.Error())
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	p.field = &f
	e, err := p.value()
	p.field = nil
	return e, err
}

func (p *luceneParser) existence() (Expr, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	f, err := bkFieldOf(p.token.text)
	if err != nil || p.token.kind != luceneTerm {
		return nil, p.fail("the name of a field")
	}
	return Compare{Field: f.Field, Op: Exists}, p.advance()
}

// value reads one value, or several in brackets.
func (p *luceneParser) value() (Expr, error) {
	t := p.token
	switch {
	case p.is("("):
		return p.bracket()
	case p.is("["), p.is("{"):
		return p.span()
	case t.kind == luceneSize:
		return p.size()
	case t.kind == luceneTerm, t.kind == lucenePhrase, t.kind == luceneRegex:
		if err := p.advance(); err != nil {
			return nil, err
		}
		e, err := p.leaf(t)
		if err != nil {
			return nil, p.failAt(t, err.Error())
		}
		return e, nil
	}
	return nil, p.fail("a word, a text in quotes, a range or (")
}

func (p *luceneParser) bracket() (Expr, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	joins := p.joins
	e, err := p.sequence()
	p.joins = joins
	if err != nil {
		return nil, err
	}
	if !p.is(")") {
		return nil, p.fail(")")
	}
	return e, p.advance()
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
func (p *luceneParser) size() (Expr, error) {
	op := Op(p.token.text)
	if p.field == nil {
		return nil, p.fail("a field before " + string(op))
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	t := p.token
	if t.kind != luceneTerm && t.kind != lucenePhrase {
		return nil, p.fail("a value after " + string(op))
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	e, err := p.field.ordered(op, t.text)
	if err != nil {
		return nil, p.failAt(t, err.Error())
	}
	return e, nil
}

// span reads a range: [a TO b], with { } for ends that are not part of it.
func (p *luceneParser) span() (Expr, error) {
	open := p.token
	if p.field == nil {
		return nil, p.fail("a field before the range")
	}
	p.inRange = true
	from, err := p.end()
	if err != nil {
		return nil, err
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.token.text != "TO" {
		return nil, p.fail("TO")
	}
	to, err := p.end()
	if err != nil {
		return nil, err
	}
	p.inRange = false
	if err := p.advance(); err != nil {
		return nil, err
	}
	if !p.is("]") && !p.is("}") {
		return nil, p.fail("] or }")
	}
	e, err := p.between(open, from, to)
	if err != nil {
		return nil, err
	}
	return e, p.advance()
}

// end reads an end of a range.
func (p *luceneParser) end() (luceneToken, error) {
	if err := p.advance(); err != nil {
		return p.token, err
	}
	if p.token.kind != luceneTerm && p.token.kind != lucenePhrase {
		return p.token, p.fail("the end of a range, or *")
	}
	return p.token, nil
}

// between is called at the bracket that closes a range.
func (p *luceneParser) between(open, from, to luceneToken) (Expr, error) {
	lower, upper := Gte, Lte
	if open.text == "{" {
		lower = Gt
	}
	if p.token.text == "}" {
		upper = Lt
	}
	var all []Expr
	for _, side := range []struct {
		op Op
		t  luceneToken
	}{{lower, from}, {upper, to}} {
		if side.t.kind == luceneTerm && side.t.text == "*" {
			continue
		}
		e, err := p.field.ordered(side.op, side.t.text)
		if err != nil {
			return nil, p.failAt(side.t, err.Error())
		}
		all = append(all, e)
	}
	if len(all) == 0 {
		return Compare{Field: p.field.Field, Op: Exists}, nil
	}
	return allOf(all...), nil
}
