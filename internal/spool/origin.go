// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"bytes"
	"encoding/binary"
	"math"
)

// Origin is what records belong to: of a ResourceSpans or ResourceLogs message
// all fields but the scopes, and of a ScopeSpans or ScopeLogs message all but the
// records, encoded. Origins of one Spool with the same content are the same.
type Origin struct {
	Resource, Scope []byte

	encoded []byte
}

func decodeOrigin(b []byte) (*Origin, bool) {
	n, used := binary.Uvarint(b)
	if used <= 0 || n > uint64(len(b)-used) {
		return nil, false
	}
	b = bytes.Clone(b)
	rest := b[used:]
	return &Origin{rest[:n:n], rest[n:], b}, true
}

// unknown is the origin of records whose own is lost.
var unknown = &Origin{encoded: []byte{0}}

// Origin returns the Origin with this content.
func (s *Spool) Origin(resource, scope []byte) *Origin {
	b := binary.AppendUvarint(nil, uint64(len(resource)))
	return s.intern(append(append(b, resource...), scope...))
}

func (s *Spool) intern(encoded []byte) *Origin {
	s.internMu.Lock()
	defer s.internMu.Unlock()
	if o, ok := s.interned[string(encoded)]; ok {
		return o
	}
	o, ok := decodeOrigin(encoded)
	if !ok {
		return unknown
	}
	s.interned[string(encoded)] = o
	return o
}

// numberLocked returns the number of o in g, and defines it with its first record.
func (g *segment) numberLocked(o *Origin) (number uint16, err error) {
	if n, known := g.numbers[o]; known {
		return n, nil
	}
	number = uint16(len(g.numbers) + 1)
	g.numbers[o] = number
	g.defineOrigin(number, o)
	define, err := g.reserveLocked(origin, len(o.encoded), number)
	if err == nil {
		_, err = define.fill(o.encoded)
	}
	return number, err
}

// roomFor returns how much a record of o takes at most.
func roomFor(o *Origin, payload int) int64 { return padded(payload) + padded(len(o.encoded)) }

// takes reports whether a record of o can be added to g.
func (g *segment) takes(o *Origin, payload int) bool {
	return g.fits(roomFor(o, payload)) && len(g.numbers) < math.MaxUint16
}

func (g *segment) originOf(number uint16) *Origin {
	g.originsMu.Lock()
	defer g.originsMu.Unlock()
	if o := g.origins[number]; o != nil {
		return o
	}
	return unknown
}

func (g *segment) defineOrigin(number uint16, o *Origin) {
	g.originsMu.Lock()
	defer g.originsMu.Unlock()
	g.origins[number] = o
}
