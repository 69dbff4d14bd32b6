// SPDX-License-Identifier: Apache-2.0

package finding

import (
	"strconv"
	"strings"
)

// times is how often something happened.
func times(n int) phrase {
	if n == 2 {
		return say("twice")
	}
	return say("%d times", n)
}

// ordinal is the place of something in a row.
func ordinal(n int) phrase {
	suffix := "th"
	switch {
	case n%100/10 == 1:
	case n%10 == 1:
		suffix = "st"
	case n%10 == 2:
		suffix = "nd"
	case n%10 == 3:
		suffix = "rd"
	}
	return phrase{strconv.Itoa(n) + suffix, strconv.Itoa(n)}
}

// cut is one line of text of at most n bytes and an ellipsis.
func cut(text string, n int) string {
	if len(text) > 4*n {
		text = text[:4*n]
	}
	text = strings.ToValidUTF8(strings.Join(strings.Fields(text), " "), "\ufffd")
	if len(text) <= n {
		return text
	}
	return strings.ToValidUTF8(text[:n], "") + "…"
}
