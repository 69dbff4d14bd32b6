// SPDX-License-Identifier: Apache-2.0

package tempo

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// contentProtobuf is the type of answers in protobuf.
const contentProtobuf = "application/protobuf"

// traceV1 answers with a trace as OTLP, with its resources in the member batches.
func (f *face) traceV1(w http.ResponseWriter, r *http.Request) error {
	t, err := f.find(r)
	if err != nil {
		return err
	}
	if wantsProtobuf(r) {
		return writeProtobuf(w, t.Spans, func(b []byte) []byte { return b })
	}
	return writeJSON(w, t.Spans, `{"batches":[`, "]}\n")
}

// traceV2 answers with a TraceByIDResponse, whose first field is the trace.
func (f *face) traceV2(w http.ResponseWriter, r *http.Request) error {
	p := web.ReadParams(r)
	q, keep := filterOf(p), p.OneOf("keep_hierarchy", "true", "false") == "true"
	if err := p.Err(); err != nil {
		return err
	}
	t, err := f.find(r)
	if err != nil {
		return err
	}
	spans := t.Spans
	if q != nil {
		spans = filtered(spans, q, keep)
	}
	if wantsProtobuf(r) {
		return writeProtobuf(w, spans, func(b []byte) []byte {
			return protowire.AppendBytes(protowire.AppendTag(make([]byte, 0, len(b)+16), 1, protowire.BytesType), b)
		})
	}
	return writeJSON(w, spans, `{"trace":{"resourceSpans":[`, "]},\"metrics\":{}}\n")
}

// find finds the trace of a path. The range is a hint, as Grafana's is that of its
// page.
func (f *face) find(r *http.Request) (*trace.Trace, error) {
	id, err := web.TraceID("id", r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	p := web.ReadParams(r)
	hint := rangeOf(p)
	if err := p.Err(); err != nil {
		return nil, err
	}
	t, err := f.source.Trace(r.Context(), id, hint)
	if err == nil && len(t.Spans) == 0 {
		err = source.ErrNotFound // there are log records only
	}
	return t, err
}

func wantsProtobuf(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept"), ",") {
		media, _, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(media), contentProtobuf) {
			return true
		}
	}
	return false
}

func writeProtobuf(w http.ResponseWriter, spans []trace.Span, around func([]byte) []byte) error {
	web.Grouped(spans)
	b, err := format.MarshalTraces(spans)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", contentProtobuf)
	_, err = w.Write(around(b))
	return err
}

// chunk is how many spans are written at a time.
const chunk = 512

// writeJSON writes spans as protobuf's own JSON, in which Tempo answers: ids are in
// base64, and kinds and statuses have their names.
func writeJSON(w http.ResponseWriter, spans []trace.Span, before, after string) error {
	web.Grouped(spans)
	w.Header().Set("Content-Type", web.ContentJSON)
	if _, err := io.WriteString(w, before); err != nil {
		return err
	}
	separator := ""
	for part := range slices.Chunk(spans, chunk) {
		for _, rs := range format.ToTraces(part) {
			b, err := protojson.Marshal(rs)
			if err != nil {
				return err
			}
			if _, err := w.Write(append([]byte(separator), b...)); err != nil {
				return err
			}
			separator = ","
		}
	}
	_, err := io.WriteString(w, after)
	return err
}

// filterOf reads the condition that spans of a trace are to meet; nil for all.
func filterOf(p *web.Params) *query.Program {
	text := p.Text("q")
	if text == "" {
		return nil
	}
	q, err := query.Parse(text)
	if err != nil {
		p.Fail(err)
		return nil
	}
	if _, single := q.From.(*query.Spanset); !single || len(q.Stages) > 0 {
		p.Fail(web.BadParam("q", "want one set of spans, such as { span.http.status_code = 500 }"))
		return nil
	}
	program, err := query.Compile(q)
	if err != nil {
		p.Fail(&web.Error{Code: web.BadQuery, Message: err.Error()})
		return nil
	}
	return program
}

// filtered are the spans that match, with those above them if they are to be kept.
func filtered(spans []trace.Span, q *query.Program, keep bool) []trace.Span {
	chosen, parents := map[trace.SpanID]bool{}, map[trace.SpanID]trace.SpanID{}
	for i := range spans {
		parents[spans[i].ID] = spans[i].Parent
	}
	for _, m := range q.Match(spans) {
		for _, i := range m.Spans {
			id := spans[i].ID
			for known := true; known && !chosen[id]; {
				chosen[id] = true
				if !keep {
					break
				}
				id = parents[id]
				_, known = parents[id]
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(spans), func(s trace.Span) bool { return !chosen[s.ID] })
}

// rangeOf reads start and end, in seconds since 1970; the end is in the range.
func rangeOf(p *web.Params) (r source.Range) {
	r.From, _ = p.Epoch(time.Second, "start")
	if to, given := p.Epoch(time.Second, "end"); given {
		r.To = to + int64(time.Second)
	}
	p.CheckRange(r, "start", "end")
	return r
}
