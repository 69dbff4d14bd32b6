// SPDX-License-Identifier: Apache-2.0

package native

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"

	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// A sessionRow is the traces of a session, a chat or a conversation.
type sessionRow struct {
	ID       string        `json:"id"`
	By       string        `json:"by"` // sid, chat or conversation
	Traces   int           `json:"traces"`
	Spans    int           `json:"spans"`
	Errors   int           `json:"errors"` // traces that failed
	Logs     int           `json:"logs"`
	First    string        `json:"first"`    // when the first trace begins
	Last     string        `json:"last"`     // when the last one does
	Duration int64         `json:"duration"` // of all traces together
	Tokens   digest.Tokens `json:"tokens"`
	Services []string      `json:"services"`
	Users    []string      `json:"users,omitempty"`
	// Name is that of the root of the newest trace.
	Name string `json:"name"`
	// FirstTrace is the oldest trace: its question tells sessions apart.
	FirstTrace trace.TraceID `json:"firstTrace"`

	first, last int64
	newest      trace.TraceID
}

// identities are what traces can be put together by.
var identities = map[string]func(*digest.Identity) string{
	"sid":          func(i *digest.Identity) string { return i.SID },
	"chat":         func(i *digest.Identity) string { return i.ChatID },
	"conversation": func(i *digest.Identity) string { return i.Conversation },
}

// maxListed is how many services and users of a session are listed.
const maxListed = 20

func (s *sessionRow) add(d *digest.Summary) {
	if s.Traces == 0 || d.Start > s.last {
		s.last, s.newest, s.Name = d.Start, d.TraceID, d.Root.Name
	}
	if s.Traces == 0 || d.Start < s.first {
		s.first, s.FirstTrace = d.Start, d.TraceID
	}
	s.Traces++
	s.Spans, s.Logs, s.Duration = s.Spans+d.Spans, s.Logs+d.Logs, s.Duration+d.Duration()
	if d.Errors > 0 {
		s.Errors++
	}
	s.Tokens.Input, s.Tokens.Output, s.Tokens.Total = s.Tokens.Input+d.Tokens.Input, s.Tokens.Output+d.Tokens.Output, s.Tokens.Total+d.Tokens.Total
	for i := range d.Services {
		s.Services = listed(s.Services, d.Services[i].Name)
	}
	s.Users = listed(s.Users, d.Identity.UID)
}

// listed adds a text that is not there, as long as there are few.
func listed(all []string, text string) []string {
	if text == "" || len(all) >= maxListed || slices.Contains(all, text) {
		return all
	}
	return append(all, text)
}

// sessions answers with the sessions of a time range, those whose newest trace is
// the newest first.
func (f *face) sessions(w http.ResponseWriter, r *http.Request) error {
	p := web.ReadParams(r)
	s := &source.Search{Query: queryOf(p), Range: p.Range(f.Now())}
	by := p.OneOf("by", "sid", "chat", "conversation")
	limit := p.Int(web.Whole{Default: 50, Min: 1, Max: maxPage}, "limit")
	l := &listing{print: printOf("sessions", by)}
	g := &sessionGroups{by: by, after: l.after(p), limit: limit, rows: map[string]*sessionRow{}, others: map[uint64]bool{}}
	if err := p.Strict(); err != nil {
		return err
	}
	done, err := f.Source.Scan(r.Context(), s, func(h *source.Hit) bool {
		g.add(&h.Summary)
		return true
	})
	if err != nil {
		return err
	}
	return web.WriteJSON(w, struct {
		Sessions []*sessionRow `json:"sessions"`
		Next     string        `json:"next,omitempty"`
		// Total is how many sessions there are.
		Total int `json:"total"`
		effort
	}{g.list, l.cursor(g.next()), g.total(), effortOf(done)})
}

// sessionGroups put traces, the newest first, together. They have room for a page:
// of the sessions of other pages they know a hash of the name alone, as there may be
// very many.
type sessionGroups struct {
	by     string
	after  *source.Position // where the page before ended
	limit  int
	rows   map[string]*sessionRow
	list   []*sessionRow
	others map[uint64]bool
}

func (g *sessionGroups) add(d *digest.Summary) {
	id := identities[g.by](&d.Identity)
	if id == "" {
		return
	}
	row := g.rows[id]
	switch {
	case row != nil:
	case g.others[printOf(id)]:
		return
	case len(g.list) >= g.limit, g.after != nil && source.Newest.Compare(source.Newest.Position(d), *g.after) <= 0:
		g.others[printOf(id)] = true
		return
	default:
		row = &sessionRow{ID: id, By: g.by, Services: []string{}}
		g.rows[id] = row
		g.list = append(g.list, row)
	}
	row.add(d)
}

func (g *sessionGroups) total() int { return len(g.rows) + len(g.others) }

// next is where the next page goes on: behind the newest trace of the last session.
func (g *sessionGroups) next() *source.Position {
	for _, row := range g.list {
		row.First, row.Last = stamp(row.first), stamp(row.last)
	}
	if g.list == nil {
		g.list = []*sessionRow{}
	}
	if len(g.list) < g.limit {
		return nil
	}
	last := g.list[len(g.list)-1]
	return &source.Position{Key: last.last, TraceID: last.newest}
}

// session answers with a session and its traces, the oldest first.
func (f *face) session(w http.ResponseWriter, r *http.Request) error {
	p := web.ReadParams(r)
	id := r.PathValue("id")
	in := p.Range(f.Now())
	if err := p.Strict(); err != nil {
		return err
	}
	all := &sessionRow{ID: id, Services: []string{}}
	rows := []traceRow{}
	s := &source.Search{Query: query.Where(inSession(id)), Range: in, Order: source.Oldest}
	done, err := f.Source.Scan(r.Context(), s, func(h *source.Hit) bool {
		all.add(&h.Summary)
		all.By = cmp.Or(all.By, byOf(&h.Summary.Identity, id))
		rows = append(rows, traceRowOf(&h.Summary))
		return len(rows) < maxSessionTraces
	})
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return &web.Error{Code: web.NotFound, Message: fmt.Sprintf("session not found: %.200q", id)}
	}
	all.First, all.Last = stamp(all.first), stamp(all.last)
	rests := effortOf(done)
	if len(rows) == maxSessionTraces {
		rests.Partial = true
		rests.Warnings = append(rests.Warnings, fmt.Sprintf("these are the first %d traces", maxSessionTraces))
	}
	return web.WriteJSON(w, struct {
		Session *sessionRow `json:"session"`
		Traces  []traceRow  `json:"traces"`
		effort
	}{all, rows, rests})
}

// byOf is what the id of a session is in a trace, sid where it is none of what is
// kept of it.
func byOf(i *digest.Identity, id string) string {
	for _, by := range []string{"sid", "chat", "conversation"} {
		if identities[by](i) == id {
			return by
		}
	}
	return "sid"
}

// tracesOf are the ids of the traces of a session.
func (f *face) tracesOf(r *http.Request, session string) (ids []trace.TraceID, done source.Effort, err error) {
	s := &source.Search{Query: query.Where(inSession(session)), Limit: maxSessionTraces}
	page, err := f.Source.Search(r.Context(), s)
	if err != nil {
		return nil, done, err
	}
	for i := range page.Hits {
		ids = append(ids, page.Hits[i].Summary.TraceID)
	}
	if page.Next != nil {
		page.Effort.Partial = true
		page.Effort.Warnings = append(page.Effort.Warnings, fmt.Sprintf("the session has more traces: these are the log records of the newest %d", maxSessionTraces))
	}
	return append([]trace.TraceID{}, ids...), page.Effort, nil
}
