// SPDX-License-Identifier: Apache-2.0

package otlpjson

import (
	"bytes"

	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Lines appends lines for encoded records. Its zero value is ready. It is for one
// goroutine at a time.
type Lines struct {
	resource, scope []byte // that are decoded
	spans           tracepb.ResourceSpans
	scopeSpans      tracepb.ScopeSpans
	logs            logspb.ResourceLogs
	scopeLogs       logspb.ScopeLogs
}

// belongTo decodes what records belong to, unless it is that of the last call. The
// messages for spans and for log records have the same fields.
func (l *Lines) belongTo(resource, scope []byte) error {
	if l.resource != nil && bytes.Equal(l.resource, resource) && bytes.Equal(l.scope, scope) {
		return nil
	}
	l.resource = nil
	for _, d := range []struct {
		b []byte
		m proto.Message
	}{{resource, &l.spans}, {resource, &l.logs}, {scope, &l.scopeSpans}, {scope, &l.scopeLogs}} {
		if err := proto.Unmarshal(d.b, d.m); err != nil {
			return err
		}
	}
	l.resource, l.scope = append([]byte{}, resource...), append([]byte{}, scope...)
	return nil
}

// AppendSpan is the function of that name for a Span message, and the fields of
// the ResourceSpans and ScopeSpans around it.
func (l *Lines) AppendSpan(b, resource, scope, span []byte) ([]byte, error) {
	if err := l.belongTo(resource, scope); err != nil {
		return b, err
	}
	var s tracepb.Span
	if err := proto.Unmarshal(span, &s); err != nil {
		return b, err
	}
	return AppendSpan(b, &l.spans, &l.scopeSpans, &s), nil
}

// AppendLog is the function of that name for a LogRecord message, and the fields of
// the ResourceLogs and ScopeLogs around it.
func (l *Lines) AppendLog(b, resource, scope, record []byte) ([]byte, error) {
	if err := l.belongTo(resource, scope); err != nil {
		return b, err
	}
	var r logspb.LogRecord
	if err := proto.Unmarshal(record, &r); err != nil {
		return b, err
	}
	return AppendLog(b, &l.logs, &l.scopeLogs, &r), nil
}
