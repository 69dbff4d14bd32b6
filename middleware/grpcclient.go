// SPDX-License-Identifier: Apache-2.0

package middleware

import (
	"cmp"
	"context"
	"net"
	"net/url"
	"os"
	"strings"
	"sync/atomic"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/stats"
)

// GRPCClient returns the option for [grpc.NewClient] that traces all calls. The
// trace goes along with every call. The identity goes along when all of the
// connections made with the option lead to trusted addresses: a stats handler
// learns the addresses, not the name that was dialled. To decide by the name,
// use [Middleware.GRPCClientFor].
func (m *Middleware) GRPCClient() grpc.DialOption {
	opts := append(m.grpcOptions(), otelgrpc.WithPropagators(m.cfg.Propagator))
	return grpc.WithStatsHandler(&grpcClient{Handler: otelgrpc.NewClientHandler(opts...), m: m})
}

// GRPCClientFor is [Middleware.GRPCClient] for connections to target alone, in the
// syntax of [grpc.NewClient]: the identity goes along if its host is trusted.
func (m *Middleware) GRPCClientFor(target string) grpc.DialOption {
	p := m.cfg.Propagator
	if host, local := targetHost(target); local || m.trust.host(host) {
		p = trustingPropagator{p}
	}
	return grpc.WithStatsHandler(otelgrpc.NewClientHandler(append(m.grpcOptions(), otelgrpc.WithPropagators(p))...))
}

// targetHost returns the host of a target (gRPC Name Resolution, "Name Syntax"),
// or that it is on this machine.
func targetHost(target string) (host string, local bool) {
	scheme, rest, _ := strings.Cut(target, ":")
	switch {
	case scheme == "unix" || scheme == "unix-abstract":
		return "", true
	case strings.HasPrefix(rest, "//"): // scheme://authority/endpoint
		_, target, _ = strings.Cut(rest[2:], "/")
	case scheme == "dns" || scheme == "passthrough":
		target = rest
	}
	if h, _, err := net.SplitHostPort(target); err == nil {
		return h, false
	}
	return strings.Trim(target, "[]"), false
}

// grpcClient adds the identity to calls over connections that are trusted.
type grpcClient struct {
	stats.Handler
	m                  *Middleware
	trusted, untrusted atomic.Int64 // open connections
}

type connKey struct{}

// TagConn implements [stats.Handler].
func (c *grpcClient) TagConn(ctx context.Context, info *stats.ConnTagInfo) context.Context {
	count := &c.untrusted
	if c.m.trust.peer(info.RemoteAddr) && !isProxy(info.RemoteAddr) {
		count = &c.trusted
	}
	count.Add(1)
	return context.WithValue(c.Handler.TagConn(ctx, info), connKey{}, count)
}

// HandleConn implements [stats.Handler].
func (c *grpcClient) HandleConn(ctx context.Context, s stats.ConnStats) {
	if count, ok := ctx.Value(connKey{}).(*atomic.Int64); ok {
		if _, ended := s.(*stats.ConnEnd); ended {
			count.Add(-1)
		}
	}
	c.Handler.HandleConn(ctx, s)
}

// isProxy reports whether addr is the proxy of the environment, behind which
// anybody can be.
func isProxy(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return false
	}
	for _, name := range []string{"HTTPS_PROXY", "https_proxy"} {
		value := os.Getenv(name)
		if value == "" {
			continue
		}
		u, err := url.Parse(value)
		if err != nil || u.Host == "" {
			u = &url.URL{Host: value}
		}
		_, port, _ := net.SplitHostPort(tcp.String())
		if ip := net.ParseIP(u.Hostname()); cmp.Or(u.Port(), "443") == port && (ip == nil || ip.Equal(tcp.IP)) {
			return true
		}
	}
	return false
}

// TagRPC implements [stats.Handler].
func (c *grpcClient) TagRPC(ctx context.Context, info *stats.RPCTagInfo) context.Context {
	ctx = c.Handler.TagRPC(ctx, info)
	md, _ := metadata.FromOutgoingContext(ctx) // a copy
	if md == nil {
		md = metadata.MD{}
	}
	trustingPropagator{c.m.cfg.Propagator}.Inject(ctx, mdCarrier(md))
	return &callContext{Context: ctx, identified: metadata.NewOutgoingContext(ctx, md), client: c}
}

// callContext is the context of a call whose connection is not known yet. The
// transport asks it for the metadata to send when a connection has been picked,
// and only then it is decided which those are.
type callContext struct {
	context.Context // without the identity
	identified      context.Context
	client          *grpcClient
}

// Value implements [context.Context].
func (c *callContext) Value(key any) any {
	if c.client.trusted.Load() > 0 && c.client.untrusted.Load() == 0 {
		return c.identified.Value(key)
	}
	return c.Context.Value(key)
}

// mdCarrier is gRPC metadata as a carrier.
type mdCarrier metadata.MD

// Get implements [propagation.TextMapCarrier].
func (c mdCarrier) Get(key string) string {
	if values := metadata.MD(c).Get(key); len(values) > 0 {
		return values[0]
	}
	return ""
}

// Values implements [propagation.ValuesGetter].
func (c mdCarrier) Values(key string) []string { return metadata.MD(c).Get(key) }

// Set implements [propagation.TextMapCarrier].
func (c mdCarrier) Set(key, value string) { metadata.MD(c).Set(key, value) }

// Keys implements [propagation.TextMapCarrier].
func (c mdCarrier) Keys() []string {
	keys := make([]string, 0, len(c))
	for k := range c {
		keys = append(keys, k)
	}
	return keys
}
