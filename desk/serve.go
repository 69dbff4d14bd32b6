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
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/sidetrace/sidetrace/desk/receive"
)

func serveFlags(s *settings) *flag.FlagSet {
	f := quiet("serve")
	s.where(f)
	s.receiving(f)
	s.what(f)
	return f
}

func serveUsage() string {
	var b strings.Builder
	b.WriteString("Usage: desk [serve] [flags]\n\n" +
		"Receives traces and logs by OTLP, keeps them in a folder, and answers with its own page\n" +
		"and API, that of Jaeger, and below /tempo that of Tempo.\n\n" +
		"Each flag may stand in the environment: --max-age as SIDETRACE_DESK_MAX_AGE.\n\nFlags:\n")
	writeFlags(&b, serveFlags(new(settings)))
	return b.String()
}

// serve runs a server until it is told to end.
func serve(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	s := &settings{}
	rest, err := parseFlags(serveFlags(s), args, os.Getenv)
	if errors.Is(err, flag.ErrHelp) {
		return help([]string{"serve"}, stdout)
	}
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usagef("serve: %q: want flags only; desk open shows files", rest)
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	d, err := s.start(ctx, reporter(stderr))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(stdout, d.line())
	return errors.Join(err, d.wait(ctx), d.close())
}

// line says where to look.
func (d *server) line() string {
	parts := []string{"open " + d.address}
	grpc, http := d.receive.Addrs()
	for _, one := range [][2]string{{"gRPC", grpc}, {"HTTP", http}} {
		if one[1] != receive.Off {
			parts = append(parts, "OTLP over "+one[0]+" on "+one[1])
		}
	}
	return "desk: " + strings.Join(append(parts, "data in "+short(d.folder)), " · ")
}

// short writes a folder below the user's own as people do.
func short(folder string) string {
	home, err := os.UserHomeDir()
	if err != nil {
		return folder
	}
	if rest, ok := strings.CutPrefix(folder, home+string(filepath.Separator)); ok {
		return filepath.Join("~", rest)
	}
	return folder
}

// reporter writes what goes wrong, a line each.
func reporter(stderr io.Writer) func(error) {
	var mu sync.Mutex
	return func(err error) {
		mu.Lock()
		defer mu.Unlock()
		_, _ = fmt.Fprintln(stderr, "desk:", err) // there is nowhere else to say it
	}
}
