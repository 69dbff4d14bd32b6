// SPDX-License-Identifier: Apache-2.0

package query

import (
	"slices"
	"strings"
	"time"
)

// Parse reads a query in TraceQL, as the package documentation describes it. The
// error is a [*SyntaxError]. The hint with (most_recent=true) at the end says
// what is always so and is dropped.
func Parse(input string) (*Query, error) {
	p := newParser(input)
	q := p.pipeline()
	p.hints()
	p.end("| or the end")
	if p.err == nil && checkSetDepth(q, MaxDepth) != nil {
		p.failAt(token{end: len(input)}, wantShallow)
	}
	if p.err != nil {
		return nil, p.err
	}
	return q, nil
}

// ParseField reads a field as it is written in a query, such as
// span.http.route, name or session. The error is a [*SyntaxError].
func ParseField(input string) (Field, error) {
	p := newParser(input)
	f := p.field()
	p.end("the end")
	return f, p.err
}

// A parser reads tokens with one token of foresight. After the first error there
// are no more tokens, so that everything that is being read ends.
type parser struct {
	lexer lexer
	token token
	depth int
	err   error
}

func newParser(input string) *parser {
	p := &parser{lexer: lexer{input: input}, err: checkLength(input)}
	p.advance()
	return p
}

func (p *parser) advance() {
	if p.err == nil {
		p.token, p.err = p.lexer.next()
	}
	if p.err != nil {
		p.token = token{}
	}
}

// fail is an error at the present token.
func (p *parser) fail(want string) { p.failAt(p.token, want) }

func (p *parser) failAt(t token, want string) {
	if p.err == nil {
		p.err = syntaxError(p.lexer.input, t.offset, quoted(p.lexer.input[t.offset:t.end]), want)
	}
	p.token = token{}
}

func (p *parser) end(want string) {
	if p.token.kind != tokenEnd {
		p.fail(want)
	}
}

// is reports whether the present token is an operator or bracket.
func (p *parser) is(punct string) bool {
	return p.token.kind == tokenPunct && p.token.text == punct
}

func (p *parser) isWord(word string) bool {
	return p.token.kind == tokenWord && p.token.text == word
}

// took goes past an operator or bracket if it is there.
func (p *parser) took(punct string) bool {
	there := p.is(punct)
	if there {
		p.advance()
	}
	return there
}

// take goes past an operator or bracket that must be there.
func (p *parser) take(punct, want string) {
	if !p.took(punct) {
		p.fail(want)
	}
}

// descend counts the levels of recursion; ascend is to follow.
func (p *parser) descend() {
	if p.depth++; p.depth >= MaxDepth {
		p.failAt(token{offset: p.token.offset, end: len(p.lexer.input)}, wantShallow)
	}
}

func (p *parser) ascend() { p.depth-- }

// pipeline reads stages between |. Where the first is not a set, it is one of
// all spans.
func (p *parser) pipeline() *Query {
	q := &Query{}
	first := p.stage()
	if set, ok := first.(Set); ok {
		q.From = set
	} else {
		q.From, q.Stages = &Spanset{Where: And{}}, []Stage{first}
	}
	for p.took("|") {
		q.Stages = append(q.Stages, p.stage())
	}
	return q
}

const wantStage = "{ … }, count(), avg( ), min( ), max( ), sum( ), by( ) or select( )"

func (p *parser) stage() Stage {
	if p.is("{") || p.is("(") {
		return p.sets()
	}
	if p.token.kind == tokenWord {
		switch name := p.token.text; name {
		case "count", "avg", "min", "max", "sum":
			return p.aggregate(name)
		case "by":
			p.advance()
			return Group{By: p.inBrackets()}
		case "select":
			p.advance()
			return p.selection()
		}
	}
	p.fail(wantStage)
	return nil
}

// inBrackets reads one field.
func (p *parser) inBrackets() Field {
	p.take("(", "(")
	f := p.returned()
	p.take(")", ")")
	return f
}

func (p *parser) selection() Stage {
	p.take("(", "(")
	fields := []Field{p.returned()}
	for p.took(",") {
		fields = append(fields, p.returned())
	}
	p.take(")", ", or )")
	return Select{Fields: fields}
}

// returned reads a field whose values can be returned.
func (p *parser) returned() Field {
	at := p.token
	f := p.field()
	if !f.returns() {
		p.failAt(at, "one field, not all values")
	}
	return f
}

const wantField = "a field such as span.x, resource.service.name, name or duration"

// field reads a field.
func (p *parser) field() Field {
	t := p.token
	f, known := t.field, t.kind == tokenField
	want := wantField
	if t.kind == tokenWord {
		f, known = intrinsicField(t.text)
		want = wantIntrinsic(t.text)
	}
	if !known {
		p.fail(want)
		return Field{}
	}
	p.advance()
	return f
}

// computed says what to ask for instead of what no span has: what the desk works
// out of whole runs when it shows them.
var computed = map[string]string{
	"cost":       wantTokens,
	"price":      wantTokens,
	"firstframe": "ttft, the time to the first frame of a span, as in { ttft > 2s }",
}

const wantTokens = "tokens or model, as in { tokens > 3000 }, since a cost is worked out of the tokens of a run when it is shown; a cost that spans say themselves is an attribute such as .gen_ai.usage.cost"

// wantIntrinsic names what may have been meant by a word that is no field.
func wantIntrinsic(word string) string {
	if instead, ok := computed[strings.ToLower(word)]; ok {
		return instead
	}
	scope, _, scoped := strings.Cut(word, ":")
	if !scoped {
		return wantField + "; attributes begin with a dot or a scope: ." + word
	}
	same := slices.DeleteFunc(intrinsicNames(), func(name string) bool { return !strings.HasPrefix(name, scope+":") })
	if len(same) == 0 {
		return wantField
	}
	return "one of " + strings.Join(same, " ")
}

// aggregate reads count() > 2 or avg(duration) > 1s.
func (p *parser) aggregate(name string) Stage {
	start := p.token
	p.advance()
	a := Aggregate{Func: name}
	if name == "count" {
		p.take("(", "()")
		p.take(")", ")")
	} else if a.Field = p.inBrackets(); !a.Field.kind().isNumeric() {
		p.failAt(start, "a field with numbers in "+name+"( )")
	}
	a.Op = Op(p.token.text)
	if p.token.kind != tokenPunct || !slices.Contains(aggregateOps, a.Op) {
		p.fail("one of = != > >= < <=")
	}
	p.advance()
	a.Value = p.scalar()
	return a
}

var aggregateOps = []Op{Eq, Ne, Gt, Gte, Lt, Lte}

func (k kind) isNumeric() bool {
	return k == attribute || k == duration || k == count || k == quantity
}

func (p *parser) scalar() any {
	v, _ := p.literal()
	switch v.(type) {
	case int64, float64, time.Duration:
	default:
		p.fail("a number or a duration")
	}
	p.advance()
	return v
}

// hints reads with (most_recent = true).
func (p *parser) hints() {
	if !p.isWord("with") {
		return
	}
	for _, want := range []string{"with", "(", "most_recent", "=", "true", ")"} {
		if p.token.text != want {
			p.fail("with (most_recent = true)")
		}
		p.advance()
	}
}
