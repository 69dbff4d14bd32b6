// SPDX-License-Identifier: Apache-2.0

package sourcetest_test

import (
	"cmp"
	"context"
	"testing"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/source/memory"
	"github.com/sidetrace/sidetrace/desk/source/sourcetest"
	"github.com/sidetrace/sidetrace/desk/store/digest"
)

// plain is a source that can do nothing but find traces.
type plain struct {
	*memory.Source
}

func (plain) Capabilities() source.Capabilities { return 0 }

func (p plain) check(s *source.Search) error {
	var wanted source.Capabilities
	if s.Query != nil {
		if program, err := query.Compile(s.Query); err != nil || program.NeedsTrace() {
			return cmp.Or(err, p.Capabilities().Require(source.CanStructure))
		}
	}
	if s.After != nil {
		wanted |= source.CanPage
	}
	if s.Order != source.Newest {
		wanted |= source.CanSort
	}
	if s.Total {
		wanted |= source.CanTotal
	}
	return p.Capabilities().Require(wanted)
}

func (p plain) Search(ctx context.Context, s *source.Search) (*source.Page, error) {
	if err := p.check(s); err != nil {
		return nil, err
	}
	return p.Source.Search(ctx, s)
}

func (p plain) Scan(context.Context, *source.Search, func(*source.Hit) bool) (source.Effort, error) {
	return source.Effort{}, p.Capabilities().Require(source.CanScan)
}

func (p plain) Spans(context.Context, *source.Search) (*source.SpanPage, error) {
	return nil, p.Capabilities().Require(source.CanFindSpans)
}

func (p plain) Keys(context.Context, *source.KeySearch) ([]source.Key, error) {
	return nil, p.Capabilities().Require(source.CanListKeys)
}

func (p plain) Values(context.Context, *source.ValueSearch) (*source.Values, error) {
	return nil, p.Capabilities().Require(source.CanListValues)
}

func (p plain) Statistics(context.Context, *source.StatisticsSearch) (*source.Statistics, error) {
	return nil, p.Capabilities().Require(source.CanCount)
}

func (p plain) Edges(context.Context, source.Range) ([]source.Edge, error) {
	return nil, p.Capabilities().Require(source.CanMap)
}

func (p plain) Logs(context.Context, *source.LogSearch) (*source.LogPage, error) {
	return nil, p.Capabilities().Require(source.CanFindLogs)
}

func (p plain) Watch(context.Context, *query.Query, func([]digest.Summary) bool) error {
	return p.Capabilities().Require(source.CanWatch)
}

// TestPlain checks a source without capabilities: what it can do is right, and all
// else is refused.
func TestPlain(t *testing.T) {
	sourcetest.Run(t, func(*testing.T) sourcetest.Place {
		s := memory.New()
		return sourcetest.Place{Source: plain{s}, Add: s.Add}
	})
}
