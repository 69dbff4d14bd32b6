// SPDX-License-Identifier: Apache-2.0

package query

import (
	"slices"
	"strings"
	"time"
)

// Parse reads a query in TraceQL, as the package documentation describes it. The
// error is a [*SyntaxError]. A query of one trace-wide hint, with
// (most_recent=true), says what is always so and is dropped.
func Parse(input string) (*Query, error) {
	p, err := newParser(input)
	if err != nil {
		return nil, err
	}
	q, err := p.pipeline()
	if err != nil {
		return nil, err
	}
	if err := p.hints(); err != nil {
		return nil, err
	}
	if err := p.expect(tokenEnd, "| or the end"); err != nil {
		return nil, err
	}
	if checkSetDepth(q, MaxDepth) != nil {
		return nil, p.tooDeep(0)
	}
	return q, nil
}

// A parser reads tokens with one token of foresight.
type parser struct {
	lexer lexer
	token token
	depth int
}

func newParser(input string) (*parser, error) {
	if err := checkLength(input); err != nil {
		return nil, err
	}
	p := &parser{lexer: lexer{input: input}}
	return p, p.advance()
}

func (p *parser) advance() (err error) {
	p.token, err = p.lexer.next()
	return err
}

// fail is an error at the present token.
func (p *parser) fail(want string) error { return p.failAt(p.token, want) }

func (p *parser) failAt(t token, want string) error {
	return syntaxError(p.lexer.input, t.offset, quoted(p.lexer.input[t.offset:t.end]), want)
}

func (p *parser) tooDeep(offset int) error {
	return syntaxError(p.lexer.input, offset, quoted(p.lexer.input[offset:]), wantShallow)
}

func (p *parser) expect(k tokenKind, want string) error {
	if p.token.kind != k {
		return p.fail(want)
	}
	if k == tokenEnd {
		return nil
	}
	return p.advance()
}

// is reports whether the present token is an operator or bracket.
func (p *parser) is(punct string) bool {
	return p.token.kind == tokenPunct && p.token.text == punct
}

func (p *parser) isWord(word string) bool {
	return p.token.kind == tokenWord && p.token.text == word
}

// take goes past an operator or bracket, which must be there.
func (p *parser) take(punct, want string) error {
	if !p.is(punct) {
		return p.fail(want)
	}
	return p.advance()
}

// descend counts the levels of recursion; ascend is to follow.
func (p *parser) descend() error {
	if p.depth++; p.depth >= MaxDepth {
		return p.tooDeep(p.token.offset)
	}
	return nil
}

func (p *parser) ascend() { p.depth-- }

// pipeline reads stages between |. Where the first is not a set, it is one of
// all spans.
func (p *parser) pipeline() (*Query, error) {
	q := &Query{}
	for {
		stage, err := p.stage()
		if err != nil {
			return nil, err
		}
		set, isSet := stage.(Set)
		switch {
		case q.From != nil:
			q.Stages = append(q.Stages, stage)
		case isSet:
			q.From = set
		default:
			q.From, q.Stages = &Spanset{Where: And{}}, []Stage{stage}
		}
		if !p.is("|") {
			return q, nil
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
}

const wantStage = "{ … }, count(), avg( ), min( ), max( ), sum( ), by( ) or select( )"

func (p *parser) stage() (Stage, error) {
	if p.is("{") || p.is("(") {
		return p.sets()
	}
	at := p.token
	if at.kind != tokenWord {
		return nil, p.fail(wantStage)
	}
	switch at.text {
	case "count", "avg", "min", "max", "sum":
		return p.aggregate()
	case "by":
		fields, err := p.fields(1)
		if err != nil {
			return nil, err
		}
		return Group{By: fields[0]}, nil
	case "select":
		fields, err := p.fields(MaxLength)
		return Select{Fields: fields}, err
	}
	return nil, p.fail(wantStage)
}

// fields reads the name of a function, and fields in brackets.
func (p *parser) fields(most int) (fields []Field, err error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	if err := p.take("(", "("); err != nil {
		return nil, err
	}
	for {
		at := p.token
		f, err := p.field()
		if err != nil {
			return nil, err
		}
		if !f.returns() {
			return nil, p.failAt(at, "one field, not all values")
		}
		fields = append(fields, f)
		if len(fields) == most || !p.is(",") {
			return fields, p.take(")", ")")
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
}

const wantField = "a field such as span.x, resource.service.name, name or duration"

// field reads a field.
func (p *parser) field() (Field, error) {
	t := p.token
	switch t.kind {
	case tokenField:
		return t.field, p.advance()
	case tokenWord:
		if f, ok := intrinsicField(t.text); ok {
			return f, p.advance()
		}
		return Field{}, p.fail(wantIntrinsic(t.text))
	}
	return Field{}, p.fail(wantField)
}

// wantIntrinsic names what may have been meant by a word that is no field.
func wantIntrinsic(word string) string {
	scope, _, scoped := strings.Cut(word, ":")
	if !scoped {
		return wantField + "; attributes begin with a dot or a scope: ." + word
	}
	var same []string
	for _, name := range intrinsicNames() {
		if strings.HasPrefix(name, scope+":") {
			same = append(same, name)
		}
	}
	if len(same) == 0 {
		return wantField
	}
	return "one of " + strings.Join(same, " ")
}

// aggregate reads count() > 2 or avg(duration) > 1s.
func (p *parser) aggregate() (Stage, error) {
	a := Aggregate{Func: p.token.text}
	start := p.token
	if a.Func == "count" {
		if err := p.emptyBrackets(); err != nil {
			return nil, err
		}
	} else {
		fields, err := p.fields(1)
		if err != nil {
			return nil, err
		}
		if a.Field = fields[0]; !a.Field.kind().isNumeric() {
			return nil, p.failAt(start, "a field with numbers in "+a.Func+"( )")
		}
	}
	if p.token.kind != tokenPunct || !slices.Contains(aggregateOps, Op(p.token.text)) {
		return nil, p.fail("one of = != > >= < <=")
	}
	a.Op = Op(p.token.text)
	if err := p.advance(); err != nil {
		return nil, err
	}
	var err error
	a.Value, err = p.scalar()
	return a, err
}

func (p *parser) emptyBrackets() error {
	if err := p.advance(); err != nil {
		return err
	}
	if err := p.take("(", "()"); err != nil {
		return err
	}
	return p.take(")", ")")
}

var aggregateOps = []Op{Eq, Ne, Gt, Gte, Lt, Lte}

func (k kind) isNumeric() bool {
	return k == attribute || k == duration || k == count || k == quantity
}

func (p *parser) scalar() (any, error) {
	v := p.token.value
	if p.isWord("minInt") || p.isWord("maxInt") {
		v = words[p.token.text]
	}
	switch v.(type) {
	case int64, float64, time.Duration:
		return v, p.advance()
	}
	return nil, p.fail("a number or a duration")
}

// hints reads with (most_recent = true).
func (p *parser) hints() error {
	if !p.isWord("with") {
		return nil
	}
	for _, want := range []string{"with", "(", "most_recent", "=", "true", ")"} {
		if p.token.text != want {
			return p.fail("with (most_recent = true)")
		}
		if err := p.advance(); err != nil {
			return err
		}
	}
	return nil
}
