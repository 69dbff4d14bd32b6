// SPDX-License-Identifier: Apache-2.0

package sourcetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// Questions are what two sources are asked for.
type Questions struct {
	// Query and Range are about spans and traces.
	Query *query.Query
	Range source.Range
	// Fields are those whose values are asked for, and By those that statistics are
	// by, one after the other, with steps of Step.
	Fields []query.Field
	By     [][]query.Field
	Step   time.Duration
	// Limit is how many a page has, at least 1.
	Limit int
}

// String is the query and the range.
func (q *Questions) String() string {
	if q.Query == nil {
		return fmt.Sprint("everything in ", q.Range)
	}
	return fmt.Sprintf("%s in %v", q.Query, q.Range)
}

// Agree checks that a source with all capabilities answers as another one that has
// the same.
func Agree(t *testing.T, want, got source.Source, q *Questions) {
	t.Helper()
	a := &agreement{checker: &checker{T: t}, sources: [2]source.Source{want, got}, Questions: q}
	a.traces()
	a.spans()
	a.values()
	a.statistics()
	if q.Query == nil { // what else there is does not depend on it
		a.catalog()
		a.logs()
	}
}

// agreement asks two sources.
type agreement struct {
	*checker
	*Questions
	sources [2]source.Source
}

// both compares what the sources answer as text, and returns the first answer.
func both[T any](a *agreement, what string, text func(T) string, ask func(source.Source) (T, error)) T {
	a.Helper()
	var answers [2]T
	for i, s := range a.sources {
		answers[i] = must[T](a.checker)(ask(s))
	}
	a.equal(fmt.Sprintf("%s by %v", what, a.Questions), text(answers[0]), text(answers[1]))
	return answers[0]
}

func orders() []source.Order { return []source.Order{source.Newest, source.Oldest, source.Longest} }

func (a *agreement) traces() {
	a.Helper()
	for _, order := range orders() {
		s := source.Search{Query: a.Query, Range: a.Range, Order: order, Limit: a.Limit, Spans: 2, Total: true}
		for range 2 {
			page := both(a, fmt.Sprint("traces in order ", order), pageText, func(from source.Source) (*source.Page, error) { return from.Search(a.ctx(), &s) })
			if s.After = page.Next; s.After == nil {
				break
			}
		}
	}
}

func (a *agreement) spans() {
	a.Helper()
	for _, order := range orders() {
		s := source.Search{Query: a.Query, Range: a.Range, Order: order, Limit: a.Limit + 2, Total: true}
		both(a, fmt.Sprint("spans in order ", order), spanPageText, func(from source.Source) (*source.SpanPage, error) { return from.Spans(a.ctx(), &s) })
	}
}

func (a *agreement) catalog() {
	a.Helper()
	both(a, "services", printed, func(from source.Source) ([]source.Service, error) { return from.Services(a.ctx(), a.Range) })
	both(a, "operations", printed, func(from source.Source) ([]source.Operation, error) {
		return from.Operations(a.ctx(), &source.OperationSearch{Range: a.Range})
	})
	both(a, "keys", printed, func(from source.Source) ([]source.Key, error) { return from.Keys(a.ctx(), &source.KeySearch{}) })
	both(a, "edges", edgesText, func(from source.Source) ([]source.Edge, error) { return from.Edges(a.ctx(), a.Range) })
}

func printed[T any](all []T) string { return fmt.Sprintf("%+v", all) }

func (a *agreement) values() {
	a.Helper()
	for _, f := range a.Fields {
		s := source.ValueSearch{Field: f, Query: a.Query, Range: a.Range, Limit: a.Limit}
		both(a, fmt.Sprint("values of ", f), valuesText, func(from source.Source) (*source.Values, error) { return from.Values(a.ctx(), &s) })
	}
}

func (a *agreement) statistics() {
	a.Helper()
	for _, by := range a.By {
		s := source.StatisticsSearch{Query: a.Query, Range: a.Range, Step: a.Step, By: by, Limit: a.Limit}
		both(a, fmt.Sprint("statistics by ", by), statisticsText, func(from source.Source) (*source.Statistics, error) { return from.Statistics(a.ctx(), &s) })
	}
}

// logs compares all pages together: records of the same time are in the order in
// which they came, which may not be known.
func (a *agreement) logs() {
	a.Helper()
	both(a, "logs", logText, func(from source.Source) (all []trace.Log, err error) {
		s := source.LogSearch{Range: a.Range, MinSeverity: 12, Limit: 3 * a.Limit}
		for {
			page, err := from.Logs(a.ctx(), &s)
			if err != nil {
				return nil, err
			}
			all = append(all, page.Logs...)
			if s.After = page.Next; s.After == nil {
				return all, nil
			}
		}
	})
}
