// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"slices"
	"strings"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
)

// InferCallees makes the spans of services that were called but recorded
// nothing, as far as the calls tell: one for each call that names its peer, a
// database or a queue, and below which nothing was served. The spans have the
// times and the resource of the calls, [trace.Span.Inferred] set, and ids that
// are the same each time. They share nothing with the spans of the tree but the
// resources and the values of attributes.
func InferCallees(t *Tree) []trace.Span {
	served := make([]bool, len(t.Nodes))
	for i, caller := range t.outer() {
		if caller != None && t.Nodes[i].kind.IsCalled() {
			served[caller] = true
		}
	}
	type unserved struct {
		call *Node
		rule *inference
	}
	var calls []unserved
	for i := range t.Nodes {
		n := &t.Nodes[i]
		if served[i] || n.Span.ID.IsZero() {
			continue
		}
		if rule := inferenceOf(n); rule != nil {
			calls = append(calls, unserved{n, rule})
		}
	}
	spans := make([]trace.Span, len(calls))
	for i, c := range calls {
		spans[i] = c.rule.callee(c.call)
	}
	return spans
}

// An inference is what a call says of its unseen callee.
type inference struct {
	caller, callees trace.Kind
	needs           []semconv.Field // a call must have all of these
	any             []semconv.Field // and one of these, if there are any
	names           []semconv.Field // the first that the call has names the callee
	prefixes        []string        // the callee gets the attributes that begin so
}

// inferences are tried in this order; the first that applies counts.
var inferences = []inference{
	{
		caller: trace.Client, callees: trace.Server, needs: []semconv.Field{semconv.PeerService},
		any:   []semconv.Field{semconv.HTTPHost, semconv.HTTPURL, semconv.PeerName},
		names: []semconv.Field{semconv.PeerService}, prefixes: []string{"http.", "url."},
	},
	{
		caller: trace.Client, callees: trace.Server, needs: []semconv.Field{semconv.RPCSystem},
		names: []semconv.Field{semconv.RPCService, semconv.PeerName, semconv.RPCSystem}, prefixes: []string{"rpc."},
	},
	{
		caller: trace.Client, callees: trace.Server, needs: []semconv.Field{semconv.PeerService},
		names: []semconv.Field{semconv.PeerService},
	},
	{
		caller: trace.Producer, callees: trace.Consumer, needs: []semconv.Field{semconv.MessagingDestination},
		names: []semconv.Field{semconv.MessagingDestination}, prefixes: []string{"messaging."},
	},
	{
		caller: trace.Client, callees: trace.Server,
		any:   []semconv.Field{semconv.DBSystem, semconv.DBName, semconv.DBType, semconv.DBInstance},
		names: []semconv.Field{semconv.DBSystem, semconv.DBName, semconv.DBType, semconv.DBInstance}, prefixes: []string{"db."},
	},
}

func inferenceOf(n *Node) *inference {
	has := func(f semconv.Field) bool { return n.Attrs[f] != 0 }
	for i := range inferences {
		r := &inferences[i]
		if n.kind != r.caller || slices.ContainsFunc(r.needs, func(f semconv.Field) bool { return !has(f) }) {
			continue
		}
		if len(r.any) == 0 || slices.ContainsFunc(r.any, has) {
			return r
		}
	}
	return nil
}

// callee is the span that a call lets one infer.
func (r *inference) callee(n *Node) trace.Span {
	call := n.Span
	s := trace.Span{
		TraceID: call.TraceID, ID: call.ID.Derived("callee"), Parent: call.ID, Kind: r.callees,
		Start: call.Start, End: call.End, Offset: call.Offset,
		Status: trace.Status{Code: trace.OK}, Resource: call.Resource, Inferred: true,
	}
	for _, f := range r.names {
		if n.Attrs[f] != 0 {
			s.Name = n.Attrs.Text(call, f)
			break
		}
	}
	s.Attributes = r.attributes(call)
	return s
}

func (r *inference) attributes(call *trace.Span) []trace.KeyValue {
	if len(r.prefixes) == 0 {
		return nil
	}
	kept := make([]trace.KeyValue, 0, len(call.Attributes))
	for _, kv := range call.Attributes {
		if slices.ContainsFunc(r.prefixes, func(p string) bool { return strings.HasPrefix(kv.Key, p) }) {
			kept = append(kept, kv)
		}
	}
	return slices.Clip(kept)
}
