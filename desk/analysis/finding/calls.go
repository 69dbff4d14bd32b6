// SPDX-License-Identifier: Apache-2.0

package finding

import (
	"strings"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
)

// Calls are what the nodes of a tree ask databases and HTTP servers for.
type calls struct {
	// of is the index in requests for each node, none if nothing is known of it.
	of       []int32
	requests []request
	similar  int32 // how many [analysis.Node.Similar] there are
	keys     int   // how many operations, see finder.operation

	known      map[requestKey]int32
	operations map[operationKey]int32
	targets    map[string]int32
	scratch    []byte
}

// A request is a query of a database or a request of an HTTP server. Nodes that
// ask for the same have the same.
type request struct {
	operation int32 // equal for requests that differ in their parameters alone
	target    int32 // the table or the host that it is about, none if that is not known
	exact     bool  // the parameters are known as well
	paged     bool  // it asks for a page of a list
}

// A requestKey has all that is known of a request.
type requestKey struct {
	service            int32
	where, what, which string
}

type operationKey struct {
	service int32
	where   string
	what    string
}

func (f *finder) allCalls() *calls {
	c := &calls{
		of:    make([]int32, len(f.tree.Nodes)),
		known: map[requestKey]int32{}, operations: map[operationKey]int32{}, targets: map[string]int32{},
	}
	for i := range f.tree.Nodes {
		n := &f.tree.Nodes[i]
		c.similar = max(c.similar, n.Similar+1)
		c.of[i] = none
		switch {
		case f.is(int32(i), isDB):
			c.of[i] = c.query(n)
		case f.is(int32(i), isHTTP):
			c.of[i] = c.httpRequest(n)
		}
	}
	c.keys = int(c.similar) + len(c.operations)
	return c
}

// operation is a number for what a node does: what it asks for, without the
// parameters, or if that is not known its name and service.
func (c *calls) operation(node int32, n *analysis.Node) int32 {
	if at := c.of[node]; at != none {
		return c.similar + c.requests[at].operation
	}
	return n.Similar
}

func (c *calls) add(key requestKey, r request) int32 {
	at := int32(len(c.requests))
	c.requests = append(c.requests, r)
	c.known[key] = at
	return at
}

func (c *calls) operationOf(key operationKey, what []byte) int32 {
	key.what = string(what)
	at, ok := c.operations[key]
	if !ok {
		at = int32(len(c.operations))
		c.operations[key] = at
	}
	return at
}

func (c *calls) target(where, name string) int32 {
	if name == "" {
		return none
	}
	key := where + "\x00" + name
	at, ok := c.targets[key]
	if !ok {
		at = int32(len(c.targets))
		c.targets[key] = at
	}
	return at
}

// query is the request of a database call. Without a statement the operation and
// the collection are known at most.
func (c *calls) query(n *analysis.Node) int32 {
	text := n.Attrs.Text(n.Span, semconv.DBStatement)
	key := requestKey{service: n.Service, where: n.Attrs.Text(n.Span, semconv.DBName), what: text}
	if text == "" {
		key.what, key.which = n.Attrs.Text(n.Span, semconv.DBOperation), n.Attrs.Text(n.Span, semconv.DBCollection)
		if key.what == "" || key.which == "" {
			return none
		}
	} else if isOpen(text) {
		key.which = parameters(n.Span)
	}
	if at, ok := c.known[key]; ok {
		return at
	}
	s := normalize(key.what, c.scratch)
	table := s.table
	if collection := n.Attrs.Text(n.Span, semconv.DBCollection); collection != "" {
		table = strings.ToLower(collection)
	}
	if table == "" {
		table = secondWord(text)
	}
	if text == "" {
		s.text = append(append(s.text, ' '), key.which...)
	}
	c.scratch = s.text
	return c.add(key, request{
		operation: c.operationOf(operationKey{service: n.Service, where: key.where}, s.text),
		target:    c.target(key.where, table),
		exact:     text != "" && (!s.open || key.which != ""),
		paged:     s.paged,
	})
}

// isOpen reports whether a statement may have placeholders, which are rare
// enough to look for parameters only then.
func isOpen(text string) bool { return strings.ContainsAny(text, "?$:@%") }

// secondWord is what commands of key-value stores are about: their key.
func secondWord(text string) string {
	_, rest, _ := strings.Cut(text, " ")
	word, _, _ := strings.Cut(rest, " ")
	return word
}

// parameters are those of a query, as db.query.parameter.<key> has them
// (semantic conventions for databases 1.30).
func parameters(s *trace.Span) string {
	var b strings.Builder
	for i := range s.Attributes {
		if kv := &s.Attributes[i]; strings.HasPrefix(kv.Key, "db.query.parameter.") {
			b.WriteString(kv.Key)
			b.WriteByte(0)
			b.WriteString(kv.Value.String())
			b.WriteByte(0)
		}
	}
	return b.String()
}

// httpRequest is the request of an HTTP call, with its whole URL.
func (c *calls) httpRequest(n *analysis.Node) int32 {
	key := requestKey{service: n.Service, where: n.Attrs.Text(n.Span, semconv.HTTPMethod), what: n.Attrs.Text(n.Span, semconv.HTTPURL)}
	if key.what == "" {
		key.what, key.which = n.Attrs.Text(n.Span, semconv.HTTPTarget), n.Attrs.Text(n.Span, semconv.HTTPHost)
	}
	if key.what == "" {
		return none
	}
	if at, ok := c.known[key]; ok {
		return at
	}
	url := key.what
	if key.which != "" {
		url = "http://" + key.which + url
	}
	template, host, paged := urlTemplate(url, c.scratch)
	c.scratch = template
	return c.add(key, request{
		operation: c.operationOf(operationKey{service: n.Service, where: key.where}, template),
		target:    c.target("", host), exact: true, paged: paged,
	})
}
