// SPDX-License-Identifier: Apache-2.0

package guard_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/internal/guard"
)

const token = "0123456789abcdef"

func TestConfig(t *testing.T) {
	for _, tt := range []struct {
		name string
		cfg  guard.Config
		want string // in the error; empty: none
	}{
		{"nothing", guard.Config{}, ""},
		{"loopback", guard.Config{Addrs: []string{"127.0.0.1:7070", "127.8.9.10:0", "[::1]:7070", "localhost:7070", "desk.localhost:1", "[::ffff:127.0.0.1]:1"}}, ""},
		{"all addresses", guard.Config{Addrs: []string{":7070"}}, "others can reach :7070: it wants a token, or to be allowed to be open"},
		{"all addresses of version 6", guard.Config{Addrs: []string{"[::]:7070"}}, "others can reach"},
		{"an address of the network", guard.Config{Addrs: []string{"127.0.0.1:1", "192.168.1.2:7070"}}, "others can reach 192.168.1.2:7070"},
		{"a name", guard.Config{Addrs: []string{"desk.example.com:7070"}}, "others can reach"},
		{"a name that looks like loopback", guard.Config{Addrs: []string{"127.0.0.1.example.com:7070"}}, "others can reach"},
		{"open on purpose", guard.Config{Addrs: []string{":7070"}, Open: true}, ""},
		{"with a token", guard.Config{Addrs: []string{":7070"}, Token: token}, ""},
		{"no port", guard.Config{Addrs: []string{"127.0.0.1"}}, "want host:port, such as 127.0.0.1:7070"},
		{"a short token", guard.Config{Token: token[1:]}, "the token has 15 bytes: want at least 16"},
		{"a token with a space", guard.Config{Token: token + " x"}, "a header cannot carry it"},
		{"a token with a line's end", guard.Config{Token: token + "\n"}, "a header cannot carry it"},
		{"a token with an umlaut", guard.Config{Token: token + "ä"}, "a header cannot carry it"},
		{"hosts", guard.Config{Hosts: []string{"desk.example.com", "10.0.0.1", "::1"}}, ""},
		{"an empty host", guard.Config{Hosts: []string{""}}, `host "": want a name`},
		{"an address in place of a host", guard.Config{Hosts: []string{"http://desk"}}, `host "http://desk": want a name`},
		{"a pattern in place of a host", guard.Config{Hosts: []string{"*.example.com"}}, "want a name"},
		{"several mistakes", guard.Config{Addrs: []string{":1"}, Hosts: []string{""}}, "others can reach :1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g, err := guard.New(tt.cfg)
			if tt.want == "" {
				require.NoError(t, err)
				assert.NotNil(t, g)
				return
			}
			require.ErrorContains(t, err, tt.want)
			assert.NotContains(t, err.Error(), token, "a token is not to be logged")
		})
	}
}

func newGuard(t *testing.T, cfg guard.Config) *guard.Guard {
	t.Helper()
	g, err := guard.New(cfg)
	require.NoError(t, err)
	return g
}

// request is one that came to 192.0.2.1:7070.
func request(host string, header ...string) *http.Request {
	local := context.WithValue(context.Background(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 7070})
	r := httptest.NewRequestWithContext(local, http.MethodGet, "/", nil)
	r.Host = host
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	return r
}

// status is that of a request's refusal, 0 if it may come in.
func status(t *testing.T, err error) int {
	t.Helper()
	if err == nil {
		return 0
	}
	denied, ok := err.(*guard.Denied)
	require.True(t, ok, "%v", err)
	assert.NotEmpty(t, denied.Message)
	assert.Equal(t, "guard: "+denied.Message, denied.Error())
	return denied.Status
}

func TestHosts(t *testing.T) {
	without := newGuard(t, guard.Config{Hosts: []string{"Desk.Example.com"}})
	with := newGuard(t, guard.Config{Token: token})
	for _, tt := range []struct {
		host string
		want int
	}{
		{"localhost", 0}, {"localhost:7070", 0}, {"LOCALHOST:7070", 0}, {"localhost.", 0}, {"a.localhost:1", 0},
		{"127.0.0.1", 0}, {"127.0.0.1:7070", 0}, {"127.1.2.3:80", 0}, {"[::1]:7070", 0}, {"[::1]", 0},
		{"192.0.2.1:7070", 0}, {"192.0.2.1", 0}, {"[::ffff:192.0.2.1]:7070", 0},
		{"desk.example.com", 0}, {"desk.example.com:443", 0}, {"DESK.example.com.", 0},
		{"", http.StatusForbidden}, {"evil.example.com", http.StatusForbidden}, {"evil.example.com:7070", http.StatusForbidden},
		{"192.0.2.2:7070", http.StatusForbidden}, {"0.0.0.0:7070", http.StatusForbidden}, {"[::]:7070", http.StatusForbidden},
		{"localhost.evil.example.com", http.StatusForbidden}, {"127.0.0.1.evil.example.com", http.StatusForbidden},
		{"x.desk.example.com", http.StatusForbidden}, {"notlocalhost", http.StatusForbidden}, {"2130706433", http.StatusForbidden},
		{strings.Repeat("x", 10_000), http.StatusForbidden},
	} {
		err := without.CheckHost(request(tt.host))
		assert.Equal(t, tt.want, status(t, err), tt.host)
		assert.Zero(t, status(t, with.CheckHost(request(tt.host))), "a page that was rebound has no token: %s", tt.host)
		if err != nil {
			assert.Less(t, len(err.Error()), 300)
		}
	}
}

