// SPDX-License-Identifier: Apache-2.0

package query

import (
	"slices"
	"strings"
)

// expr reads conditions joined by && and ||, which bind equally.
func (p *parser) expr() Expr {
	run, op := []Expr{p.condition()}, ""
	for p.is("&&") || p.is("||") {
		if op != "" && op != p.token.text {
			run = []Expr{join(op, run)}
		}
		op = p.token.text
		p.advance()
		run = append(run, p.condition())
	}
	return join(op, run)
}

func join(op string, conditions []Expr) Expr {
	if len(conditions) == 1 {
		return conditions[0]
	}
	if op == "||" {
		return anyOf(conditions...)
	}
	return allOf(conditions...)
}

func (p *parser) condition() Expr {
	p.descend()
	defer p.ascend()
	switch {
	case p.took("!"):
		return p.negation()
	case p.took("("):
		return p.bracket()
	case p.isWord("some"):
		return p.some()
	}
	return p.comparison()
}

// negation reads what stands after !. TraceQL would negate only the field of a
// comparison, so that one needs brackets.
func (p *parser) negation() Expr {
	if p.is("!") || p.is("(") || p.isWord("some") {
		return Not{p.condition()}
	}
	inner := p.truth()
	if p.operator() != "" {
		p.fail("brackets around a comparison after !")
	}
	return Not{inner}
}

// truth reads what holds by itself: true, false, an attribute, error.
func (p *parser) truth() Expr {
	switch {
	case p.isWord("true"):
		p.advance()
		return And{}
	case p.isWord("false"):
		p.advance()
		return Or{}
	}
	f := p.field()
	if f.Scope == Intrinsic && f.kind() != boolean {
		p.fail(f.kind().operators())
	}
	return Compare{f, Eq, []any{true}}
}

func (p *parser) bracket() Expr {
	e := p.expr()
	p.take(")", "&&, || or )")
	return e
}

func (p *parser) some() Expr {
	start := p.token
	p.advance()
	p.take("(", "( after some")
	e := p.bracket()
	if _, ok := subject(e); !ok || hasSome(e) {
		p.failAt(start, strings.TrimPrefix(wantNested, "want "))
	}
	return Some{e}
}

func hasSome(e Expr) bool {
	if _, ok := e.(Some); ok {
		return true
	}
	return slices.ContainsFunc(operands(e), hasSome)
}

// comparison reads a field, an operator and a literal, the literal first if need
// be, or what is true by itself.
func (p *parser) comparison() Expr {
	start := *p
	literal, ok := p.literal()
	if ok = ok && !p.isWord("error"); ok {
		p.advance()
	} else {
		p.field()
	}
	compares := p.operator() != ""
	if _, isBool := literal.(bool); ok && !compares && !isBool {
		p.fail("an operator")
	}
	if p.err != nil {
		return nil
	}
	if ok && compares {
		return p.flipped(literal, start.token)
	}
	*p = start
	if !compares {
		return p.truth()
	}
	return p.compared(p.field())
}

// literal is the present token as a literal; nil is one.
func (p *parser) literal() (any, bool) {
	switch p.token.kind {
	case tokenValue:
		return p.token.value, true
	case tokenWord:
		v, ok := words[p.token.text]
		return v, ok || p.token.text == "nil"
	}
	return nil, false
}

// operator is the present token as an operator of comparisons, "" if it is none.
func (p *parser) operator() Op {
	if p.token.kind != tokenPunct && !p.isWord(string(Like)) && !p.isWord(string(In)) {
		return ""
	}
	switch op := Op(p.token.text); op {
	case Eq, Ne, Gt, Gte, Lt, Lte, Regex, NotRegex, Like, In:
		return op
	}
	return ""
}

// compared reads the operator and the literal after a field.
func (p *parser) compared(f Field) Expr {
	op := p.operator()
	if !f.kind().takes(op) {
		p.fail(f.kind().operators())
	}
	p.advance()
	if op == In {
		return p.in(f)
	}
	at := p.token
	literal, ok := p.literal()
	if !ok {
		p.fail(wanted[f.kind()])
	}
	p.advance()
	return p.build(f, op, literal, at)
}

// mirrored are the operators with their sides exchanged.
var mirrored = map[Op]Op{Eq: Eq, Ne: Ne, Gt: Lt, Gte: Lte, Lt: Gt, Lte: Gte}

// flipped reads the operator and the field after a literal.
func (p *parser) flipped(literal any, at token) Expr {
	op, ok := mirrored[p.operator()]
	if !ok {
		p.fail("one of = != > >= < <= after a literal")
	}
	p.advance()
	field := p.token
	f := p.field()
	if !f.kind().takes(op) {
		p.failAt(field, "a field that "+string(op)+" compares")
	}
	return p.build(f, op, literal, at)
}

// in reads a list of literals in brackets.
func (p *parser) in(f Field) Expr {
	p.take("(", "( after in")
	literals := []any{p.listed(f)}
	for p.took(",") {
		literals = append(literals, p.listed(f))
	}
	p.take(")", ", or )")
	return Compare{f, In, literals}
}

func (p *parser) listed(f Field) any {
	literal, ok := p.literal()
	if !ok || f.kind().checkLiteral(In, literal) != nil {
		p.fail(wanted[f.kind()])
	}
	p.advance()
	return literal
}

// build makes a comparison with a literal that stands at a token, and checks it.
func (p *parser) build(f Field, op Op, literal any, at token) Expr {
	if literal == nil {
		switch op {
		case Eq:
			return missing(f)
		case Ne:
			return Compare{Field: f, Op: Exists}
		}
		p.failAt(at, "a literal other than nil, which only = and != take")
	}
	c := Compare{f, op, []any{literal}}
	err := c.check()
	if err == nil && (op == Regex || op == NotRegex || op == Like) {
		_, err = compileCompare(c)
	}
	if err != nil {
		p.failAt(at, err.Error())
	}
	return c
}
