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

// large is a text or bytes that can be made smaller.
type large struct {
	name  string
	text  *string
	bytes *[]byte
}

func (l large) length() int {
	if l.text != nil {
		return len(*l.text)
	}
	return len(*l.bytes)
}

// to returns the record with at most size bytes: with its largest values replaced
// or cut and, if that is not enough, without its last events, links and attributes,
// which are counted as dropped. offloaded has what was replaced before.
func (h *shrinker) to(k spool.Kind, payload []byte, size int, offloaded map[string]string) ([]byte, bool) {
	if k == spool.Log {
		var r logspb.LogRecord
		if proto.Unmarshal(payload, &r) != nil {
			return nil, false
		}
		values := append(largeIn(nil, r.Attributes), largeValues(nil, bodyName, r.Body)...)
		r.Attributes = mark(r.Attributes, h.cut(values, proto.Size(&r)-size, offloaded))
		r.Attributes, r.DroppedAttributesCount = trim(r.Attributes, proto.Size(&r)-size, r.DroppedAttributesCount)
		return marshal(&r, size)
	}
	var s tracepb.Span
	if proto.Unmarshal(payload, &s) != nil {
		return nil, false
	}
	values := largeText(largeIn(nil, s.Attributes), "name", &s.Name)
	if s.Status != nil {
		values = largeText(values, "status", &s.Status.Message)
	}
	for _, e := range s.Events {
		values = largeText(largeIn(values, e.Attributes), "event", &e.Name)
	}
	for _, l := range s.Links {
		values = largeIn(values, l.Attributes)
	}
	s.Attributes = mark(s.Attributes, h.cut(values, proto.Size(&s)-size, offloaded))
	s.Events, s.DroppedEventsCount = trim(s.Events, proto.Size(&s)-size, s.DroppedEventsCount)
	s.Links, s.DroppedLinksCount = trim(s.Links, proto.Size(&s)-size, s.DroppedLinksCount)
	s.Attributes, s.DroppedAttributesCount = trim(s.Attributes, proto.Size(&s)-size, s.DroppedAttributesCount)
	return marshal(&s, size)
}

func marshal(m proto.Message, size int) ([]byte, bool) {
	b, err := proto.Marshal(m)
	return b, err == nil && len(b) <= size
}

// kept is how many elements of a list stay in any case: the first attributes are
// the identity.
const kept = 5

// trim drops elements from the end until over bytes are saved.
func trim[M proto.Message](list []M, over int, dropped uint32) ([]M, uint32) {
	for over > 0 && len(list) > kept {
		last := len(list) - 1
		over -= proto.Size(list[last])
		list, dropped = list[:last], dropped+1
	}
	return list, dropped
}

func largeIn(all []large, attrs []*commonpb.KeyValue) []large {
	for _, a := range attrs {
		all = largeValues(all, a.GetKey(), a.GetValue())
	}
	return all
}

func largeText(all []large, name string, text *string) []large {
	if len(*text) > minValue {
		all = append(all, large{name: name, text: text})
	}
	return all
}

// largeValues adds the values in v, which has the name of its attribute.
func largeValues(all []large, name string, v *commonpb.AnyValue) []large {
	switch x := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		all = largeText(all, name, &x.StringValue)
	case *commonpb.AnyValue_BytesValue:
		if len(x.BytesValue) > minValue {
			all = append(all, large{name: name, bytes: &x.BytesValue})
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

// cut makes the largest values smaller until over bytes are saved, and returns the
// names of those that have lost something.
func (h *shrinker) cut(values []large, over int, offloaded map[string]string) (names []string) {
	slices.SortFunc(values, func(a, b large) int { return cmp.Compare(b.length(), a.length()) })
	for _, v := range values {
		if over <= 0 {
			break
		}
		before := v.length()
		if !h.replace(v, offloaded) {
			if !slices.Contains(names, v.name) {
				names = append(names, v.name)
				over += len(v.name) + forMark
			}
			v.shorten(max(before-over-len(cutMark), minValue))
		}
		over -= before - v.length()
	}
	slices.Sort(names)
	return names
}

// forMark is what a name in TruncatedKey takes besides its own length.
const forMark = 64

// replace puts a text elsewhere.
func (h *shrinker) replace(v large, offloaded map[string]string) bool {
	if v.text == nil || h.offload == nil {
		return false
	}
	link, known := offloaded[*v.text]
	if !known {
		var ok bool
		if link, ok = h.offload(*v.text); !ok || len(link) >= len(*v.text) {
			link = ""
		}
		offloaded[*v.text] = link
	}
	if link == "" {
		return false
	}
	*v.text = link
	return true
}

// shorten cuts a value to n bytes, a text between two characters.
func (l large) shorten(n int) {
	if n >= l.length() {
		return
	}
	if l.text == nil {
		*l.bytes = (*l.bytes)[:n]
		return
	}
	for n > 0 && !utf8.RuneStart((*l.text)[n]) {
		n--
	}
	*l.text = (*l.text)[:n] + cutMark
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
	at := min(len(attrs), kept-1) // where trim leaves it
	return slices.Insert(attrs, at, &commonpb.KeyValue{Key: TruncatedKey, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: list}}})
}
