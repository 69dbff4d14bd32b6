// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	"google.golang.org/protobuf/encoding/protowire"
)

// The encode functions append OTLP in protobuf's wire format straight from
// OpenTelemetry's types. Those named for a message append its fields, without a
// tag or a length before them.
//
// They allocate nothing if b has room, but for what the API of attributes copies
// to show the elements of a slice or map, and for text that is no UTF-8.

// encodeResource appends the fields of a Resource message.
func encodeResource(b []byte, r *resource.Resource) []byte {
	return encodeIterator(b, 1, r.Iter())
}

// encodeScope appends the fields of an InstrumentationScope message.
func encodeScope(b []byte, s instrumentation.Scope) []byte {
	b = encodeString(b, 1, s.Name)
	b = encodeString(b, 2, s.Version)
	return encodeIterator(b, 3, s.Attributes.Iter())
}

func encodeIterator(b []byte, num byte, it attribute.Iterator) []byte {
	for it.Next() {
		kv := it.Attribute()
		b = encodeAttribute(b, num, &kv)
	}
	return b
}

// encodeAttributes appends a list of KeyValue messages, and as the field after it
// how many were dropped.
func encodeAttributes(b []byte, num byte, attrs []attribute.KeyValue, dropped int) []byte {
	for i := range attrs {
		b = encodeAttribute(b, num, &attrs[i])
	}
	return encodeCount(b, num+1, dropped)
}

// encodeAttribute takes a pointer, as encodeValue does, because the struct is
// large enough for its copies to be felt.
func encodeAttribute(b []byte, num byte, kv *attribute.KeyValue) []byte {
	if short, ok := encodeShort(b, num, kv); ok {
		return short
	}
	b, m := open(b, num, len(kv.Key)+textSize(&kv.Value))
	b = encodeString(b, 1, string(kv.Key))
	b = encodeValue(b, 2, &kv.Value)
	return m.close(b)
}

// encodeShort is encodeAttribute for a text or number whose lengths all have one
// byte, as nearly all do: they are known beforehand.
func encodeShort(b []byte, num byte, kv *attribute.KeyValue) ([]byte, bool) {
	const bytes = byte(protowire.BytesType)
	var text string
	value := 9 // bytes of the AnyValue
	switch kv.Value.Type() {
	case attribute.STRING:
		text = kv.Value.AsString()
		value = 2 + len(text)
	case attribute.INT64:
		value = 1 + protowire.SizeVarint(uint64(kv.Value.AsInt64()))
	case attribute.BOOL:
		value = 2
	case attribute.FLOAT64:
	default:
		return b, false
	}
	key := string(kv.Key)
	size := 2 + len(key) + 2 + value
	if size >= 1<<7 || key == "" || !utf8.ValidString(key) || !utf8.ValidString(text) {
		return b, false
	}
	b = append(b, num<<3|bytes, byte(size), 1<<3|bytes, byte(len(key)))
	b = append(b, key...)
	b = append(b, 2<<3|bytes, byte(value))
	switch kv.Value.Type() {
	case attribute.STRING:
		return append(append(b, 1<<3|bytes, byte(len(text))), text...), true
	case attribute.BOOL:
		return append(b, 2<<3, byte(protowire.EncodeBool(kv.Value.AsBool()))), true
	case attribute.INT64:
		return protowire.AppendVarint(append(b, 3<<3), uint64(kv.Value.AsInt64())), true
	}
	return protowire.AppendFixed64(append(b, 4<<3|byte(protowire.Fixed64Type)), math.Float64bits(kv.Value.AsFloat64())), true
}

// encodeValue appends an AnyValue message as a field.
func encodeValue(b []byte, num byte, v *attribute.Value) []byte {
	b, m := open(b, num, textSize(v))
	switch v.Type() {
	case attribute.STRING:
		b = appendText(tag(b, 1, protowire.BytesType), v.AsString())
	case attribute.BOOL:
		b = protowire.AppendVarint(tag(b, 2, protowire.VarintType), protowire.EncodeBool(v.AsBool()))
	case attribute.INT64:
		b = protowire.AppendVarint(tag(b, 3, protowire.VarintType), uint64(v.AsInt64()))
	case attribute.FLOAT64:
		b = protowire.AppendFixed64(tag(b, 4, protowire.Fixed64Type), math.Float64bits(v.AsFloat64()))
	case attribute.MAP:
		b = encodeMap(b, v.AsMap())
	case attribute.BYTESLICE:
		b = protowire.AppendBytes(tag(b, 7, protowire.BytesType), v.AsByteSlice())
	case attribute.EMPTY: // an AnyValue without a field
	default:
		b = encodeArray(b, v)
	}
	return m.close(b)
}

