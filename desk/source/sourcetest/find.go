// SPDX-License-Identifier: Apache-2.0

package sourcetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/trace"
)

func (c *checker) equal(what string, want, got any) {
	c.Helper()
	if w, g := fmt.Sprintf("%+v", want), fmt.Sprintf("%+v", got); w != g {
		c.Errorf("%s:\nwant %s\ngot  %s", what, w, g)
	}
}

// empty checks that a place without anything answers with nothing, and no error.
func (c *checker) empty() {
	ctx := c.ctx()
	_, err := c.Source.Trace(ctx, TraceID(1), source.Range{})
	c.equal("a missing trace", true, errors.Is(err, source.ErrNotFound))
	page := must[*source.Page](c)(c.Source.Search(ctx, &source.Search{Limit: 10}))
	c.equal("traces", 0, len(page.Hits))
	c.equal("next page", true, page.Next == nil)
	c.equal("services", 0, len(must[[]source.Service](c)(c.Source.Services(ctx, source.Range{}))))
	c.equal("operations", 0, len(must[[]source.Operation](c)(c.Source.Operations(ctx, &source.OperationSearch{}))))
}

// trace checks that a trace is what was put in, wherever it is looked for.
func (c *checker) trace() {
	start := c.add()
	alone := trace.Batch{Logs: []trace.Log{{TraceID: TraceID(7), Time: start, Body: trace.String("no spans")}}}
	c.Add(&alone)
	sample := Checkout(1, start)
	want := trace.Trace{ID: TraceID(1), Spans: sample.Spans, Logs: sample.Logs}
	for _, hint := range []source.Range{{}, {From: start, To: start + 1}, {From: start + int64(time.Hour)}, {To: 1}} {
		got := must[*trace.Trace](c)(c.Source.Trace(c.ctx(), want.ID, hint))
		c.equal(fmt.Sprintf("the trace by %v", hint), texts(&want), texts(got))
	}
	got := must[*trace.Trace](c)(c.Source.Trace(c.ctx(), TraceID(7), source.Range{}))
	c.equal("a trace of log records", []int{0, 1}, []int{len(got.Spans), len(got.Logs)})
	c.equal("traces with spans", "4 3 2 1", c.search(&source.Search{Limit: 10}))
	_, err := c.Source.Trace(c.ctx(), TraceID(99), source.Range{})
	c.equal("a missing trace", true, errors.Is(err, source.ErrNotFound))
}

// summary checks the figures of a trace.
func (c *checker) summary() {
	start := c.add()
	page := must[*source.Page](c)(c.Source.Search(c.ctx(), &source.Search{Limit: 10}))
	got := map[trace.TraceID]digest.Summary{}
	for _, h := range page.Hits {
		got[h.Summary.TraceID] = normal(h.Summary)
	}
	root := digest.Place{ID: SpanID(1), Service: "web", Name: "GET /checkout", Kind: trace.Server}
	c.equal("checkout", digest.Summary{
		TraceID: TraceID(1), Start: start, End: start + 120*ms, Root: root, Entry: root, Whole: true, Spans: 5, Errors: 2, Levels: 4, Logs: 2,
		Services: []digest.Service{{Name: "pay", Spans: 2, Errors: 1}, {Name: "web", Spans: 3, Errors: 1}},
	}, got[TraceID(1)])
	start += 10 * int64(time.Minute)
	run := digest.Place{ID: SpanID(1), Service: "team/agent.v2", Name: "run agent", Kind: trace.Consumer}
	c.equal("agent", digest.Summary{
		TraceID: TraceID(2), Start: start, End: start + 2000*ms, Root: run, Entry: run, Spans: 4, Orphans: 1, Levels: 2, Logs: 1,
		Services: []digest.Service{{Name: "team/agent.v2", Spans: 4}},
		Tokens:   digest.Tokens{Input: 300, Output: 50, Total: 350}, Identity: digest.Identity{SID: "s-1", ChatID: "chat-1", UID: "user-1"},
	}, got[TraceID(2)])
}

// search writes the numbers of the traces that are found.
func (c *checker) search(s *source.Search) string {
	c.Helper()
	page := must[*source.Page](c)(c.Source.Search(c.ctx(), s))
	numbers := make([]string, len(page.Hits))
	for i, h := range page.Hits {
		numbers[i] = number(h.Summary.TraceID)
	}
	return strings.Join(numbers, " ")
}

func number(id trace.TraceID) string { return strings.TrimLeft(id.String(), "0") }

