// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync"

	"go.opentelemetry.io/otel"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/sidetrace/sidetrace/internal/rotate"
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

// spanWriter is a SpanExporter that writes lines.
type spanWriter struct{ lines lineWriter }

var _ sdktrace.SpanExporter = (*spanWriter)(nil)

// ExportSpans writes all spans that it can.
func (w *spanWriter) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	var errs []error
	var line []byte
	for _, s := range spans {
		line = appendSpan(line[:0], s)
		errs = append(errs, w.lines.WriteLine(line))
	}
	return errors.Join(errs...)
}

// Shutdown does nothing: the Pipeline closes the file.
func (*spanWriter) Shutdown(context.Context) error { return nil }

// logWriter is a log exporter that writes lines.
type logWriter struct{ lines lineWriter }

var _ sdklog.Exporter = (*logWriter)(nil)

// Export writes all records that it can.
func (w *logWriter) Export(_ context.Context, records []sdklog.Record) error {
	var errs []error
	var line []byte
	for i := range records {
		line = appendLog(line[:0], &records[i])
		errs = append(errs, w.lines.WriteLine(line))
	}
	return errors.Join(errs...)
}

// Shutdown does nothing: the Pipeline closes the file.
func (*logWriter) Shutdown(context.Context) error { return nil }

// ForceFlush does nothing: every line has reached the system.
func (*logWriter) ForceFlush(context.Context) error { return nil }
