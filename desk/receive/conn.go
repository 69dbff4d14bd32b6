// SPDX-License-Identifier: Apache-2.0

package receive

import (
	"bufio"
	"encoding/binary"
	"net"
	"sync"
)

const (
	// readAhead is how much of a connection is read at once: two frames of those
	// that HTTP/2 clients send unless they are allowed longer ones (RFC 9113,
	// section 6.5.2).
	readAhead = 32 << 10
	// streamWindow and connWindow are how much clients may send ahead of what is
	// read of a request, and of all of a connection.
	streamWindow = 256 << 10
	connWindow   = 2 << 20
	// heldCredit is how much of these together is given back at once, in so many
	// bytes of frames at most: as the rest is there still, nobody waits for it.
	heldCredit = streamWindow / 2
	heldBytes  = 1 << 10
)

// thrifty listens for connections in plain text.
type thrifty struct{ net.Listener }

// Accept implements [net.Listener].
func (l thrifty) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &thriftyConn{Conn: c, ahead: bufio.NewReaderSize(c, readAhead)}, nil
}

// A thriftyConn needs a part of the system calls that net/http's server of HTTP/2
// makes, which reads the head and the rest of each frame by themselves, and writes
// updates of the windows after most of them.
type thriftyConn struct {
	net.Conn
	ahead *bufio.Reader

	mu     sync.Mutex // guards what follows
	held   []byte     // updates of windows that wait
	credit int        // what they give back, in bytes
}

// Read implements [net.Conn].
func (c *thriftyConn) Read(p []byte) (int, error) { return c.ahead.Read(p) }

// Write implements [net.Conn]. Updates of windows wait for other frames, or until
// they are worth a packet of their own.
func (c *thriftyConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	credit, only := updates(p)
	if only && c.credit+credit < heldCredit && len(c.held)+len(p) <= heldBytes {
		c.held, c.credit = append(c.held, p...), c.credit+credit
		return len(p), nil
	}
	if len(c.held) == 0 {
		return c.Conn.Write(p)
	}
	before := len(c.held)
	n, err := c.Conn.Write(append(c.held, p...))
	c.held, c.credit = c.held[:0], 0
	return max(0, n-before), err
}

// updates reports whether frames are WINDOW_UPDATE and nothing else, and how much
// they give back together (RFC 9113, sections 4.1 and 6.9).
func updates(p []byte) (credit int, only bool) {
	const (
		length = 4
		kind   = 8
		head   = 9
		whole  = head + length
	)
	for ; len(p) >= whole; p = p[whole:] {
		if binary.BigEndian.Uint32(p) != length<<8|kind {
			return 0, false
		}
		credit += int(binary.BigEndian.Uint32(p[head:]))
	}
	return credit, len(p) == 0
}
