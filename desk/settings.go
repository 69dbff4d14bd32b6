// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/sidetrace/sidetrace/desk/internal/guard"
	"github.com/sidetrace/sidetrace/desk/receive"
	"github.com/sidetrace/sidetrace/desk/store"
	"github.com/sidetrace/sidetrace/internal/statedir"
)

// settings are what a server is started with.
type settings struct {
	listen, grpc, http string
	data               string
	maxAge             age
	maxBytes           size
	syncEvery          time.Duration
	cache              size
	segmentSpans       int
	tokenFile          string
	ingestTokenFile    string
	open               bool
	hosts              list
	tls                guard.TLSFiles
	maxRequest         size
	maxDecompressed    size
	timeout            time.Duration
	objects            list
	services           string // the folder of the services' own folders; "": that of the environment
	prices             string
	priced             string // a table of prices that stands in for a file
}

// The settings of a server of which nothing else is said.
const (
	defaultListen = "127.0.0.1:7070"
	defaultAge    = age(7 * 24 * time.Hour)
	defaultBytes  = size(20 << 30)
	defaultCache  = size(store.DefaultCacheBytes)
)

// where are the flags about who can reach a server.
func (s *settings) where(f *flag.FlagSet) {
	f.StringVar(&s.listen, "listen", defaultListen, "`address` of the page and the API")
	f.StringVar(&s.tokenFile, "token-file", "", "`file` with the token that readers need")
	f.BoolVar(&s.open, "open", false, "let others than this machine come in without a token")
	f.Var(&s.hosts, "host", "`names` by which the server is reached, beside its address and localhost")
	f.StringVar(&s.tls.Cert, "tls-cert", "", "`file` with the server's certificate, PEM")
	f.StringVar(&s.tls.Key, "tls-key", "", "`file` with its private key")
	f.StringVar(&s.tls.ClientCA, "tls-client-ca", "", "`file` with the authorities whose clients alone may come in")
}

// what are the flags about what is shown.
func (s *settings) what(f *flag.FlagSet) {
	f.Var(&s.objects, "objects", "`folders` that large values may be read from, beside those that the SIDETRACE_OSS variables name")
	f.StringVar(&s.prices, "prices", "", "`file` with the prices of models, for the cost of runs")
}

// receiving are the flags about what is taken and kept.
func (s *settings) receiving(f *flag.FlagSet) {
	s.maxAge, s.maxBytes, s.cache = defaultAge, defaultBytes, defaultCache
	s.maxRequest, s.maxDecompressed = receive.DefaultMessageBytes, receive.DefaultDecompressedBytes
	f.StringVar(&s.grpc, "grpc", receive.DefaultGRPC, "`address` for OTLP over gRPC, or off")
	f.StringVar(&s.http, "http", receive.DefaultHTTP, "`address` for OTLP over HTTP, or off")
	f.StringVar(&s.data, "data", "", "`folder` of what is kept (default desk in the user's state folder)")
	f.Var(&s.maxAge, "max-age", "`age` at which traces go, such as 7d or 36h; 0 keeps them")
	f.Var(&s.maxBytes, "max-bytes", "`size` of what is kept, such as 20GiB, beyond which the oldest goes; 0 is no limit")
	f.IntVar(&s.segmentSpans, "segment-spans", store.DefaultHeadSpans, "`number` of spans that are in memory before they are written into a segment")
	f.Var(&s.cache, "cache", "`size` of the memory for what was read")
	f.DurationVar(&s.syncEvery, "sync", store.DefaultSyncEvery, "`time` after which a request is safe from a power cut; negative: before its answer")
	f.StringVar(&s.ingestTokenFile, "ingest-token-file", "", "`file` with the token that those who send need")
	f.Var(&s.maxRequest, "max-request", "`size` of a request at most, as it is sent")
	f.Var(&s.maxDecompressed, "max-decompressed", "`size` of a request at most, decompressed")
	f.DurationVar(&s.timeout, "timeout", receive.DefaultTime, "`time` that a request may take to come")
}

// An age is a duration that may be in days.
type age time.Duration

