// SPDX-License-Identifier: Apache-2.0

// Command desk receives, keeps and explains traces.
//
//	desk                                  receives traces by OTLP, and shows them at http://127.0.0.1:7070
//	desk demo                             the same, with an agent that sends some
//	desk open spans.jsonl                 shows the traces of files
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
	"slices"
	"strings"
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
  desk [serve] [flags]                receive, keep and show traces
  desk demo [flags]                   the same, with an agent that sends some
  desk open FILE|FOLDER|- … [flags]   show the traces of files on a page
  desk show FILE|FOLDER|- … [flags]   draw a trace, or write it in another format
  desk help [COMMAND]                 this text, or that of a command
`

// run is the command without its process.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	command := "serve"
	if len(args) > 0 && (!strings.HasPrefix(args[0], "-") || slices.Contains(helps, args[0])) {
		command, args = args[0], args[1:]
	}
	switch command {
	case "serve":
		return serve(ctx, args, stdout, stderr)
	case "demo":
		return demo(ctx, args, stdout, stderr)
	case "open":
		return open(ctx, args, stdin, stdout, stderr)
	case "show":
		return show(ctx, args, stdin, stdout, stderr)
	}
	if slices.Contains(helps, command) {
		return help(args, stdout)
	}
	return usagef("unknown command %q: want serve, demo, open, show or help", command)
}

// helps are what asks for help.
var helps = []string{"help", "-h", "-help", "--help"}

// usages are the help of the commands.
var usages = map[string]func() string{"serve": serveUsage, "demo": demoUsage, "open": openUsage, "show": showUsage}

func help(args []string, stdout io.Writer) error {
	text := usage
	if len(args) > 0 {
		of := usages[args[0]]
		if of == nil || len(args) > 1 {
			return usagef("help %q: want nothing, serve, demo, open or show", args)
		}
		text = of()
	}
	_, err := io.WriteString(stdout, text)
	return err
}
