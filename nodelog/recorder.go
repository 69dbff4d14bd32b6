// SPDX-License-Identifier: Apache-2.0

package nodelog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
)

// Sink takes finished records.
type Sink interface {
	// Write delivers r. ctx carries the trace that r belongs to, for sinks
	// that refer to it; they ignore its cancellation. r.JSON belongs to the
	// caller again when Write returns. Write may be called from several
	// goroutines at once.
	Write(ctx context.Context, r Record) error
}

// Record is a finished TraceLog.
type Record struct {
	// SID, AppID, UID and ChatID identify the request.
	SID, AppID, UID, ChatID string
	// Start and End are when it began and ended.
	Start, End time.Time
	// Code is its status, 0 for success.
	Code int
	// JSON is the whole record, without a line break.
	JSON []byte
}

// Sinks is a Sink that writes to all of its elements and joins their errors.
type Sinks []Sink

// Write implements [Sink].
func (s Sinks) Write(ctx context.Context, r Record) error {
	var errs []error
	for _, sink := range s {
		errs = append(errs, writeTo(ctx, sink, r))
	}
	return errors.Join(errs...)
}

// RecorderConfig says what a [Recorder] puts into its records and where they go.
type RecorderConfig struct {
	// Sink takes the records. Nil means that they are made and dropped.
	Sink Sink
	// ServiceID, Sub and LogCaller stand in records whose Request leaves them
	// empty.
	ServiceID, Sub, LogCaller string
	// Offloader takes strings longer than Threshold. Nil means that they stay
	// in the record.
	Offloader Offloader
	// Threshold is in bytes. Zero means [DefaultThreshold].
	Threshold int
	// StreamNodeTypes are the types of nodes that stream to the user; see
	// [TraceLog.StartNode]. Nil means [DefaultStreamNodeTypes].
	StreamNodeTypes []string
}

// Recorder begins records and delivers them when they end. A nil Recorder
// begins nil TraceLogs.
type Recorder struct {
	cfg RecorderConfig
}

// NewRecorder returns a Recorder.
func NewRecorder(cfg RecorderConfig) *Recorder {
	cfg.Threshold = cmp.Or(max(cfg.Threshold, 0), DefaultThreshold)
	if cfg.StreamNodeTypes == nil {
		cfg.StreamNodeTypes = DefaultStreamNodeTypes()
	}
	cfg.StreamNodeTypes = slices.Clone(cfg.StreamNodeTypes)
	return &Recorder{cfg: cfg}
}

// Begin returns the record of a request, which goes to the sink when it ends.
func (r *Recorder) Begin(req Request) *TraceLog {
	if r == nil {
		return nil
	}
	req.ServiceID = cmp.Or(req.ServiceID, r.cfg.ServiceID)
	req.Sub = cmp.Or(req.Sub, r.cfg.Sub)
	req.LogCaller = cmp.Or(req.LogCaller, r.cfg.LogCaller)
	t := newTraceLog(req, r.cfg.Threshold, r.cfg.StreamNodeTypes)
	t.recorder = r
	return t
}

// buffers hold records while they are written.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// maxPooled bounds what a buffer in the pool may hold on to.
const maxPooled = 1 << 20

// deliver writes an ended record to the sink. Errors go to OpenTelemetry's
// error handler: whoever ends a request can do nothing about them.
func (r *Recorder) deliver(ctx context.Context, t *TraceLog) {
	if r == nil || r.cfg.Sink == nil {
		return
	}
	buf := buffers.Get().(*[]byte)
	defer func() {
		if cap(*buf) <= maxPooled {
			buffers.Put(buf)
		}
	}()
	w := writer{buf: (*buf)[:0]}
	if r.cfg.Offloader != nil {
		w.offload = r.cfg.Offloader.Offload
	}
	w.traceLog(t)
	*buf = w.buf
	record := Record{
		SID: t.req.SID, AppID: t.req.AppID, UID: t.req.UID, ChatID: t.req.ChatID,
		Start: t.start, End: t.end, Code: t.code, JSON: w.buf,
	}
	if err := writeTo(context.WithoutCancel(ctx), r.cfg.Sink, record); err != nil {
		otel.Handle(fmt.Errorf("nodelog: write the record of session %q: %w", record.SID, err))
	}
}

// writeTo makes an error of a sink's panic: the request goes on.
func writeTo(ctx context.Context, s Sink, r Record) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%T panicked: %v", s, p)
		}
	}()
	return s.Write(ctx, r)
}
