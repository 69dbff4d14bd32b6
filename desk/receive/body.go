// SPDX-License-Identifier: Apache-2.0

package receive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// firstRead is how much room a body has at first, whatever length it is said to
// have: what has not come yet takes no memory.
const firstRead = 64 << 10

// incoming is a request, whatever has brought it.
type incoming struct {
	signal   Signal
	body     io.Reader // as it is sent
	length   int64     // of body, negative: unknown
	encoding string    // of body: gzip, zstd, or empty
	isJSON   bool
}

// reading is the body of a request on its way, and what it takes.
type reading struct {
	s      *Server
	charge *charge
}

// begin admits a request.
func (s *Server) begin(ctx context.Context, in *incoming) (*reading, error) {
	if in.length > s.cfg.Limits.MessageBytes {
		return nil, s.tooLong(s.cfg.Limits.MessageBytes, "as it is sent")
	}
	n := int64(firstRead)
	if in.length >= 0 {
		n = min(n, in.length)
	}
	c, ok := s.budget.admit(ctx, n)
	if !ok {
		return nil, s.busy()
	}
	return &reading{s: s, charge: c}, nil
}

func (s *Server) tooLong(limit int64, how string) *refusal {
	return refuse(TooLarge, "the request is too large: want at most %d bytes %s", limit, how)
}

func (s *Server) busy() *refusal {
	return refuse(Busy, "the server has no room for the request at the moment: come again")
}

// read reads to the end of what is no longer than a limit, or to its length if it
// is known.
func (r *reading) read(from io.Reader, length, limit int64, how string) ([]byte, error) {
	room := int64(firstRead)
	if length >= 0 {
		room = min(room, length)
	}
	b := make([]byte, 0, room)
	for int64(len(b)) != length {
		if len(b) == cap(b) {
			grown, err := r.grow(b, length, limit)
			if err != nil {
				return nil, err
			}
			b = grown
		}
		n, err := from.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if int64(len(b)) > limit {
			return nil, r.s.tooLong(limit, how)
		}
		if err == io.EOF && length < 0 {
			return b, nil
		}
		if err != nil && int64(len(b)) != length {
			return nil, err
		}
	}
	return b, nil
}

// grow makes more room for what is being read: little where nobody knows how much
// will come. One byte above the limit shows that it is exceeded.
func (r *reading) grow(b []byte, length, limit int64) ([]byte, error) {
	room := min(2*int64(cap(b)), limit+1)
	if length >= 0 {
		room = min(4*int64(cap(b)), length)
	}
	more := room - int64(cap(b))
	if !r.charge.grow(more) {
		return nil, r.s.busy()
	}
	grown := make([]byte, len(b), room)
	copy(grown, b)
	return grown, nil
}

// body reads a request as it is sent.
func (r *reading) body(in *incoming) ([]byte, error) {
	b, err := r.read(in.body, in.length, r.s.cfg.Limits.MessageBytes, "as it is sent")
	if err != nil {
		return nil, brokenOff(err)
	}
	if in.length < 0 {
		return b, nil
	}
	var behind [1]byte
	switch n, err := io.ReadFull(in.body, behind[:]); {
	case n > 0:
		return nil, refuse(Malformed, "the request goes on behind its length")
	case err != io.EOF:
		return nil, brokenOff(err)
	}
	return b, nil
}

// brokenOff is why a request has not come.
func brokenOff(err error) *refusal {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return refuse(TooSlow, "the request has not come in time")
	}
	return refuse(Malformed, "the request ends too soon: %v", err)
}

// inflate decompresses a body.
func (r *reading) inflate(encoding string, b []byte) ([]byte, error) {
	if encoding == "" {
		if limit := r.s.cfg.Limits.DecompressedBytes; int64(len(b)) > limit {
			return nil, r.s.tooLong(limit, "decompressed")
		}
		return b, nil
	}
	src := bytes.NewReader(b)
	defer src.Reset(nil) // lest the decompressor keeps the body
	z, err := decompressor(encoding, src)
	if err != nil {
		return nil, err
	}
	defer decompressors[encoding].Put(z)
	if !r.charge.grow(firstRead) {
		return nil, r.s.busy()
	}
	out, err := r.read(z, -1, r.s.cfg.Limits.DecompressedBytes, "decompressed")
	if _, ok := errors.AsType[*refusal](err); err != nil && !ok {
		err = refuse(Malformed, "%s: %v", encoding, err)
	}
	r.charge.shrink(int64(cap(b)))
	return out, err
}

// clip is a body without the room behind it, as the sink will keep it.
func (r *reading) clip(b []byte) []byte {
	spare := cap(b) - len(b)
	if spare <= cap(b)/8 {
		return b
	}
	r.charge.shrink(int64(spare))
	return append(make([]byte, 0, len(b)), b...)
}

// resetter is a decompressor.
type resetter interface {
	io.Reader
	Reset(r io.Reader) error
}

// maxWindow is how far back a zstd stream may refer: what every decoder should
// support (RFC 8878, section 3.1.1.1.2).
const maxWindow = 8 << 20

// decompressors are those that are free, by encoding.
var decompressors = map[string]*sync.Pool{
	"gzip": {New: func() any { return new(gzip.Reader) }},
	"zstd": {New: func() any {
		z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil { // there is no such option
			return err
		}
		return z
	}},
}

// decompressor is one for a body. It goes back to decompressors.
func decompressor(encoding string, body io.Reader) (resetter, error) {
	pool := decompressors[encoding]
	z, ok := pool.Get().(resetter)
	if !ok {
		return nil, fmt.Errorf("receive: there is no decompressor for %s", encoding)
	}
	if err := z.Reset(body); err != nil {
		pool.Put(z)
		return nil, refuse(Malformed, "%s: %v", encoding, err)
	}
	return z, nil
}