// ranges checks that a range is about the first start, and half open.
func (c *checker) ranges() {
	start := c.add()
	minute := int64(time.Minute)
	for _, tt := range []struct {
		r    source.Range
		want string
	}{
		{source.Range{}, "4 3 2 1"},
		{source.Range{From: start}, "4 3 2 1"},
		{source.Range{From: start + 1}, "4 3 2"},
		{source.Range{To: start}, ""},
		{source.Range{To: start + 1}, "1"},
		{source.Range{From: start + 10*minute, To: start + 30*minute}, "3 2"},
		{source.Range{From: start + 10*minute, To: start + 30*minute + 1}, "4 3 2"},
		{source.Range{From: math.MaxInt64 - 1}, ""},
		{source.Range{From: start + 10*minute, To: start}, ""},
	} {
		c.equal(fmt.Sprint("traces of ", tt.r), tt.want, c.search(&source.Search{Range: tt.r, Limit: 10}))
	}
	c.equal("by query", "4 1", c.search(&source.Search{Query: c.parse(`{ resource.service.name = "pay" && status = error }`), Limit: 10}))
	c.equal("by value of another type", "4 1", c.search(&source.Search{Query: c.parse(`{ span.http.response.status_code >= 504 && kind = client }`), Limit: 10}))
	c.equal("by session", "3 2", c.search(&source.Search{Query: c.parse(`{ session = "s-1" }`), Limit: 10}))
	c.equal("by link", "1", c.search(&source.Search{Query: c.parse(`{ link:traceID = "2" }`), Limit: 10}))
	c.equal("by one event", "", c.search(&source.Search{Query: c.parse(`{ event:name = "retry" && event.exception.type = "Timeout" }`), Limit: 10}))
}

// order checks the orders, and that equals are in the order of ids.
func (c *checker) order() {
	start := c.add()
	twin := Checkout(5, start)
	c.Add(&twin)
	for _, tt := range []struct {
		order source.Order
		want  string
	}{{source.Newest, "4 3 2 1 5"}, {source.Oldest, "1 5 2 3 4"}, {source.Longest, "2 3 1 4 5"}} {
		c.equal(fmt.Sprint("order ", tt.order), tt.want, c.search(&source.Search{Order: tt.order, Limit: 10}))
		c.equal(fmt.Sprint("first of order ", tt.order), tt.want[:3], c.search(&source.Search{Order: tt.order, Limit: 2}))
	}
}

// pages checks that pages have everything once, also while more comes.
func (c *checker) pages() {
	start := c.add()
	orders := []source.Order{source.Newest}
	if c.Source.Capabilities().Has(source.CanSort) {
		orders = append(orders, source.Oldest, source.Longest)
	}
	for _, order := range orders {
		whole := c.search(&source.Search{Order: order, Limit: 100})
		for limit := 1; limit <= 5; limit++ {
			var all []string
			s := source.Search{Order: order, Limit: limit}
			for {
				page := must[*source.Page](c)(c.Source.Search(c.ctx(), &s))
				for _, h := range page.Hits {
					all = append(all, number(h.Summary.TraceID))
				}
				if s.After = page.Next; s.After == nil {
					break
				}
			}
			c.equal(fmt.Sprintf("pages of %d in order %d", limit, order), whole, strings.Join(all, " "))
		}
	}
	s := source.Search{Limit: 2}
	first := must[*source.Page](c)(c.Source.Search(c.ctx(), &s))
	newer := Checkout(8, start+int64(time.Hour))
	c.Add(&newer)
	s.After = first.Next
	c.equal("the second page after something came", "2 1", c.search(&s))
	if !c.Source.Capabilities().Has(source.CanTotal) {
		return
	}
	page := must[*source.Page](c)(c.Source.Search(c.ctx(), &source.Search{Query: c.parse(`{ status = error }`), Limit: 1, Total: true}))
	c.equal("total", source.Total{Count: 3}, *page.Total)
}

// sets checks the spans that a hit shows.
func (c *checker) sets() {
	start := c.add()
	find := func(text string, spans int) []source.SpanSet {
		page := must[*source.Page](c)(c.Source.Search(c.ctx(), &source.Search{Query: c.parse(text), Limit: 10, Spans: spans}))
		if len(page.Hits) == 0 {
			c.Fatalf("nothing is found by %s", text)
		}
		return page.Hits[len(page.Hits)-1].Sets
	}
	c.equal("no sets", 0, len(find(`{ status = error }`, 0)))
	sets := find(`{ status = error } | select(span.http.response.status_code, name)`, 1)
	c.equal("one set", 1, len(sets))
	c.equal("matched", 2, sets[0].Matched)
	c.equal("the first span", source.SpanRow{
		TraceID: TraceID(1), ID: SpanID(3), Parent: SpanID(2), Start: start + 5*ms, Duration: 83 * ms, Service: "pay", Name: "POST /pay",
		Kind: trace.Server, Status: trace.Status{Code: trace.Error, Message: "card declined"}, Values: []trace.Value{trace.Int(504), trace.String("POST /pay")},
	}, sets[0].Spans[0])
	if !c.Source.Capabilities().Has(source.CanStructure) {
		return
	}
	groups := find(`{ resource.service.name = "web" } | by(kind) | count() > 0`, 5)
	c.equal("groups", 3, len(groups))
	counts := 0.0
	for _, g := range groups {
		counts += g.Aggregates[0]
	}
	c.equal("spans of all groups", 3.0, counts)
	c.equal("below", 1, find(`{ kind = server && name = "GET /checkout" } >> { name = "SELECT" }`, 5)[0].Matched)
}

