// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"go.opentelemetry.io/otel"

	"github.com/sidetrace/sidetrace/internal/spool"
)

// destination is where records of one kind go.
type destination struct {
	to     string
	cursor string // its name, which must be the same for the next process
	kind   spool.Kind
	client client
	batch  Batch
	single bool // takes one request at a time
}

// destinations returns all that cfg names.
func (p *Pipeline) destinations(cfg *Config) (all []destination, err error) {
	for _, signal := range []struct {
		kind      spool.Kind
		endpoints []Endpoint
		file      string
		console   io.Writer
		batch     Batch
	}{
		{spool.Span, cfg.Traces, cfg.File.Traces, cfg.ConsoleTraces, cfg.SpanBatch},
		{spool.Log, cfg.Logs, cfg.File.Logs, cfg.ConsoleLogs, cfg.LogBatch},
	} {
		for _, e := range signal.endpoints {
			c, e2 := e.client(signal.kind)
			if e2 != nil {
				err = errors.Join(err, e2)
				continue
			}
			all = append(all, destination{e.URL, e.URL, signal.kind, c, signal.batch, false})
		}
		writers, e2 := p.writers(cfg.File, signal.file, signal.console)
		for _, w := range writers {
			name := signal.file // not that of the file, which another process may have
			if _, isConsole := w.(*consoleLines); isConsole {
				name = w.name()
			}
			all = append(all, destination{w.name(), name, signal.kind, &lineClient{kind: signal.kind, to: w}, signal.batch.forFile(), true})
		}
		err = errors.Join(err, e2)
	}
	return all, err
}

// startSenders opens the spool and starts a sender for each destination.
func (p *Pipeline) startSenders(cfg *Config, destinations []destination) {
	var err error
	p.spool, err = spool.Open(spool.Config{
		Dir: cfg.Spool.Dir, SegmentBytes: cfg.Spool.SegmentBytes, MaxBytes: cfg.Spool.MaxBytes, MaxAge: cfg.Spool.MaxAge,
		MemoryBytes: cfg.Spool.MemoryBytes, SyncEvery: cfg.Spool.SyncEvery,
		Report: func(err error) { otel.Handle(fmt.Errorf("otlp: %w", err)) },
	})
	if err != nil {
		otel.Handle(fmt.Errorf("otlp: what is not delivered yet waits in memory and is lost with the process: %w", err))
	}
	shrink := &shrinker{cfg.Offload}
	names := map[string]int{}
	for _, d := range destinations {
		name, key := d.cursor, d.kind.String()+d.cursor
		if names[key]++; names[key] > 1 {
			name = fmt.Sprintf("%s#%d", name, names[key]) // other headers, say
		}
		s := newSender(d.to, d.kind, p.spool.Cursor(d.kind, name), d.client, d.batch)
		s.shrink = shrink
		if d.single {
			s.inFlight = 1
		}
		p.senders = append(p.senders, s)
		p.flush = append(p.flush, s.flush)
	}
	for _, s := range p.senders {
		s.start()
	}
	p.watch()
}

// watchEvery is how often drops are looked for.
const watchEvery = time.Second

// watch reports drops from time to time, whoever has made them.
func (p *Pipeline) watch() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				for _, s := range p.senders {
					s.log.note(s.account().Dropped)
					s.tell() // the spool has no way to
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	p.close = append(p.close, func() error {
		cancel()
		<-done
		return nil
	})
}

// haltSenders stops all senders, and leaves what they have not delivered.
func (p *Pipeline) haltSenders() error {
	var errs []error
	for _, s := range p.senders {
		s.cancel() // all at once, before any is waited for
	}
	for _, s := range p.senders {
		if err := s.halt(); err != nil {
			otel.Handle(fmt.Errorf("otlp: %s: %w", s.to, err))
		}
		errs = append(errs, s.undelivered(nil))
	}
	if p.spool != nil {
		errs = append(errs, p.spool.Close())
	}
	return errors.Join(errs...)
}

// folder is that of the spool, empty if there is none.
func (p *Pipeline) folder() string {
	if p.spool == nil {
		return ""
	}
	return p.spool.Folder()
}
