// SPDX-License-Identifier: Apache-2.0

package web

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"slices"

	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// MaxSpans is how many spans an answer with several whole traces has; the first of
// them it has in any case.
const MaxSpans = 200_000

// Within are the first of the hits that have together no more than [MaxSpans].
func Within(hits []source.Hit) []source.Hit {
	spans := 0
	for i := range hits {
		if spans += hits[i].Summary.Spans; spans > MaxSpans && i > 0 {
			return hits[:i]
		}
	}
	return hits
}

// EachTrace calls yield with the traces of hits, in their order, while the next is
// being read, until it returns an error. Those that are no longer there are left
// out.
func EachTrace(ctx context.Context, src source.Finder, hits []source.Hit, yield func(*trace.Trace) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		trace *trace.Trace
		err   error
	}
	ahead := make(chan chan result)
	go func() {
		defer close(ahead)
		for i := range hits {
			s := &hits[i].Summary
			one := make(chan result, 1)
			go func() {
				t, err := src.Trace(ctx, s.TraceID, source.Range{From: s.Start, To: s.End + 1})
				one <- result{t, err}
			}()
			select {
			case ahead <- one:
			case <-ctx.Done():
				return
			}
		}
	}()
	for one := range ahead {
		r := <-one
		if errors.Is(r.err, source.ErrNotFound) {
			continue
		}
		if r.err != nil {
			return r.err
		}
		if err := yield(r.trace); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// ByStart sorts spans by start and id.
func ByStart(spans []trace.Span) {
	slices.SortStableFunc(spans, func(a, b trace.Span) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), bytes.Compare(a.ID[:], b.ID[:]))
	})
}

// Grouped sorts spans so that those of a resource, and in it those of a scope, are
// together, for formats that say these once.
func Grouped(spans []trace.Span) {
	ByStart(spans)
	resources, scopes := map[*trace.Resource]int{}, map[*trace.Scope]int{}
	for i := range spans {
		if _, ok := resources[spans[i].Resource]; !ok {
			resources[spans[i].Resource] = len(resources)
		}
		if _, ok := scopes[spans[i].Scope]; !ok {
			scopes[spans[i].Scope] = len(scopes)
		}
	}
	slices.SortStableFunc(spans, func(a, b trace.Span) int {
		return cmp.Or(cmp.Compare(resources[a.Resource], resources[b.Resource]), cmp.Compare(scopes[a.Scope], scopes[b.Scope]))
	})
}

// chunk is how many spans are written at a time: some hundred kilobytes.
const chunk = 512

// An OTLPWriter writes spans in the JSON of OTLP, as they come, as the elements of
// resourceSpans.
type OTLPWriter struct {
	w    io.Writer
	b    []byte
	some bool
}

// NewOTLPWriter returns one that writes to w.
func NewOTLPWriter(w io.Writer) *OTLPWriter { return &OTLPWriter{w: w} }

// Spans writes spans, which it sorts ([Grouped]).
func (o *OTLPWriter) Spans(spans []trace.Span) error {
	Grouped(spans)
	for part := range slices.Chunk(spans, chunk) {
		o.b = o.b[:0]
		if o.some {
			o.b = append(o.b, ',')
		}
		o.some = true
		from := len(o.b)
		o.b = format.AppendOTLPJSON(o.b, &trace.Batch{Spans: part})
		o.b = append(o.b[:from], inner(o.b[from:], `{"resourceSpans":[`, `]}`)...)
		if _, err := o.w.Write(o.b); err != nil {
			return err
		}
	}
	return nil
}

// inner is what stands between.
func inner(b []byte, before, after string) []byte {
	return bytes.TrimSuffix(bytes.TrimPrefix(b, []byte(before)), []byte(after))
}

// AppendJaeger appends the spans of one trace as one of the first API of Jaeger has
// it, by start.
func AppendJaeger(b []byte, spans []trace.Span) []byte {
	ByStart(spans)
	from := len(b)
	b = format.AppendJaeger(b, spans)
	return append(b[:from], inner(b[from:], `{"data":[`, `],"total":1,"limit":0,"offset":0,"errors":null}`)...)
}
