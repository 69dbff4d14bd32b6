// SPDX-License-Identifier: Apache-2.0

package middleware

import (
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTrust(t *testing.T) {
	tr, err := parseTrust([]string{"Friend.example", "*.mesh.local", "203.0.113.0/24", "2001:db8::/32", "[2001:db9::1]", "198.51.100.7"})
	require.NoError(t, err)
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST": true, "a.localhost": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true,
		"10.0.0.1": true, "172.16.0.1": true, "192.168.1.1": true, "fd00::1": true, "::ffff:10.0.0.1": true,
		"friend.example": true, "friend.example.": true, "a.b.mesh.local": true, "203.0.113.9": true,
		"2001:db8::9": true, "2001:db9::1": true, "198.51.100.7": true,
		"": false, "example.com": false, "notfriend.example": false, "mesh.local": false, "xmesh.local": false, "localhost.evil.example": false,
		"8.8.8.8": false, "172.32.0.1": false, "169.254.169.254": false, "2001:db9::2": false, "0.0.0.0": false, "10.0.0.1.evil.example": false,
	} {
		assert.Equal(t, want, tr.host(host), host)
	}
	assert.True(t, tr.peer(&net.UnixAddr{Name: "/tmp/x"}))
	assert.True(t, tr.peer(&net.TCPAddr{IP: net.IPv6loopback}))
	assert.False(t, tr.peer(&net.TCPAddr{IP: net.IPv4(8, 8, 8, 8)}))
	all, err := parseTrust([]string{"*"})
	require.NoError(t, err)
	assert.True(t, all.host("anybody.example"))
	assert.True(t, all.peer(&net.TCPAddr{IP: net.IPv4(8, 8, 8, 8)}))
}

func TestTargetHost(t *testing.T) {
	for target, want := range map[string]string{
		"tools:9000": "tools", "10.0.0.1:9000": "10.0.0.1", "[::1]:9000": "::1", "tools": "tools", "[::1]": "::1",
		"dns:///tools.example:9000": "tools.example", "dns://8.8.8.8/tools.example:9000": "tools.example",
		"passthrough:///tools:9000": "tools", "dns:tools:9000": "tools",
	} {
		host, local := targetHost(target)
		assert.Equal(t, want, host, target)
		assert.False(t, local)
	}
	for _, target := range []string{"unix:/tmp/s", "unix:///tmp/s", "unix-abstract:s"} {
		_, local := targetHost(target)
		assert.True(t, local, target)
	}
}

func TestIsProxy(t *testing.T) {
	t.Setenv("https_proxy", "")
	for _, tt := range []struct {
		proxy, addr string
		want        bool
	}{
		{"http://10.0.0.5:3128", "10.0.0.5:3128", true},
		{"10.0.0.5:3128", "10.0.0.5:3128", true},
		{"http://10.0.0.5", "10.0.0.5:443", true}, // the port that gRPC takes then
		{"http://proxy.local:3128", "10.0.0.5:3128", true},
		{"http://10.0.0.5:3128", "10.0.0.6:3128", false},
		{"http://10.0.0.5:3128", "10.0.0.5:443", false},
		{"", "10.0.0.5:443", false},
	} {
		t.Setenv("HTTPS_PROXY", tt.proxy)
		addr := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(tt.addr))
		assert.Equal(t, tt.want, isProxy(addr), "%s through %s", tt.addr, tt.proxy)
	}
	assert.False(t, isProxy(&net.UnixAddr{}))
}
