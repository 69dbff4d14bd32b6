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

	"github.com/sidetrace/sidetrace/desk/analysis/agentrun"
	draw "github.com/sidetrace/sidetrace/desk/show"
)

// showOptions are the flags of show.
type showOptions struct {
	view, format, color string
	traces, group       list
	with                string
	prices              string
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

// usageIndent is where the text of flags begins.
const usageIndent = "                    "

func showFlags(o *showOptions) *flag.FlagSet {
	f := quiet("show")
	f.StringVar(&o.view, "view", "", "`view` to show, of those below (default tree)")
	f.StringVar(&o.format, "format", "", "`format` of the output, of those of the view (default text)")
	f.Var(&o.traces, "trace", "`id` of the trace or its first digits (default the newest); two to compare them")
	f.StringVar(&o.with, "with", "", "`id` of another trace to compare with")
	f.Var(&o.group, "group", "`fields` for stats, with commas: name, service, sdk, kind, status,\n"+usageIndent+"attributes.<key>, resource.<key> (default service,name)")
	f.StringVar(&o.prices, "prices", "", "`file` with the prices of models, for the cost of a run")
	f.IntVar(&o.rows, "rows", 0, fmt.Sprintf("`number` of rows of a drawing, -1 for all (default %d)", draw.DefaultRows))
	f.IntVar(&o.width, "width", 0, fmt.Sprintf("`number` of columns (default COLUMNS, the terminal's, or %d)", draw.DefaultWidth))
	f.StringVar(&o.color, "color", "auto", "`when` to use colours: auto, always or never (default auto)")
	return f
}

func showUsage() string {
	var b strings.Builder
	b.WriteString("Usage: desk show FILE|FOLDER|- … [flags]\n\n" +
		"Files hold spans as OTLP (protobuf, JSON, JSON lines), JSON of Jaeger or Zipkin, or\n" +
		"a page that was saved, compressed or not. Of a folder, all *.jsonl, *.json and *.pb below it are read; - is\n" +
		"standard input. Flags may stand before and after files.\n\nFlags:\n")
	showFlags(new(showOptions)).VisitAll(func(f *flag.Flag) {
		value, text := flag.UnquoteUsage(f)
		fmt.Fprintf(&b, "  --%-15s %s\n", f.Name+" "+strings.ToUpper(value), text)
	})
	b.WriteString("\nViews and their formats:\n")
	for i := range views {
		fmt.Fprintf(&b, "  %-17s %s\n", views[i].name, strings.Join(views[i].formats(), ", "))
	}
	return b.String()
}

// parseShow reads the command line; flags may stand before and after the files.
func parseShow(args []string) (*showOptions, error) {
	o := &showOptions{}
	paths, err := interspersed(showFlags(o), args)
	if err != nil {
		return nil, err
	}
	o.paths = paths
	return o, o.check()
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
	return o.checkTraces()
}

// checkTraces makes the second of two traces the one to compare with.
func (o *showOptions) checkTraces() error {
	if o.with == "" && len(o.traces) == 2 {
		o.with, o.traces = o.traces[1], o.traces[:1]
	}
	if o.with != "" && o.view == "" && o.format == "" {
		o.view = "diff"
	}
	switch {
	case len(o.traces) > 1:
		return usagef("show: %d traces in --trace: want one, or two to compare", len(o.traces))
	case o.with != "" && o.view != "diff":
		return usagef("show: two traces: want --view diff, which compares them")
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
	prices, err := readPrices(o.prices)
	if err != nil {
		return err
	}
	in := &input{stdin: stdin, stderr: stderr}
	if err := in.read(ctx, o.paths); err != nil {
		return err
	}
	j := &job{options: o, all: traces(&in.batch), logs: in.batch.Logs, prices: prices, view: o.terminal(stdout), stderr: stderr}
	if err := j.choose(); err != nil {
		return err
	}
	return write(j, stdout)
}

func readPrices(path string) (agentrun.Prices, error) {
	if path == "" {
		return agentrun.Prices{}, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return agentrun.Prices{}, err
	}
	defer func() { _ = f.Close() }() // it was only read
	prices, err := agentrun.ReadPrices(f)
	if err != nil {
		return agentrun.Prices{}, fmt.Errorf("%s: %w", path, err)
	}
	return prices, nil
}

// terminal is a view that fits where the output goes.
func (o *showOptions) terminal(stdout io.Writer) draw.View {
	f, ok := stdout.(*os.File)
	isTerminal := ok && term.IsTerminal(int(f.Fd()))
	v := draw.View{Width: o.width, Rows: o.rows, Zone: time.Local, Color: o.colored(isTerminal)}
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

// colored reports whether to use colours: on terminals that can show them, but
// not for those who have set NO_COLOR (https://no-color.org), unless the flags
// say so.
func (o *showOptions) colored(isTerminal bool) bool {
	if o.color == "auto" {
		return isTerminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	}
	return o.color == "always"
}
