// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
)

// A cell is one character of a screen: what it shows and how. A wide character
// is followed by a cell without text.
type cell struct {
	text string
	look
}

// A look is how characters are shown, as far as SGR sequences (ECMA-48, section
// 8.3.117) say. Colours are CSS colours, "" for the default.
type look struct {
	bold, faint bool
	ink, paper  string
}

// A screen is lines of cells.
type screen [][]cell

// columns is the length of the longest line.
func (s screen) columns() int {
	most := 0
	for _, line := range s {
		most = max(most, len(line))
	}
	return most
}

// parse reads text with SGR sequences. Other control sequences are left out.
func parse(text string) screen {
	var s screen
	var now look
	for line := range strings.Lines(text) {
		var cells []cell
		for rest := strings.TrimRight(line, "\r\n"); rest != ""; {
			if body, ok := strings.CutPrefix(rest, "\x1b["); ok {
				rest = now.sequence(body)
				continue
			}
			r, size := utf8.DecodeRuneInString(rest)
			cells = appendRune(cells, r, now)
			rest = rest[size:]
		}
		s = append(s, cells)
	}
	return s
}

var widths = &runewidth.Condition{StrictEmojiNeutral: true}

// appendRune appends a character; one without width belongs to that before it.
func appendRune(cells []cell, r rune, now look) []cell {
	if r < ' ' || r == 0x7f {
		return cells
	}
	wide := widths.RuneWidth(r)
	if wide == 0 {
		if n := len(cells); n > 0 {
			cells[n-1].text += string(r)
		}
		return cells
	}
	cells = append(cells, cell{text: string(r), look: now})
	for range wide - 1 {
		cells = append(cells, cell{look: now})
	}
	return cells
}

// sequence applies a control sequence, of which body is what follows its
// introducer, and returns the rest of the text.
func (l *look) sequence(body string) (rest string) {
	end := strings.IndexFunc(body, func(r rune) bool { return r >= '@' && r <= '~' })
	if end < 0 {
		return ""
	}
	if body[end] == 'm' {
		l.apply(strings.Split(body[:end], ";"))
	}
	return body[end+1:]
}

// apply applies the parameters of an SGR sequence.
func (l *look) apply(parameters []string) {
	for len(parameters) > 0 {
		n, _ := strconv.Atoi(parameters[0]) // an empty one is 0, as the standard has it
		parameters = parameters[1:]
		switch {
		case n == 0:
			*l = look{}
		case n == 1:
			l.bold = true
		case n == 2:
			l.faint = true
		case n == 22:
			l.bold, l.faint = false, false
		case n == 38 || n == 48:
			parameters = l.extended(n, parameters)
		case n >= 30 && n <= 39:
			l.ink = theme(n - 30)
		case n >= 40 && n <= 49:
			l.paper = theme(n - 40)
		case n >= 90 && n <= 97:
			l.ink = theme(n - 90 + 8)
		}
	}
}

// extended reads the colour that follows 38 or 48: 5 and a place in the
// 256-colour palette.
func (l *look) extended(n int, parameters []string) (rest []string) {
	if len(parameters) < 2 || parameters[0] != "5" {
		return nil
	}
	at, err := strconv.Atoi(parameters[1])
	if err != nil || at < 0 || at > 255 {
		return parameters[2:]
	}
	if n == 38 {
		l.ink = indexed(at)
	} else {
		l.paper = indexed(at)
	}
	return parameters[2:]
}
