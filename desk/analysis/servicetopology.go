// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"strings"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// A ServiceTopology is the calls of a trace between its services, and what they
// call or are called by: operations, databases, queues, models.
type ServiceTopology struct {
	// Nodes are in the order in which they were first met: where requests came
	// in, then along the calls.
	Nodes []ServiceNode `json:"nodes"`
	Edges []ServiceEdge `json:"edges"`
}

// A ServiceRole is what a node of a service topology stands for.
type ServiceRole string

// The roles.
const (
	// RoleService is a service of the trace.
	RoleService ServiceRole = "service"
	// RoleInterface is an operation that a service offers: a route, a method.
	RoleInterface ServiceRole = "interface"
	// RoleComponent is a database, a queue or the provider of a model.
	RoleComponent ServiceRole = "component"
)

// A ServiceNode is a service, an operation or a component. No two nodes have the
// same key and role.
type ServiceNode struct {
	// Key names the node: a service, "GET:/orders", "mysql".
	Key string `json:"key"`
	// Role says what the node stands for.
	Role ServiceRole `json:"role"`
	// Name is the key as people read it: "GET /orders".
	Name string `json:"name"`
	// Class is the class of the node's first span.
	Class Class `json:"class"`
	// Root says that the trace came in here.
	Root bool `json:"root"`
	// Spans are the nodes of the tree that stand here. A service has those that it
	// served; one that was first met as a caller has that call before them.
	Spans []int32 `json:"spans"`
	// Load is of what was served or called here: nothing for a service that only
	// calls. It counts the messages sent to an operation, of which Spans has one.
	Load
}

// A ServiceEdge leads from a caller to what it calls.
type ServiceEdge struct {
	// Source and Target are indexes in [ServiceTopology.Nodes].
	Source int32 `json:"source"`
	Target int32 `json:"target"`
	// Spans are the nodes of the tree that show the call.
	Spans []int32 `json:"spans"`
	// Load is of these spans.
	Load
}

// A Load is what passed a place.
type Load struct {
	// Count is the number of spans, and Errors of those that failed.
	Count  int `json:"count"`
	Errors int `json:"errors"`
	// Duration is the sum of the spans' durations in ns, at most the largest number.
	Duration int64 `json:"duration"`
}

func (l *Load) add(s *trace.Span) {
	l.Count++
	if s.IsError() {
		l.Errors++
	}
	l.Duration = addTimes(l.Duration, s.Duration())
}

// ServiceTopology draws the calls between services. A call leads from the
// caller's service to the operation or component that it names, and on to the
// services that served it; who served a call is told by the nearest ancestor
// that is a call or a service of one, over any internal spans in between. What
// a service served without a call above it is where the trace came in; what it
// served below another service is a call from that one.
func (t *Tree) ServiceTopology() *ServiceTopology {
	return t.drawServices(t.serviceCalls())
}

// drawServices draws what was served without a caller first, then the calls.
func (t *Tree) drawServices(c *serviceCalls) *ServiceTopology {
	d := &serviceDrawing{
		tree: t, topology: new(ServiceTopology), services: unset(len(t.Services)),
		places: map[servicePlace]int32{}, keys: map[servicePlace]int32{}, edges: map[[2]int32]int32{},
	}
	for _, at := range c.entries {
		service, place := d.attach(at)
		d.connect(place, service, at)
	}
	for _, call := range c.calls {
		if call.served != None {
			service, place := d.attach(call.served)
			d.connect(d.service(call.from), place, call.served)
			d.connect(place, service, call.served)
			continue
		}
		service, place := d.attach(call.from)
		d.connect(service, place, call.from)
		for to := c.first[call.from]; to != None; to = c.next[to] {
			d.connect(place, d.serve(to), to)
		}
	}
	d.finish()
	return d.topology
}

