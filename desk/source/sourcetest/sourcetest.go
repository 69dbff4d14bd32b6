// SPDX-License-Identifier: Apache-2.0

// Package sourcetest checks that a source of traces answers as package source
// says: with answers that are known, and with random traces against those of
// package memory.
package sourcetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// A Place is a source without anything in it.
type Place struct {
	Source source.Source
	// Add puts something in. When it returns, it is found.
	Add func(*trace.Batch)
}

// Run checks a source. It opens a new place for each check. What a source is not
// capable of it has to refuse.
func Run(t *testing.T, open func(t *testing.T) Place) {
	for _, c := range []struct {
		name  string
		needs source.Capabilities
		check func(*checker)
	}{
		{"empty", 0, (*checker).empty},
		{"trace", 0, (*checker).trace},
		{"summary", 0, (*checker).summary},
		{"range", 0, (*checker).ranges},
		{"order", source.CanSort, (*checker).order},
		{"pages", source.CanPage, (*checker).pages},
		{"sets", source.CanFindSpans, (*checker).sets},
		{"spans", source.CanFindSpans, (*checker).spans},
		{"scan", source.CanScan, (*checker).scan},
		{"catalog", 0, (*checker).catalog},
		{"keys", source.CanListKeys, (*checker).keys},
		{"values", source.CanListValues, (*checker).values},
		{"statistics", source.CanCount, (*checker).statistics},
		{"edges", source.CanMap, (*checker).edges},
		{"logs", source.CanFindLogs, (*checker).logs},
		{"watch", source.CanWatch, (*checker).watch},
		{"random", source.All, (*checker).random},
		{"done", 0, (*checker).done},
	} {
		t.Run(c.name, func(t *testing.T) {
			place := open(t)
			if !place.Source.Capabilities().Has(c.needs) {
				t.Skipf("the source cannot: %v", c.needs.Names())
			}
			c.check(&checker{T: t, Place: place})
		})
	}
	t.Run("refuses", func(t *testing.T) { (&checker{T: t, Place: open(t)}).refuses() })
}

// A checker checks one place.
type checker struct {
	*testing.T
	Place
}

// ctx ends when the check takes too long.
func (c *checker) ctx() context.Context {
	ctx, cancel := context.WithTimeout(c.Context(), time.Minute)
	c.Cleanup(cancel)
	return ctx
}

// must fails the check at an error.
func must[T any](c *checker) func(v T, err error) T {
	return func(v T, err error) T {
		c.Helper()
		if err != nil {
			c.Fatalf("unexpected error: %v", err)
		}
		return v
	}
}

func (c *checker) parse(text string) *query.Query {
	c.Helper()
	if text == "" {
		return nil
	}
	return must[*query.Query](c)(query.Parse(text))
}

// A refusal is a request that a source may be incapable of.
type refusal struct {
	what source.Capabilities
	ask  func() error
}

// refuses checks that what a source is not capable of is an error that says so.
func (c *checker) refuses() {
	has := c.Source.Capabilities()
	for _, r := range slices.Concat(c.searches(), c.listings()) {
		var refused *source.UnsupportedError
		if err := r.ask(); errors.As(err, &refused) == has.Has(r.what) {
			c.Errorf("%v: capable is %v, and the error %v", r.what.Names(), has.Has(r.what), err)
		}
	}
}

func (c *checker) searches() []refusal {
	ctx := c.ctx()
	return []refusal{
		{source.CanStructure, func() error {
			_, err := c.Source.Search(ctx, &source.Search{Query: c.parse(`{} >> {}`), Limit: 1})
			return err
		}},
		{source.CanPage, func() error {
			_, err := c.Source.Search(ctx, &source.Search{After: &source.Position{}, Limit: 1})
			return err
		}},
		{source.CanSort, func() error {
			_, err := c.Source.Search(ctx, &source.Search{Order: source.Longest, Limit: 1})
			return err
		}},
		{source.CanTotal, func() error {
			_, err := c.Source.Search(ctx, &source.Search{Total: true, Limit: 1})
			return err
		}},
		{source.CanScan, func() error {
			_, err := c.Source.Scan(ctx, &source.Search{}, func(*source.Hit) bool { return true })
			return err
		}},
		{source.CanFindSpans, func() error {
			_, err := c.Source.Spans(ctx, &source.Search{Limit: 1})
			return err
		}},
	}
}

func (c *checker) listings() []refusal {
	ctx := c.ctx()
	return []refusal{
		{source.CanListKeys, func() error {
			_, err := c.Source.Keys(ctx, &source.KeySearch{})
			return err
		}},
		{source.CanListValues, func() error {
			_, err := c.Source.Values(ctx, &source.ValueSearch{Field: query.Field{Scope: query.Span, Name: "x"}, Limit: 1})
			return err
		}},
		{source.CanCount, func() error {
			_, err := c.Source.Statistics(ctx, &source.StatisticsSearch{})
			return err
		}},
		{source.CanCountAnything, func() error {
			_, err := c.Source.Statistics(ctx, &source.StatisticsSearch{Query: c.parse(`{ name = "x" }`)})
			return err
		}},
		{source.CanMap, func() error {
			_, err := c.Source.Edges(ctx, source.Range{})
			return err
		}},
		{source.CanFindLogs, func() error {
			_, err := c.Source.Logs(ctx, &source.LogSearch{Limit: 1})
			return err
		}},
		{source.CanWatch, func() error { return c.watchOnce() }},
	}
}

// watchOnce watches with a context that is done.
func (c *checker) watchOnce() error {
	ctx, cancel := context.WithCancel(c.ctx())
	cancel()
	return c.Source.Watch(ctx, nil, func([]digest.Summary) bool { return false })
}
