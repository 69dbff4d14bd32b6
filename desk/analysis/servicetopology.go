// SPDX-License-Identifier: Apache-2.0

package analysis

// A ServiceTopology is the calls of a trace between its services, and what they
// call or are called by: operations, databases, queues.
type ServiceTopology struct {
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
	// RoleComponent is a database or a queue.
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
	// Spans are the nodes of the tree that stand here: for a service what it
	// served, or if it served nothing the first call that it made.
	Spans []int32 `json:"spans"`
	// Load is of what was served or called here; nothing for a service that only calls.
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

// A Load is what passed a place, for rates.
type Load struct {
	// Count is the number of spans, and Errors of those that failed.
	Count  int `json:"count"`
	Errors int `json:"errors"`
	// Duration is the sum of the spans' durations in ns.
	Duration int64 `json:"duration"`
}

// ServiceTopology draws the calls between services.
func (t *Tree) ServiceTopology() *ServiceTopology { return new(ServiceTopology) }
