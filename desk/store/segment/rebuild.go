// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"errors"
	"fmt"

	"github.com/sidetrace/sidetrace/desk/store/table"
	"github.com/sidetrace/sidetrace/desk/store/wire"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// ReadAll reads everything that the segment's tables hold, in the order of their
// rows, as it can be written into another one. It needs no side files.
func (s *Segment) ReadAll() (traces []Trace, logs []Log, err error) {
	r := &allReader{segment: s, at: map[trace.TraceID]int{}}
	if err := r.spans(); err != nil {
		return nil, nil, err
	}
	if err := r.logs(); err != nil {
		return nil, nil, err
	}
	return r.traces, r.loose, nil
}

type allReader struct {
	segment *Segment
	origins Origins
	traces  []Trace
	at      map[trace.TraceID]int
	loose   []Log
}

// atOnce is how many rows are decoded at a time.
const atOnce = 4 * table.PageRows

func (r *allReader) spans() error {
	for from := 0; from < r.segment.Manifest.Spans; from += atOnce {
		n := min(atOnce, r.segment.Manifest.Spans-from)
		spans, err := r.segment.Spans(&Entry{FirstRow: from, Rows: n})
		if err != nil {
			return err
		}
		encoded, err := EncodeSpans(spans, &r.origins)
		if err != nil {
			return err
		}
		for i := range encoded {
			t := r.of(encoded[i].TraceID)
			t.Spans = append(t.Spans, encoded[i])
		}
	}
	return nil
}

func (r *allReader) logs() error {
	for from := 0; from < r.segment.Manifest.Logs; from += atOnce {
		logs, err := r.segment.Logs(from, min(atOnce, r.segment.Manifest.Logs-from))
		if err != nil {
			return err
		}
		encoded, err := EncodeLogs(logs, &r.origins)
		if err != nil {
			return err
		}
		for i := range encoded {
			if encoded[i].TraceID.IsZero() {
				r.loose = append(r.loose, encoded[i])
				continue
			}
			t := r.of(encoded[i].TraceID)
			t.Logs = append(t.Logs, encoded[i])
		}
	}
	return nil
}

func (r *allReader) of(id trace.TraceID) *Trace {
	i, ok := r.at[id]
	if !ok {
		i = len(r.traces)
		r.at[id] = i
		r.traces = append(r.traces, Trace{ID: id})
	}
	return &r.traces[i]
}

// EncodeSpans makes spans that can be stored of the model's.
func EncodeSpans(spans []trace.Span, o *Origins) ([]Span, error) {
	b, err := format.MarshalTraces(spans)
	if err != nil {
		return nil, fmt.Errorf("segment: encode spans: %w", err)
	}
	var r wire.Request
	if err := r.ParseTraces(b); err != nil {
		return nil, fmt.Errorf("segment: encode spans: %w", err)
	}
	out := make([]Span, len(r.Spans))
	for i := range r.Spans {
		out[i] = Span{r.Spans[i], o.Of(&r.Groups[r.Spans[i].Group])}
	}
	return out, nil
}

// EncodeLogs makes log records that can be stored of the model's.
func EncodeLogs(logs []trace.Log, o *Origins) ([]Log, error) {
	b, err := format.MarshalLogs(logs)
	if err != nil {
		return nil, fmt.Errorf("segment: encode log records: %w", err)
	}
	var r wire.Request
	if err := r.ParseLogs(b); err != nil {
		return nil, fmt.Errorf("segment: encode log records: %w", err)
	}
	out := make([]Log, len(r.Logs))
	for i := range r.Logs {
		out[i] = Log{r.Logs[i], o.Of(&r.Groups[r.Logs[i].Group])}
	}
	return out, nil
}

// Rebuild makes the side files of a segment again, from its tables. earlier is what
// segments of a lower order have of a trace, nil for nothing.
func Rebuild(dir string, earlier func(trace.TraceID) (*Part, error)) error {
	m, err := ReadManifest(dir)
	if err != nil {
		return fmt.Errorf("segment: rebuild: %w", err)
	}
	s := &Segment{Manifest: m, Dir: dir, caches: NewCaches(8 << 20)}
	traces, logs, err := s.ReadAll()
	if err != nil {
		return fmt.Errorf("segment: rebuild %s: %w", dir, err)
	}
	for i := range traces {
		if traces[i].Earlier, err = earlier(traces[i].ID); err != nil {
			return fmt.Errorf("segment: rebuild %s: %w", dir, err)
		}
	}
	b := newBuilder(spansOf(traces))
	if err := b.add(traces, logs); err != nil {
		return fmt.Errorf("segment: rebuild %s: %w", dir, err)
	}
	b.readFacts()
	if err := errors.Join(writeSides(dir, m, b.sides(m)), writeManifest(dir, m)); err != nil {
		return fmt.Errorf("segment: rebuild %s: %w", dir, err)
	}
	return nil
}
