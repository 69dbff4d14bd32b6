// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"strings"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
)

// A Category is a kind of work, for counting. Unlike a [Class] it tells work for
// a queue from messages, and it is sought in more attributes.
type Category string

// The categories.
const (
	CategoryMessaging Category = "messaging"     // a message with its key
	CategoryQueue     Category = "async_backend" // any other message, or a task
	CategoryDB        Category = "db"
	CategoryRPC       Category = "rpc"
	CategoryHTTP      Category = "http"
	CategoryOther     Category = "other"
)

var categories = []Category{CategoryMessaging, CategoryQueue, CategoryDB, CategoryRPC, CategoryHTTP, CategoryOther}

// categoryRules are tried in this order; a span belongs to the first category of
// whose fields it has one.
var categoryRules = []struct {
	category Category
	fields   []semconv.Field
}{
	{CategoryQueue, []semconv.Field{semconv.MessagingSystem, semconv.MessagingDestination, semconv.TaskName}},
	{CategoryDB, []semconv.Field{
		semconv.DBSystem, semconv.DBName, semconv.DBOperation, semconv.DBStatement, semconv.DBType, semconv.DBInstance,
	}},
	{CategoryRPC, []semconv.Field{semconv.RPCSystem, semconv.RPCService, semconv.RPCMethod, semconv.RPCStatus}},
	{CategoryHTTP, []semconv.Field{
		semconv.HTTPMethod, semconv.HTTPURL, semconv.HTTPRoute, semconv.HTTPTarget, semconv.HTTPStatus,
	}},
}

// Category is the category of a node, by which attributes its span has.
func (n *Node) Category() Category {
	for i := range categoryRules {
		for _, f := range categoryRules[i].fields {
			if n.Attrs[f] == 0 {
				continue
			}
			if f != semconv.TaskName && n.Attrs[semconv.MessagingKey] != 0 && categoryRules[i].category == CategoryQueue {
				return CategoryMessaging
			}
			return categoryRules[i].category
		}
	}
	return CategoryOther
}

// A StatusBadge is the status code of HTTP or gRPC that a span has.
type StatusBadge struct {
	// Value is the code, empty if the span has none.
	Value trace.Value `json:"value"`
	// Failed says that the code means an error: 400 and more for HTTP, all but OK
	// for gRPC.
	Failed bool `json:"failed"`
}

// StatusBadge is the status code of a node: of HTTP, otherwise of gRPC, whose OK
// is 0.
func (n *Node) StatusBadge() StatusBadge {
	if n.Attrs.Says(n.Span, semconv.HTTPStatus) {
		v, _ := n.Attrs.Value(n.Span, semconv.HTTPStatus)
		code, _ := v.Number()
		return StatusBadge{Value: v, Failed: code >= 400}
	}
	v, _ := n.Attrs.Value(n.Span, semconv.RPCStatus)
	if v.String() == "" {
		return StatusBadge{}
	}
	code, isNumber := v.Number()
	return StatusBadge{Value: v, Failed: isNumber && code != 0 || !isNumber && !strings.EqualFold(v.String(), "ok")}
}
