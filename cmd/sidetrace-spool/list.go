// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/sidetrace/sidetrace/internal/spool"
)

func list(ctx context.Context, args []string, stdout io.Writer) error {
	f := flag.NewFlagSet("list", flag.ContinueOnError)
	var to target
	to.addURL(f)
	dir, err := parse(f, args)
	if err != nil {
		return err
	}
	cfg, err := to.config()
	if err != nil {
		return err
	}
	all, unread := inspect(dir)
	for _, c := range all {
		s, err := c.Survey(ctx)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(stdout, describe(c, &s, places(&cfg))); err != nil {
			return err
		}
	}
	if len(all) == 0 && unread == nil {
		_, err = fmt.Fprintln(stdout, "no records of any process")
	}
	if unread != nil {
		return unread
	}
	return err
}

func describe(c *spool.Contents, s *spool.Survey, known []place) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n  %s\n  %s", c.Path, lifeOf(c), segments(c), amounts(s.Records, ", "))
	if n := sum(s.Unfinished); n > 0 {
		fmt.Fprintf(&b, ", %d %s", n, unfinished(c.Alive))
	}
	b.WriteByte('\n')
	for _, l := range s.Backlogs {
		line := waiting(&l)
		if i := slices.IndexFunc(known, func(p place) bool { return p.cursor == l.Cursor.Name }); i >= 0 {
			line = known[i].wait(l.Waiting)
		}
		fmt.Fprintf(&b, "  cursor %s: %s\n", l.Cursor.Name, line)
	}
	for _, p := range known {
		if !slices.ContainsFunc(s.Backlogs, func(l spool.Backlog) bool { return l.Cursor.Name == p.cursor }) {
			fmt.Fprintf(&b, "  no cursor: %s\n", p.wait(s.Records))
		}
	}
	if len(s.Backlogs) == 0 && len(known) == 0 {
		b.WriteString("  no cursor: nothing is delivered\n")
	}
	if s.Bad() || len(c.Bad) > 0 {
		b.WriteString("  not all can be read: sidetrace-spool check says more\n")
	}
	return b.String()
}

func segments(c *spool.Contents) string {
	size := int64(0)
	for _, g := range c.Segments {
		size += g.Size
	}
	text := fmt.Sprintf("%s, %s", count(int64(len(c.Segments)), "segments"), inUnits(size))
	if n := len(c.Segments); n > 0 {
		text += fmt.Sprintf(", made %s to %s ago", age(c.Segments[0]), age(c.Segments[n-1]))
	}
	if c.Spares > 0 {
		text += fmt.Sprintf("; %d made ahead", c.Spares)
	}
	return text
}

func age(g *spool.SegmentFile) time.Duration { return time.Since(g.Made).Round(time.Second) }

func inUnits(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d bytes", n)
}

func unfinished(alive bool) string {
	if alive {
		return "being written"
	}
	return "not written to their end when the process died"
}

func (p place) wait(n spool.PerKind) string {
	return fmt.Sprintf("%s wait for %s", count(n[p.kind], p.kind.String()), p.url)
}

// waiting says what waits for a cursor of a place that is not known.
func waiting(l *spool.Backlog) string {
	if l.Kind != 0 {
		return count(l.Waiting[l.Kind], l.Kind.String()) + " wait"
	}
	return amounts(l.Waiting, " or ") + " wait"
}
