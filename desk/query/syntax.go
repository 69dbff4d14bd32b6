// SPDX-License-Identifier: Apache-2.0

package query

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A SyntaxError says where a query cannot be read, and why.
type SyntaxError struct {
	Offset int    // in bytes, from 0
	Column int    // in characters, from 1
	Found  string // what stands there, cut if it is long
	Want   string // what is allowed there
}

// Error says it in one line.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("query: column %d: found %s, want %s", e.Column, e.Found, e.Want)
}

func syntaxError(input string, offset int, found, want string) *SyntaxError {
	return &SyntaxError{
		Offset: offset,
		Column: utf8.RuneCountInString(input[:offset]) + 1,
		Found:  found,
		Want:   want,
	}
}

// quoted is a piece of a query in messages.
func quoted(piece string) string {
	const most = 40
	if piece == "" {
		return "the end"
	}
	if len(piece) > most {
		cut := most
		for cut > 0 && !utf8.RuneStart(piece[cut]) {
			cut--
		}
		piece = piece[:cut] + "…"
	}
	return "«" + strings.ToValidUTF8(piece, "\uFFFD") + "»"
}

// checkLength fails for input that is too long to be a query.
func checkLength(input string) error {
	if len(input) > MaxLength {
		return syntaxError(input, MaxLength, fmt.Sprintf("%d bytes", len(input)), fmt.Sprintf("at most %d", MaxLength))
	}
	return nil
}
