// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"cmp"
	"slices"
	"unicode/utf8"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/sidetrace/sidetrace/internal/spool"
)

// TruncatedKey is the attribute of a record that was too large for an endpoint:
// the names of the values that were cut.
const TruncatedKey = "sidetrace.truncated"

const (
	// minRecord is the size below which a record is not made smaller.
	minRecord = 4 << 10
	// minValue is the size below which a value is left alone.
	minValue = 256

	bodyName = "body" // of a log record, in TruncatedKey
	cutMark  = "…"
)

// shrinker makes records smaller, the largest values first.
type shrinker struct {
	// offload returns what is to stand in place of a value that is kept elsewhere.
	// It may be nil.
	offload func(value string) (replacement string, ok bool)
}

// large is a value that can be made smaller.
type large struct {
	name  string
	value *commonpb.AnyValue
}

// to returns the record with at most size bytes. It fails if that has no values
// that are large enough.
func (h *shrinker) to(k spool.Kind, payload []byte, size int) ([]byte, bool) {
	if k == spool.Log {
		var r logspb.LogRecord
		if proto.Unmarshal(payload, &r) != nil {
			return nil, false
		}
		values := append(largeIn(nil, r.Attributes), largeValues(nil, bodyName, r.Body)...)
		r.Attributes = mark(r.Attributes, h.cut(&r, values, size))
		return marshal(&r, size)
	}
	var s tracepb.Span
	if proto.Unmarshal(payload, &s) != nil {
		return nil, false
	}
	values := largeIn(nil, s.Attributes)
	for _, e := range s.Events {
		values = largeIn(values, e.Attributes)
	}
	for _, l := range s.Links {
		values = largeIn(values, l.Attributes)
	}
	s.Attributes = mark(s.Attributes, h.cut(&s, values, size))
	return marshal(&s, size)
}

func marshal(m proto.Message, size int) ([]byte, bool) {
	b, err := proto.Marshal(m)
	return b, err == nil && len(b) <= size
}

func largeIn(all []large, attrs []*commonpb.KeyValue) []large {
	for _, a := range attrs {
		all = largeValues(all, a.GetKey(), a.GetValue())
	}
	return all
}

// largeValues adds the values in v, which has the name of its attribute.
func largeValues(all []large, name string, v *commonpb.AnyValue) []large {
	switch x := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue, *commonpb.AnyValue_BytesValue:
		if length(v) > minValue {
			all = append(all, large{name, v})
		}
	case *commonpb.AnyValue_ArrayValue:
		for _, e := range x.ArrayValue.GetValues() {
			all = largeValues(all, name, e)
		}
	case *commonpb.AnyValue_KvlistValue:
		for _, kv := range x.KvlistValue.GetValues() {
			all = largeValues(all, name, kv.GetValue())
		}
	}
	return all
}

func length(v *commonpb.AnyValue) int { return len(v.GetStringValue()) + len(v.GetBytesValue()) }

// cut makes the largest values smaller until m would fit, and returns the names of
// those that have lost something.
func (h *shrinker) cut(m proto.Message, values []large, size int) (names []string) {
	slices.SortFunc(values, func(a, b large) int { return cmp.Compare(length(b.value), length(a.value)) })
	const forMarks = 64 // bytes that the mark itself takes, for each name
	for _, v := range values {
		over := proto.Size(m) + forMarks*(len(names)+1) - size
		if over <= 0 {
			break
		}
		if !h.replace(v.value) {
			v.shorten(max(length(v.value)-over-len(cutMark), minValue))
			names = append(names, v.name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// replace puts a text elsewhere.
func (h *shrinker) replace(v *commonpb.AnyValue) bool {
	text, isText := v.GetValue().(*commonpb.AnyValue_StringValue)
	if !isText || h.offload == nil {
		return false
	}
	link, ok := h.offload(text.StringValue)
	if ok {
		text.StringValue = link
	}
	return ok
}

// shorten cuts a value to n bytes, a text between two characters.
func (v large) shorten(n int) {
	switch x := v.value.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		for n > 0 && !utf8.RuneStart(x.StringValue[n]) {
			n--
		}
		x.StringValue = x.StringValue[:n] + cutMark
	case *commonpb.AnyValue_BytesValue:
		x.BytesValue = x.BytesValue[:n]
	}
}

// mark says in the attributes what was cut.
func mark(attrs []*commonpb.KeyValue, names []string) []*commonpb.KeyValue {
	if len(names) == 0 {
		return attrs
	}
	list := &commonpb.ArrayValue{}
	for _, name := range names {
		list.Values = append(list.Values, &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: name}})
	}
	return append(attrs, &commonpb.KeyValue{Key: TruncatedKey, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: list}}})
}
