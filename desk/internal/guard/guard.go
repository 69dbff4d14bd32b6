// SPDX-License-Identifier: Apache-2.0

// Package guard keeps strangers from the desk's listeners: who may listen where,
// who has the token, and which requests a web page of somebody else has made a
// browser send.
//
// A desk on loopback asks for no token. Then what stands between it and any page
// that its owner has open is the browser, which tells the page's origin, and the
// name by which it was led here: a page may point its own name at 127.0.0.1 (DNS
// rebinding), but cannot make the browser send another Host. Both are checked.
package guard

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// A Config says who may come in.
type Config struct {
	// Addrs are where the server is to listen, as host:port. Without a host, or with
	// port 0, they mean what they mean to [net.Listen].
	Addrs []string
	// Token is what requests must have as "Authorization: Bearer". Empty: they need
	// none, and Addrs must be loopback unless Open is set.
	Token string
	// Open allows addresses that others can reach without a token.
	Open bool
	// Hosts are further names that requests without a token may have as their Host,
	// without a port.
	Hosts []string
}

// minToken is the shortest token, in bytes: shorter ones can be guessed.
const minToken = 16

// A Guard checks requests. Any number of goroutines may use it.
type Guard struct {
	authenticates bool
	token         [sha256.Size]byte // of its text, so that comparing takes the same time for all lengths
	hosts         map[string]bool
	mayBeOpen     bool
}

// New checks a configuration.
func New(cfg Config) (*Guard, error) {
	g := &Guard{
		authenticates: cfg.Token != "", token: sha256.Sum256([]byte(cfg.Token)),
		hosts: map[string]bool{}, mayBeOpen: cfg.Open || cfg.Token != "",
	}
	var errs []error
	if g.authenticates {
		errs = append(errs, checkToken(cfg.Token))
	}
	for _, addr := range cfg.Addrs {
		errs = append(errs, g.checkAddr(addr))
	}
	for _, host := range cfg.Hosts {
		name := hostname(host)
		if name == "" || strings.ContainsAny(host, "/*@ ") {
			errs = append(errs, fmt.Errorf("guard: host %q: want a name such as desk.example.com, or an IP address", host))
		}
		g.hosts[name] = true
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return g, nil
}

func checkToken(token string) error {
	if len(token) < minToken {
		return fmt.Errorf("guard: the token has %d bytes: want at least %d", len(token), minToken)
	}
	for _, c := range []byte(token) {
		if c <= ' ' || c >= 0x7f {
			return errors.New("guard: the token has a space, a control character or a letter that is not ASCII: a header cannot carry it")
		}
	}
	return nil
}

// checkAddr refuses what others can reach, and what is no address.
func (g *Guard) checkAddr(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("guard: address %q: %w: want host:port, such as 127.0.0.1:7070", addr, err)
	}
	if !g.mayBeOpen && !isLoopback(host) {
		return openError(addr)
	}
	return nil
}

func openError(addr string) error {
	return fmt.Errorf("guard: others can reach %s: it wants a token, or to be allowed to be open, or an address such as 127.0.0.1", addr)
}

// A Denied is a request that may not come in.
type Denied struct {
	Status  int    // of HTTP: 401 or 403
	Message string // what was wrong and what is allowed
}

// Error is the message.
func (d *Denied) Error() string { return "guard: " + d.Message }

// Check is [Guard.CheckOrigin], [Guard.CheckHost] and [Guard.CheckToken]. An
// error is a [Denied].
func (g *Guard) Check(r *http.Request) error {
	if err := g.CheckOrigin(r); err != nil {
		return err
	}
	if err := g.CheckHost(r); err != nil {
		return err
	}
	return g.CheckToken(r)
}

// CheckToken refuses a request without the token. An error is a [Denied].
func (g *Guard) CheckToken(r *http.Request) error {
	if !g.authenticates {
		return nil
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	sum := sha256.Sum256([]byte(strings.TrimSpace(token)))
	if strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(sum[:], g.token[:]) == 1 {
		return nil
	}
	if scheme == "" {
		return &Denied{Status: http.StatusUnauthorized, Message: "the token is missing: want the header Authorization: Bearer <token>"}
	}
	return &Denied{Status: http.StatusUnauthorized, Message: "the token is not the right one: want the header Authorization: Bearer <token>"}
}

// CheckHost refuses a request without need of a token whose Host is not a name of
// loopback, the address that it came to, or one of [Config.Hosts]. An error is a
// [Denied].
//
// With a token nothing is refused: a page that was rebound does not have it.
func (g *Guard) CheckHost(r *http.Request) error {
	host := hostname(r.Host)
	if g.authenticates || isLoopback(host) || g.hosts[host] || isLocal(r, host) {
		return nil
	}
	return &Denied{
		Status:  http.StatusForbidden,
		Message: fmt.Sprintf("the host %.100q is not this server: want localhost, the address it listens on, or a configured name", r.Host),
	}
}

// CheckOrigin refuses a request that a page of another site has made. An error is
// a [Denied].
func (g *Guard) CheckOrigin(r *http.Request) error {
	for _, origin := range r.Header.Values("Origin") {
		u, err := url.Parse(origin)
		if err != nil || u.Host == "" || !strings.EqualFold(u.Host, r.Host) {
			return &Denied{Status: http.StatusForbidden, Message: fmt.Sprintf("the origin %.100q is another site: only pages of this server may send requests", origin)}
		}
	}
	return nil
}

// hostname is a host without port, brackets and final dot, in lower case.
func hostname(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// isLoopback reports whether a host is this machine and nobody else can reach it.
// The names are those that resolvers must not ask others about (RFC 6761,
// section 6.3).
func isLoopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// isLocal reports whether a host is the address that a request came to. No name is
// one, so a page cannot be led here by it.
func isLocal(r *http.Request, host string) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if !ok {
		return false
	}
	ip, err := netip.ParseAddr(host)
	at, _ := netip.AddrFromSlice(local.IP)
	return err == nil && ip.Unmap() == at.Unmap()
}
