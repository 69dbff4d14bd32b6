// SPDX-License-Identifier: Apache-2.0

package export

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestLabel is how many characters of a name a diagram shows.
const longestLabel = 200

// label makes a name fit for a diagram: one line, not too long, of characters
// that can be seen. A name of nothing is "(no name)".
func label(name string) string {
	var b strings.Builder
	n := 0
	for _, r := range name {
		if n++; n > longestLabel {
			b.WriteRune('…')
			break
		}
		switch {
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case unicode.IsPrint(r), r == '\u200d': // the joiner of emoji
			b.WriteRune(r)
		default:
			b.WriteRune(utf8.RuneError)
		}
	}
	if text := strings.TrimSpace(b.String()); text != "" {
		return text
	}
	return "(no name)"
}

// times is how often something is there, "" for once.
func times(n int) string {
	if n == 1 {
		return ""
	}
	return " ×" + strconv.Itoa(n)
}
