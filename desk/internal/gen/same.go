// SPDX-License-Identifier: Apache-2.0

package gen

import "github.com/sidetrace/sidetrace/desk/trace"

// SameSpan reports whether two spans say the same, down to the types of their
// values and the order of their attributes.
func SameSpan(a, b *trace.Span) bool {
	return a.TraceID == b.TraceID && a.ID == b.ID && a.Parent == b.Parent && a.State == b.State && a.Flags == b.Flags &&
		a.Name == b.Name && a.Kind == b.Kind && a.Start == b.Start && a.End == b.End && a.Offset == b.Offset &&
		a.DroppedAttributes == b.DroppedAttributes && a.DroppedEvents == b.DroppedEvents && a.DroppedLinks == b.DroppedLinks &&
		a.Status == b.Status && a.Inferred == b.Inferred && trace.EqualAttributes(a.Attributes, b.Attributes) &&
		sameEvents(a.Events, b.Events) && sameLinks(a.Links, b.Links) && sameResource(a.Resource, b.Resource) && sameScope(a.Scope, b.Scope)
}

func sameEvents(a, b []trace.Event) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		e, f := &a[i], &b[i]
		if e.Time != f.Time || e.Name != f.Name || e.DroppedAttributes != f.DroppedAttributes || !trace.EqualAttributes(e.Attributes, f.Attributes) {
			return false
		}
	}
	return true
}

func sameLinks(a, b []trace.Link) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		k, l := &a[i], &b[i]
		if k.TraceID != l.TraceID || k.SpanID != l.SpanID || k.State != l.State || k.Flags != l.Flags ||
			k.DroppedAttributes != l.DroppedAttributes || !trace.EqualAttributes(k.Attributes, l.Attributes) {
			return false
		}
	}
	return true
}

func sameResource(a, b *trace.Resource) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.SchemaURL == b.SchemaURL && a.DroppedAttributes == b.DroppedAttributes && trace.EqualAttributes(a.Attributes, b.Attributes)
}

func sameScope(a, b *trace.Scope) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Name == b.Name && a.Version == b.Version && a.SchemaURL == b.SchemaURL &&
		a.DroppedAttributes == b.DroppedAttributes && trace.EqualAttributes(a.Attributes, b.Attributes)
}

// SameLog reports whether two log records say the same.
func SameLog(a, b *trace.Log) bool {
	return a.TraceID == b.TraceID && a.SpanID == b.SpanID && a.Flags == b.Flags && a.Time == b.Time && a.Observed == b.Observed &&
		a.Severity == b.Severity && a.SeverityText == b.SeverityText && a.EventName == b.EventName && a.Body.Equal(b.Body) &&
		trace.EqualAttributes(a.Attributes, b.Attributes) && a.DroppedAttributes == b.DroppedAttributes &&
		sameResource(a.Resource, b.Resource) && sameScope(a.Scope, b.Scope)
}