// textSize guesses how long a message with v is: it matters only for text that
// is long.
func textSize(v *attribute.Value) int {
	if v.Type() == attribute.STRING {
		return len(v.AsString())
	}
	return 0
}

// encodeMap appends the field of AnyValue that is a KeyValueList message.
func encodeMap(b []byte, kvs []attribute.KeyValue) []byte {
	b, m := open(b, 6, 0)
	for i := range kvs {
		b = encodeAttribute(b, 1, &kvs[i])
	}
	return m.close(b)
}

// encodeArray appends the field of AnyValue that is an ArrayValue message, for a
// slice of any kind.
func encodeArray(b []byte, v *attribute.Value) []byte {
	b, m := open(b, 5, 0)
	switch v.Type() {
	case attribute.BOOLSLICE:
		b = encodeElements(b, v.AsBoolSlice(), attribute.BoolValue)
	case attribute.INT64SLICE:
		b = encodeElements(b, v.AsInt64Slice(), attribute.Int64Value)
	case attribute.FLOAT64SLICE:
		b = encodeElements(b, v.AsFloat64Slice(), attribute.Float64Value)
	case attribute.STRINGSLICE:
		b = encodeElements(b, v.AsStringSlice(), attribute.StringValue)
	case attribute.SLICE:
		for _, e := range v.AsSlice() {
			b = encodeValue(b, 1, &e)
		}
	}
	return m.close(b)
}

func encodeElements[T any](b []byte, elements []T, value func(T) attribute.Value) []byte {
	for _, e := range elements {
		v := value(e)
		b = encodeValue(b, 1, &v)
	}
	return b
}

// message is a nested message whose fields are being appended: the offsets of
// its length and of its fields.
type message struct{ length, fields int }

// open begins a nested message as a field. It leaves as much room for the length
// as one of about size bytes takes.
func open(b []byte, num byte, size int) ([]byte, message) {
	b = tag(b, num, protowire.BytesType)
	m := message{length: len(b)}
	b = protowire.AppendVarint(b, uint64(size))
	m.fields = len(b)
	return b, m
}

// close writes the length, and moves the fields if it takes another room than was
// left for it.
func (m message) close(b []byte) []byte {
	size := uint64(len(b) - m.fields)
	if size < 1<<7 && m.fields-m.length == 1 { // nearly always
		b[m.length] = byte(size)
		return b
	}
	if n := protowire.SizeVarint(size); n != m.fields-m.length {
		var room [10]byte
		b = slices.Replace(b, m.length, m.fields, room[:n]...)
	}
	protowire.AppendVarint(b[:m.length], size)
	return b
}

// tag appends the tag of a field whose number is below 16.
func tag(b []byte, num byte, t protowire.Type) []byte { return append(b, num<<3|byte(t)) }

// The functions below append a field, or nothing for its default.

func encodeString(b []byte, num byte, s string) []byte {
	if s == "" {
		return b
	}
	return appendText(tag(b, num, protowire.BytesType), s)
}

func encodeVarint(b []byte, num byte, n uint64) []byte {
	if n == 0 {
		return b
	}
	return protowire.AppendVarint(tag(b, num, protowire.VarintType), n)
}

func encodeCount(b []byte, num byte, n int) []byte {
	return encodeVarint(b, num, min(uint64(max(n, 0)), math.MaxUint32))
}

func encodeFixed32(b []byte, num byte, n uint32) []byte {
	if n == 0 {
		return b
	}
	return protowire.AppendFixed32(tag(b, num, protowire.Fixed32Type), n)
}

// encodeTime appends nanoseconds; what is before 1970, such as the zero time, is 0.
func encodeTime(b []byte, num byte, t time.Time) []byte {
	n := t.UnixNano()
	if n <= 0 {
		return b
	}
	return protowire.AppendFixed64(tag(b, num, protowire.Fixed64Type), uint64(n))
}

// appendText appends a length and s. Bytes that are no UTF-8, which protobuf
// refuses in text, become U+FFFD one by one, as in [jsontext.AppendString].
func appendText(b []byte, s string) []byte {
	if !utf8.ValidString(s) {
		s = string([]rune(s))
	}
	return protowire.AppendString(b, s)
}
