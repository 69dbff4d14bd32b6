// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
)

// Listen listens on an address of [Config.Addrs]. No more than so many connections
// are open at a time, if that is positive; further ones wait in the system's
// queue.
//
// An address that turns out not to be loopback, such as a localhost that a hosts
// file has led astray, is refused as [New] would have.
func (g *Guard) Listen(ctx context.Context, addr string, connections int) (net.Listener, error) {
	if err := g.checkAddr(addr); err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("guard: %w", err)
	}
	tcp, ok := l.(*net.TCPListener)
	if !ok {
		return nil, errors.Join(fmt.Errorf("guard: address %q is not one of TCP", addr), l.Close())
	}
	if at := tcp.Addr().(*net.TCPAddr); !g.mayBeOpen && !at.IP.IsLoopback() {
		return nil, errors.Join(openError(at.String()), tcp.Close())
	}
	if connections <= 0 {
		return tcp, nil
	}
	return &limited{TCPListener: tcp, free: make(chan struct{}, connections), closed: make(chan struct{})}, nil
}

// limited is a listener with a bound on its open connections.
type limited struct {
	*net.TCPListener
	free   chan struct{} // has an element for each open connection
	once   sync.Once
	closed chan struct{}
}

// Accept implements [net.Listener].
func (l *limited) Accept() (net.Conn, error) {
	select {
	case l.free <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	c, err := l.TCPListener.AcceptTCP()
	if err != nil {
		<-l.free
		return nil, err
	}
	return &counted{TCPConn: c, done: func() { <-l.free }}, nil
}

// Close implements [net.Listener].
func (l *limited) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.TCPListener.Close()
}

// counted is a connection that tells of its end. It keeps what servers look for in
// a connection of TCP, such as closing one direction.
type counted struct {
	*net.TCPConn
	once sync.Once
	done func()
}

// Close implements [net.Conn].
func (c *counted) Close() error {
	err := c.TCPConn.Close()
	c.once.Do(c.done)
	return err
}
