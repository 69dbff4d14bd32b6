// SPDX-License-Identifier: Apache-2.0

package receive

import (
	"net"
	"net/http"
	"sync"
)

// unused are connections on which nothing has come yet, such as clients keep ready.
// [http.Server.Shutdown] waits five seconds for each.
type unused struct {
	mu    sync.Mutex // guards what follows
	conns map[net.Conn]bool
	over  bool
}

// note is an [http.Server.ConnState].
func (u *unused) note(c net.Conn, state http.ConnState) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if state != http.StateNew {
		delete(u.conns, c)
		return
	}
	if u.over {
		_ = c.Close() // nothing is lost with it
		return
	}
	if u.conns == nil {
		u.conns = map[net.Conn]bool{}
	}
	u.conns[c] = true
}

// close closes them, and those that are still to come.
func (u *unused) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.over = true
	for c := range u.conns {
		_ = c.Close() // nothing is lost with it
	}
}
