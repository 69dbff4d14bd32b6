// SPDX-License-Identifier: Apache-2.0

package format

import (
	"math"
	"strconv"
	"strings"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// The tags in which formats other than OTLP hold what they have no field for
// (OpenTelemetry specification, "OpenTelemetry Transformation to non-OTLP
// Formats" and "OpenTelemetry to Jaeger Transformation").
const (
	tagKind              = "span.kind"
	tagError             = "error"
	tagState             = "w3c.tracestate"
	tagStatusCode        = "otel.status_code"
	tagStatusDescription = "otel.status_description"
	tagScopeName         = "otel.scope.name"
	tagScopeVersion      = "otel.scope.version"
	tagLibraryName       = "otel.library.name" // the former names of a scope's
	tagLibraryVersion    = "otel.library.version"
	tagDroppedAttributes = "otel.dropped_attributes_count"
	tagDroppedEvents     = "otel.dropped_events_count"
	tagDroppedLinks      = "otel.dropped_links_count"

	fieldEvent             = "event"
	fieldDroppedAttributes = "otel.event.dropped_attributes_count"
)

// untag moves what such tags hold to where it belongs, and leaves the attributes
// that are none. Tags with values that they cannot have are left too.
func (d *decoder) untag(s *trace.Span) {
	var scope trace.Scope
	failed := false
	kept := s.Attributes[:0]
	for _, kv := range s.Attributes {
		switch {
		case kv.Key == tagError && (kv.Value.IsTrue() || kv.Value.Str() == "true"):
			failed = true
		case untagScope(kv, &scope) || untagSpan(kv, s):
		default:
			kept = append(kept, kv)
		}
	}
	if s.Attributes = kept; len(kept) == 0 {
		s.Attributes = nil
	}
	if failed {
		s.Status.Code = trace.Error
	}
	s.Scope = d.shared.scope(scope)
}

func untagScope(kv trace.KeyValue, scope *trace.Scope) bool {
	switch kv.Key {
	case tagScopeName, tagLibraryName:
		scope.Name = kv.Value.String()
	case tagScopeVersion, tagLibraryVersion:
		scope.Version = kv.Value.String()
	default:
		return false
	}
	return true
}

func untagSpan(kv trace.KeyValue, s *trace.Span) bool {
	switch kv.Key {
	case tagState:
		s.State = kv.Value.String()
	case tagStatusDescription:
		s.Status.Message = kv.Value.String()
	case tagStatusCode:
		return untagStatus(kv.Value.Str(), &s.Status.Code)
	case tagKind:
		return untagKind(kv.Value.Str(), &s.Kind)
	case tagDroppedAttributes:
		return untagCount(kv.Value, &s.DroppedAttributes)
	case tagDroppedEvents:
		return untagCount(kv.Value, &s.DroppedEvents)
	case tagDroppedLinks:
		return untagCount(kv.Value, &s.DroppedLinks)
	default:
		return false
	}
	return true
}

func untagStatus(name string, code *trace.StatusCode) bool {
	name = strings.TrimPrefix(strings.ToUpper(name), "STATUS_CODE_")
	for _, c := range []trace.StatusCode{trace.Unset, trace.OK, trace.Error} {
		if strings.EqualFold(c.String(), name) {
			*code = c
			return true
		}
	}
	return false
}

func untagKind(name string, kind *trace.Kind) bool {
	for k := trace.Internal; k <= trace.Consumer; k++ {
		if strings.EqualFold(k.String(), name) {
			*kind = k
			return true
		}
	}
	return false
}

func untagCount(v trace.Value, count *uint32) bool {
	n, err := strconv.ParseInt(v.String(), 10, 64)
	if err != nil || n < 0 || n > math.MaxUint32 {
		return false
	}
	*count = uint32(n)
	return true
}

// tags are the attributes of a span with such tags behind them.
func tags(s *trace.Span) []trace.KeyValue {
	all := append(make([]trace.KeyValue, 0, len(s.Attributes)+4), s.Attributes...)
	text := func(key, value string) {
		if value != "" {
			all = append(all, trace.KeyValue{Key: key, Value: trace.String(value)})
		}
	}
	count := func(key string, n uint32) {
		if n != 0 {
			all = append(all, trace.KeyValue{Key: key, Value: trace.Int(int64(n))})
		}
	}
	if s.Kind > trace.Unspecified && s.Kind <= trace.Consumer {
		text(tagKind, s.Kind.String())
	}
	switch s.Status.Code {
	case trace.OK:
		text(tagStatusCode, "OK")
	case trace.Error:
		text(tagStatusCode, "ERROR")
		all = append(all, trace.KeyValue{Key: tagError, Value: trace.Bool(true)})
	}
	text(tagStatusDescription, s.Status.Message)
	text(tagState, s.State)
	if s.Scope != nil {
		text(tagScopeName, s.Scope.Name)
		text(tagScopeVersion, s.Scope.Version)
	}
	count(tagDroppedAttributes, s.DroppedAttributes)
	count(tagDroppedEvents, s.DroppedEvents)
	count(tagDroppedLinks, s.DroppedLinks)
	return all
}
