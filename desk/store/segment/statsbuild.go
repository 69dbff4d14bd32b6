// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/store/table"
	"github.com/sidetrace/sidetrace/desk/store/wire"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// Recount counts what [Segment.Stats] has again, from the tables. earlier is as for
// [Rebuild].
func (s *Segment) Recount(earlier func(trace.TraceID) (*Part, error)) (*Stats, error) {
	return s.caches.stats.Get(s.path(statsFile), func() (*Stats, error) {
		traces, logs, err := s.ReadAll()
		if err != nil {
			return nil, fmt.Errorf("segment: count %s again: %w", s.Dir, err)
		}
		for i := range traces {
			if traces[i].Earlier, err = earlier(traces[i].ID); err != nil {
				return nil, fmt.Errorf("segment: count %s again: %w", s.Dir, err)
			}
		}
		b := newBuilder(spansOf(traces))
		if err := b.add(traces, logs); err != nil {
			return nil, fmt.Errorf("segment: count %s again: %w", s.Dir, err)
		}
		return b.stats(), nil
	})
}

// stats are all that the file has.
func (b *builder) stats() *Stats {
	st := b.count()
	st.Keys = b.keys()
	return st
}

// count counts spans and calls.
func (b *builder) count() *Stats {
	var s Statistician
	names, services := make([]uint32, len(b.texts.list)), make([]namedService, len(b.known))
	for i, name := range b.texts.list {
		names[i] = uint32(s.texts.number(name))
	}
	for i := range b.known {
		services[i] = s.service(b.known[i].origin)
	}
	for i := range b.rows {
		s.numbered(&b.rows[i], services[b.origins[i]], names[b.names[i]])
	}
	for i, t := range b.traces {
		spans, from := b.rows[t.firstRow:t.firstRow+t.rows], 0
		if p := b.earlier[i]; p != nil && len(p.Spans) > 0 {
			spans, from = slices.Concat(p.Spans, spans), len(p.Spans)
		}
		s.Calls(spans, from)
	}
	return s.Stats()
}

// keys are the keys of the attributes of all spans and of what belongs to them.
func (b *builder) keys() []Key {
	var k Keys
	k.table(query.Span, b.spans)
	k.table(query.Event, b.events)
	k.table(query.Link, b.links)
	spans := make([]uint64, len(b.known))
	for _, origin := range b.origins {
		spans[origin]++
	}
	for i, n := range spans {
		if n > 0 {
			k.origin(b.known[i].origin, n)
		}
	}
	return k.List()
}

// valueKinds are the types of the values in columns.
var valueKinds = map[table.Kind]trace.ValueKind{
	table.Text: trace.StringValue, table.Int: trace.IntValue, table.Float: trace.FloatValue, table.Bool: trace.BoolValue,
}

// Keys count the keys of attributes. The zero value is ready.
type Keys struct {
	counts map[Key]uint64 // without Values
	detail wire.SpanDetail
}

// maxKeys bounds how many keys are told of.
const maxKeys = 20_000

func (k *Keys) add(scope query.Scope, key string, kind trace.ValueKind, n uint64) {
	if k.counts == nil {
		k.counts = map[Key]uint64{}
	}
	of := Key{Scope: scope, Key: key, Kind: kind}
	if have, known := k.counts[of]; known || len(k.counts) < maxKeys {
		k.counts[of] = have + n
	}
}

// table counts the keys of rows.
func (k *Keys) table(scope query.Scope, t *table.Builder) {
	t.Keys(func(key string, kind table.Kind, values int) { k.add(scope, key, valueKinds[kind], uint64(values)) })
	t.Others(func(_ int, kv *wire.KeyValue) { k.add(scope, string(kv.Key), kv.Value.Kind, 1) })
}

// origin counts the keys of what so many spans come from.
func (k *Keys) origin(o *Origin, spans uint64) {
	if o.Resource != nil {
		k.model(query.Resource, o.Resource.Attributes, spans)
	}
	if o.Scope != nil {
		k.model(query.Instrumentation, o.Scope.Attributes, spans)
	}
}

func (k *Keys) model(scope query.Scope, attrs []trace.KeyValue, n uint64) {
	for i := range attrs {
		k.add(scope, attrs[i].Key, attrs[i].Value.Kind(), n)
	}
}

// Span counts the keys of a span.
func (k *Keys) Span(s *Span) {
	k.detail.Read(&s.Span)
	k.wire(query.Span, k.detail.Attributes)
	for i := range k.detail.Events {
		k.wire(query.Event, k.detail.EventAttributes(&k.detail.Events[i]))
	}
	for i := range k.detail.Links {
		k.wire(query.Link, k.detail.LinkAttributes(&k.detail.Links[i]))
	}
	k.origin(s.Origin, 1)
}

func (k *Keys) wire(scope query.Scope, pairs []wire.KeyValue) {
	for i := range pairs {
		k.add(scope, string(pairs[i].Key), pairs[i].Value.Kind, 1)
	}
}

// List are the keys, by scope, key and type. More may be counted afterwards.
func (k *Keys) List() []Key {
	all := make([]Key, 0, len(k.counts))
	for key, n := range k.counts {
		key.Values = n
		all = append(all, key)
	}
	slices.SortFunc(all, func(a, b Key) int {
		return cmp.Or(cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Kind, b.Kind))
	})
	return all
}
