// SPDX-License-Identifier: Apache-2.0

package sift

import (
	"bytes"
	"fmt"
	"slices"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// keeper copies a request. It goes through bytes that were found to be messages,
// no deeper than they were looked at.
type keeper struct {
	s    *Sieve
	kept Kept
}

// message appends what can be kept of a message.
func (k *keeper) message(dst, b []byte, m *message) []byte {
	for len(b) > 0 {
		p, rest, ok := k.s.next(b)
		if !ok {
			return dst
		}
		b = rest
		dst = k.field(dst, &p, m.field(p.tag))
	}
	return dst
}

// field appends what can be kept of a field.
func (k *keeper) field(dst []byte, p *part, f *field) []byte {
	switch f.class {
	case text, name:
		if !utf8.Valid(p.value) {
			k.kept.Repaired++
			return protowire.AppendBytes(protowire.AppendVarint(dst, p.tag), bytes.ToValidUTF8(p.value, []byte("\ufffd")))
		}
	case plain, origin:
		return k.inside(dst, p, f)
	case group:
		return k.group(dst, p, f)
	case record:
		return k.record(dst, p, f)
	}
	return append(dst, p.whole...)
}

// inside appends a message that can be kept, with its texts repaired.
func (k *keeper) inside(dst []byte, p *part, f *field) []byte {
	start := len(dst)
	dst = k.message(dst, p.value, f.of)
	head := protowire.AppendVarint(protowire.AppendVarint(nil, p.tag), uint64(len(dst)-start))
	return slices.Insert(dst, start, head...)
}

// group appends a message around records, unless what they have in common cannot
// be kept.
func (k *keeper) group(dst []byte, p *part, f *field) []byte {
	for b := p.value; len(b) > 0; {
		in, rest, ok := k.s.next(b)
		if !ok {
			return dst
		}
		b = rest
		of := f.of.field(in.tag)
		if of.class != origin {
			continue
		}
		if reason := k.s.check(in.value, of); reason != 0 {
			k.reject(reason, k.count(p.value, f.of), "a resource or scope")
			return dst
		}
	}
	return k.inside(dst, p, f)
}

// count is how many records a message holds.
func (k *keeper) count(b []byte, m *message) (n int) {
	for len(b) > 0 {
		p, rest, ok := k.s.next(b)
		if !ok {
			return n
		}
		b = rest
		switch f := m.field(p.tag); f.class {
		case group:
			n += k.count(p.value, f.of)
		case record:
			n++
		}
	}
	return n
}

// record appends a record, unless it cannot be kept.
func (k *keeper) record(dst []byte, p *part, f *field) []byte {
	k.s.garbled = false
	if reason := k.s.check(p.value, f); reason != 0 {
		k.reject(reason, 1, fmt.Sprintf("%s %.64q", k.s.noun, k.s.title))
		return dst
	}
	k.kept.Records++
	if k.s.garbled {
		return k.inside(dst, p, f)
	}
	return append(dst, p.whole...)
}

// reject counts records that cannot be kept.
func (k *keeper) reject(r Reason, n int, who string) {
	if n == 0 {
		return
	}
	if k.kept.First == "" {
		k.kept.First = who + ": " + k.s.flaw(r)
	}
	if k.kept.Rejected == nil {
		k.kept.Rejected = map[Reason]int{}
	}
	k.kept.Rejected[r] += n
}
