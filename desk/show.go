// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/sidetrace/sidetrace/desk/analysis"
	draw "github.com/sidetrace/sidetrace/desk/show"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// showOptions are the flags of show.
type showOptions struct {
	view, format, color string
	traces, group       list
	with                string
	rows, width         int
	paths               []string
}

// A list is a flag that may be given several times, or with commas.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

// Set adds the values of one flag.
func (l *list) Set(s string) error {
	for value := range strings.SplitSeq(s, ",") {
		if value = strings.TrimSpace(value); value != "" {
			*l = append(*l, value)
		}
	}
	return nil
}

func showFlags(o *showOptions) *flag.FlagSet {
	f := flag.NewFlagSet("show", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	f.StringVar(&o.view, "view", "", "what to show: "+strings.Join(viewNames(), ", "))
	f.StringVar(&o.format, "format", "", "in which format: text unless said otherwise; each view has its own others")
	f.Var(&o.traces, "trace", "`id` of the trace, or the first digits of it; the newest trace unless said otherwise")
	f.StringVar(&o.with, "with", "", "`id` of the trace that --trace is compared with, for --view diff")
	f.Var(&o.group, "group", "`fields` that --view stats makes rows of: name, service, sdk, kind, status, attributes.<key>, resource.<key> (default service,name)")
	f.IntVar(&o.rows, "rows", 0, fmt.Sprintf("most rows of a drawing; -1 for all (default %d)", draw.DefaultRows))
	f.IntVar(&o.width, "width", 0, "columns of a drawing; those of the terminal unless said otherwise")
	f.StringVar(&o.color, "color", "auto", "auto, always or never")
	return f
}

func showUsage() string {
	var b strings.Builder
	b.WriteString("Usage: desk show FILE|FOLDER|- … [flags]\n\n" +
		"Files hold spans as OTLP (protobuf, JSON, JSON lines), or JSON of Jaeger or Zipkin.\n" +
		"Of a folder, all *.jsonl, *.json and *.pb below it are read; - is standard input.\n\nFlags:\n")
	f := showFlags(new(showOptions))
	f.SetOutput(&b)
	f.PrintDefaults()
	b.WriteString("\nViews and their formats:\n")
	for i := range views {
		fmt.Fprintf(&b, "  %-10s %s\n", views[i].name, strings.Join(views[i].formats(), ", "))
	}
	return b.String()
}

// parseShow reads the command line; flags may stand before and after the files.
func parseShow(args []string) (*showOptions, error) {
	o := &showOptions{}
	f := showFlags(o)
	for {
		if err := f.Parse(args); err != nil {
			return nil, flagError(f, err)
		}
		rest := f.Args()
		if len(rest) < len(args) && args[len(args)-len(rest)-1] == "--" {
			o.paths = append(o.paths, rest...)
			break
		}
		if len(rest) == 0 {
			break
		}
		o.paths, args = append(o.paths, rest[0]), rest[1:]
	}
	return o, o.check()
}

func flagError(f *flag.FlagSet, err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	var names []string
	f.VisitAll(func(f *flag.Flag) { names = append(names, "--"+f.Name) })
	return usagef("show: %w: the flags are %s", err, strings.Join(names, ", "))
}

func (o *showOptions) check() error {
	switch {
	case len(o.paths) == 0:
		return usagef("show: no file: want files, folders or - for standard input")
	case !slices.Contains([]string{"auto", "always", "never"}, o.color):
		return usagef("show: --color %q: want auto, always or never", o.color)
	case o.width < 0:
		return usagef("show: --width %d: want a number of columns", o.width)
	}
	return nil
}

// show draws traces of files.
func show(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	o, err := parseShow(args)
	if errors.Is(err, flag.ErrHelp) {
		return help([]string{"show"}, stdout)
	}
	if err != nil {
		return err
	}
	write, err := o.writer()
	if err != nil {
		return err
	}
	in := &input{stdin: stdin, stderr: stderr}
	if err := in.read(ctx, o.paths); err != nil {
		return err
	}
	j := &job{options: o, all: traces(&in.batch), view: o.terminal(stdout), stderr: stderr}
	if err := j.choose(); err != nil {
		return err
	}
	return write(j, stdout)
}

// A job is what is to be shown.
type job struct {
	options *showOptions
	all     []trace.Trace // the newest first
	trace   *trace.Trace
	tree    *analysis.Tree
	view    draw.View
	stderr  io.Writer
}

// choose finds the trace that is meant.
func (j *job) choose() (err error) {
	j.trace = &j.all[0]
	switch ids := j.options.traces; {
	case len(ids) > 0:
		if j.trace, err = pick(j.all, ids[0]); err != nil {
			return err
		}
	case len(j.all) > 1 && j.options.view != "list":
		_, err = fmt.Fprintf(j.stderr, "desk: %d traces; this is the newest. --trace ID chooses another, --view list shows all.\n", len(j.all))
	}
	j.tree = analysis.Build(analysis.Arrange(j.trace.Spans))
	return err
}

// terminal is a view that fits where the output goes.
func (o *showOptions) terminal(stdout io.Writer) draw.View {
	v := draw.View{Width: o.width, Rows: o.rows, Zone: time.Local, Color: o.color == "always"}
	f, ok := stdout.(*os.File)
	isTerminal := ok && term.IsTerminal(int(f.Fd()))
	if o.color == "auto" {
		v.Color = isTerminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	}
	if v.Width > 0 {
		return v
	}
	if v.Width, _ = strconv.Atoi(os.Getenv("COLUMNS")); v.Width > 0 { // what is no number is as good as unset
		return v
	}
	if isTerminal {
		v.Width, _, _ = term.GetSize(int(f.Fd())) // 0 if it is unknown
	}
	return v
}
