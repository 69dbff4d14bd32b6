// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
)

// BenchmarkMeter says how long the catalog and statistics take.
func BenchmarkMeter(b *testing.B) {
	s := filledStore(b)
	parse := func(text string) *query.Query {
		q, err := query.Parse(text)
		require.NoError(b, err)
		return q
	}
	fields := func(texts ...string) (all []query.Field) {
		for _, text := range texts {
			f, err := query.ParseField(text)
			require.NoError(b, err)
			all = append(all, f)
		}
		return all
	}
	operations := fields("resource.service.name", "name", "kind")
	statistics := func(r source.StatisticsSearch) func(context.Context) (any, error) {
		return func(ctx context.Context) (any, error) { return s.Statistics(ctx, &r) }
	}
	values := func(r source.ValueSearch) func(context.Context) (any, error) {
		return func(ctx context.Context) (any, error) { return s.Values(ctx, &r) }
	}
	for _, bb := range []struct {
		name string
		run  func(context.Context) (any, error)
	}{
		{"operations with steps", statistics(source.StatisticsSearch{By: operations, Step: time.Minute})},
		{"operations", statistics(source.StatisticsSearch{By: operations})},
		{"operations of a service", statistics(source.StatisticsSearch{Query: parse(`{ resource.service.name = "tools" }`), By: operations, Step: time.Minute})},
		{"by an attribute", statistics(source.StatisticsSearch{By: fields("model")})},
		{"of an attribute", statistics(source.StatisticsSearch{Query: parse(`{ span.uid = "user-77" }`), By: operations})},
		{"of a structure", statistics(source.StatisticsSearch{Query: parse(`{ name = "plan" } >> { status = error }`), By: operations})},
		{"edges", func(ctx context.Context) (any, error) { return s.Edges(ctx, source.Range{}) }},
		{"services", func(ctx context.Context) (any, error) { return s.Services(ctx, source.Range{}) }},
		{"names", func(ctx context.Context) (any, error) { return s.Operations(ctx, &source.OperationSearch{}) }},
		{"keys", func(ctx context.Context) (any, error) { return s.Keys(ctx, &source.KeySearch{}) }},
		{"values of an attribute", values(source.ValueSearch{Field: fields("span.gen_ai.request.model")[0], Limit: 10})},
		{"many values", values(source.ValueSearch{Field: fields("span.uid")[0], Limit: 10})},
		{"values by a query", values(source.ValueSearch{Query: parse(`{ status = error }`), Field: fields("node.type")[0], Limit: 10})},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			_, err := bb.run(b.Context()) // what is read again is kept
			require.NoError(b, err)
			for b.Loop() {
				_, err := bb.run(b.Context())
				require.NoError(b, err)
			}
		})
	}
}
