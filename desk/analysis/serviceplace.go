// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"strings"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
)

// A servicePlace is what a span calls or serves, in one or two parts.
type servicePlace struct {
	role          ServiceRole
	first, second string
}

func (p servicePlace) key() string {
	if p.second == "" {
		return p.first
	}
	return p.first + ":" + p.second
}

// A serviceRule names the place of the spans that say something in its field.
type serviceRule struct {
	field semconv.Field
	role  ServiceRole
	parts func(n *Node) (first, second string)
}

// serviceRules are tried in this order; the first that applies counts.
var serviceRules = []serviceRule{
	{semconv.Provider, RoleComponent, onePart(semconv.Provider)},
	{semconv.DBSystem, RoleComponent, onePart(semconv.DBSystem)},
	{semconv.MessagingSystem, RoleComponent, onePart(semconv.MessagingSystem)},
	{semconv.HTTPMethod, RoleInterface, httpParts},
	{semconv.RPCSystem, RoleInterface, rpcParts},
	{semconv.MessagingDestination, RoleComponent, onePart(semconv.MessagingDestination)},
}

func (t *Tree) servicePlace(at int32) servicePlace { return t.placeBy(t.serviceRule(at), at) }

func (t *Tree) serviceRule(at int32) *serviceRule {
	n := &t.Nodes[at]
	for i := range serviceRules {
		if n.Attrs.Says(n.Span, serviceRules[i].field) {
			return &serviceRules[i]
		}
	}
	return nil
}

// placeBy is the place by a rule, or by the span's name if there is none or it
// does not find all that it wants.
func (t *Tree) placeBy(rule *serviceRule, at int32) servicePlace {
	n := &t.Nodes[at]
	if rule == nil {
		return servicePlace{role: RoleInterface, first: n.Span.Name}
	}
	first, second := rule.parts(n)
	if first == "" {
		return servicePlace{role: rule.role, first: n.Span.Name}
	}
	return servicePlace{role: rule.role, first: first, second: second}
}

func onePart(field semconv.Field) func(n *Node) (first, second string) {
	return func(n *Node) (first, second string) { return n.Attrs.Text(n.Span, field), "" }
}

func rpcParts(n *Node) (first, second string) {
	system, method := n.Attrs.Text(n.Span, semconv.RPCSystem), n.Attrs.Text(n.Span, semconv.RPCMethod)
	if method == "" {
		return "", ""
	}
	return system, method
}

// httpParts are the method with the path that a client asked for or the route
// that a server chose.
func httpParts(n *Node) (first, second string) {
	url := n.Attrs.Text(n.Span, semconv.HTTPURL)
	switch n.kind {
	case trace.Client:
		second = urlPlace(url)
	case trace.Server:
		second = n.Attrs.Text(n.Span, semconv.HTTPRoute)
		if second == "" {
			second = n.Attrs.Text(n.Span, semconv.HTTPHost)
		}
	default:
		return url, ""
	}
	if second == "" {
		return "", ""
	}
	return n.Attrs.Text(n.Span, semconv.HTTPMethod), second
}

// urlPlace is the path of a URL without parameters, or its authority if it has
// no path (RFC 3986, appendix B). It takes what is no URL as well as it can.
func urlPlace(url string) string {
	url = afterScheme(strings.TrimSpace(url))
	authority := ""
	if rest, ok := strings.CutPrefix(url, "//"); ok {
		end := strings.IndexAny(rest, "/?#")
		if end < 0 {
			end = len(rest)
		}
		authority, url = rest[:end], rest[end:]
	}
	if end := strings.IndexAny(url, "?#"); end >= 0 {
		url = url[:end]
	}
	segment := strings.LastIndexByte(url, '/') + 1
	if end := strings.IndexByte(url[segment:], ';'); end >= 0 {
		url = url[:segment+end]
	}
	if url == "" {
		return authority
	}
	return url
}

func afterScheme(url string) string {
	colon := strings.IndexByte(url, ':')
	for i := range max(colon, 0) {
		c := url[i] | 0x20
		letter := 'a' <= c && c <= 'z'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789+-.", rune(url[i]))) {
			return url
		}
	}
	if colon < 1 {
		return url
	}
	return url[colon+1:]
}