func TestOrigins(t *testing.T) {
	for _, cfg := range []guard.Config{{}, {Token: token}} {
		g := newGuard(t, cfg)
		for _, tt := range []struct {
			origins []string
			want    int
		}{
			{nil, 0},
			{[]string{"http://localhost:7070"}, 0},
			{[]string{"https://LOCALHOST:7070"}, 0},
			{[]string{"http://localhost"}, http.StatusForbidden},
			{[]string{"http://localhost:3000"}, http.StatusForbidden},
			{[]string{"http://127.0.0.1:7070"}, http.StatusForbidden},
			{[]string{"https://evil.example.com"}, http.StatusForbidden},
			{[]string{"null"}, http.StatusForbidden},
			{[]string{""}, http.StatusForbidden},
			{[]string{"%"}, http.StatusForbidden},
			{[]string{"http://localhost:7070", "https://evil.example.com"}, http.StatusForbidden},
		} {
			r := request("localhost:7070")
			for _, o := range tt.origins {
				r.Header.Add("Origin", o)
			}
			assert.Equal(t, tt.want, status(t, g.CheckOrigin(r)), "%q", tt.origins)
		}
	}
}

func TestTokens(t *testing.T) {
	g := newGuard(t, guard.Config{Token: token})
	for _, tt := range []struct {
		header string
		want   int
	}{
		{"Bearer " + token, 0},
		{"bearer " + token, 0},
		{"Bearer  " + token + " ", 0},
		{"", http.StatusUnauthorized},
		{"Bearer", http.StatusUnauthorized},
		{"Bearer ", http.StatusUnauthorized},
		{"Bearer " + token[1:], http.StatusUnauthorized},
		{"Bearer " + token + "0", http.StatusUnauthorized},
		{"Bearer " + strings.ToUpper(token), http.StatusUnauthorized},
		{"Basic " + token, http.StatusUnauthorized},
		{token, http.StatusUnauthorized},
	} {
		r := request("evil.example.com", "Authorization", tt.header)
		assert.Equal(t, tt.want, status(t, g.CheckToken(r)), tt.header)
		assert.Equal(t, tt.want, status(t, g.Check(r)), tt.header)
	}
	assert.Zero(t, status(t, newGuard(t, guard.Config{}).CheckToken(request(""))))
}

func TestHandler(t *testing.T) {
	answer := func(g *guard.Guard, r *http.Request) *httptest.ResponseRecorder {
		next := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
		refuse := func(w http.ResponseWriter, d *guard.Denied) { http.Error(w, d.Message, d.Status) }
		w := httptest.NewRecorder()
		guard.SecurityHeaders(g.Handler(next, refuse)).ServeHTTP(w, r)
		assert.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
		assert.Equal(t, "same-origin", w.Header().Get("Cross-Origin-Resource-Policy"))
		assert.Contains(t, w.Header().Get("Content-Security-Policy"), "default-src 'self'")
		assert.Contains(t, w.Header().Get("Content-Security-Policy"), "frame-ancestors 'none'")
		for name := range w.Header() {
			assert.False(t, strings.HasPrefix(name, "Access-Control-"), name)
		}
		return w
	}
	open, closed := newGuard(t, guard.Config{}), newGuard(t, guard.Config{Token: token})
	assert.Equal(t, http.StatusTeapot, answer(open, request("localhost")).Code)
	assert.Equal(t, http.StatusForbidden, answer(open, request("evil.example.com")).Code)
	assert.Equal(t, http.StatusTeapot, answer(closed, request("localhost", "Authorization", "Bearer "+token)).Code)
	w := answer(closed, request("localhost"))
	assert.Equal(t, http.StatusUnauthorized, w.Code)
	assert.Equal(t, `Bearer realm="desk"`, w.Header().Get("WWW-Authenticate"))
	w = answer(closed, request("localhost", "Origin", "https://evil.example.com", "Authorization", "Bearer "+token))
	assert.Equal(t, http.StatusForbidden, w.Code)
	assert.Empty(t, w.Header().Get("WWW-Authenticate"))
}