type serviceDrawing struct {
	tree     *Tree
	topology *ServiceTopology
	services []int32                // by [Node.Service], the service's node
	places   map[servicePlace]int32 // nodes as rules name them
	keys     map[servicePlace]int32 // nodes by key alone
	edges    map[[2]int32]int32
}

// attach puts a span at its service and at the place that its rule names.
func (d *serviceDrawing) attach(at int32) (service, place int32) {
	service = d.serve(at)
	p := d.tree.servicePlace(at)
	place, ok := d.places[p]
	if !ok {
		place = d.node(p)
		d.places[p] = place
	}
	n, s := &d.topology.Nodes[place], d.tree.Nodes[at].Span
	if len(n.Spans) == 0 || n.Role == RoleComponent || s.Kind == trace.Client || s.Kind == trace.Server {
		n.Spans = append(n.Spans, at)
	}
	n.add(s)
	return service, place
}

// serve puts a span at its service, where it counts if it was called.
func (d *serviceDrawing) serve(at int32) int32 {
	service := d.service(at)
	n, s := &d.topology.Nodes[service], d.tree.Nodes[at].Span
	if s.Kind.IsCalled() || len(n.Spans) == 0 {
		n.Spans = append(n.Spans, at)
	}
	if s.Kind.IsCalled() {
		n.add(s)
	}
	return service
}

// service is the node of a span's service.
func (d *serviceDrawing) service(at int32) int32 {
	number := d.tree.Nodes[at].Service
	if d.services[number] == None {
		d.services[number] = d.node(servicePlace{role: RoleService, first: d.tree.Services[number]})
	}
	return d.services[number]
}

// node is the node of a key, a new one for a new key.
func (d *serviceDrawing) node(p servicePlace) int32 {
	key := servicePlace{role: p.role, first: p.key()}
	at, ok := d.keys[key]
	if !ok {
		at = int32(len(d.topology.Nodes))
		d.keys[key] = at
		d.topology.Nodes = append(d.topology.Nodes, ServiceNode{Key: key.first, Role: p.role})
	}
	return at
}

func (d *serviceDrawing) connect(source, target, span int32) {
	at, ok := d.edges[[2]int32{source, target}]
	if !ok {
		at = int32(len(d.topology.Edges))
		d.edges[[2]int32{source, target}] = at
		d.topology.Edges = append(d.topology.Edges, ServiceEdge{Source: source, Target: target})
	}
	e := &d.topology.Edges[at]
	e.Spans = append(e.Spans, span)
	e.add(d.tree.Nodes[span].Span)
}

func (d *serviceDrawing) finish() {
	roots := d.tree.serviceRoots()
	for i := range d.topology.Nodes {
		n := &d.topology.Nodes[i]
		n.Name, n.Root = n.Key, roots[n.Key]
		if n.Role == RoleInterface {
			n.Name = strings.Replace(n.Key, ":", " ", 1)
		}
		n.Class = d.tree.Nodes[n.Spans[0]].Class()
	}
}

// serviceRoots are the keys of where the trace came in: the spans without a
// parent that are calls or served one, or else the first such span.
func (t *Tree) serviceRoots() map[string]bool {
	roots, earliest := map[string]bool{}, None
	for i := range t.Nodes {
		s := t.Nodes[i].Span
		if !s.Kind.IsCalled() && !s.Kind.IsCalling() {
			continue
		}
		if s.Parent.IsZero() {
			roots[t.serviceRoot(int32(i))] = true
		}
		if earliest == None || s.Start < t.Nodes[earliest].start {
			earliest = int32(i)
		}
	}
	if len(roots) == 0 && earliest != None {
		roots[t.serviceRoot(earliest)] = true
	}
	return roots
}

// serviceRoot is the key of what was asked for, or of who asked.
func (t *Tree) serviceRoot(at int32) string {
	service := t.ServiceOf(at)
	if t.Nodes[at].kind.IsCalling() {
		return service
	}
	rule := t.serviceRule(at)
	if rule == nil && service != "" {
		return service
	}
	return t.placeBy(rule, at).key()
}
