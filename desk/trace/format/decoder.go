// SPDX-License-Identifier: Apache-2.0

package format

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format/internal/jsonread"
)

// A form is what a value of JSON holds.
type form uint8

const (
	unknown form = iota
	otlpForm
	documentForm
	jaegerForm
	zipkinForm
)

// A decoder reads the values of a file of JSON.
type decoder struct {
	scratch
	r      *jsonread.Reader
	batch  *trace.Batch
	shared shared
	only   form // the form of all values, unknown: each is looked at
	seen   int  // how many values there were
	known  int  // how many of them had a form
	zipkin []zipkinSpan
	began  int // how many problems there were before the span at hand
}

func readJSON(in *bufio.Reader, only form) (*trace.Batch, error) {
	d := &decoder{r: &jsonread.Reader{}, batch: &trace.Batch{}, only: only}
	stream := jsonread.NewStream(in)
	for {
		text, err := stream.Next()
		if err == io.EOF {
			if d.seen == 0 {
				return d.batch, ErrEmpty
			}
			break
		}
		d.seen++
		if err == nil {
			d.text(text)
			continue
		}
		d.cut(text, err)
		if !errors.Is(err, jsonread.ErrLine) {
			break
		}
	}
	d.divideShared()
	return d.batch, d.err()
}

// err says what could not be read: everything, if no value had a form.
func (d *decoder) err() error {
	switch {
	case d.r.Problems() == 0:
		return nil
	case d.known == 0:
		return fmt.Errorf("format: %w", d.r.Err())
	}
	return &PartialError{Skipped: d.r.Problems(), Err: d.r.Err()}
}

// text reads one value of the stream.
func (d *decoder) text(t jsonread.Text) {
	d.r.Reset(t.Bytes, t.Line, t.Index)
	d.value()
	d.r.End()
}

// cut notes a value that has no end. A process that was killed while it wrote a
// line, and was started again, has put the next line right behind: that is read.
func (d *decoder) cut(t jsonread.Text, err error) {
	if err == io.ErrUnexpectedEOF {
		err = fmt.Errorf("the input ends in the middle of a value: %w", err)
	}
	d.r.FailText(t.Line, err)
	i := bytes.LastIndex(t.Bytes, []byte(`{"level":`))
	if i > 0 && json.Valid(t.Bytes[i:]) {
		t.Bytes = t.Bytes[i:]
		d.text(t)
	}
}

// value reads the value at hand, or the elements of an array.
func (d *decoder) value() {
	switch kind := d.r.Next(); {
	case kind == jsonread.Array:
		d.r.Array(func(int) { d.value() })
	case kind == jsonread.Object:
		d.object()
	case d.only != unknown && kind != jsonread.Nothing:
		d.r.Fail("want an object, got %s", kind)
		d.r.Skip()
	default:
		d.r.Fail("no known format: %s", allowed)
		d.r.Stop()
	}
}

// object reads the object at hand.
func (d *decoder) object() {
	f := d.only
	if f == unknown {
		f = d.detect()
	}
	d.known++
	switch f {
	case otlpForm:
		d.r.Object(d.otlpTop)
	case documentForm:
		d.documents()
	case jaegerForm:
		d.jaegerTop()
	case zipkinForm:
		d.zipkinSpan()
	default:
		d.known--
		d.r.Fail("no known format: %s", allowed)
	}
}

// detect finds the form of the value at hand by the first member that only one
// form has.
func (d *decoder) detect() (f form) {
	f = otlpForm // {} is a message without anything
	look := *d.r
	look.Object(func(name string) {
		if f = formOf(name); name == "spans" {
			f = formOfSpans(&look)
		}
		if f != unknown {
			look.Stop()
		}
	})
	return f
}

func formOf(name string) form {
	switch name {
	case "resourceSpans", "resource_spans", "batches", "resourceLogs", "resource_logs", "trace", "result",
		"resourceMetrics", "resource_metrics", "resourceProfiles", "resource_profiles":
		return otlpForm
	case "trace_id", "_source", "hits":
		return documentForm
	case "data", "traceID", "processes":
		return jaegerForm
	case "traceId":
		return zipkinForm
	}
	return unknown
}

// formOfSpans tells the spans of Jaeger from documents, by the first one.
func formOfSpans(look *jsonread.Reader) (f form) {
	look.Array(func(int) {
		look.Object(func(name string) {
			if f = formOf(name); f != unknown {
				look.Stop()
			}
		})
	})
	return f
}

// addSpan reads a span and keeps it if nothing in it was wrong.
func (d *decoder) addSpan(read func(*trace.Span)) (kept bool) {
	d.began = d.r.Problems()
	d.batch.Spans = append(d.batch.Spans, trace.Span{})
	read(&d.batch.Spans[len(d.batch.Spans)-1])
	if d.r.Problems() != d.began {
		d.batch.Spans = d.batch.Spans[:len(d.batch.Spans)-1]
		return false
	}
	return true
}

// require notes a member without which a span is of no use, unless something else
// was wrong with the span.
func (d *decoder) require(name string, missing bool) {
	if missing && d.r.Problems() == d.began {
		d.r.Fail("%s is missing", name)
	}
}
