// SPDX-License-Identifier: Apache-2.0

package agentrun

import "strings"

// A glob is a pattern in which * stands for any text.
type glob struct {
	text  string   // in lower case
	parts []string // between the stars
}

func newGlob(text string) glob {
	text = strings.ToLower(text)
	return glob{text: text, parts: strings.Split(text, "*")}
}

// rank orders patterns: the more specific has the higher one.
func (g glob) rank() int {
	if len(g.parts) == 1 && g.text != "" {
		return 1 << 30
	}
	return len(g.text) - len(g.parts) + 1
}

// matches takes time in proportion to the text for each part of the pattern: the
// first and the last part have their places, and each other one is best where it
// first fits.
func (g glob) matches(text string) bool {
	if len(g.parts) == 1 {
		return text == g.text
	}
	first, last := g.parts[0], g.parts[len(g.parts)-1]
	rest, ok := strings.CutPrefix(text, first)
	if !ok {
		return false
	}
	if rest, ok = strings.CutSuffix(rest, last); !ok {
		return false
	}
	for _, part := range g.parts[1 : len(g.parts)-1] {
		if _, rest, ok = strings.Cut(rest, part); !ok {
			return false
		}
	}
	return true
}
