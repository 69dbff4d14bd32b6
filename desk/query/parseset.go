// SPDX-License-Identifier: Apache-2.0

package query

// relations are the structural operators, in which a set of spans is related to
// another.
var relations = map[SetOp]relation{
	">>": below, ">": directlyBelow, "<<": above, "<": directlyAbove, "~": beside,
}

// split takes the & or ! off a structural operator.
func (op SetOp) split() (r relation, prefix byte, ok bool) {
	name := op
	if len(op) > 1 && (op[0] == '&' || op[0] == '!') {
		name, prefix = op[1:], op[0]
	}
	r, ok = relations[name]
	return r, prefix, ok
}

func isLogical(op SetOp) bool { return op == "&&" || op == "||" }

func isStructural(op SetOp) bool {
	_, _, ok := op.split()
	return ok
}

// sets reads set expressions: structural operators bind tighter than && and ||,
// and all group from the left.
func (p *parser) sets() Set { return p.chain(p.related, isLogical) }

func (p *parser) related() Set { return p.chain(p.oneSet, isStructural) }

func (p *parser) chain(operand func() Set, joins func(SetOp) bool) Set {
	left, depth := operand(), p.depth
	for p.token.kind == tokenPunct && joins(SetOp(p.token.text)) {
		p.descend()
		op := SetOp(p.token.text)
		p.advance()
		left = &Combine{Op: op, Left: left, Right: operand()}
	}
	p.depth = depth
	return left
}

// oneSet reads { … }, or a pipeline in brackets.
func (p *parser) oneSet() Set {
	p.descend()
	defer p.ascend()
	if p.took("{") {
		return p.spanset()
	}
	p.take("(", "{ or (")
	if p.err != nil {
		return nil
	}
	q := p.pipeline()
	p.take(")", ") or |")
	if len(q.Stages) == 0 {
		return q.From
	}
	return q
}

func (p *parser) spanset() Set {
	if p.took("}") {
		return &Spanset{Where: And{}}
	}
	s := &Spanset{Where: p.expr()}
	p.take("}", "&&, || or }")
	return s
}
