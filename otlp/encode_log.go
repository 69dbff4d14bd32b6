// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"google.golang.org/protobuf/encoding/protowire"
)

// encodeLog appends the fields of a LogRecord message
// (opentelemetry/proto/logs/v1/logs.proto).
func encodeLog(b []byte, r *sdklog.Record) []byte {
	b = encodeTime(b, 1, r.Timestamp())
	b = encodeVarint(b, 2, severityNumber(r.Severity()))
	b = encodeString(b, 3, r.SeverityText())
	body := r.Body()
	b = encodeValue(b, 5, &body)
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		b = encodeAttribute(b, 6, &kv)
		return true
	})
	b = encodeCount(b, 7, r.DroppedAttributes())
	b = encodeFixed32(b, 8, uint32(r.TraceFlags()))
	if id := r.TraceID(); id.IsValid() {
		b = protowire.AppendBytes(tag(b, 9, protowire.BytesType), id[:])
	}
	if id := r.SpanID(); id.IsValid() {
		b = protowire.AppendBytes(tag(b, 10, protowire.BytesType), id[:])
	}
	b = encodeTime(b, 11, r.ObservedTimestamp())
	return encodeString(b, 12, r.EventName())
}

// severityNumber returns the number of SeverityNumber in logs.proto, which counts
// like the API's. What it has no name for is unspecified.
func severityNumber(s log.Severity) uint64 {
	if s < log.SeverityTrace1 || s > log.SeverityFatal4 {
		return 0
	}
	return uint64(s)
}