// String is the age in days where these are whole.
func (a *age) String() string {
	const day = age(24 * time.Hour)
	if *a == 0 {
		return "0"
	}
	if *a%day == 0 {
		return strconv.FormatInt(int64(*a/day), 10) + "d"
	}
	return time.Duration(*a).String()
}

// Set reads an age.
func (a *age) Set(s string) error {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil || n > 100*365 {
			return errors.New("want up to 36500 days, such as 7d")
		}
		*a = age(time.Duration(n) * 24 * time.Hour)
		return nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return errors.New("want days or a duration, such as 7d, 36h or 0")
	}
	*a = age(d)
	return nil
}

// A size is a number of bytes.
type size int64

// String is the size in the unit that people would choose.
func (s *size) String() string {
	if *s == 0 {
		return "0"
	}
	return strings.ReplaceAll(humanize.IBytes(uint64(*s)), " ", "")
}

// Set reads a size.
func (s *size) Set(text string) error {
	n, err := humanize.ParseBytes(text)
	if err != nil || n > 1<<60 {
		return errors.New("want a number of bytes, such as 20GiB, 500MB or 1048576")
	}
	*s = size(n)
	return nil
}

// envName is the variable that stands for a flag.
func envName(flagName string) string {
	return "SIDETRACE_DESK_" + strings.ToUpper(strings.ReplaceAll(flagName, "-", "_"))
}

// parseFlags reads a command line, in which flags may stand before and after the
// rest, and then the environment for flags that it does not have.
func parseFlags(f *flag.FlagSet, args []string, getenv func(string) string) (rest []string, err error) {
	if rest, err = interspersed(f, args); err != nil {
		return nil, err
	}
	given := map[string]bool{}
	f.Visit(func(one *flag.Flag) { given[one.Name] = true })
	f.VisitAll(func(one *flag.Flag) {
		value := getenv(envName(one.Name))
		if err != nil || value == "" || given[one.Name] {
			return
		}
		if e := f.Set(one.Name, value); e != nil {
			err = usagef("%s: %s=%q: %w", f.Name(), envName(one.Name), value, e)
		}
	})
	return rest, err
}

// interspersed reads a command line, in which flags may stand before and after
// the rest. After -- there are none.
func interspersed(f *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		if err := f.Parse(args); err != nil {
			return nil, flagError(f, err)
		}
		left := f.Args()
		if len(left) < len(args) && args[len(args)-len(left)-1] == "--" {
			return append(rest, left...), nil
		}
		if len(left) == 0 {
			return rest, nil
		}
		rest, args = append(rest, left[0]), left[1:]
	}
}

func flagError(f *flag.FlagSet, err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	var names []string
	f.VisitAll(func(f *flag.Flag) { names = append(names, "--"+f.Name) })
	return usagef("%s: %w: the flags are %s", f.Name(), err, strings.Join(names, ", "))
}

// quiet is a set of flags that leaves it to others to say what is wrong.
func quiet(name string) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	return f
}

// writeFlags lists flags with their values and defaults.
func writeFlags(b *strings.Builder, f *flag.FlagSet) {
	f.VisitAll(func(one *flag.Flag) {
		value, text := flag.UnquoteUsage(one)
		name := strings.TrimSpace(one.Name + " " + strings.ToUpper(value))
		if d := one.DefValue; d != "" && d != "0" && d != "false" && d != "[]" && !strings.Contains(text, "(default") {
			text += " (default " + d + ")"
		}
		fmt.Fprintf(b, "  --%-24s %s\n", name, text)
	})
}

// folder is where the server keeps its data.
func (s *settings) folder() (string, error) {
	if s.data != "" {
		return filepath.Abs(s.data)
	}
	base, err := statedir.Base()
	if err != nil {
		return "", fmt.Errorf("%w: name a folder by --data", err)
	}
	return filepath.Join(base, "desk"), nil
}

// guard is who may come in with the token of a file.
func (s *settings) guard(tokenFile string) (*guard.Guard, error) {
	token, err := token(tokenFile)
	if err != nil {
		return nil, err
	}
	return guard.New(guard.Config{Addrs: []string{s.listen}, Token: token, Open: s.open, Hosts: s.hosts})
}

func token(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	return guard.ReadToken(path)
}
