// SPDX-License-Identifier: Apache-2.0

package format_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// requireSame compares batches by everything they hold. Lists may be nil or empty,
// and origins equal or the same.
func requireSame(t *testing.T, want, got *trace.Batch) {
	t.Helper()
	require.Equal(t, show(want), show(got))
}

// show is a batch as text, with the type of every value and the bits of floats.
func show(b *trace.Batch) string {
	var w shower
	for i := range b.Spans {
		s := b.Spans[i]
		w.resource(s.Resource)
		w.scope(s.Scope)
		w.attributes(s.Attributes)
		for _, e := range s.Events {
			attrs := e.Attributes
			e.Attributes = nil
			fmt.Fprintf(&w, "event %+v\n", e)
			w.attributes(attrs)
		}
		for _, l := range s.Links {
			attrs := l.Attributes
			l.Attributes = nil
			fmt.Fprintf(&w, "link %+v\n", l)
			w.attributes(attrs)
		}
		s.Resource, s.Scope, s.Attributes, s.Events, s.Links = nil, nil, nil, nil, nil
		fmt.Fprintf(&w, "span %+v\n", s)
	}
	for _, l := range b.Logs {
		w.resource(l.Resource)
		w.scope(l.Scope)
		w.attributes(l.Attributes)
		w.value(l.Body)
		l.Resource, l.Scope, l.Attributes, l.Body = nil, nil, nil, trace.Value{}
		fmt.Fprintf(&w, "\nlog %+v\n", l)
	}
	return w.String()
}

type shower struct{ strings.Builder }

func (w *shower) resource(r *trace.Resource) {
	if r == nil {
		fmt.Fprintln(w, "no resource")
		return
	}
	fmt.Fprintf(w, "resource %q %d\n", r.SchemaURL, r.DroppedAttributes)
	w.attributes(r.Attributes)
}

func (w *shower) scope(s *trace.Scope) {
	if s == nil {
		fmt.Fprintln(w, "no scope")
		return
	}
	fmt.Fprintf(w, "scope %q %q %q %d\n", s.Name, s.Version, s.SchemaURL, s.DroppedAttributes)
	w.attributes(s.Attributes)
}

func (w *shower) attributes(attrs []trace.KeyValue) {
	for _, kv := range attrs {
		fmt.Fprintf(w, "  %q=", kv.Key)
		w.value(kv.Value)
		fmt.Fprintln(w)
	}
}

func (w *shower) value(v trace.Value) {
	fmt.Fprintf(w, "%d:", v.Kind())
	switch v.Kind() {
	case trace.FloatValue:
		fmt.Fprintf(w, "%x", math.Float64bits(v.Float64()))
	case trace.ListValue:
		for _, e := range v.Elements() {
			fmt.Fprint(w, "[")
			w.value(e)
		}
	case trace.MapValue:
		for _, kv := range v.Pairs() {
			fmt.Fprintf(w, "{%q=", kv.Key)
			w.value(kv.Value)
		}
	default:
		fmt.Fprintf(w, "%q", v.String())
	}
}
