// SPDX-License-Identifier: Apache-2.0

package format

import (
	"hash/maphash"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// shared finds the resources and scopes of a file that are equal to one before.
// Its zero value is ready.
type shared struct {
	hash      maphash.Hash
	resources map[uint64][]*trace.Resource
	scopes    map[uint64][]*trace.Scope
}

// resource is the pointer for a resource, nil for one that says nothing.
func (s *shared) resource(r trace.Resource) *trace.Resource {
	if sameResource(&r, nil) {
		return nil
	}
	s.hash.Reset()
	s.text(r.SchemaURL)
	s.attributes(r.Attributes)
	sum := s.hash.Sum64()
	for _, known := range s.resources[sum] {
		if sameResource(known, &r) {
			return known
		}
	}
	if s.resources == nil {
		s.resources = map[uint64][]*trace.Resource{}
	}
	s.resources[sum] = append(s.resources[sum], &r)
	return &r
}

// scope is the pointer for a scope, nil for one that says nothing.
func (s *shared) scope(c trace.Scope) *trace.Scope {
	if sameScope(&c, nil) {
		return nil
	}
	s.hash.Reset()
	s.text(c.Name)
	s.text(c.Version)
	s.text(c.SchemaURL)
	s.attributes(c.Attributes)
	sum := s.hash.Sum64()
	for _, known := range s.scopes[sum] {
		if sameScope(known, &c) {
			return known
		}
	}
	if s.scopes == nil {
		s.scopes = map[uint64][]*trace.Scope{}
	}
	s.scopes[sum] = append(s.scopes[sum], &c)
	return &c
}

func (s *shared) text(t string) {
	_, _ = s.hash.WriteString(t) // it never fails
	_ = s.hash.WriteByte(0)
}

// attributes adds keys and values; different types of equal text may collide.
func (s *shared) attributes(attrs []trace.KeyValue) {
	for i := range attrs {
		s.text(attrs[i].Key)
		s.text(attrs[i].Value.String())
	}
}

// sameResource reports whether both say the same; nil says nothing.
func sameResource(a, b *trace.Resource) bool {
	if a == b {
		return true
	}
	if a == nil {
		a = &trace.Resource{}
	}
	if b == nil {
		b = &trace.Resource{}
	}
	return a.SchemaURL == b.SchemaURL && a.DroppedAttributes == b.DroppedAttributes && trace.EqualAttributes(a.Attributes, b.Attributes)
}

// sameScope reports whether both say the same; nil says nothing.
func sameScope(a, b *trace.Scope) bool {
	if a == b {
		return true
	}
	if a == nil {
		a = &trace.Scope{}
	}
	if b == nil {
		b = &trace.Scope{}
	}
	return a.Name == b.Name && a.Version == b.Version && a.SchemaURL == b.SchemaURL &&
		a.DroppedAttributes == b.DroppedAttributes && trace.EqualAttributes(a.Attributes, b.Attributes)
}

// A run is consecutive spans or log records of one resource, and within it of
// one scope.
type run struct {
	resource *trace.Resource
	scopes   []scopeRun
}

type scopeRun struct {
	scope    *trace.Scope
	from, to int
}

// runs divides n spans or log records.
func runs(n int, origin func(i int) (*trace.Resource, *trace.Scope)) (all []run) {
	for i := range n {
		resource, scope := origin(i)
		if len(all) == 0 || !sameResource(all[len(all)-1].resource, resource) {
			all = append(all, run{resource: resource})
		}
		r := &all[len(all)-1]
		if last := len(r.scopes) - 1; last >= 0 && sameScope(r.scopes[last].scope, scope) {
			r.scopes[last].to = i + 1
			continue
		}
		r.scopes = append(r.scopes, scopeRun{scope: scope, from: i, to: i + 1})
	}
	return all
}

func spanRuns(spans []trace.Span) []run {
	return runs(len(spans), func(i int) (*trace.Resource, *trace.Scope) { return spans[i].Resource, spans[i].Scope })
}

func logRuns(logs []trace.Log) []run {
	return runs(len(logs), func(i int) (*trace.Resource, *trace.Scope) { return logs[i].Resource, logs[i].Scope })
}
