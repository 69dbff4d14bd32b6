// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/sidetrace/sidetrace/internal/spool"
)

// Protocol is how OTLP is spoken.
type Protocol string

// The protocols that an [Endpoint] may have, by their names in
// OTEL_EXPORTER_OTLP_PROTOCOL.
const (
	ProtocolGRPC Protocol = "grpc"
	ProtocolHTTP Protocol = "http/protobuf"
)

// Ports that OTLP has by default, and the paths of HTTP
// (OTLP specification, "OTLP/gRPC", "OTLP/HTTP").
const (
	grpcPort   = "4317"
	tracesPath = "/v1/traces"
	logsPath   = "/v1/logs"
)

// DefaultTimeout bounds one request of an [Endpoint] that says nothing else.
const DefaultTimeout = 10 * time.Second

// Endpoint is a place that takes OTLP.
type Endpoint struct {
	// URL is http://host:port or https://host:port; the scheme decides about
	// TLS. For HTTP it has the signal's path, such as /v1/traces.
	URL string
	// Protocol, empty means gRPC for port 4317 and HTTP otherwise.
	Protocol Protocol
	// Headers go with every request. They often hold a secret and are not
	// logged.
	Headers map[string]string
	// Compression is "gzip", "zstd" or empty.
	Compression string
	// Timeout bounds one request. Zero means [DefaultTimeout].
	Timeout time.Duration
	// TLS holds certificates, for https. Nil means those of the system.
	TLS *tls.Config
}

// parse returns the URL, or what is wanted instead of what e has.
func (e *Endpoint) parse() (u *url.URL, want string) {
	u, err := url.Parse(e.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return nil, "http://host:port or https://host:port"
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.ParseUint(p, 10, 16); err != nil || n == 0 {
			return nil, "a port from 1 to 65535"
		}
	}
	switch e.protocol(u) {
	case ProtocolGRPC:
		if u.Port() == "" {
			return nil, "a port for gRPC, as in " + u.Scheme + "://" + u.Host + ":" + grpcPort
		}
	case ProtocolHTTP:
	default:
		return nil, "a protocol other than " + strconv.Quote(string(e.Protocol)) + ": " + string(ProtocolGRPC) + " or " + string(ProtocolHTTP)
	}
	if name, bad := badHeader(e.Headers); bad {
		return nil, wantHeaders + ", other than the header " + strconv.Quote(name)
	}
	if !slices.Contains([]string{"", gzipName, zstdName}, e.Compression) {
		return nil, "a compression other than " + strconv.Quote(e.Compression) + ": gzip, zstd or nothing"
	}
	return u, ""
}

func (e *Endpoint) check() (*url.URL, error) {
	u, want := e.parse()
	if want != "" {
		return nil, fmt.Errorf("otlp: endpoint %q: want %s", e.URL, want)
	}
	return u, nil
}

// badHeader returns the name of a header that cannot be sent, if there is one.
func badHeader(headers map[string]string) (name string, bad bool) {
	for name, value := range headers {
		inName := func(r rune) bool {
			return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.", r)
		}
		notInName := func(r rune) bool { return !inName(r) }
		notInValue := func(r rune) bool { return r < ' ' || r > '~' }
		if name == "" || strings.ContainsFunc(name, notInName) || strings.ContainsFunc(value, notInValue) {
			return name, true
		}
	}
	return "", false
}

const wantHeaders = "header names of letters, digits, '-', '_' and '.', and values of printable ASCII"

func (e *Endpoint) protocol(u *url.URL) Protocol {
	if e.Protocol != "" {
		return e.Protocol
	}
	if u.Port() == grpcPort {
		return ProtocolGRPC
	}
	return ProtocolHTTP
}

func (e *Endpoint) credentials(u *url.URL) grpc.DialOption {
	if u.Scheme == "http" {
		return grpc.WithTransportCredentials(insecure.NewCredentials())
	}
	return grpc.WithTransportCredentials(credentials.NewTLS(e.TLS))
}

func (e *Endpoint) timeout() time.Duration { return cmp.Or(e.Timeout, DefaultTimeout) }

// client returns what speaks to the endpoint.
func (e *Endpoint) client(k spool.Kind) (client, error) {
	u, err := e.check()
	if err != nil {
		return nil, err
	}
	if e.protocol(u) == ProtocolGRPC {
		return newGRPCClient(e, u, k)
	}
	path := tracesPath
	if k == spool.Log {
		path = logsPath
	}
	return newHTTPClient(e, u, path), nil
}

// tls returns nil for plain text.
func (e *Endpoint) tls(u *url.URL) *tls.Config {
	switch {
	case u.Scheme == "http":
		return nil
	case e.TLS == nil:
		return &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return e.TLS.Clone() // a transport changes it
}

// withPath gives a URL without a path the signal's.
func withPath(u *url.URL, path string) string {
	if strings.Trim(u.Path, "/") != "" {
		return u.String()
	}
	return u.JoinPath(path).String()
}
