// SPDX-License-Identifier: Apache-2.0

package native

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/receive"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

const (
	// requestRecords and requestBytes are how many records are handed on at once.
	requestRecords = 1000
	requestBytes   = 8 << 20
	// maxWindow is how far back zstd may refer, which is in memory: as far as its
	// usual levels do.
	maxWindow = 8 << 20
	// maxImported is how many traces an answer lists.
	maxImported = 1000
)

// An imported file is what came of it.
type imported struct {
	Traces []importedTrace `json:"traces"` // the first by start
	// More is how many traces are not listed.
	More     int      `json:"more,omitempty"`
	Spans    int      `json:"spans"`
	Logs     int      `json:"logs"`
	Skipped  int      `json:"skipped,omitempty"` // problems that cost a span, a record or a line
	Warnings []string `json:"warnings,omitempty"`
}

// An importedTrace is a trace of which something was in a file.
type importedTrace struct {
	TraceID string `json:"traceId"`
	Start   string `json:"start,omitempty"`
	Spans   int    `json:"spans"`
	Logs    int    `json:"logs"`

	start int64
}

// importFile keeps what is in a file.
func (f *face) importFile(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadParams(r).Strict(); err != nil {
		return err
	}
	if f.Sink == nil {
		return &web.Error{Code: web.Unsupported, Message: "this desk keeps nothing: it shows what another place has"}
	}
	select {
	case f.importing <- struct{}{}:
		defer func() { <-f.importing }()
	case <-r.Context().Done():
		return r.Context().Err()
	}
	batch, err := f.readFile(w, r)
	answer := imported{Traces: []importedTrace{}, Spans: len(batch.Spans), Logs: len(batch.Logs)}
	partial, isPartial := errors.AsType[*format.PartialError](err)
	if _, tooLong := errors.AsType[*longError](err); err != nil && (tooLong || !isPartial) {
		return fileError(err)
	}
	if isPartial {
		answer.Skipped, answer.Warnings = partial.Skipped, []string{"what could not be read was left out: " + partial.Error()}
	}
	answer.list(batch)
	if err := f.dropKnown(r.Context(), batch, &answer); err != nil {
		return err
	}
	if err := answer.keep(r.Context(), f.Sink, batch); err != nil {
		return err
	}
	return web.WriteJSON(w, answer)
}

func (a *imported) keep(ctx context.Context, sink receive.Sink, batch *trace.Batch) error {
	spans, err := (&codec[trace.Span]{receive.Traces, format.MarshalTraces, format.UnmarshalTraces}).keep(ctx, sink, batch.Spans)
	if err != nil {
		return err
	}
	logs, err := (&codec[trace.Log]{receive.Logs, format.MarshalLogs, format.UnmarshalLogs}).keep(ctx, sink, batch.Logs)
	if left := spans + logs; left > 0 {
		a.Skipped += left
		a.Warnings = append(a.Warnings, fmt.Sprintf("of %d records something is nested too deeply: they were left out", left))
	}
	return err
}

func fileError(err error) error {
	if tooLong, ok := errors.AsType[*longError](err); ok {
		return &web.Error{Code: web.TooLarge, Message: tooLong.Error()}
	}
	if errors.Is(err, format.ErrEmpty) {
		return &web.Error{Code: web.BadFile, Message: "the file is empty"}
	}
	return &web.Error{Code: web.BadFile, Message: fmt.Sprintf("the file cannot be read: %v", err)}
}

// readFile reads the body, which has as long to come as the answer.
func (f *face) readFile(w http.ResponseWriter, r *http.Request) (*trace.Batch, error) {
	if until, ok := r.Context().Deadline(); ok {
		_ = http.NewResponseController(w).SetReadDeadline(until) // not all connections know of that
	}
	if r.ContentLength > f.ImportBytes {
		return &trace.Batch{}, &longError{f.ImportBytes, ""}
	}
	in, err := inflated(r.Body, f.ImportBytes)
	if err != nil {
		return &trace.Batch{}, err
	}
	return format.Read(in)
}

// A longError is a file that is longer than allowed.
type longError struct {
	limit int64
	what  string
}

// Error says how long it may be.
func (e *longError) Error() string {
	return fmt.Sprintf("the file is longer%s than %d bytes", e.what, e.limit)
}

// inflated is what is in a file that may be compressed once or twice, or be a page
// that was saved, with a bound. Package format would decompress it without one.
func inflated(in io.Reader, limit int64) (*bufio.Reader, error) {
	r := bufio.NewReader(&bounded{in, limit, longError{limit, ""}})
	for range 3 {
		head, err := r.Peek(4)
		if err != nil && len(head) == 0 && err != io.EOF {
			return nil, err
		}
		var inner io.Reader
		switch {
		case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
			inner, err = gzip.NewReader(r)
		case bytes.Equal(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
			inner, err = zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		case bytes.HasPrefix(head, []byte("<!")):
			inner, err = format.Page(r, limit)
		default:
			return r, nil
		}
		if err != nil {
			return nil, fmt.Errorf("decompress: %w", err)
		}
		r = bufio.NewReader(&bounded{inner, limit, longError{limit, " decompressed"}})
	}
	return nil, errors.New("it is compressed more than twice")
}

// bounded is a reader that fails beyond a bound.
type bounded struct {
	io.Reader
	left int64
	long longError
}

// Read implements [io.Reader].
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p[:min(int64(len(p)), b.left+1)])
	if b.left -= int64(n); b.left < 0 {
		return 0, &b.long
	}
	return n, err
}

