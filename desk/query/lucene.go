// SPDX-License-Identifier: Apache-2.0

package query

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// ParseQueryString reads a query string in the part of Lucene's syntax that the
// search page of BlueKing APM takes, as a condition on one span:
//
//	timeout                         any text of the span contains it
//	"GET /pay"                      the same for what has spaces in it
//	span_name: check?ut*            wildcards, over the whole value
//	span_name: checkout             a word: the value contains it
//	span_name: "GET /pay"           the whole value
//	kind: 2, status.code: error     numbers and names
//	elapsed_time: >=1000            also > < <=; times are in microseconds
//	elapsed_time: [1000 TO 5000}    ranges with and without their ends, * for none
//	span_name: /GET.*/              regular expressions, over the whole value
//	resource.service.name: *        the field exists, also _exists_: …
//	span_name: (a OR "b c")         several values of a field
//	4bf92f3577b34da6a3ce929d0e0e4736   an id of a trace, or with 16 digits of a span, in either case
//
// They are joined by AND, OR and NOT or &&, || and !; AND binds tighter than OR.
// Of conditions that only stand side by side one is enough, but + demands one
// and - or NOT forbids it. A backslash takes the next character as it is; HTML
// entities are taken as their characters. Boosts, fuzzy and proximity searches
// are errors.
//
// Fields are those of BlueKing's documents: trace_id, span_id, span_name, kind,
// status.code, elapsed_time, attributes.x, resource.x, events.name,
// events.attributes.x, links.trace_id and so on, those of its summaries, such as
// trace_duration or root_service, with or without collections. in front, and the
// shorthands of agents; any other is an attribute. Conditions on events are about
// one event as those of TraceQL are. Empty input and * hold for every span. The
// error is a [*SyntaxError].
func ParseQueryString(input string) (Expr, error) {
	if err := checkLength(input); err != nil {
		return nil, err
	}
	if of, digits, ok := directID(input); ok {
		return of.equal(digits)
	}
	p := &luceneParser{luceneLexer: luceneLexer{input: input}}
	p.advance()
	if p.err == nil && p.token.kind == luceneEnd {
		return And{}, nil
	}
	e := p.sequence()
	if p.token.kind != luceneEnd {
		p.fail("AND, OR, NOT or the end")
	}
	if p.err == nil && checkDepth(e, MaxDepth) != nil {
		p.failAt(luceneToken{end: len(input)}, wantShallow)
	}
	if p.err != nil {
		return nil, p.err
	}
	return e, nil
}

// directID recognises input that is only an id, with or without its field.
func directID(input string) (f bkField, digits string, ok bool) {
	s := strings.TrimSpace(input)
	for _, key := range []string{"span_id", "trace_id"} {
		rest, named := strings.CutPrefix(s, key)
		if rest = strings.TrimSpace(rest); named {
			rest, named = strings.CutPrefix(rest, ":")
		}
		if !named {
			rest = s
		}
		rest = strings.TrimSpace(rest)
		if n := len(rest); n > 1 && rest[0] == '"' && rest[n-1] == '"' {
			rest = rest[1 : n-1]
		}
		if of, is := idField(rest); is && of == bkFields[key] {
			return of, rest, true
		}
	}
	return bkField{}, "", false
}

// idField tells by the number of hexadecimal digits what a word is an id of.
func idField(word string) (bkField, bool) {
	for _, c := range []byte(word) {
		if !isDigit(c) && (c|0x20 < 'a' || c|0x20 > 'f') {
			return bkField{}, false
		}
	}
	switch len(word) {
	case 16:
		return bkFields["span_id"], true
	case 32:
		return bkFields["trace_id"], true
	}
	return bkField{}, false
}

type luceneKind uint8

const (
	luceneEnd      luceneKind = iota
	luceneOperator            // AND OR NOT + - ( ) [ { ] }
	luceneField               // a name before a colon
	luceneTerm                // a word, with or without wildcards
	lucenePhrase              // a text in quotes
	luceneRegex               // an expression between slashes
	luceneSize                // > >= < <=
)

// A luceneToken is a piece of a query string: input[offset:end].
type luceneToken struct {
	kind        luceneKind
	text        string // what it says, without quotes and escapes
	pattern     string // of terms: with escapes, as a pattern
	wild        bool   // whether a term has wildcards
	offset, end int
}

type luceneLexer struct {
	input   string
	at      int
	inRange bool // within [ ] or { }
}

// luceneWords are the operators that are spelled in several ways.
var luceneWords = map[string]string{"AND": "AND", "OR": "OR", "NOT": "NOT", "&&": "AND", "||": "OR", "!": "NOT"}

