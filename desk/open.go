// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/sidetrace/sidetrace/desk/source/memory"
	"github.com/sidetrace/sidetrace/desk/units"
)

func openFlags(s *settings) *flag.FlagSet {
	f := quiet("open")
	s.where(f)
	s.what(f)
	return f
}

func openUsage() string {
	var b strings.Builder
	b.WriteString("Usage: desk open FILE|FOLDER|- … [flags]\n\n" +
		"Answers with the page and the API over the traces of files, which are read as desk show\n" +
		"reads them, and keeps nothing.\n\nFlags:\n")
	writeFlags(&b, openFlags(new(settings)))
	return b.String()
}

// open serves the traces of files until it is told to end.
func open(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	s := &settings{}
	paths, err := parseFlags(openFlags(s), args, os.Getenv)
	if errors.Is(err, flag.ErrHelp) {
		return help([]string{"open"}, stdout)
	}
	if err != nil {
		return err
	}
	if len(paths) == 0 {
		return usagef("open: no file: want files, folders or - for standard input")
	}
	in := &input{stdin: stdin, stderr: stderr}
	if err := in.read(ctx, paths); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	d := &server{}
	if err := d.serve(ctx, s, memory.New(&in.batch), reporter(stderr)); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "desk: open %s · %s of %s\n", d.address, units.Plural(len(in.batch.Spans), "span"), strings.Join(paths, ", "))
	return errors.Join(err, d.wait(ctx), d.close())
}
