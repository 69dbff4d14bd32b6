// SPDX-License-Identifier: Apache-2.0

package finding

import (
	"strings"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
)

// maxStatement bounds how much of a statement is looked at, in bytes.
const maxStatement = 8 << 10

// A statement is a database query without its parameters. The rules are those
// that OpenTelemetry has for db.query.summary and for the sanitisation of
// db.query.text, as far as they need no grammar: literals and placeholders become
// "?", lists of them become one, comments and the case of words are dropped.
type statement struct {
	text []byte
	// open says that there are placeholders, so that statements of equal text may
	// ask for different things.
	open bool
	// paged says that it asks for a page of a result.
	paged bool
	// table is the first table that it names.
	table string

	source string
	at     int
	json   bool
	word   string // the last
	ended  byte   // what the text ended with: a 'w'ord, a 'v'alue, or something else
}

func normalize(text string, scratch []byte) *statement {
	s := &statement{text: scratch[:0], source: text[:min(len(text), maxStatement)]}
	s.open = len(text) > maxStatement || strings.HasSuffix(text, "...") || strings.HasSuffix(text, "…")
	s.json = strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[")
	for s.at < len(s.source) {
		s.next()
	}
	return s
}

// next takes one token.
func (s *statement) next() {
	rest := s.source[s.at:]
	switch c := rest[0]; {
	case c <= ' ':
		s.at++
	case strings.HasPrefix(rest, "--"):
		s.skipTo("\n")
	case strings.HasPrefix(rest, "/*"):
		s.at += 2
		s.skipTo("*/")
	case c == '\'':
		s.skipString('\'')
		s.value()
	case c == '"' || c == '`':
		s.quoted(c)
	case isDigit(c):
		s.skipWord()
		s.value()
	case isWordByte(c):
		s.name(s.skipWord())
	default:
		s.mark(c, placeholder(rest, s.ended))
	}
}

// mark takes a placeholder of a length, or without one a byte as it is.
func (s *statement) mark(c byte, placeholder int) {
	if placeholder > 0 {
		s.at += placeholder
		s.open = true
		s.value()
		return
	}
	s.text, s.ended = append(s.text, c), c
	s.at++
}

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || isDigit(c) || c == '_' || c == '.' || c >= 0x80
}

func (s *statement) skipTo(end string) {
	if i := strings.Index(s.source[s.at:], end); i >= 0 {
		s.at += i + len(end)
		return
	}
	s.at = len(s.source)
}

func (s *statement) skipWord() string {
	from := s.at
	if n := len(uuidPrefix(s.source[from:])); n > 0 {
		s.at += n
		return s.source[from:s.at]
	}
	for s.at < len(s.source) && isWordByte(s.source[s.at]) {
		s.at++
	}
	return s.source[from:s.at]
}

// skipString goes past a string with doubled or escaped quotes in it.
func (s *statement) skipString(quote byte) string {
	s.at++
	from := s.at
	for s.at < len(s.source) {
		c := s.source[s.at]
		s.at++
		switch {
		case c == '\\':
			s.at = min(s.at+1, len(s.source))
		case c == quote && s.at < len(s.source) && s.source[s.at] == quote:
			s.at++
		case c == quote:
			return s.source[from : s.at-1]
		}
	}
	return s.source[from:]
}

// quoted takes a name in quotes; in JSON what is no key is a value.
func (s *statement) quoted(quote byte) {
	name := s.skipString(quote)
	if s.json && !strings.HasPrefix(strings.TrimLeft(s.source[s.at:], " "), ":") {
		s.value()
		return
	}
	s.name(name)
}

