// SPDX-License-Identifier: Apache-2.0

package show

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
)

// cells knows how many columns text takes. It does not look at the locale, so
// that a drawing is the same everywhere.
var cells = &runewidth.Condition{StrictEmojiNeutral: true}

// width is the number of columns of clean text.
func width(s string) int {
	if isPlain(s) {
		return len(s)
	}
	return cells.StringWidth(s)
}

// cut shortens clean text to a number of columns.
func cut(s string, columns int) string {
	switch {
	case columns <= 0:
		return ""
	case len(s) <= columns || width(s) <= columns: // no text has more columns than bytes
		return s
	}
	return cells.Truncate(s, columns, "…")
}

// isPlain reports whether text has only printable ASCII.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// maxText bounds how much of a text is looked at: more than fits into any line.
const maxText = 4096

// maxMarks is how many combining marks one character keeps. Living scripts need
// no more than four; a hundred cover the lines above and below.
const maxMarks = 4

// clean makes the text of strangers fit for one line of a terminal: white space
// becomes a space, other control characters their pictures (U+2400), and what
// has no picture, changes the direction of text or is no character at all
// becomes U+FFFD.
func clean(s string) string {
	if len(s) > maxText {
		s = s[:maxText]
	}
	if isPlain(s) {
		return s
	}
	var b strings.Builder
	marks, space := 0, false
	for _, r := range s {
		if r == '\n' || r == '\r' || r == '\t' {
			if !space {
				b.WriteByte(' ')
			}
			space = true
			continue
		}
		space = false
		if unicode.In(r, unicode.Mn, unicode.Me) {
			if marks++; marks > maxMarks {
				continue
			}
		} else {
			marks = 0
		}
		b.WriteRune(harmless(r))
	}
	return b.String()
}

// harmless is the character itself, or what is shown instead.
func harmless(r rune) rune {
	switch {
	case r < ' ':
		return '␀' + r
	case r == 0x7f:
		return '␡'
	case r == '\u200c' || r == '\u200d': // the non-joiner and the joiner: scripts and emoji need them
		return r
	case unicode.IsPrint(r):
		return r
	case unicode.Is(unicode.Zs, r):
		return ' '
	}
	return utf8.RuneError
}