// spans checks the list of spans.
func (c *checker) spans() {
	start := c.add()
	names := func(s *source.Search) string {
		c.Helper()
		var all []string
		for {
			page := must[*source.SpanPage](c)(c.Source.Spans(c.ctx(), s))
			for _, row := range page.Rows {
				all = append(all, number(row.TraceID)+":"+strings.TrimLeft(row.ID.String(), "0"))
			}
			if s.After = page.Next; s.After == nil {
				return strings.Join(all, " ")
			}
		}
	}
	c.equal("errors", "4:2 4:3 1:2 1:3", names(&source.Search{Query: c.parse(`{ status = error }`), Limit: 3}))
	c.equal("of a range", "1:2 1:3", names(&source.Search{Range: source.Range{From: start + 5*ms, To: start + 11*ms}, Limit: 1}))
	if c.Source.Capabilities().Has(source.CanSort) {
		c.equal("longest", "2:4 3:4 2:2 3:2", names(&source.Search{Query: c.parse(`{ name = "chat" }`), Order: source.Longest, Limit: 2}))
		c.equal("oldest", "2:2 2:4 3:2 3:4", names(&source.Search{Query: c.parse(`{ name = "chat" }`), Order: source.Oldest, Limit: 3}))
	}
	page := must[*source.SpanPage](c)(c.Source.Spans(c.ctx(), &source.Search{Query: c.parse(`{ kind = server } | select(resource.host.name)`), Limit: 1}))
	c.equal("a selected value", []trace.Value{trace.String("n2")}, page.Rows[0].Values)
}

// scan checks that scanning finds what searching does, and stops when told to.
func (c *checker) scan() {
	c.add()
	for _, order := range []source.Order{source.Newest, source.Oldest} {
		for _, text := range []string{"", `{ status = error }`, `{ session = "s-1" }`, `{ name = "nothing" }`} {
			s := source.Search{Query: c.parse(text), Order: order}
			var all []string
			_ = must[source.Effort](c)(c.Source.Scan(c.ctx(), &s, func(h *source.Hit) bool {
				all = append(all, number(h.Summary.TraceID))
				return true
			}))
			s.Limit = 100
			c.equal("scanned by "+text, c.search(&s), strings.Join(all, " "))
		}
	}
	n := 0
	_ = must[source.Effort](c)(c.Source.Scan(c.ctx(), &source.Search{}, func(*source.Hit) bool { n++; return n < 2 }))
	c.equal("scanned until told to stop", 2, n)
}

// watch checks that what comes is told once, as it is then.
func (c *checker) watch() {
	c.add()
	ctx, cancel := context.WithCancel(c.ctx())
	defer cancel()
	query := c.parse(`{ resource.service.name = "web" }`)
	got := make(chan digest.Summary, 10)
	ended := make(chan error)
	go func() {
		ended <- c.Source.Watch(ctx, query, func(news []digest.Summary) bool {
			for _, s := range news {
				got <- s
			}
			return true
		})
	}()
	// What comes before the watch has begun is no news: it is sent until it is told.
	add := func(n uint64) {
		other, b := Agent(n+1, Epoch(), "s-2"), Checkout(n, Epoch())
		c.Add(&other)
		c.Add(&b)
	}
	var first digest.Summary
	for n := uint64(100); first.Spans == 0; n += 2 {
		add(n)
		select {
		case first = <-got:
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			c.Fatal("nothing is told of what comes")
		}
	}
	c.equal("the trace that came", 5, first.Spans)
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		c.Errorf("watching ended with %v", err)
	}
	close(got)
	seen := []trace.TraceID{first.TraceID}
	for s := range got {
		if slices.Contains(seen, s.TraceID) {
			c.Errorf("trace %s is told twice", number(s.TraceID))
		}
		seen = append(seen, s.TraceID)
	}
}

// done checks that a context that is done ends everything.
func (c *checker) done() {
	c.add()
	ctx, cancel := context.WithCancel(c.ctx())
	cancel()
	_, trace := c.Source.Trace(ctx, TraceID(1), source.Range{})
	_, search := c.Source.Search(ctx, &source.Search{Limit: 1})
	_, services := c.Source.Services(ctx, source.Range{})
	_, operations := c.Source.Operations(ctx, &source.OperationSearch{})
	for i, err := range []error{trace, search, services, operations} {
		if !errors.Is(err, context.Canceled) {
			c.Errorf("call %d with a context that is done: %v", i, err)
		}
	}
}
