// SPDX-License-Identifier: Apache-2.0

package main

import "fmt"

// The window of a picture. It is dark in light pages too.
const (
	background = "#0d1117"
	border     = "#30363d"
	foreground = "#e6edf3"
)

// named are the 16 colours of the theme.
var named = [16]string{
	"#484f58", "#ff7b72", "#3fb950", "#d29922", "#58a6ff", "#bc8cff", "#39c5cf", "#b1bac4",
	"#6e7681", "#ffa198", "#56d364", "#e3b341", "#79c0ff", "#d2a8ff", "#56d4dd", "#ffffff",
}

// theme is one of the 16 colours, "" for what stands for the default (39, 49).
func theme(n int) string {
	if n < 0 || n >= len(named) || n == 9 {
		return ""
	}
	return named[n]
}

// indexed is a colour of the 256-colour palette of xterm: the 16 colours, a cube
// of six levels each of red, green and blue, and 24 greys.
func indexed(n int) string {
	levels := [6]int{0, 0x5f, 0x87, 0xaf, 0xd7, 0xff}
	switch {
	case n < 16:
		return named[n]
	case n >= 232:
		grey := 8 + 10*(n-232)
		return fmt.Sprintf("#%02x%02x%02x", grey, grey, grey)
	}
	n -= 16
	return fmt.Sprintf("#%02x%02x%02x", levels[n/36], levels[n/6%6], levels[n%6])
}
