// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sidetrace/sidetrace/internal/otlpjson"
	"github.com/sidetrace/sidetrace/internal/spool"
)

// kindNames are the values of -kind.
var kindNames = map[string]spool.Kind{"": 0, "spans": spool.Span, "logs": spool.Log}

func printLines(ctx context.Context, args []string, stdout io.Writer) error {
	f := flag.NewFlagSet("print", flag.ContinueOnError)
	kindName := f.String("kind", "", "")
	cursor := f.String("after-cursor", "", "")
	dir, err := parse(f, args)
	if err != nil {
		return err
	}
	kind, known := kindNames[*kindName]
	if !known {
		return wrongly("print: -kind %q: want spans or logs", *kindName)
	}
	all, unread := inspect(dir)
	out := bufio.NewWriter(stdout)
	p := &printer{out: out, kind: kind}
	if *cursor != "" {
		if err := p.startAfter(ctx, all, strings.TrimSuffix(*cursor, ".cursor")); err != nil {
			return err
		}
	}
	for _, c := range all {
		if err := p.print(ctx, c); err != nil {
			return errors.Join(err, out.Flush())
		}
	}
	return errors.Join(out.Flush(), unread, p.problem())
}

// printer writes records as lines.
type printer struct {
	out    *bufio.Writer
	kind   spool.Kind // 0 for both
	cursor string     // empty for none

	lines    otlpjson.Lines
	line     []byte
	bad      bool
	odd      int64 // records that cannot be decoded
	oddCause error
}

// startAfter has only those records printed that wait for a cursor.
func (p *printer) startAfter(ctx context.Context, all []*spool.Contents, cursor string) error {
	p.cursor = cursor
	found := false
	for _, c := range all {
		if !slices.ContainsFunc(c.Cursors, func(f spool.CursorFile) bool { return f.Name == cursor }) {
			continue
		}
		found = true
		s, err := c.Survey(ctx)
		if err != nil {
			return err
		}
		for _, l := range s.Backlogs {
			if l.Cursor.Name == cursor && p.kind == 0 {
				p.kind = l.Kind
			}
		}
	}
	if !found {
		return fmt.Errorf("there is no cursor %s: sidetrace-spool list shows those that are there", cursor)
	}
	return nil
}

func (p *printer) print(ctx context.Context, c *spool.Contents) error {
	var after spool.CursorFile // where there is none, all records wait
	for _, f := range c.Cursors {
		if f.Name == p.cursor {
			after = f
		}
	}
	p.bad = p.bad || len(c.Bad) > 0
	for _, g := range c.Segments {
		found, err := g.Scan(ctx, func(it *spool.Item) error {
			if !it.Finished || p.kind != 0 && it.Kind != p.kind || !after.Awaits(it) {
				return nil
			}
			return p.write(it)
		})
		if err != nil {
			return err
		}
		p.bad = p.bad || found.Bad()
	}
	return nil
}

func (p *printer) write(it *spool.Item) (err error) {
	o := it.Record.Origin
	if it.Kind == spool.Span {
		p.line, err = p.lines.AppendSpan(p.line[:0], o.Resource, o.Scope, it.Record.Payload)
	} else {
		p.line, err = p.lines.AppendLog(p.line[:0], o.Resource, o.Scope, it.Record.Payload)
	}
	if err != nil {
		p.odd++
		p.oddCause = err
		return nil
	}
	_, err = p.out.Write(append(p.line, '\n'))
	return err
}

// problem says what was not printed.
func (p *printer) problem() error {
	var errs []error
	if p.odd > 0 {
		errs = append(errs, fmt.Errorf("%s cannot be decoded: %w", count(p.odd, "records"), p.oddCause))
	}
	if p.bad {
		errs = append(errs, errors.New("not all can be read: sidetrace-spool check says more"))
	}
	return errors.Join(errs...)
}
