// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"hash/maphash"

	"github.com/sidetrace/sidetrace/desk/store/wire"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// An Origin is what spans and log records come from: a resource and a scope. It
// is not changed and may be shared.
type Origin struct {
	Group    wire.Group
	Service  string          // service.name of the resource, as [trace.Span.Service] has it
	Resource *trace.Resource // nil: it says nothing
	Scope    *trace.Scope
}

// NewOrigin reads a group. It shares the group's bytes.
func NewOrigin(g wire.Group) *Origin {
	var d wire.Decoder
	o := &Origin{Group: g, Resource: d.Resource(&g), Scope: d.Scope(&g)}
	s := trace.Span{Resource: o.Resource}
	o.Service = s.Service()
	return o
}

// Origins finds the origins of groups, one for all that are equal. It is for one
// goroutine at a time; its zero value is ready.
type Origins struct {
	known map[uint64][]*Origin
	n     int
	size  int64 // of those that are known
	made  int64
	last  *Origin
}

// maxOrigins is how many are remembered before all are forgotten, and
// maxOriginBytes how much memory they may take: there may be some that never come
// again.
const (
	maxOrigins     = 4096
	maxOriginBytes = 16 << 20
)

// Made is how much memory all origins took that were made, in bytes.
func (o *Origins) Made() int64 { return o.made }

var originSeed = maphash.MakeSeed()

// Of is the origin of a group. It copies what it keeps.
func (o *Origins) Of(g *wire.Group) *Origin {
	if o.last != nil && sameGroup(&o.last.Group, g) {
		return o.last
	}
	sum := sumGroup(g)
	for _, known := range o.known[sum] {
		if sameGroup(&known.Group, g) {
			o.last = known
			return known
		}
	}
	if o.known == nil || o.n >= maxOrigins || o.size >= maxOriginBytes {
		o.known, o.n, o.size = map[uint64][]*Origin{}, 0, 0
	}
	o.last = NewOrigin(wire.Group{
		Resource: clone(g.Resource), ResourceSchema: clone(g.ResourceSchema), Scope: clone(g.Scope), ScopeSchema: clone(g.ScopeSchema),
	})
	o.known[sum] = append(o.known[sum], o.last)
	weight := o.last.weight()
	o.n, o.size, o.made = o.n+1, o.size+weight, o.made+weight
	return o.last
}

// weight is about how many bytes an origin takes: its messages, and what they say in
// the model.
func (o *Origin) weight() int64 {
	g := &o.Group
	return 200 + 3*int64(len(g.Resource)+len(g.ResourceSchema)+len(g.Scope)+len(g.ScopeSchema))
}

func clone(b []byte) []byte { return append([]byte(nil), b...) }

func sameGroup(a, b *wire.Group) bool {
	return sameResource(a, b) && string(a.Scope) == string(b.Scope) && string(a.ScopeSchema) == string(b.ScopeSchema)
}

func sameResource(a, b *wire.Group) bool {
	return string(a.Resource) == string(b.Resource) && string(a.ResourceSchema) == string(b.ResourceSchema)
}

func sumGroup(g *wire.Group) uint64 {
	var h maphash.Hash
	h.SetSeed(originSeed)
	for _, b := range [][]byte{g.Resource, g.ResourceSchema, g.Scope, g.ScopeSchema} {
		_, _ = h.Write(b) // it never fails
		_ = h.WriteByte(0)
	}
	return h.Sum64()
}
