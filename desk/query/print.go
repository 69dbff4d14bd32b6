// SPDX-License-Identifier: Apache-2.0

package query

// String is the query in TraceQL, in the one way that [Parse] reads as an equal
// query: with brackets wherever && meets ||, and the short names of fields.
func (q *Query) String() string { return string(q.append(nil)) }

func (q *Query) append(b []byte) []byte {
	b = appendSet(b, q.From)
	for _, s := range q.Stages {
		b = appendStage(append(b, " | "...), s)
	}
	return b
}

func appendStage(b []byte, s Stage) []byte {
	switch s := s.(type) {
	case Set:
		return appendSet(b, s)
	case Aggregate:
		b = append(append(b, s.Func...), '(')
		if s.Func != "count" {
			b = s.Field.append(b)
		}
		b = append(append(append(b, ") "...), s.Op...), ' ')
		return appendLiteral(b, s.Value)
	case Group:
		return append(s.By.append(append(b, "by("...)), ')')
	case Select:
		b = append(b, "select("...)
		for i, f := range s.Fields {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = f.append(b)
		}
		return append(b, ')')
	}
	return b
}

func appendSet(b []byte, s Set) []byte {
	switch s := s.(type) {
	case *Spanset:
		if c, ok := s.Where.(And); s.Where == nil || ok && len(c) == 0 {
			return append(b, "{ }"...)
		}
		return append(appendExpr(append(b, "{ "...), s.Where), " }"...)
	case *Combine:
		b = appendOperand(b, s.Left, s.Op)
		b = append(append(append(b, ' '), s.Op...), ' ')
		return appendOperand(b, s.Right, "")
	case *Query:
		return append(s.append(append(b, '(')), ')')
	}
	return b
}

// appendOperand puts brackets around another operator; on the left the same one
// needs none.
func appendOperand(b []byte, s Set, op SetOp) []byte {
	if inner, ok := s.(*Combine); ok && inner.Op != op {
		return append(appendSet(append(b, '('), s), ')')
	}
	return appendSet(b, s)
}

func appendExpr(b []byte, e Expr) []byte {
	switch e := e.(type) {
	case And:
		return appendJoined(b, e, " && ", "true")
	case Or:
		return appendJoined(b, e, " || ", "false")
	case Not:
		if f, ok := isMissing(e); ok {
			return append(f.append(b), " = nil"...)
		}
		return append(appendExpr(append(b, "!("...), e.Expr), ')')
	case Some:
		return append(appendExpr(append(b, "some("...), e.Expr), ')')
	case Compare:
		return e.append(b)
	}
	return b
}

func appendJoined(b []byte, all []Expr, operator, none string) []byte {
	if len(all) == 0 {
		return append(b, none...)
	}
	for i, e := range all {
		if i > 0 {
			b = append(b, operator...)
		}
		if n := len(operands(e)); n > 1 && len(all) > 1 {
			b = append(appendExpr(append(b, '('), e), ')')
		} else {
			b = appendExpr(b, e)
		}
	}
	return b
}

func (c Compare) append(b []byte) []byte {
	b = append(c.Field.append(b), ' ')
	if c.Op == Exists {
		return append(b, "!= nil"...)
	}
	b = append(append(b, c.Op...), ' ')
	if c.Op != In {
		return appendLiteral(b, c.value())
	}
	b = append(b, '(')
	for i, v := range c.Values {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = appendLiteral(b, v)
	}
	return append(b, ')')
}

// value is the literal of an operator that has one.
func (c Compare) value() any {
	if len(c.Values) == 0 {
		return nil
	}
	return c.Values[0]
}
