// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"io/fs"
	"sync"
)

var batches = sync.Pool{New: func() any { return &Batch{} }}

// chunk is how much is read at once at least.
const chunk = 64 << 10

func newBatch(size int) *Batch {
	b := batches.Get().(*Batch)
	if cap(b.buffer) < size {
		b.buffer = make([]byte, size)
	}
	return b
}

// keep is the size of buffers that are used again.
const keep = 8 << 20

func (b *Batch) release() {
	clear(b.Records)
	*b = Batch{Records: b.Records[:0], buffer: b.buffer[:0]}
	if cap(b.buffer) <= keep {
		batches.Put(b)
	}
}

// Next takes records that wait, in order: at least one, not more than maxRecords,
// and with the second one not more than maxBytes. It returns nil when none waits.
func (c *Cursor) Next(maxBytes, maxRecords int) *Batch {
	s := c.spool
	for {
		s.mu.Lock()
		c.skipLocked()
		from := c.next
		none := from.segment == nil || c.overLocked(from) || c.waitingLocked() == 0
		s.mu.Unlock()
		if none {
			return nil
		}
		b := newBatch(max(chunk, min(maxBytes, maxRecords*1024)))
		got := c.take(b, from, maxBytes, maxRecords)
		s.mu.Lock()
		if c.next != from { // the segment is gone, and its records are counted
			s.mu.Unlock()
			b.release()
			continue
		}
		c.next = got.after
		c.loseLocked(Damaged, got.missing)
		c.expected -= got.unfinished
		if len(b.Records) > 0 {
			b.flight = &flight{after: got.after, records: len(b.Records)}
			c.pending = append(c.pending, b.flight)
			c.taken += int64(len(b.Records))
			s.mu.Unlock()
			return b
		}
		c.skipLocked()
		s.freeLocked()
		s.mu.Unlock()
		b.release()
		if got.after == from {
			return nil
		}
	}
}

// reading is what has come of reading.
type reading struct {
	after      position
	missing    int64 // records that should be there
	unfinished int64 // records that the end of their process has cut short
}

// take reads records behind at into b.
func (c *Cursor) take(b *Batch, at position, maxBytes, maxRecords int) reading {
	g := at.segment
	buffer := b.buffer[:cap(b.buffer)]
	var p []byte
	for {
		n, need, err := g.read(buffer, at.off)
		if err != nil {
			if !errors.Is(err, fs.ErrClosed) {
				c.spool.report(err)
				c.spool.abandon(g)
				at.off = g.limit.Load() // what cannot be read is counted as damaged
			}
			return reading{after: at}
		}
		p = buffer[:n]
		if need == 0 {
			need = g.needs(p, at.off)
		}
		if need <= int64(len(buffer)) {
			break
		}
		buffer = make([]byte, need)
		b.buffer = buffer
	}
	return c.parse(b, p, at, maxBytes, maxRecords)
}

// needs returns the length of the first record of p, at off, if that goes beyond p
// and is in the segment.
func (g *segment) needs(p []byte, off int64) int64 {
	if _, n, s := parse(p, g.seq); s == cut && off+max(n, recordHeader) <= g.limit.Load() {
		return max(n, recordHeader)
	}
	return 0
}

// parse takes the records of p, which is what stands at a position.
func (c *Cursor) parse(b *Batch, p []byte, at position, maxBytes, maxRecords int) (got reading) {
	size := 0
	defer func() { got.after = at }()
	for len(p) > 0 && len(b.Records) < maxRecords {
		r, n, s := parse(p, at.segment.seq)
		switch {
		case s == cut || s == damaged || s == end:
			if n = at.segment.skip(p, at.off); n == 0 {
				return got // the rest is to be read with what follows
			}
		case s == whole && r.kind == origin:
			at.segment.defineOrigin(r.origin, c.spool.intern(r.payload))
		case r.kind != c.kind || !at.segment.follows(at.ordinal, r, s):
			// It is for others, or has been confirmed.
		case s == open:
			got.unfinished++
			at.ordinal = r.ordinal
		case len(b.Records) > 0 && size+len(r.payload) > maxBytes:
			return got
		default:
			got.missing += int64(r.ordinal-at.ordinal) - 1
			at.ordinal = r.ordinal
			size += len(r.payload)
			b.Records = append(b.Records, Record{at.segment.originOf(r.origin), r.payload})
		}
		p = p[n:]
		at.off += n
	}
	return got
}

// follows reports whether r is to be counted behind the record of its kind with the
// number after.
func (g *segment) follows(after uint32, r record, s state) bool {
	if s == open { // no sum vouches for its number
		return g.torn && r.ordinal == after+1
	}
	return r.ordinal > after
}

// skip returns how much of p, which stands at off and does not begin with a
// record, is to be passed over: to what may be one, or to the end. It is 0 if p
// begins with a part of what may be one.
func (g *segment) skip(p []byte, off int64) int64 {
	if g.needs(p, off) > 0 {
		return 0
	}
	limit := g.limit.Load()
	maybe := func(i int64) bool {
		_, n, s := parse(p[i:], g.seq)
		return s == whole || s == cut && off+i+max(n, recordHeader) <= limit
	}
	for i := int64(0); i < int64(len(p)); i += 8 {
		rest := int64(len(p)) - i
		if rest < recordHeader && off+int64(len(p)) < limit {
			return i
		}
		if rest >= recordHeader && le.Uint32(p[i+16:]) == committed && maybe(i) {
			return i
		}
	}
	return int64(len(p))
}