// A codec writes and reads records of a kind as OTLP.
type codec[R any] struct {
	signal    receive.Signal
	marshal   func([]R) ([]byte, error)
	unmarshal func([]byte) ([]R, error)
}

// request is the bytes of records. Those that a sink would not read back are left
// out, as it may rely on there being none.
func (c *codec[R]) request(records []R) ([]byte, int, error) {
	body, err := c.marshal(records)
	if err != nil {
		return nil, 0, err
	}
	read, err := c.unmarshal(body)
	if err == nil {
		return body, 0, nil
	}
	if _, partial := errors.AsType[*format.PartialError](err); !partial {
		return nil, 0, err
	}
	body, err = c.marshal(read)
	return body, len(records) - len(read), err
}

// keep hands records to a sink, some at a time, and returns how many were left out.
func (c *codec[R]) keep(ctx context.Context, sink receive.Sink, records []R) (left int, err error) {
	all, n := len(records), requestRecords
	for len(records) > 0 {
		part := records[:min(n, len(records))]
		body, out, err := c.request(part)
		if err == nil && len(body) > requestBytes && len(part) > 1 {
			n = len(part) / 2
			continue
		}
		if err == nil && out < len(part) {
			err = sink.Append(ctx, c.signal, body)
		}
		if err != nil {
			return left, keepError(err, c.signal, all-len(records))
		}
		left += out
		records = records[len(part):]
	}
	return left, nil
}

// dropKnown takes the log records out of a batch that are there already. A store
// knows spans by their ids, and shows none of them twice; log records have none.
func (f *face) dropKnown(ctx context.Context, batch *trace.Batch, answer *imported) error {
	known := map[trace.TraceID]map[string]bool{}
	for i := range batch.Logs {
		if id := batch.Logs[i].TraceID; !id.IsZero() {
			known[id] = nil
		}
	}
	if len(known) > maxImported {
		answer.Warnings = append(answer.Warnings, fmt.Sprintf("there are log records of more than %d traces: those that were there already are now there twice", maxImported))
		return nil
	}
	for id := range known {
		t, err := f.Source.Trace(ctx, id, source.Range{})
		if errors.Is(err, source.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		known[id] = map[string]bool{}
		for i := range t.Logs {
			known[id][bytesOf(&t.Logs[i])] = true
		}
	}
	batch.Logs = slices.DeleteFunc(batch.Logs, func(l trace.Log) bool { return len(known[l.TraceID]) > 0 && known[l.TraceID][bytesOf(&l)] })
	return nil
}

// bytesOf are those of a log record, by which records are told apart.
func bytesOf(l *trace.Log) string {
	return string(format.AppendOTLPJSON(nil, &trace.Batch{Logs: []trace.Log{*l}}))
}

// keepError says how far it went. The file may be sent again: what is there already
// is not kept twice.
func keepError(err error, signal receive.Signal, done int) error {
	e := &web.Error{Code: web.NoRoom, Message: fmt.Sprintf("there is no room at the moment: of the %s, %d were kept; send the file again later", signal, done), Cause: err}
	if full, ok := errors.AsType[interface {
		error
		RetryAfter() time.Duration
	}](err); ok {
		e.RetryAfter = full.RetryAfter()
		return e
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return err
	}
	e.Code, e.Message = web.Internal, fmt.Sprintf("the %s could not be kept, but for %d", signal, done)
	return e
}

// list lists the traces of a batch.
func (a *imported) list(batch *trace.Batch) {
	traces := map[trace.TraceID]*importedTrace{}
	of := func(id trace.TraceID) *importedTrace {
		if traces[id] == nil {
			traces[id] = &importedTrace{TraceID: id.String()}
		}
		return traces[id]
	}
	for i := range batch.Spans {
		t := of(batch.Spans[i].TraceID)
		if t.Spans == 0 || batch.Spans[i].Start < t.start {
			t.start = batch.Spans[i].Start
			t.Start = stamp(t.start)
		}
		t.Spans++
	}
	for i := range batch.Logs {
		if id := batch.Logs[i].TraceID; !id.IsZero() {
			of(id).Logs++
		}
	}
	for _, t := range traces {
		a.Traces = append(a.Traces, *t)
	}
	slices.SortFunc(a.Traces, func(s, t importedTrace) int {
		return cmp.Or(cmp.Compare(s.start, t.start), cmp.Compare(s.TraceID, t.TraceID))
	})
	a.More = max(len(a.Traces)-maxImported, 0)
	a.Traces = a.Traces[:len(a.Traces)-a.More]
}
