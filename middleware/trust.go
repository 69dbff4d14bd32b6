// SPDX-License-Identifier: Apache-2.0

package middleware

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// trust says which hosts the identity is sent to.
type trust struct {
	all      bool
	names    map[string]bool
	suffixes []string // with their dot
	prefixes []netip.Prefix
}

// parseTrust reads the elements of Config.TrustedHosts.
func parseTrust(hosts []string) (trust, error) {
	t := trust{names: map[string]bool{"localhost": true}, suffixes: []string{".localhost"}} // RFC 6761, section 6.3
	for _, h := range hosts {
		h = strings.ToLower(strings.TrimSpace(h))
		suffix, isSuffix := strings.CutPrefix(h, "*.")
		addr, addrErr := netip.ParseAddr(strings.Trim(h, "[]"))
		prefix, prefixErr := netip.ParsePrefix(h)
		switch {
		case h == "*":
			t.all = true
		case addrErr == nil:
			t.prefixes = append(t.prefixes, netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()))
		case prefixErr == nil:
			t.prefixes = append(t.prefixes, prefix.Masked())
		case isSuffix && isName(suffix):
			t.suffixes = append(t.suffixes, "."+suffix)
		case isName(h):
			t.names[h] = true
		default:
			return trust{}, fmt.Errorf("middleware: trusted host %q: want a name, *.suffix, an address, a prefix such as 203.0.113.0/24, or *", h)
		}
	}
	return t, nil
}

func isName(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == "" && !strings.ContainsAny(s, "/:*@ ")
}

// host reports whether a host, given by name or address without a port, is
// trusted.
func (t *trust) host(host string) bool {
	if t.all {
		return true
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if addr, err := netip.ParseAddr(host); err == nil {
		return t.addr(addr)
	}
	if t.names[host] {
		return true
	}
	for _, suffix := range t.suffixes {
		if strings.HasSuffix(host, suffix) {
			return true
		}
	}
	return false
}

func (t *trust) addr(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	if t.all || addr.IsLoopback() || addr.IsPrivate() {
		return true
	}
	for _, p := range t.prefixes {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// peer reports whether the other end of a connection is trusted. What is not
// reached by an IP address, such as a Unix socket, is on this machine.
func (t *trust) peer(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return !ok || t.addr(tcp.AddrPort().Addr())
}
