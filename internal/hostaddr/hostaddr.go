// SPDX-License-Identifier: Apache-2.0

// Package hostaddr finds the address of this host.
package hostaddr

import (
	"net"
	"net/netip"
)

// Addresses reserved for documentation (RFC 5737, RFC 3849): they are routed as
// any foreign address would be, and nobody is there.
var probes = [...]struct{ network, addr string }{
	{"udp4", "192.0.2.1:9"},
	{"udp6", "[2001:db8::1]:9"},
}

// Find returns the address that this host would send from. Connecting a UDP
// socket only asks the routing table: no packet leaves.
func Find() netip.Addr {
	for _, p := range probes {
		conn, err := net.Dial(p.network, p.addr)
		if err != nil {
			continue
		}
		local, ok := conn.LocalAddr().(*net.UDPAddr)
		conn.Close()
		if ok && !local.AddrPort().Addr().IsUnspecified() {
			return local.AddrPort().Addr().Unmap()
		}
	}
	return interfaceAddr()
}

// interfaceAddr serves hosts without a route: their first global address, IPv4
// before IPv6, or else the loopback address.
func interfaceAddr() netip.Addr {
	found := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return found
	}
	for _, a := range addrs {
		prefix, err := netip.ParsePrefix(a.String())
		if err != nil || !prefix.Addr().IsGlobalUnicast() {
			continue
		}
		if prefix.Addr().Is4() {
			return prefix.Addr()
		}
		if found.IsLoopback() {
			found = prefix.Addr()
		}
	}
	return found
}
