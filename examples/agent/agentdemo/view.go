// SPDX-License-Identifier: Apache-2.0

package agentdemo

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// View draws traces for a terminal.
type View struct {
	// Width is in columns. Less than 60 counts as 60.
	Width int
	// Color turns on ANSI colours.
	Color bool
}

// The parts of a line: service, tree of names, bar, duration.
const (
	serviceWidth  = 9
	durationWidth = 9
	minWidth      = 60
)

// ANSI codes.
const (
	bold, dim, red, blue = "1", "2", "31", "34"
)

func (v View) paint(code, s string) string {
	if !v.Color {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// Trace draws a trace under a heading: what it counts, its spans as a tree with
// their places in time, and where the large values are.
func (v View) Trace(w io.Writer, title string, root *Span) error {
	d := &drawing{View: v, w: w, root: root}
	d.measure()
	d.printf("%s\n%s\n", v.paint(bold, title), v.paint(dim, d.summary()))
	d.span(root, "", "")
	for _, l := range d.links {
		d.printf("%s %s\n", v.paint(dim, strings.Repeat(" ", serviceWidth)+l.name+":"), l.target)
	}
	d.printf("\n")
	return d.err
}

// drawing is a trace being drawn.
type drawing struct {
	View
	w    io.Writer
	err  error
	root *Span

	nameWidth, barWidth int
	links               []largeValue
}

type largeValue struct{ name, target string }

func (d *drawing) printf(format string, args ...any) {
	if d.err == nil {
		_, d.err = fmt.Fprintf(d.w, format, args...)
	}
}

// measure shares the width out between names and bars, and finds large values.
func (d *drawing) measure() {
	longest := 0
	d.root.Walk(0, func(s *Span, depth int) {
		longest = max(longest, 2*depth+utf8.RuneCountInString(s.Name))
		if n := run(s.Children); n >= alike {
			longest = max(longest, 2*depth+2+utf8.RuneCountInString(several(s.Children[:n])))
		}
		for key, value := range s.Attrs {
			if target, ok := strings.CutPrefix(value, "trace_link: "); ok {
				d.links = append(d.links, largeValue{s.Name + " " + key, target})
			}
		}
	})
	left := max(d.Width, minWidth) - serviceWidth - durationWidth - 3
	d.nameWidth = min(longest, left*3/5)
	d.barWidth = left - d.nameWidth
}

func (d *drawing) summary() string {
	spans, failed, in, out := 0, 0, 0, 0
	first := ""
	d.root.Walk(0, func(s *Span, _ int) {
		spans++
		if s.Failed {
			failed++
		}
		if s.Attrs["node.id"] != "" { // tokens are counted where the node is
			in += atoi(s.Attrs["gen_ai.usage.input_tokens"])
			out += atoi(s.Attrs["gen_ai.usage.output_tokens"])
		}
		if f := s.Attrs["gen_ai.response.time_to_first_chunk"]; f != "" && first == "" {
			seconds, _ := strconv.ParseFloat(f, 64) // written by the exporter
			first = " · first frame " + Duration(s.Start.Sub(d.root.Start)+time.Duration(seconds*float64(time.Second)))
		}
	})
	return fmt.Sprintf("session %s · trace %s\n%s%s · %d spans · %d failed · %d tokens in, %d out",
		d.root.Attrs["sid"], d.root.TraceID, Duration(d.root.Duration()), first, spans, failed, in, out)
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s) // written by the exporter; absent is 0
	return n
}

// alike is how many like siblings in a row are drawn as one line.
const alike = 4

// span draws s and what is below it. lead stands before its name, below before
// those of its children.
func (d *drawing) span(s *Span, lead, below string) {
	d.line(s, lead)
	for i := 0; i < len(s.Children); {
		n := run(s.Children[i:])
		last := i+n == len(s.Children)
		branch, next := "├ ", "│ "
		if last {
			branch, next = "└ ", "  "
		}
		if n >= alike {
			d.many(s.Children[i:i+n], below+branch)
		} else {
			n = 1
			if last = i+1 == len(s.Children); !last {
				branch, next = "├ ", "│ "
			}
			d.span(s.Children[i], below+branch, below+next)
		}
		i += n
	}
}

// run counts the like spans without children at the beginning of spans.
func run(spans []*Span) int {
	if len(spans) == 0 {
		return 0
	}
	n := 0
	for n < len(spans) && spans[n].Name == spans[0].Name && spans[n].Service == spans[0].Service &&
		len(spans[n].Children) == 0 && !spans[n].Failed {
		n++
	}
	return max(n, 1)
}

// many draws like spans as one line, the time they took in sum.
func (d *drawing) many(spans []*Span, lead string) {
	sum := time.Duration(0)
	bar := []rune(strings.Repeat(" ", d.barWidth))
	for _, s := range spans {
		sum += s.Duration()
		d.fill(bar, s)
	}
	d.row(spans[0].Service, lead, several(spans), string(bar), Duration(sum), false)
}

// several is the name of like spans.
func several(spans []*Span) string { return fmt.Sprintf("%s ×%d", spans[0].Name, len(spans)) }

// line draws one span. Why it failed is said where that began.
func (d *drawing) line(s *Span, lead string) {
	bar := []rune(strings.Repeat(" ", d.barWidth))
	d.fill(bar, s)
	d.row(s.Service, lead, s.Name, string(bar), Duration(s.Duration()), s.Failed)
	if s.Failed && s.Message != "" && !slices.ContainsFunc(s.Children, func(c *Span) bool { return c.Failed }) {
		indent := serviceWidth + 1 + utf8.RuneCountInString(lead)
		d.printf("%s%s\n", strings.Repeat(" ", indent), d.paint(red, cut("✗ "+s.Message, max(d.Width, minWidth)-indent)))
	}
}

// fill marks the columns in which s ran, at least one.
func (d *drawing) fill(bar []rune, s *Span) {
	total := max(d.root.Duration(), 1)
	from := int(int64(len(bar)) * int64(s.Start.Sub(d.root.Start)) / int64(total))
	to := int(int64(len(bar)) * int64(s.End.Sub(d.root.Start)) / int64(total))
	from = min(max(from, 0), len(bar)-1)
	for i := from; i < min(max(to, from+1), len(bar)); i++ {
		bar[i] = '█'
	}
}

func (d *drawing) row(service, lead, name, bar, duration string, failed bool) {
	color := blue
	if failed {
		color = red
	}
	room := d.nameWidth - utf8.RuneCountInString(lead)
	shown := cut(name, max(room, 4))
	pad := strings.Repeat(" ", max(room-utf8.RuneCountInString(shown), 0))
	if failed {
		shown = d.paint(red, shown)
	}
	d.printf("%s %s%s%s %s %s\n", d.paint(dim, fmt.Sprintf("%-*s", serviceWidth, cut(service, serviceWidth))),
		d.paint(dim, lead), shown, pad, d.paint(color, bar), fmt.Sprintf("%*s", durationWidth, duration))
}

// cut shortens s to n characters.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// Duration writes d with three significant digits, in the unit that keeps them
// between 1 and 999.
func Duration(d time.Duration) string {
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{time.Second, "s"}, {time.Millisecond, "ms"}, {time.Microsecond, "µs"}} {
		if d >= u.unit {
			v := float64(d) / float64(u.unit)
			decimals := 2
			if v >= 99.95 {
				decimals = 0
			} else if v >= 9.995 {
				decimals = 1
			}
			return strconv.FormatFloat(v, 'f', decimals, 64) + " " + u.name
		}
	}
	return strconv.FormatInt(int64(d), 10) + " ns"
}
