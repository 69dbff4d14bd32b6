// SPDX-License-Identifier: Apache-2.0

package native

import (
	"slices"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// attributes adds those of a span.
func (m *detailer) attributes(d *detail, node int32, all []trace.KeyValue) {
	d.Counts = append(d.Counts, int32(len(all)))
	whole := true
	for i := range all {
		pair, cut := m.pair(&all[i])
		index, found := m.known[string(pair)]
		if !found {
			index = int32(len(m.known))
			m.known[string(pair)] = index
			d.Pairs = append(d.Pairs, slices.Clone(pair))
		}
		d.List = append(d.List, index)
		whole = whole && !cut
	}
	if !whole {
		d.Cut = append(d.Cut, node)
	}
}

// pair is an attribute as a list of its key and its value, of which too much is cut
// off. It is valid until the next one.
func (m *detailer) pair(kv *trace.KeyValue) (text []byte, cut bool) {
	b := append(m.scratch[:0], '[')
	b = trace.String(kv.Key).AppendJSON(b)
	b = append(b, ',')
	from := len(b)
	b = kv.Value.AppendJSON(b)
	if cut = len(b)-from > maxDetail; cut {
		b = trace.String(beginning(kv.Value)).AppendJSON(b[:from])
	}
	b = append(b, ']')
	m.scratch = b
	return b, cut
}

// beginning is the first part of a long value, of what is no text as JSON.
func beginning(v trace.Value) string {
	text := v.String()
	for cut := min(len(text), maxDetail/2); cut > 0; cut-- {
		if cut == len(text) || text[cut]&0xc0 != 0x80 {
			return text[:cut]
		}
	}
	return ""
}

// events adds those of a span.
func (m *detailer) events(d *detail, node int32, s *trace.Span) {
	if len(s.Events) > 0 && d.Events == nil {
		d.Events = &detailEvents{}
	}
	for i := range s.Events {
		e := &s.Events[i]
		name, found := m.names[e.Name]
		if !found {
			name = int32(len(d.Events.Of))
			m.names[e.Name] = name
			d.Events.Of = append(d.Events.Of, e.Name)
		}
		d.Events.Nodes = append(d.Events.Nodes, node)
		d.Events.Names = append(d.Events.Names, name)
		d.Events.Offset = append(d.Events.Offset, e.Time-s.Start)
	}
}