// placeholder is the length of the placeholder that a text begins with, after
// something that ended so: ?, $1, :name, @name, %s or %(name)s.
func placeholder(text string, ended byte) int {
	mark, word := text[0], text[1:]
	switch mark {
	case '?':
		return 1
	case ':':
		if ended == ':' || ended == 'w' || ended == 'v' { // a cast, or a part of a name
			return 0
		}
	case '%':
		if i := strings.Index(word[:min(len(word), 100)], ")s"); strings.HasPrefix(word, "(") && i > 0 {
			return 1 + i + 2
		}
	case '$', '@':
	default:
		return 0
	}
	length := 0
	for length < len(word) && isWordByte(word[length]) {
		length++
	}
	if length == 0 || mark != '$' && isDigit(word[0]) {
		return 0
	}
	return 1 + length
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func (s *statement) value() {
	if n := len(s.text); s.ended == ',' && n > 1 && s.text[n-2] == '?' {
		s.text, s.ended = s.text[:n-1], 'v'
		return
	}
	s.separate()
	s.text, s.ended = append(s.text, '?'), 'v'
}

func (s *statement) separate() {
	if s.ended == 'w' || s.ended == 'v' {
		s.text = append(s.text, ' ')
	}
}

// tableWords stand before the name of a table.
var tableWords = []string{"from", "into", "update", "join", "table"}

func (s *statement) name(word string) {
	if isID(word) {
		s.value()
		return
	}
	s.separate()
	from := len(s.text)
	for i := range len(word) {
		s.text = append(s.text, lower(word[i]))
	}
	s.ended = 'w'
	if s.table == "" && foldsTo(s.word, tableWords) {
		s.table = string(s.text[from:])
	}
	s.paged = s.paged || foldsTo(word, []string{"offset", "skip"})
	s.word = word
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func foldsTo(word string, words []string) bool {
	for _, w := range words {
		if len(w) == len(word) && strings.EqualFold(w, word) {
			return true
		}
	}
	return false
}

// isID reports whether a word looks like the id of something rather than a name:
// digits, a UUID, or 16 hexadecimal digits or more.
func isID(word string) bool {
	if len(word) == 36 && len(uuidPrefix(word)) == 36 {
		return true
	}
	digits, others := 0, 0
	for i := range len(word) {
		switch c := lower(word[i]); {
		case isDigit(c):
			digits++
		case c < 'a' || c > 'f':
			return false
		default:
			others++
		}
	}
	return digits > 0 && (others == 0 || digits+others >= 16)
}

// uuidPrefix is the UUID that a text begins with, "" if it begins with none.
func uuidPrefix(text string) string {
	const pattern = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
	if len(text) < len(pattern) || text[8] != '-' {
		return ""
	}
	for i := range len(pattern) {
		c := lower(text[i])
		isHex := isDigit(c) || c >= 'a' && c <= 'f'
		if pattern[i] == 'x' && !isHex || pattern[i] == '-' && c != '-' {
			return ""
		}
	}
	return text[:len(pattern)]
}

// reads are the operations of databases that change nothing.
var reads = map[string]bool{
	"select": true, "with": true, "show": true, "explain": true, "describe": true, "values": true,
	"find": true, "findone": true, "aggregate": true, "count": true, "distinct": true, "query": true, "search": true, "scan": true, "knn": true,
	"get": true, "mget": true, "hget": true, "hgetall": true, "hmget": true, "exists": true, "keys": true, "ttl": true, "type": true,
	"lrange": true, "smembers": true, "sismember": true, "zrange": true, "zscore": true, "getitem": true, "batchgetitem": true, "msearch": true,
}

// isRead reports whether a database operation is known to change nothing.
func isRead(n *analysis.Node) bool {
	text := n.Attrs.Text(n.Span, semconv.DBOperation)
	if text == "" {
		text = n.Attrs.Text(n.Span, semconv.DBStatement)
	}
	var word [16]byte
	length := 0
	for i := 0; i < len(text) && length < len(word); i++ {
		c := lower(text[i])
		isLetter := c >= 'a' && c <= 'z'
		if !isLetter && length > 0 {
			break
		}
		if isLetter {
			word[length] = c
			length++
		}
	}
	return reads[string(word[:length])]
}
