// SPDX-License-Identifier: Apache-2.0

package jsonread

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// Limits on one value of a stream, in bytes: of JSON lines each is a record or
// some hundred, while a document may be a whole trace of 100,000 spans.
const (
	MaxLine     = 64 << 20
	MaxDocument = 1 << 30
)

// ErrLine is why a line of JSON lines is no value: a process was killed while it
// wrote it. The lines after it can be read.
var ErrLine = errors.New("the line ends in the middle of a value")

// A Text is one value of a stream.
type Text struct {
	Bytes []byte // valid until the next call
	Line  int    // where it begins, from 1
	Index int    // in the array around it, -1 if there is none
}

// A Stream divides a file into values: one after another, in lines or not, or as
// the elements of one array. It looks at brackets and quotes only.
type Stream struct {
	in      *bufio.Reader
	line    int
	index   int
	inArray bool
	lines   bool // each line is a value, as the first one was
	limits  [2]int
	buf     []byte
}

// NewStream is a stream of the values in r.
func NewStream(r *bufio.Reader) *Stream {
	return &Stream{in: r, line: 1, index: -1, limits: [2]int{MaxDocument, MaxLine}}
}

// Next is the next value, as far as brackets and quotes tell. The error is
// [io.EOF] after the last one; [io.ErrUnexpectedEOF] with the incomplete value at
// the end of a file that was cut; [ErrLine] with an incomplete line, after which
// Next may be called again.
func (s *Stream) Next() (Text, error) {
	c, err := s.begin()
	if err != nil {
		return Text{Line: s.line, Index: s.index}, err
	}
	t := Text{Line: s.line, Index: s.index}
	s.buf = s.buf[:0]
	if c == '{' || c == '[' {
		err = s.brackets()
	} else {
		err = s.scalar()
	}
	t.Bytes = s.buf
	return t, err
}

// begin skips what stands before the next value. It returns its first byte.
func (s *Stream) begin() (byte, error) {
	for {
		c, err := s.skipSpace()
		switch {
		case err == io.EOF && s.inArray:
			return 0, io.ErrUnexpectedEOF
		case err != nil:
			return 0, err
		case c == '[' && !s.inArray && !s.lines && s.index < 0:
			s.inArray = true
		case s.inArray && c == ',' && s.index >= 0:
		case s.inArray && c == ']':
			s.inArray = false
			s.discard()
			s.index = -1
			continue
		default:
			if s.inArray {
				s.index++
			}
			return c, nil
		}
		s.discard()
	}
}

func (s *Stream) discard() { _, _ = s.in.Discard(1) } // it was peeked at

// skipSpace returns the first byte that is none, without reading it.
func (s *Stream) skipSpace() (byte, error) {
	for {
		b, err := s.in.Peek(1)
		if err != nil {
			return 0, err
		}
		switch b[0] {
		case '\n':
			s.line++
		case ' ', '\t', '\r':
		default:
			return b[0], nil
		}
		s.discard()
	}
}

// brackets reads from an opening bracket to the one that closes it.
func (s *Stream) brackets() error {
	first, scan := s.line, scanner{}
	for {
		window, err := s.window()
		if err != nil {
			return err
		}
		n, state := scan.window(window, s.lines)
		s.buf = append(s.buf, window[:n]...)
		s.line += scan.newlines
		scan.newlines = 0
		if _, err := s.in.Discard(n); err != nil {
			return err
		}
		if limit := s.limit(); len(s.buf) > limit {
			return fmt.Errorf("the value is longer than %d MiB", limit>>20)
		}
		switch state {
		case closed:
			s.lines = s.lines || !s.inArray && first == s.line && s.atLineEnd()
			return nil
		case cut:
			return ErrLine
		}
	}
}

func (s *Stream) limit() int {
	if s.lines {
		return s.limits[1]
	}
	return s.limits[0]
}

// window is what is buffered, at least one byte.
func (s *Stream) window() ([]byte, error) {
	if _, err := s.in.Peek(1); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return s.in.Peek(s.in.Buffered())
}

// atLineEnd reports whether a line break follows.
func (s *Stream) atLineEnd() bool {
	b, _ := s.in.Peek(2)
	return len(b) > 0 && (b[0] == '\n' || len(b) == 2 && b[0] == '\r' && b[1] == '\n')
}

// scalar reads a value without brackets, or what is none, up to where it may end:
// no format has any, so that quotes do not matter.
func (s *Stream) scalar() error {
	for {
		b, err := s.in.Peek(1)
		switch {
		case err == io.EOF && s.inArray:
			return io.ErrUnexpectedEOF
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
		switch c := b[0]; {
		case c == '\n', s.inArray && len(s.buf) > 0 && (c == ',' || c == ']'):
			return nil
		case len(s.buf) == s.limits[1]:
			return fmt.Errorf("the value is longer than %d MiB", s.limits[1]>>20)
		default:
			s.buf = append(s.buf, c)
		}
		s.discard()
	}
}

// A scanner follows brackets and quotes.
type scanner struct {
	depth            int
	inString, escape bool
	newlines         int
}

type state uint8

const (
	open   state = iota
	closed       // the last bracket was closed
	cut          // a line ended before
)

// window looks at the next bytes up to the end of the value. It returns how many
// belong to it.
func (c *scanner) window(b []byte, lines bool) (int, state) {
	for i, ch := range b {
		if ch == '\n' {
			if lines {
				return i, cut
			}
			c.newlines++
		}
		if c.inString {
			c.text(ch)
			continue
		}
		switch ch {
		case '"':
			c.inString = true
		case '{', '[':
			c.depth++
		case '}', ']':
			if c.depth--; c.depth == 0 {
				return i + 1, closed
			}
		}
	}
	return len(b), open
}

func (c *scanner) text(ch byte) {
	switch {
	case c.escape:
		c.escape = false
	case ch == '\\':
		c.escape = true
	case ch == '"':
		c.inString = false
	}
}
