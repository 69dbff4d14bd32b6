// SPDX-License-Identifier: Apache-2.0

package query

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokenEnd   tokenKind = iota
	tokenPunct           // an operator or bracket
	tokenWord            // a word without quotes, with dots or a colon in it where these belong to it
	tokenField           // an attribute
	tokenValue           // a string, number or duration
)

// A token is a piece of a query: input[offset:end].
type token struct {
	kind        tokenKind
	text        string // of operators and words
	field       Field
	value       any
	offset, end int
}

// punctuation are the operators, those that begin with others before them.
var punctuation = []string{
	"!>>", "!<<", "!>", "!<", "!~", "!=", "!",
	"&>>", "&<<", "&>", "&<", "&~", "&&",
	">>", ">=", ">", "<<", "<=", "<", "=~", "=", "~",
	"||", "|", "{", "}", "(", ")", ",",
}

// A lexer divides the text of a query into tokens.
type lexer struct {
	input string
	at    int
}

func (l *lexer) next() (token, error) {
	rest := l.input[l.at:]
	l.at += len(rest) - len(strings.TrimLeftFunc(rest, unicode.IsSpace))
	t := token{offset: l.at}
	rest = l.input[l.at:]
	var err error
	switch {
	case rest == "":
	case rest[0] == '"' || rest[0] == '`':
		t.kind, t.value, err = l.text()
	case isDigit(rest[0]) || rest[0] == '-' && len(rest) > 1 && isDigit(rest[1]):
		t.kind, t.value, err = l.number()
	case rest[0] == '.':
		l.at++
		t.kind = tokenField
		t.field.Name, err = l.key()
	case isLetter(rest[0]):
		err = l.word(&t)
	default:
		err = l.punct(&t)
	}
	t.end = l.at
	return t, err
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }

func (l *lexer) punct(t *token) error {
	for _, p := range punctuation {
		if strings.HasPrefix(l.input[l.at:], p) {
			l.at += len(p)
			t.kind, t.text = tokenPunct, p
			return nil
		}
	}
	_, size := utf8.DecodeRuneInString(l.input[l.at:])
	return l.fail(l.at, l.at+size, "an operator, a field or a literal")
}

func (l *lexer) fail(from, to int, want string) error {
	return syntaxError(l.input, from, quoted(l.input[from:to]), want)
}

// text reads a string in double quotes, with the escapes of Go, or in backquotes.
func (l *lexer) text() (tokenKind, any, error) {
	start := l.at
	quote := l.input[start]
	i := start + 1
	for i < len(l.input) && l.input[i] != quote {
		if l.input[i] == '\\' && quote == '"' {
			i++
		}
		i++
	}
	if i >= len(l.input) {
		return 0, nil, syntaxError(l.input, start, quoted(l.input[start:]), "a closing "+string(quote))
	}
	l.at = i + 1
	literal := l.input[start:l.at]
	if quote == '`' {
		return tokenValue, literal[1 : len(literal)-1], nil
	}
	// Unlike in Go, lines may end within quotes.
	s, err := strconv.Unquote(strings.ReplaceAll(literal, "\n", `\n`))
	if err != nil {
		return 0, nil, l.fail(start, l.at, `a string whose escapes are \" \\ \n \t \r \xhh \uhhhh and the like`)
	}
	return tokenValue, s, nil
}

// word reads a name, and what follows it of a field: span.x, span:id, node.type.
func (l *lexer) word(t *token) error {
	start := l.at
	l.identifier()
	t.kind, t.text = tokenWord, l.input[start:l.at]
	if l.at >= len(l.input) {
		return nil
	}
	switch l.input[l.at] {
	case ':':
		l.at++
		l.identifier()
	case '.':
		for scope := Span; scope <= Instrumentation; scope++ {
			if t.text == scopeNames[scope] {
				l.at++
				t.kind, t.field.Scope = tokenField, scope
				var err error
				t.field.Name, err = l.key()
				return err
			}
		}
		for l.at < len(l.input) && l.input[l.at] == '.' {
			l.at++
			l.identifier()
		}
	}
	t.text = l.input[start:l.at]
	return nil
}

func (l *lexer) identifier() {
	for l.at < len(l.input) && (isLetter(l.input[l.at]) || isDigit(l.input[l.at])) {
		l.at++
	}
}

// key reads the name of an attribute, of which any parts may be in quotes.
func (l *lexer) key() (string, error) {
	start := l.at
	var name strings.Builder
	for l.at < len(l.input) {
		if l.input[l.at] == '"' {
			if err := l.quotedKey(&name); err != nil {
				return "", err
			}
			continue
		}
		c, size := utf8.DecodeRuneInString(l.input[l.at:])
		if endsKey(c) {
			break
		}
		name.WriteString(l.input[l.at : l.at+size])
		l.at += size
	}
	if l.at == start {
		return "", syntaxError(l.input, start, quoted(firstRune(l.input[start:])), "the name of an attribute")
	}
	return name.String(), nil
}

func firstRune(s string) string {
	_, size := utf8.DecodeRuneInString(s)
	return s[:size]
}

func (l *lexer) quotedKey(name *strings.Builder) error {
	start := l.at
	for l.at++; l.at < len(l.input); l.at++ {
		c := l.input[l.at]
		if c == '"' {
			l.at++
			return nil
		}
		if c == '\\' && l.at+1 < len(l.input) && (l.input[l.at+1] == '"' || l.input[l.at+1] == '\\') {
			l.at++
			c = l.input[l.at]
		}
		name.WriteByte(c)
	}
	return syntaxError(l.input, start, quoted(l.input[start:]), `a closing "`)
}

// endsKey reports whether a character cannot be in the name of an attribute that
// is not in quotes.
func endsKey(c rune) bool {
	return unicode.IsSpace(c) || c == utf8.RuneError || strings.ContainsRune("{}()=~!<>&|^,\"`\\", c)
}
