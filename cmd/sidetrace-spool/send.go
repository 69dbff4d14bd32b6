// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel"

	"github.com/sidetrace/sidetrace/internal/spool"
	"github.com/sidetrace/sidetrace/internal/statedir"
	"github.com/sidetrace/sidetrace/otlp"
)

func send(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := flag.NewFlagSet("send", flag.ContinueOnError)
	var to target
	to.addURL(f)
	to.addRest(f)
	force := f.Bool("force", false, "")
	dir, err := parse(f, args)
	if err != nil {
		return err
	}
	cfg, err := to.config()
	switch {
	case err != nil:
		return err
	case len(cfg.Traces) == 0 || len(cfg.Logs) == 0: // what goes nowhere would be removed
		return wrongly("send: -endpoint is missing, or -logs-endpoint or -traces-endpoint beside the other one")
	case dir == "":
		return wrongly("send: the folder is missing")
	case to.timeout <= 0:
		return wrongly("send: -timeout %s: want more than 0", to.timeout)
	}
	limit(&cfg, to.timeout)
	all, err := inspect(dir)
	if err != nil {
		return err
	}
	s := &sending{cfg: cfg, stdout: stdout, stderr: stderr}
	dead, err := s.dead(all)
	if err != nil {
		return err
	}
	if !*force {
		if err := s.spareOthers(ctx, dead); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, to.timeout, fmt.Errorf("%s are over", to.timeout))
	defer cancel()
	return s.run(ctx, dead)
}

// limit has each request end before the whole does, so that its error is known, and
// takes away what makes a service give records up: bounds of size and age, and new
// tries to make room.
func limit(cfg *otlp.Config, timeout time.Duration) {
	for _, endpoints := range [][]otlp.Endpoint{cfg.Traces, cfg.Logs} {
		for i := range endpoints {
			endpoints[i].Timeout = min(otlp.DefaultTimeout, timeout/2)
		}
	}
	cfg.Spool = otlp.SpoolConfig{SegmentBytes: ownSegment, MaxBytes: math.MaxInt64, MaxAge: math.MaxInt64, SyncEvery: math.MaxInt64}
}

// ownSegment is the size of the one that the Pipeline makes for records of its own,
// of which there are none.
const ownSegment = 4 << 10

// sending is one run of the command.
type sending struct {
	cfg            otlp.Config
	stdout, stderr io.Writer

	mu   sync.Mutex // guards over, and stderr while there is a Pipeline
	over bool       // nothing more is sent
}

// run sends what is in the folders, those of one service after those of another.
func (s *sending) run(ctx context.Context, dead []*spool.Contents) error {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(s.handle))
	services := map[string][]*spool.Contents{}
	for _, c := range dead {
		base := filepath.Dir(c.Path)
		services[base] = append(services[base], c)
	}
	if len(services) == 0 {
		_, err := fmt.Fprintln(s.stdout, "there is nothing to send")
		return err
	}
	var errs []error
	for _, base := range slices.Sorted(maps.Keys(services)) {
		if err := s.service(ctx, base, services[base]); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", base, err))
		}
	}
	return errors.Join(errs...)
}

// handle prints an error of the background, but for those of the end.
func (s *sending) handle(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over && strings.HasSuffix(err.Error(), context.Canceled.Error()) { // gRPC wraps nothing
		return
	}
	fmt.Fprintln(s.stderr, err)
}

func (s *sending) setOver(over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = over
}

// service sends what is in folders of one service.
func (s *sending) service(ctx context.Context, base string, dead []*spool.Contents) (err error) {
	if err := statedir.Check(base); err != nil {
		return err
	}
	if err := tryRoom(base); err != nil {
		return err
	}
	release, err := lockOthers(base, dead)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	s.cfg.Spool.Dir = base
	accounts, err := s.deliver(ctx)
	if accounts == nil {
		return err
	}
	return errors.Join(s.tell(ctx, dead, accounts), err)
}

// deliver has a Pipeline take the folders over, as the service would at its next
// start.
func (s *sending) deliver(ctx context.Context) ([]otlp.Account, error) {
	s.setOver(false)
	p, err := otlp.New(ctx, s.cfg)
	if err != nil {
		return nil, err
	}
	_ = p.ForceFlush(ctx) // the accounts say more
	tried := p.Ledger()
	s.setOver(true)
	stopped, cancel := context.WithCancel(context.WithoutCancel(ctx))
	cancel() // lest it tries once more
	err = p.Shutdown(stopped)
	accounts := p.Ledger()
	for i := range accounts {
		accounts[i].Error = tried[i].Error // not that of stopping
		if accounts[i].Waiting > 0 {
			err = nil // it says that they wait in a folder that is not theirs
		}
	}
	return accounts, err
}

func delivered(a otlp.Account) bool { return a.Waiting == 0 && len(a.Dropped) == 0 }

// tell says what has become of the records.
func (s *sending) tell(ctx context.Context, dead []*spool.Contents, accounts []otlp.Account) error {
	var made int64
	left := false
	for _, a := range accounts {
		made += a.Made
		left = left || !delivered(a)
		if _, err := fmt.Fprintln(s.stdout, line(a)); err != nil {
			return err
		}
	}
	switch {
	case left && ctx.Err() != nil:
		return fmt.Errorf("not all is delivered: %w", context.Cause(ctx))
	case left:
		return errors.New("not all is delivered")
	case made == 0 && slices.ContainsFunc(dead, untouched):
		return errors.New("nothing is sent: another process has taken the folder over, or it cannot be used")
	}
	return nil
}

func untouched(was *spool.Contents) bool {
	c, err := spool.Inspect(was.Path)
	return err == nil && len(c.Segments) > 0
}

func line(a otlp.Account) string {
	parts := []string{fmt.Sprintf("%s: %d of %d %s delivered", a.To, a.Delivered, a.Made, a.Signal)}
	if a.Waiting > 0 {
		parts = append(parts, fmt.Sprintf("%d wait", a.Waiting))
	}
	for _, why := range slices.Sorted(maps.Keys(a.Dropped)) {
		parts = append(parts, fmt.Sprintf("%d dropped (%s)", a.Dropped[why], strings.ReplaceAll(why, "_", " ")))
	}
	text := strings.Join(parts, ", ")
	if a.Error != "" && a.Waiting > 0 {
		text += ": " + a.Error
	}
	return text
}