func (l *luceneLexer) next() (t luceneToken, err error) {
	rest := l.input[l.at:]
	l.at += len(rest) - len(strings.TrimLeftFunc(rest, unicode.IsSpace))
	t.offset = l.at
	rest = l.input[l.at:]
	switch {
	case rest == "":
	case rest[0] == '"':
		t.kind, err = lucenePhrase, l.enclosed(&t, "a closing \"")
	case rest[0] == '/' && !l.inRange:
		t.kind, err = luceneRegex, l.enclosed(&t, "a closing / (write \\/ for a slash that begins no regular expression)")
	case rest[0] == '>' || rest[0] == '<':
		t.kind = luceneSize
		l.take(&t, len(rest)-len(strings.TrimPrefix(rest[1:], "=")))
	case strings.ContainsRune("()[]{}", rune(rest[0])):
		t.kind = luceneOperator
		l.take(&t, 1)
	case !l.inRange && (strings.HasPrefix(rest, "&&") || strings.HasPrefix(rest, "||")):
		t.kind = luceneOperator
		l.take(&t, 2)
	case !l.inRange && (rest[0] == '!' || rest[0] == '+' || rest[0] == '-' && !l.isNegative(rest)):
		t.kind = luceneOperator
		l.take(&t, 1)
	default:
		err = l.term(&t)
	}
	if word, ok := luceneWords[t.text]; ok && t.kind == luceneOperator {
		t.text = word
	}
	t.end = l.at
	return t, err
}

// isNegative tells -1 after a colon or a size from what is forbidden.
func (l *luceneLexer) isNegative(rest string) bool {
	before := strings.TrimRightFunc(l.input[:l.at], unicode.IsSpace)
	return len(rest) > 1 && isDigit(rest[1]) && before != "" && strings.ContainsRune(":<>=", rune(before[len(before)-1]))
}

func (l *luceneLexer) take(t *luceneToken, n int) {
	t.text = l.input[l.at : l.at+n]
	l.at += n
}

func (l *luceneLexer) fail(from, to int, want string) error {
	return syntaxError(l.input, from, quoted(l.input[from:to]), want)
}

// enclosed reads what ends with the character that it begins with. Within a
// regular expression only the slash loses its backslash.
func (l *luceneLexer) enclosed(t *luceneToken, want string) error {
	mark := l.input[l.at]
	var text strings.Builder
	i := l.at + 1
	for ; i < len(l.input) && l.input[i] != mark; i++ {
		if l.input[i] == '\\' && i+1 < len(l.input) {
			i++
			if mark == '/' && l.input[i] != '/' {
				text.WriteByte('\\')
			}
		}
		text.WriteByte(l.input[i])
	}
	if i >= len(l.input) {
		return l.fail(l.at, len(l.input), want)
	}
	l.at = i + 1
	t.text = text.String()
	return nil
}

// term reads a word, and whether it is the name of a field.
func (l *luceneLexer) term(t *luceneToken) error {
	var text, pattern strings.Builder
	start := l.at
	for l.at < len(l.input) {
		c, size := utf8.DecodeRuneInString(l.input[l.at:])
		if unicode.IsSpace(c) || l.endsTerm(c) {
			break
		}
		piece := l.input[l.at : l.at+size]
		l.at += size
		switch {
		case c == '\\':
			if l.at == len(l.input) {
				return l.fail(l.at-1, l.at, "a character after the backslash")
			}
			piece = firstRune(l.input[l.at:])
			l.at += len(piece)
			fallthrough
		default:
			text.WriteString(piece)
			pattern.WriteString(escapeGlob(piece))
		case c == '*' || c == '?':
			t.wild = true
			text.WriteString(piece)
			pattern.WriteString(piece)
		}
	}
	if l.at == start {
		return l.fail(start, start+len(firstRune(l.input[start:])), "a word, a field, a text in quotes or (")
	}
	t.kind, t.text, t.pattern = luceneTerm, text.String(), pattern.String()
	return l.classify(t, start)
}

// endsTerm reports whether a character ends a word: a colon only after a name.
func (l *luceneLexer) endsTerm(c rune) bool {
	if l.inRange {
		return c == ']' || c == '}'
	}
	return strings.ContainsRune(`()[]{}":^~`, c)
}

// classify tells operators and fields from other words.
func (l *luceneLexer) classify(t *luceneToken, start int) error {
	if l.inRange {
		return nil
	}
	if _, ok := luceneWords[l.input[start:l.at]]; ok {
		t.kind = luceneOperator
		return nil
	}
	rest := l.input[l.at:]
	switch {
	case strings.HasPrefix(rest, ":"):
		if t.wild {
			return l.fail(start, l.at, "a field without wildcards")
		}
		l.at++
		t.kind = luceneField
	case strings.HasPrefix(rest, "^") || strings.HasPrefix(rest, "~"):
		return l.fail(l.at, l.at+1, "no boost and no fuzzy search")
	}
	return nil
}
