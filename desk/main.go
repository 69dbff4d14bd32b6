// SPDX-License-Identifier: Apache-2.0

// Command desk explains traces.
//
//	desk show sidetrace-demo              draws the newest trace of a folder
//	desk show --view list spans.jsonl     lists the traces of a file
//	desk help                             says more
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

func main() {
	err := run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	os.Exit(exit(err, os.Stderr))
}

// The codes that desk exits with.
const (
	exitFailed = 1
	exitUsage  = 2
)

// exit reports an error and returns the code for it. A reader that went away, as
// head does, is none.
func exit(err error, stderr io.Writer) int {
	if err == nil || errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) {
		return 0
	}
	fmt.Fprintln(stderr, "desk:", err)
	if usage := (*usageError)(nil); errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

// A usageError is a command line that cannot be meant.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }

func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...)}
}

const usage = `Usage:
  desk show FILE|FOLDER|- … [flags]   draw a trace, or write it in another format
  desk help [show]                    this text, or that of a command
`

// run is the command without its process.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	command := "help"
	if len(args) > 0 {
		command, args = args[0], args[1:]
	}
	switch command {
	case "show":
		return show(ctx, args, stdin, stdout, stderr)
	case "help", "-h", "-help", "--help":
		return help(args, stdout)
	}
	return usagef("unknown command %q: want show or help", command)
}

func help(args []string, stdout io.Writer) error {
	text := usage
	switch {
	case len(args) > 1 || len(args) == 1 && args[0] != "show":
		return usagef("help %q: want nothing or show", args)
	case len(args) == 1:
		text = showUsage()
	}
	_, err := io.WriteString(stdout, text)
	return err
}
