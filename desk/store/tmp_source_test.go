// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/source/memory"
	"github.com/sidetrace/sidetrace/desk/source/sourcetest"
	"github.com/sidetrace/sidetrace/desk/store"
	"github.com/sidetrace/sidetrace/desk/trace"
)

type tmpPlace struct {
	*memory.Source
	t   *testing.T
	dir string
	s   *store.Store
}

func (p *tmpPlace) Services(ctx context.Context, r source.Range) ([]source.Service, error) {
	return p.s.Services(ctx, r)
}
func (p *tmpPlace) Operations(ctx context.Context, r *source.OperationSearch) ([]source.Operation, error) {
	return p.s.Operations(ctx, r)
}
func (p *tmpPlace) Keys(ctx context.Context, r *source.KeySearch) ([]source.Key, error) {
	return p.s.Keys(ctx, r)
}
func (p *tmpPlace) Values(ctx context.Context, r *source.ValueSearch) (*source.Values, error) {
	return p.s.Values(ctx, r)
}
func (p *tmpPlace) Statistics(ctx context.Context, r *source.StatisticsSearch) (*source.Statistics, error) {
	return p.s.Statistics(ctx, r)
}
func (p *tmpPlace) Edges(ctx context.Context, r source.Range) ([]source.Edge, error) {
	return p.s.Edges(ctx, r)
}

func (p *tmpPlace) open() {
	var err error
	p.s, err = store.Open(store.Config{Dir: p.dir, ReserveBytes: -1, Report: func(err error) { p.t.Log(err) }})
	require.NoError(p.t, err)
}

func halves2(b *trace.Batch) (halves [2]*trace.Batch) {
	half := len(b.Logs) / 2
	halves = [2]*trace.Batch{{Logs: b.Logs[:half]}, {Logs: b.Logs[half:]}}
	for i := range b.Spans {
		h := halves[i%2]
		h.Spans = append(h.Spans, b.Spans[i])
	}
	return halves
}

func TestTmpSource(t *testing.T) {
	for name, add := range map[string]func(t *testing.T, p *tmpPlace, b *trace.Batch){
		"head": func(t *testing.T, p *tmpPlace, b *trace.Batch) { send(t, p.s, b) },
		"segments": func(t *testing.T, p *tmpPlace, b *trace.Batch) {
			for _, h := range halves2(b) {
				send(t, p.s, h)
				require.NoError(t, p.s.Flush(t.Context()))
			}
		},
		"segments and head": func(t *testing.T, p *tmpPlace, b *trace.Batch) {
			h := halves2(b)
			send(t, p.s, h[0])
			require.NoError(t, p.s.Flush(t.Context()))
			send(t, p.s, h[1])
		},
		"rebuilt": func(t *testing.T, p *tmpPlace, b *trace.Batch) {
			for _, h := range halves2(b) {
				send(t, p.s, h)
				require.NoError(t, p.s.Flush(t.Context()))
			}
			require.NoError(t, p.s.Close())
			all, err := filepath.Glob(filepath.Join(p.dir, "seg", "*", "*.*"))
			require.NoError(t, err)
			for _, path := range all {
				if filepath.Ext(path) != ".parquet" && filepath.Base(path) != "manifest.json" {
					require.NoError(t, os.Truncate(path, 10))
				}
			}
			p.open()
		},
	} {
		t.Run(name, func(t *testing.T) {
			sourcetest.Run(t, func(t *testing.T) sourcetest.Place {
				p := &tmpPlace{Source: memory.New(), t: t, dir: t.TempDir()}
				p.open()
				t.Cleanup(func() { require.NoError(t, p.s.Close()) })
				return sourcetest.Place{Source: p, Add: func(b *trace.Batch) {
					add(t, p, b)
					p.Source.Add(b)
				}}
			})
		})
	}
}

var tmpPlaces = map[string]func(t *testing.T, batches []*trace.Batch) source.Source{}

func init() {
	mk := func(f func(t *testing.T, p *tmpPlace, bs []*trace.Batch)) func(t *testing.T, batches []*trace.Batch) source.Source {
		return func(t *testing.T, batches []*trace.Batch) source.Source {
			p := &tmpPlace{Source: memory.New(), t: t, dir: t.TempDir()}
			p.open()
			t.Cleanup(func() { require.NoError(t, p.s.Close()) })
			for _, b := range batches {
				p.Source.Add(b)
			}
			f(t, p, batches)
			return p
		}
	}
	tmpPlaces["head"] = mk(func(t *testing.T, p *tmpPlace, bs []*trace.Batch) {
		for _, b := range bs {
			send(t, p.s, b)
		}
	})
	tmpPlaces["segments"] = mk(func(t *testing.T, p *tmpPlace, bs []*trace.Batch) {
		for _, b := range bs {
			send(t, p.s, b)
			require.NoError(t, p.s.Flush(t.Context()))
		}
	})
	tmpPlaces["one"] = mk(func(t *testing.T, p *tmpPlace, bs []*trace.Batch) {
		for _, b := range bs {
			send(t, p.s, b)
		}
		require.NoError(t, p.s.Flush(t.Context()))
	})
	tmpPlaces["both"] = mk(func(t *testing.T, p *tmpPlace, bs []*trace.Batch) {
		for i, b := range bs {
			send(t, p.s, b)
			if i == 6 || i == 15 {
				require.NoError(t, p.s.Flush(t.Context()))
			}
		}
	})
}
