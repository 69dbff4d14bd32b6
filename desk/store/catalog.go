// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/store/segment"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// minutes is a range of whole minutes.
type minutes struct{ source.Range }

func (r minutes) has(m segment.Minute) bool { return r.Contains(m.Start()) }

func everyMinute(segment.Minute) bool { return true }

// overlaps reports whether the range has any time from first to last.
func (r minutes) overlaps(first, last int64) bool {
	return (r.From == 0 || last >= r.From) && (r.To == 0 || first < r.To)
}

// count adds up the cells in some minutes.
func count(cells []segment.Cell, contains func(segment.Minute) bool) (spans, errors uint64) {
	for i := range cells {
		if c := &cells[i]; contains(c.Minute) {
			spans += c.Count
			errors += c.Errors
		}
	}
	return spans, errors
}

// Services implements [source.Catalog].
func (s *Store) Services(ctx context.Context, r source.Range) ([]source.Service, error) {
	all := map[string]*source.Service{}
	err := s.eachOperation(ctx, r, func(o *segment.Operation, spans, errors uint64) {
		c := all[o.Service]
		if c == nil {
			c = &source.Service{Name: o.Service}
			all[o.Service] = c
		}
		c.Spans += spans
		c.Errors += errors
	})
	if err != nil {
		return nil, err
	}
	return sorted(all, func(a, b *source.Service) int { return strings.Compare(a.Name, b.Name) }), nil
}

// eachOperation calls yield with the operations of the head and of each segment
// that have spans in a range.
func (s *Store) eachOperation(ctx context.Context, r source.Range, yield func(o *segment.Operation, spans, errors uint64)) error {
	v, err := s.view(ctx)
	if err != nil {
		return err
	}
	defer v.close()
	return v.eachStats(minutes{r.Minutes()}, func(st *segment.Stats, contains func(segment.Minute) bool) {
		for i := range st.Operations {
			if spans, errors := count(st.OfOperation(i), contains); spans > 0 {
				yield(&st.Operations[i], spans, errors)
			}
		}
	})
}

func sorted[K comparable, V any](all map[K]*V, compare func(a, b *V) int) []V {
	list := make([]*V, 0, len(all))
	for _, v := range all {
		list = append(list, v)
	}
	slices.SortFunc(list, compare)
	out := make([]V, len(list))
	for i, v := range list {
		out[i] = *v
	}
	return out
}

// Operations implements [source.Catalog].
func (s *Store) Operations(ctx context.Context, r *source.OperationSearch) ([]source.Operation, error) {
	type key struct {
		service, name string
		kind          trace.Kind
	}
	all := map[key]*source.Operation{}
	err := s.eachOperation(ctx, r.Range, func(o *segment.Operation, spans, errors uint64) {
		if r.Services != nil && !slices.Contains(r.Services, o.Service) || r.Kinds != nil && !slices.Contains(r.Kinds, o.Kind) {
			return
		}
		k := key{o.Service, o.Name, o.Kind}
		c := all[k]
		if c == nil {
			c = &source.Operation{Service: k.service, Name: k.name, Kind: k.kind}
			all[k] = c
		}
		c.Spans += spans
		c.Errors += errors
	})
	if err != nil {
		return nil, err
	}
	return sorted(all, func(a, b *source.Operation) int {
		return cmp.Or(strings.Compare(a.Service, b.Service), strings.Compare(a.Name, b.Name), cmp.Compare(a.Kind, b.Kind))
	}), nil
}

// Keys implements [source.Catalog]. It narrows the search to the segments that have
// spans in the range, and has what is in memory whole.
func (s *Store) Keys(ctx context.Context, r *source.KeySearch) ([]source.Key, error) {
	v, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	defer v.close()
	all := map[query.Field]*source.Key{}
	contains := strings.ToLower(r.Contains)
	add := func(keys []segment.Key) {
		for i := range keys {
			k := &keys[i]
			if r.Scopes == nil || slices.Contains(r.Scopes, k.Scope) {
				addKey(all, k, contains)
			}
		}
	}
	within := minutes{r.Range.Minutes()}
	for _, g := range v.segments {
		if g.Manifest.Spans == 0 || !within.overlaps(g.Manifest.Start, g.Manifest.End) {
			continue
		}
		if st := v.statsOf(g); st != nil {
			add(st.Keys)
		}
	}
	keys, err := v.headKeys()
	if err != nil {
		return nil, err
	}
	add(keys)
	return sorted(all, func(a, b *source.Key) int {
		return cmp.Or(cmp.Compare(a.Field.Scope, b.Field.Scope), strings.Compare(a.Field.Name, b.Field.Name))
	}), nil
}

// addKey adds a key that contains a text in lower case.
func addKey(all map[query.Field]*source.Key, k *segment.Key, contains string) {
	f := query.Field{Scope: k.Scope, Name: k.Key}
	c := all[f]
	if c == nil {
		if !strings.Contains(strings.ToLower(k.Key), contains) {
			return
		}
		c = &source.Key{Field: f}
		all[f] = c
	}
	c.Values += k.Values
	if at, found := slices.BinarySearch(c.Kinds, k.Kind); !found {
		c.Kinds = slices.Insert(c.Kinds, at, k.Kind)
	}
}
