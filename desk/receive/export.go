// SPDX-License-Identifier: Apache-2.0

package receive

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/sidetrace/sidetrace/desk/receive/internal/sift"
)

// unreadable is the reason of records in JSON that could not be read.
const unreadable = "unreadable"

// outcome is what has become of a request that was taken.
type outcome struct {
	records  int            // that were kept
	bytes    int            // of the body, decompressed
	rejected map[string]int // records that were left out, by reason
	first    string         // why the first of them was
	repaired int            // texts that were no UTF-8
}

func (o *outcome) reject(reason string, n int, why string) {
	if o.first == "" {
		o.first = why
	}
	if n <= 0 {
		return
	}
	if o.rejected == nil {
		o.rejected = map[string]int{}
	}
	o.rejected[reason] += n
}

// lost is how many records were left out.
func (o *outcome) lost() (n int) {
	for _, k := range o.rejected {
		n += k
	}
	return n
}

// message tells the client what it should know of a request that was taken, ""
// for nothing.
func (o *outcome) message(signal Signal) (m string) {
	lost := o.lost()
	switch {
	case lost > 0:
		m = fmt.Sprintf("%d of %d %ss were left out, the first for this: %s", lost, lost+o.records, signal.noun(), o.first)
	case o.first != "":
		m = "something else was left out: " + o.first
	}
	if o.repaired > 0 {
		if m != "" {
			m += "; "
		}
		m += "there were texts that are no UTF-8: U+FFFD stands for what was wrong in them"
	}
	return m
}

// proto is the answer: an ExportTraceServiceResponse or ExportLogsServiceResponse,
// which have the same fields (opentelemetry/proto/collector/{trace,logs}/v1). It is
// empty if there is nothing to tell.
func (o *outcome) proto(signal Signal) []byte {
	text := o.message(signal)
	if text == "" {
		return nil
	}
	var partial []byte
	if lost := o.lost(); lost > 0 {
		partial = protowire.AppendVarint(protowire.AppendTag(partial, 1, protowire.VarintType), uint64(lost))
	}
	partial = protowire.AppendString(protowire.AppendTag(partial, 2, protowire.BytesType), text)
	return protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), partial)
}

// export takes a request. What comes of it is counted.
func (s *Server) export(ctx context.Context, in *incoming) (*outcome, error) {
	o, err := s.take(ctx, in)
	if err != nil {
		s.stats.refused(refusalOf(err).reason)
		return nil, err
	}
	s.stats.taken(in.signal, o)
	return o, nil
}

func (s *Server) take(ctx context.Context, in *incoming) (*outcome, error) {
	r, err := s.begin(ctx, in)
	if err != nil {
		return nil, err
	}
	defer r.charge.release()
	sent, err := r.body(in)
	if err != nil {
		return nil, err
	}
	o := &outcome{}
	body, err := r.prepare(ctx, in, sent, o)
	if err != nil {
		return nil, err
	}
	if o.records == 0 {
		return o, nil
	}
	return o, s.append(ctx, in.signal, body)
}

// prepare makes of what was sent what the sink is to have. No more requests than
// there are processors are in it at a time: none of it waits for a client.
func (r *reading) prepare(ctx context.Context, in *incoming, sent []byte, o *outcome) ([]byte, error) {
	select {
	case r.s.work <- struct{}{}:
		defer func() { <-r.s.work }()
	case <-ctx.Done():
		return nil, refuse(TooSlow, "the request has waited too long for its turn")
	}
	body, err := r.inflate(in.encoding, sent)
	if err != nil {
		return nil, err
	}
	o.bytes = len(body)
	if in.isJSON {
		if body, err = r.fromJSON(in.signal, body, o); err != nil {
			return nil, err
		}
	}
	return r.sift(in.signal, body, o)
}

// sift cuts out of a body what cannot be kept.
func (r *reading) sift(signal Signal, body []byte, o *outcome) ([]byte, error) {
	sieve := sift.Traces(r.s.cfg.Limits.Elements)
	if signal == Logs {
		sieve = sift.Logs(r.s.cfg.Limits.Elements)
	}
	n, clean, err := sieve.Scan(body)
	if err != nil {
		return nil, refuse(Malformed, "%v", err)
	}
	if clean {
		o.records = n
		return r.clip(body), nil
	}
	if !r.charge.grow(2 * int64(len(body))) { // repaired texts may be longer
		return nil, r.s.busy()
	}
	kept := sieve.Keep(body)
	o.records, o.repaired = kept.Records, o.repaired+kept.Repaired
	for reason, n := range kept.Rejected {
		o.reject(reason.String(), n, kept.First)
	}
	return r.clip(kept.Body), nil
}

// append hands a body to the sink.
func (s *Server) append(ctx context.Context, signal Signal, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Limits.Time)
	defer cancel()
	err := s.sink.Append(ctx, signal, body)
	if err == nil {
		return nil
	}
	if full, ok := errors.AsType[interface {
		error
		RetryAfter() time.Duration
	}](err); ok {
		busy := s.busy()
		busy.after = full.RetryAfter()
		return busy
	}
	if ctx.Err() != nil {
		return refuse(TooSlow, "the request was not kept in time: come again")
	}
	s.report(fmt.Errorf("receive: %s of %d bytes: %w", signal, len(body), err))
	return refuse(Unavailable, "the %ss could not be kept: come again", signal.noun())
}
