// SPDX-License-Identifier: Apache-2.0

package native

import (
	"encoding/base64"
	"encoding/binary"
	"hash/fnv"
	"net/http"

	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/source"
)

// A listing is a list that is asked for page by page.
type listing struct {
	source.Search
	print uint64 // of what is searched for, so that a cursor is not used for something else
}

var orders = map[string]source.Order{"newest": source.Newest, "oldest": source.Oldest, "longest": source.Longest}

// maxPage is how many rows a page has at most.
const maxPage = 1000

func (f *face) listing(p *web.Params, kind string) *listing {
	order := p.OneOf("order", "newest", "oldest", "longest")
	l := &listing{Search: source.Search{
		Query: queryOf(p), Range: p.Range(f.Now()), Order: orders[order],
		Limit: p.Int(web.Whole{Default: 50, Min: 1, Max: maxPage}, "limit"), Total: p.Bool("total"),
	}}
	asked := ""
	if l.Query != nil {
		asked = l.Query.String()
	}
	l.print = printOf(kind, order, asked)
	l.After = l.after(p)
	return l
}

// printOf is a number that differs for other texts.
func printOf(texts ...string) uint64 {
	h := fnv.New64a()
	for _, text := range texts {
		_, _ = h.Write(append([]byte(text), 0)) // it never fails
	}
	return h.Sum64()
}

// after reads where the page before ended; nil for the first page.
func (l *listing) after(p *web.Params) *source.Position {
	text := p.Text("cursor")
	if text == "" {
		return nil
	}
	after, ok := l.position(text)
	if !ok {
		p.Fail(web.BadParam("cursor", "want the member next of an answer to the same question in the same order"))
	}
	return after
}

// cursorBytes: the print, the key, the ids of trace and span, and what to skip.
const cursorBytes = 8 + 8 + 16 + 8 + 4

// cursor is a position as text; "" for none.
func (l *listing) cursor(p *source.Position) string {
	if p == nil {
		return ""
	}
	b := binary.BigEndian.AppendUint64(nil, l.print)
	b = binary.BigEndian.AppendUint64(b, uint64(p.Key))
	b = append(append(b, p.TraceID[:]...), p.SpanID[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(p.Skip))
	return base64.RawURLEncoding.EncodeToString(b)
}

func (l *listing) position(cursor string) (*source.Position, bool) {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(b) != cursorBytes || binary.BigEndian.Uint64(b) != l.print {
		return nil, false
	}
	p := &source.Position{Key: int64(binary.BigEndian.Uint64(b[8:])), Skip: int(binary.BigEndian.Uint32(b[40:]))}
	copy(p.TraceID[:], b[16:])
	copy(p.SpanID[:], b[32:])
	return p, true
}

// traces lists traces.
func (f *face) traces(w http.ResponseWriter, r *http.Request) error {
	p := web.ReadParams(r)
	l := f.listing(p, "traces")
	l.Spans = p.Int(web.Whole{Min: 0, Max: 100}, "spans")
	l.Query = selecting(l.Query, fieldParams(p, "field"))
	if err := p.Strict(); err != nil {
		return err
	}
	page, err := f.Source.Search(r.Context(), &l.Search)
	if err != nil {
		return err
	}
	rows := []traceRow{}
	for i := range page.Hits {
		rows = append(rows, hitRow(&page.Hits[i]))
	}
	return web.WriteJSON(w, struct {
		Traces []traceRow `json:"traces"`
		Fields []string   `json:"fields,omitempty"`
		Next   string     `json:"next,omitempty"`
		Total  *total     `json:"total,omitempty"`
		effort
	}{rows, fieldsOf(l.Query), l.cursor(page.Next), totalOf(page.Total), effortOf(page.Effort)})
}

// spans lists spans.
func (f *face) spans(w http.ResponseWriter, r *http.Request) error {
	p := web.ReadParams(r)
	l := f.listing(p, "spans")
	l.Query = selecting(l.Query, fieldParams(p, "field"))
	if err := p.Strict(); err != nil {
		return err
	}
	page, err := f.Source.Spans(r.Context(), &l.Search)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, struct {
		Spans  []spanRow `json:"spans"`
		Fields []string  `json:"fields,omitempty"`
		Next   string    `json:"next,omitempty"`
		Total  *total    `json:"total,omitempty"`
		effort
	}{spanRows(page.Rows), fieldsOf(l.Query), l.cursor(page.Next), totalOf(page.Total), effortOf(page.Effort)})
}
