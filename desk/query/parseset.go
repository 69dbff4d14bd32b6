// SPDX-License-Identifier: Apache-2.0

package query

// relations are the structural operators, in which a set of spans is related to
// another.
var relations = map[SetOp]relation{
	">>": below, ">": directlyBelow, "<<": above, "<": directlyAbove, "~": beside,
}

// split takes the & or ! off a structural operator.
func (op SetOp) split() (r relation, prefix byte, ok bool) {
	if r, ok = relations[op]; ok {
		return r, 0, true
	}
	if len(op) > 1 && (op[0] == '&' || op[0] == '!') {
		r, ok = relations[op[1:]]
	}
	return r, op[0], ok
}

func isLogical(op SetOp) bool { return op == "&&" || op == "||" }

func isStructural(op SetOp) bool {
	if op == "" {
		return false
	}
	_, _, ok := op.split()
	return ok
}

// sets reads set expressions: structural operators bind tighter than && and ||,
// and all group from the left.
func (p *parser) sets() (Set, error) {
	return p.chain(p.related, isLogical)
}

func (p *parser) related() (Set, error) {
	return p.chain(p.oneSet, isStructural)
}

func (p *parser) chain(operand func() (Set, error), joins func(SetOp) bool) (Set, error) {
	left, err := operand()
	if err != nil {
		return nil, err
	}
	for operators := 1; p.token.kind == tokenPunct && joins(SetOp(p.token.text)); operators++ {
		if p.depth+operators >= MaxDepth {
			return nil, p.tooDeep(p.token.offset)
		}
		op := SetOp(p.token.text)
		if err := p.advance(); err != nil {
			return nil, err
		}
		right, err := operand()
		if err != nil {
			return nil, err
		}
		left = &Combine{Op: op, Left: left, Right: right}
	}
	return left, nil
}

// oneSet reads { … }, or a pipeline in brackets.
func (p *parser) oneSet() (Set, error) {
	if err := p.descend(); err != nil {
		return nil, err
	}
	defer p.ascend()
	if p.is("{") {
		return p.spanset()
	}
	if err := p.take("(", "{ or ("); err != nil {
		return nil, err
	}
	q, err := p.pipeline()
	if err != nil {
		return nil, err
	}
	if err := p.take(")", ") or |"); err != nil {
		return nil, err
	}
	if len(q.Stages) == 0 {
		return q.From, nil
	}
	return q, nil
}

func (p *parser) spanset() (Set, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	s := &Spanset{Where: And{}}
	if p.is("}") {
		return s, p.advance()
	}
	var err error
	if s.Where, err = p.expr(); err != nil {
		return nil, err
	}
	return s, p.take("}", "&&, || or }")
}
