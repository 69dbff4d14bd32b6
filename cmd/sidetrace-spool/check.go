// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/sidetrace/sidetrace/internal/spool"
)

func check(ctx context.Context, args []string, stdout io.Writer) error {
	dir, err := parse(flag.NewFlagSet("check", flag.ContinueOnError), args)
	if err != nil {
		return err
	}
	all, err := inspect(dir)
	bad := err != nil
	for _, c := range all {
		for _, err := range c.Bad {
			bad = true
			fmt.Fprintln(stdout, err)
		}
		for _, g := range c.Segments {
			found, err := g.Scan(ctx, func(*spool.Item) error { return nil })
			if err != nil {
				return err
			}
			bad = bad || found.Bad()
			if _, err := io.WriteString(stdout, report(g, &found, c.Alive)); err != nil {
				return err
			}
		}
	}
	if bad {
		return errors.Join(err, errors.New("not all is as it was written"))
	}
	_, err = fmt.Fprintln(stdout, "nothing is damaged or missing")
	return err
}

// report says what was found in a segment, in lines that begin with its path.
func report(g *spool.SegmentFile, f *spool.Findings, alive bool) string {
	if f.Gone {
		return ""
	}
	var b strings.Builder
	line := func(format string, args ...any) {
		fmt.Fprintf(&b, g.Path+": "+format+"\n", args...)
	}
	line("%s read", amounts(f.Records, ", "))
	if n := sum(f.Unfinished); n > 0 {
		line("%d %s, which is no damage", n, unfinished(alive))
	}
	for _, d := range f.Damage {
		line("damaged at %d, %s: %s", d.Off, count(d.Len, "bytes"), d.What)
	}
	if sum(f.Missing) > 0 {
		line("missing: %s", amounts(f.Missing, ", "))
	}
	if f.Homeless > 0 {
		line("damaged: what %s belong to, resource and scope, is lost", count(f.Homeless, "records"))
	}
	return b.String()
}
