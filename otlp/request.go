// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"bytes"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/sidetrace/sidetrace/internal/spool"
)

// Fields of the messages that requests are made of. They have the same numbers for
// spans and for log records (opentelemetry/proto/{trace,logs}/v1,
// collector/{trace,logs}/v1).
const (
	fieldResources = 1 // of ExportTraceServiceRequest and ExportLogsServiceRequest
	fieldResource  = 1 // of ResourceSpans and ResourceLogs
	fieldScopes    = 2
	fieldScope     = 1 // of ScopeSpans and ScopeLogs
	fieldRecords   = 2
	fieldSchemaURL = 3 // of all four
)

// request gathers the records of a request by what they belong to, without
// decoding any of them.
type request struct {
	resources []resourceGroup
}

type resourceGroup struct {
	fields []byte
	scopes []scopeGroup
	size   int
}

type scopeGroup struct {
	origin  *spool.Origin
	records []spool.Record
	size    int
}

// group sorts records by origin. Their order within one stays.
func group(records []spool.Record) *request {
	var q request
	for len(records) > 0 {
		o, n := records[0].Origin, 1
		for n < len(records) && records[n].Origin == o {
			n++
		}
		if s := q.scope(o); s.records == nil {
			s.records = records[:n:n] // nearly always all
		} else {
			s.records = append(s.records, records[:n]...)
		}
		records = records[n:]
	}
	for i := range q.resources {
		q.resources[i].measure()
	}
	return &q
}

func (q *request) scope(o *spool.Origin) *scopeGroup {
	g := q.resource(o)
	for i := range g.scopes {
		if g.scopes[i].origin == o {
			return &g.scopes[i]
		}
	}
	g.scopes = append(g.scopes, scopeGroup{origin: o})
	return &g.scopes[len(g.scopes)-1]
}

func (q *request) resource(o *spool.Origin) *resourceGroup {
	for i := range q.resources {
		if bytes.Equal(q.resources[i].fields, o.Resource) {
			return &q.resources[i]
		}
	}
	q.resources = append(q.resources, resourceGroup{fields: o.Resource})
	return &q.resources[len(q.resources)-1]
}

func (g *resourceGroup) measure() {
	g.size = len(g.fields)
	for i := range g.scopes {
		s := &g.scopes[i]
		s.size = len(s.origin.Scope)
		for _, r := range s.records {
			s.size += fieldSize(len(r.Payload))
		}
		g.size += fieldSize(s.size)
	}
}

// fieldSize is the size of a field whose number is below 16 with n bytes.
func fieldSize(n int) int { return 1 + protowire.SizeBytes(n) }

// append appends the body of the request.
func (q *request) append(b []byte) []byte {
	for i := range q.resources {
		g := &q.resources[i]
		b = appendFieldHead(b, fieldResources, g.size)
		b = append(b, g.fields...)
		for j := range g.scopes {
			s := &g.scopes[j]
			b = appendFieldHead(b, fieldScopes, s.size)
			b = append(b, s.origin.Scope...)
			for _, r := range s.records {
				b = appendFieldHead(b, fieldRecords, len(r.Payload))
				b = append(b, r.Payload...)
			}
		}
	}
	return b
}

// size is that of what append appends.
func (q *request) size() (n int) {
	for i := range q.resources {
		n += fieldSize(q.resources[i].size)
	}
	return n
}

func appendFieldHead(b []byte, num protowire.Number, n int) []byte {
	b = protowire.AppendTag(b, num, protowire.BytesType)
	return protowire.AppendVarint(b, uint64(n))
}

func appendField(b []byte, num protowire.Number, value []byte) []byte {
	return append(appendFieldHead(b, num, len(value)), value...)
}
