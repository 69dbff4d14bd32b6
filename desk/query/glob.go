// SPDX-License-Identifier: Apache-2.0

package query

import (
	"strings"
	"unicode/utf8"
)

// maxPattern is the longest wildcard pattern or regular expression in bytes, which
// bounds what a match costs.
const maxPattern = 1000

// A glob matches whole texts: pieces with any text between them.
type glob []piece

// A piece is a literal, or where it has places for any one character, runes with
// anyRune at these.
type piece struct {
	literal string
	runes   []rune
}

const anyRune = -1

// parseGlob reads a pattern in which * is any text and ? any character, unless a
// backslash stands before them.
func parseGlob(pattern string) glob {
	b := globBuilder{}
	for i := 0; i < len(pattern); {
		c, size := utf8.DecodeRuneInString(pattern[i:])
		switch {
		case c == '*':
			b.star()
		case c == '?':
			b.any()
		case c == '\\' && i+1 < len(pattern):
			i++
			_, size = utf8.DecodeRuneInString(pattern[i:])
			fallthrough
		default:
			b.text(pattern[i : i+size])
		}
		i += size
	}
	return b.glob()
}

type globBuilder struct {
	done    []piece
	literal strings.Builder
	runes   []rune
	masked  bool // whether a piece has an anyRune
}

func (b *globBuilder) text(s string) {
	b.literal.WriteString(s)
	for _, c := range s {
		b.runes = append(b.runes, c)
	}
}

func (b *globBuilder) any() {
	b.runes = append(b.runes, anyRune)
	b.masked = true
}

func (b *globBuilder) star() {
	p := piece{literal: b.literal.String()}
	if b.masked {
		p = piece{runes: b.runes}
	}
	b.done = append(b.done, p)
	b.literal, b.runes, b.masked = strings.Builder{}, nil, false
}

func (b *globBuilder) glob() glob {
	b.star()
	return b.done
}

// exact is the only text that the glob matches, if there is but one.
func (g glob) exact() (string, bool) {
	return g[0].literal, len(g) == 1 && g[0].runes == nil
}

func (g glob) match(s string) bool {
	first := g[0].at(s)
	if first < 0 {
		return false
	}
	if s = s[first:]; len(g) == 1 {
		return s == ""
	}
	last := g[len(g)-1]
	end := last.before(s)
	if end < 0 {
		return false
	}
	s = s[:end]
	for _, p := range g[1 : len(g)-1] {
		after := p.find(s)
		if after < 0 {
			return false
		}
		s = s[after:]
	}
	return true
}

// at is the length of the piece at the start of s, -1 if it is not there.
func (p piece) at(s string) int {
	if p.runes == nil {
		if strings.HasPrefix(s, p.literal) {
			return len(p.literal)
		}
		return -1
	}
	length := 0
	for _, want := range p.runes {
		c, size := utf8.DecodeRuneInString(s[length:])
		if size == 0 || want != anyRune && c != want {
			return -1
		}
		length += size
	}
	return length
}

// before is where the piece starts at the end of s, -1 if it is not there.
func (p piece) before(s string) int {
	if p.runes == nil {
		if strings.HasSuffix(s, p.literal) {
			return len(s) - len(p.literal)
		}
		return -1
	}
	start := len(s)
	for range p.runes {
		_, size := utf8.DecodeLastRuneInString(s[:start])
		if size == 0 {
			return -1
		}
		start -= size
	}
	if p.at(s[start:]) != len(s)-start {
		return -1
	}
	return start
}

// find is where the first occurrence of the piece in s ends, -1 if there is none.
func (p piece) find(s string) int {
	if p.runes == nil {
		i := strings.Index(s, p.literal)
		if i < 0 {
			return -1
		}
		return i + len(p.literal)
	}
	for i := 0; i <= len(s); {
		if length := p.at(s[i:]); length >= 0 {
			return i + length
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		i += max(size, 1)
	}
	return -1
}
