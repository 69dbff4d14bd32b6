// SPDX-License-Identifier: Apache-2.0

package query

import (
	"slices"
	"strings"
)

// expr reads conditions joined by && and ||, which bind equally.
func (p *parser) expr() (Expr, error) {
	first, err := p.condition()
	if err != nil {
		return nil, err
	}
	run, op := []Expr{first}, ""
	for p.is("&&") || p.is("||") {
		if op != "" && op != p.token.text {
			run = []Expr{join(op, run)}
		}
		op = p.token.text
		if err := p.advance(); err != nil {
			return nil, err
		}
		next, err := p.condition()
		if err != nil {
			return nil, err
		}
		run = append(run, next)
	}
	return join(op, run), nil
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

func (p *parser) condition() (Expr, error) {
	if err := p.descend(); err != nil {
		return nil, err
	}
	defer p.ascend()
	switch {
	case p.is("!"):
		return p.negation()
	case p.is("("):
		return p.bracket()
	case p.isWord("some"):
		return p.some()
	}
	return p.comparison()
}

// negation reads what stands after !. TraceQL would negate only the field of a
// comparison, so that one needs brackets.
func (p *parser) negation() (Expr, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.is("!") || p.is("(") || p.isWord("some") {
		inner, err := p.condition()
		return Not{inner}, err
	}
	inner, err := p.truth()
	if err == nil && p.operator() != "" {
		err = p.fail("brackets around a comparison after !")
	}
	return Not{inner}, err
}

// truth reads what holds by itself: true, false, an attribute, error.
func (p *parser) truth() (Expr, error) {
	switch {
	case p.isWord("true"):
		return And{}, p.advance()
	case p.isWord("false"):
		return Or{}, p.advance()
	}
	f, err := p.field()
	if err == nil && f.Scope == Intrinsic && f.kind() != boolean {
		err = p.fail(f.kind().operators())
	}
	return Compare{f, Eq, []any{true}}, err
}

func (p *parser) bracket() (Expr, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	e, err := p.expr()
	if err != nil {
		return nil, err
	}
	return e, p.take(")", "&&, || or )")
}

func (p *parser) some() (Expr, error) {
	start := p.token
	if err := p.advance(); err != nil {
		return nil, err
	}
	if !p.is("(") {
		return nil, p.fail("( after some")
	}
	e, err := p.bracket()
	if err != nil {
		return nil, err
	}
	if _, ok := subject(e); !ok || hasSome(e) {
		return nil, p.failAt(start, strings.TrimPrefix(wantNested, "want "))
	}
	return Some{e}, nil
}

func hasSome(e Expr) bool {
	if _, ok := e.(Some); ok {
		return true
	}
	return slices.ContainsFunc(operands(e), hasSome)
}

// comparison reads a field, an operator and a literal, the literal first if need
// be, or what is true by itself.
func (p *parser) comparison() (Expr, error) {
	start := *p
	if literal, ok := p.literal(); ok && !p.isWord("error") {
		at := p.token
		if err := p.advance(); err != nil {
			return nil, err
		}
		if p.operator() != "" {
			return p.flipped(literal, at)
		}
		if _, ok := literal.(bool); !ok {
			return nil, p.fail("an operator")
		}
		*p = start
		return p.truth()
	}
	f, err := p.field()
	if err != nil {
		return nil, err
	}
	if p.operator() == "" {
		*p = start
		return p.truth()
	}
	return p.compared(f)
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
func (p *parser) compared(f Field) (Expr, error) {
	op := p.operator()
	if !f.kind().takes(op) {
		return nil, p.fail(f.kind().operators())
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if op == In {
		return p.in(f)
	}
	literal, ok := p.literal()
	if !ok {
		return nil, p.fail(wanted[f.kind()])
	}
	at := p.token
	if err := p.advance(); err != nil {
		return nil, err
	}
	return p.build(f, op, []any{literal}, at)
}

// mirrored are the operators with their sides exchanged.
var mirrored = map[Op]Op{Eq: Eq, Ne: Ne, Gt: Lt, Gte: Lte, Lt: Gt, Lte: Gte}

// flipped reads the operator and the field after a literal.
func (p *parser) flipped(literal any, at token) (Expr, error) {
	op, ok := mirrored[p.operator()]
	if !ok {
		return nil, p.fail("one of = != > >= < <= after a literal")
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	field := p.token
	f, err := p.field()
	if err != nil {
		return nil, err
	}
	if !f.kind().takes(op) {
		return nil, p.failAt(field, "a field that "+string(op)+" compares")
	}
	return p.build(f, op, []any{literal}, at)
}

// in reads a list of literals in brackets.
func (p *parser) in(f Field) (Expr, error) {
	if err := p.take("(", "( after in"); err != nil {
		return nil, err
	}
	var literals []any
	for {
		literal, ok := p.literal()
		if !ok || f.kind().checkLiteral(In, literal) != nil {
			return nil, p.fail(wanted[f.kind()])
		}
		literals = append(literals, literal)
		if err := p.advance(); err != nil {
			return nil, err
		}
		if !p.is(",") {
			return Compare{f, In, literals}, p.take(")", ", or )")
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
}

// build makes a comparison with a literal that stands at a token, and checks it.
func (p *parser) build(f Field, op Op, literals []any, at token) (Expr, error) {
	if literals[0] == nil {
		switch op {
		case Eq:
			return missing(f), nil
		case Ne:
			return Compare{Field: f, Op: Exists}, nil
		}
		return nil, p.failAt(at, "a literal other than nil, which only = and != take")
	}
	c := Compare{f, op, literals}
	if err := c.check(); err != nil {
		return nil, p.failAt(at, err.Error())
	}
	if op == Regex || op == NotRegex || op == Like {
		if _, err := compileCompare(c); err != nil {
			return nil, p.failAt(at, err.Error())
		}
	}
	return c, nil
}
