// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"sync"

	"go.opentelemetry.io/otel"

	"github.com/sidetrace/sidetrace/internal/otlpjson"
	"github.com/sidetrace/sidetrace/internal/rotate"
	"github.com/sidetrace/sidetrace/internal/spool"
)

// FileConfig says where signals are written to as JSON lines: one line is one
// span or log record in the JSON encoding of OTLP, a TracesData or LogsData
// message, with "level" before it: ERROR for a span that failed, otherwise INFO.
//
// A file is set aside when it has grown, with the time in its name. Its folder is
// made, for this user alone, if it does not exist.
type FileConfig struct {
	// Traces and Logs are the paths of the files of spans and log records.
	// Empty means that there is none.
	Traces, Logs string
	// Optional makes a file that cannot be opened a report to OpenTelemetry's
	// error handler and not an error of [New].
	Optional bool
	// MaxMegabytes is the size at which a file is set aside. Zero means 100.
	MaxMegabytes int
	// Backups is how many files set aside are kept of each signal. Zero means 5.
	Backups int
}

// Names of the files in a folder.
const (
	traceFile = "traces.jsonl"
	logFile   = "logs.jsonl"
)

// In returns c with both files in a folder: traces.jsonl and logs.jsonl.
func (c FileConfig) In(dir string) FileConfig {
	c.Traces, c.Logs = filepath.Join(dir, traceFile), filepath.Join(dir, logFile)
	return c
}

// lineWriter takes lines without their end.
type lineWriter interface {
	WriteLine(line []byte) error
	name() string
}

// writers returns where the lines of a signal go besides endpoints.
func (p *Pipeline) writers(cfg FileConfig, path string, console io.Writer) (all []lineWriter, err error) {
	if console != nil {
		all = append(all, &consoleLines{w: console})
	}
	if path == "" {
		return all, nil
	}
	f, err := rotate.Open(rotate.Config{Path: path, MaxMegabytes: cfg.MaxMegabytes, Backups: cfg.Backups})
	if err != nil {
		err = fmt.Errorf("otlp: %w", err)
		if cfg.Optional {
			otel.Handle(err)
			return all, nil
		}
		return all, err
	}
	p.files = append(p.files, f.Path())
	p.close = append(p.close, f.Close)
	return append(all, &fileLines{f}), nil
}

type fileLines struct{ *rotate.File }

func (f *fileLines) name() string { return f.Path() }

type consoleLines struct {
	mu sync.Mutex // guards w
	w  io.Writer
}

func (*consoleLines) name() string { return "console" }

func (c *consoleLines) WriteLine(line []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err := c.w.Write(append(line, '\n'))
	return err
}

// lineClient writes records as lines.
type lineClient struct {
	kind  spool.Kind
	to    lineWriter
	lines otlpjson.Lines
	line  []byte
}

// send implements [client] for one goroutine at a time. What cannot be written now
// is tried again: a disk that is full has room some time.
func (c *lineClient) send(ctx context.Context, records []spool.Record) answer {
	for i, r := range records {
		if err := ctx.Err(); err != nil {
			return answer{verdict: retry, stored: i, err: err}
		}
		var err error
		if c.kind == spool.Span {
			c.line, err = c.lines.AppendSpan(c.line[:0], r.Origin.Resource, r.Origin.Scope, r.Payload)
		} else {
			c.line, err = c.lines.AppendLog(c.line[:0], r.Origin.Resource, r.Origin.Scope, r.Payload)
		}
		if err != nil {
			return answer{verdict: refused, stored: i, err: err}
		}
		err = c.to.WriteLine(c.line)
		if _, isConsole := c.to.(*consoleLines); isConsole && err != nil {
			return answer{verdict: gone, stored: i, err: err} // its reader does not come back
		}
		if err != nil {
			return answer{verdict: retry, stored: i, err: err}
		}
	}
	return answer{}
}

func (*lineClient) close() error { return nil } // the Pipeline closes the file
