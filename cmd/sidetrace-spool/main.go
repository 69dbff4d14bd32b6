// SPDX-License-Identifier: Apache-2.0

// Command sidetrace-spool shows what services keep on disk until it is delivered,
// and sends by hand what dead processes have left. Run it without arguments to see
// what it can do.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

const usage = `sidetrace-spool shows and sends the records that processes keep on disk until
they are delivered.

  sidetrace-spool list [-endpoint URL] [DIR]
        each process: whether it is alive, its segments and records, and for each
        cursor how many records wait. A cursor is how far one kind of record has come
        to one place; its name does not tell which, unless the URL is given. Alive is
        also who is dead, while another process delivers what it has left.
  sidetrace-spool check [DIR]
        reads every record, and says what is damaged or missing, with byte offsets
  sidetrace-spool print [-kind spans|logs] [-after-cursor NAME] [DIR]
        the records as JSON lines; after a cursor, those that wait for it
  sidetrace-spool send -endpoint URL [-header K=V]... [-protocol grpc|http/protobuf]
                       [-compression gzip|zstd] [-timeout 1m] [-force] DIR
        delivers what dead processes have left. Where a service has sent to the same
        URL, it goes on behind what was confirmed; to others it sends all that is
        there. What is delivered is removed, and what the URL refuses for good is given
        up, as by a service with this endpoint alone. What waits for another cursor,
        and not for the URL, would be removed too: send refuses, unless -force is given.
        Ctrl-C stops it; what is not delivered stays.

DIR is the folder of a process, the spool folder of a service, or a folder of
services; without it, the one where services have theirs by default. list, check and
print change nothing.

The URL is that of OTEL_EXPORTER_OTLP_ENDPOINT: http://localhost:4317, or several with
commas. -traces-endpoint and -logs-endpoint, path included, stand for the variables of
one signal: a collector that takes spans alone loses log records. list takes these and
-protocol too, so that it knows the cursors. send heeds OTEL_EXPORTER_OTLP_HEADERS,
which keeps secrets off the command line, and OTEL_EXPORTER_OTLP_CERTIFICATE,
_CLIENT_CERTIFICATE, _CLIENT_KEY and _INSECURE.

The exit code is 0 if all is well, 1 if not, and 2 if it was called wrongly.
`

// Exit codes.
const (
	exitProblem = 1
	exitUsage   = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second one ends the process
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "sidetrace-spool:", err)
		os.Exit(exitCode(err))
	}
}

// usageError is a mistake of the caller.
type usageError struct{ err error }

// Error implements error.
func (e usageError) Error() string {
	return e.err.Error() + "\n\nRun sidetrace-spool help to see what it can do."
}

// Unwrap returns the mistake.
func (e usageError) Unwrap() error { return e.err }

func wrongly(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

func exitCode(err error) int {
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	return exitProblem
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		_, err := io.WriteString(stderr, usage)
		return errors.Join(err, wrongly("a command is missing: list, check, print or send"))
	}
	var err error
	switch name, args := args[0], args[1:]; name {
	case "list":
		err = list(ctx, args, stdout)
	case "check":
		err = check(ctx, args, stdout)
	case "print":
		err = printLines(ctx, args, stdout)
	case "send":
		err = send(ctx, args, stdout, stderr)
	case "help", "-h", "-help", "--help":
		err = flag.ErrHelp
	default:
		return wrongly("no command %q: want list, check, print or send", name)
	}
	if errors.Is(err, flag.ErrHelp) {
		_, err = io.WriteString(stdout, usage)
	}
	return err
}

// parse reads the flags of a command, and the folder behind them, which may be
// missing.
func parse(f *flag.FlagSet, args []string) (dir string, err error) {
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return "", err
	case err != nil:
		return "", wrongly("%s: %w", f.Name(), err)
	case f.NArg() > 1:
		return "", wrongly("%s: want one folder, behind the flags, and not %q", f.Name(), f.Args())
	}
	return f.Arg(0), nil
}
