// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
)

// A ValueKind is the type of a [Value].
type ValueKind uint8

// The types of the AnyValue of OTLP (opentelemetry/proto/common/v1).
const (
	EmptyValue ValueKind = iota
	StringValue
	BoolValue
	IntValue
	FloatValue
	BytesValue
	ListValue
	MapValue
)

// A Value is a typed attribute value. The zero Value is an empty one. Values are
// not changed after they were made and may be shared.
type Value struct {
	kind ValueKind
	num  uint64
	text string
	many *compound
}

// compound is behind a pointer, as few values are lists or maps.
type compound struct {
	list  []Value
	pairs []KeyValue
}

// A KeyValue is one attribute.
type KeyValue struct {
	Key   string
	Value Value
}

// String is a string value. The text need not be valid UTF-8.
func String(s string) Value { return Value{kind: StringValue, text: s} }

// Bool is a boolean value.
func Bool(b bool) Value {
	if b {
		return Value{kind: BoolValue, num: 1}
	}
	return Value{kind: BoolValue}
}

// Int is an integer value.
func Int(n int64) Value { return Value{kind: IntValue, num: uint64(n)} }

// Float is a floating-point value.
func Float(f float64) Value { return Value{kind: FloatValue, num: math.Float64bits(f)} }

// Bytes is a value of bytes, which are copied.
func Bytes(b []byte) Value { return Value{kind: BytesValue, text: string(b)} }

// List is a value of values, which it takes over.
func List(values ...Value) Value { return Value{kind: ListValue, many: &compound{list: values}} }

// Map is a value of keys and values, in their order, which it takes over.
func Map(pairs ...KeyValue) Value { return Value{kind: MapValue, many: &compound{pairs: pairs}} }

// Kind is the type of the value.
func (v Value) Kind() ValueKind { return v.kind }

// Str is the text of a string value, "" for all others.
func (v Value) Str() string {
	if v.kind != StringValue {
		return ""
	}
	return v.text
}

// Int64 is the number of an integer value, 0 for all others.
func (v Value) Int64() int64 {
	if v.kind != IntValue {
		return 0
	}
	return int64(v.num)
}

// Float64 is the number of a floating-point value, 0 for all others.
func (v Value) Float64() float64 {
	if v.kind != FloatValue {
		return 0
	}
	return math.Float64frombits(v.num)
}

// IsTrue reports whether the value is the boolean true.
func (v Value) IsTrue() bool { return v.kind == BoolValue && v.num != 0 }

// Raw is a copy of the bytes of a value of bytes, nil for all others.
func (v Value) Raw() []byte {
	if v.kind != BytesValue {
		return nil
	}
	return []byte(v.text)
}

// Elements are the values of a list, nil for all others; they are not to be changed.
func (v Value) Elements() []Value {
	if v.many == nil {
		return nil
	}
	return v.many.list
}

// Pairs are the keys and values of a map, nil for all others; they are not to be changed.
func (v Value) Pairs() []KeyValue {
	if v.many == nil {
		return nil
	}
	return v.many.pairs
}

// Number is the value as a number: an integer, a finite float or a string that
// spells one, as some instrumentations write their counts.
func (v Value) Number() (n float64, ok bool) {
	switch v.kind {
	case IntValue:
		return float64(int64(v.num)), true
	case FloatValue:
		n = math.Float64frombits(v.num)
	case StringValue:
		f, err := strconv.ParseFloat(v.text, 64)
		if err != nil {
			return 0, false
		}
		n = f
	default:
		return 0, false
	}
	return n, !math.IsNaN(n) && !math.IsInf(n, 0)
}

// IsBlank reports whether the value says nothing: empty, "", 0, false, or a list
// or map without elements.
func (v Value) IsBlank() bool {
	switch v.kind {
	case StringValue, BytesValue:
		return v.text == ""
	case BoolValue, IntValue:
		return v.num == 0
	case FloatValue:
		return math.Float64frombits(v.num) == 0
	case ListValue:
		return len(v.many.list) == 0
	case MapValue:
		return len(v.many.pairs) == 0
	}
	return true
}

// Equal reports whether both values have the same type and content. Floats are
// compared by their bits, so that a NaN equals itself.
func (v Value) Equal(w Value) bool {
	if v.kind != w.kind || v.num != w.num || v.text != w.text {
		return false
	}
	return equalLists(v.Elements(), w.Elements()) && EqualAttributes(v.Pairs(), w.Pairs())
}

func equalLists(a, b []Value) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !a[i].Equal(b[i]) {
			return false
		}
	}
	return true
}

// EqualAttributes reports whether both hold equal keys and values in the same order.
func EqualAttributes(a, b []KeyValue) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Key != b[i].Key || !a[i].Value.Equal(b[i].Value) {
			return false
		}
	}
	return true
}

// String is the value as text: strings as they are, bytes in base64, lists and
// maps as JSON.
func (v Value) String() string {
	switch v.kind {
	case StringValue:
		return v.text
	case ListValue, MapValue:
		return string(v.AppendJSON(nil))
	case BytesValue:
		return base64.StdEncoding.EncodeToString([]byte(v.text))
	case FloatValue:
		return strconv.FormatFloat(math.Float64frombits(v.num), 'g', -1, 64)
	case EmptyValue:
		return ""
	}
	return string(v.AppendJSON(nil))
}

// MarshalJSON is the value as plain JSON: bytes in base64, what JSON has no
// number for (NaN and the infinities) as strings, an empty value as null.
func (v Value) MarshalJSON() ([]byte, error) { return v.AppendJSON(nil), nil }

// AppendJSON appends what MarshalJSON returns.
func (v Value) AppendJSON(b []byte) []byte {
	switch v.kind {
	case StringValue:
		return appendJSONString(b, v.text)
	case BoolValue:
		return strconv.AppendBool(b, v.num != 0)
	case IntValue:
		return strconv.AppendInt(b, int64(v.num), 10)
	case FloatValue:
		return appendJSONFloat(b, math.Float64frombits(v.num))
	case BytesValue:
		return appendJSONString(b, base64.StdEncoding.EncodeToString([]byte(v.text)))
	case ListValue:
		return appendJSONList(b, v.many.list)
	case MapValue:
		return AppendAttributesJSON(b, v.many.pairs)
	}
	return append(b, "null"...)
}

func appendJSONList(b []byte, list []Value) []byte {
	b = append(b, '[')
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = v.AppendJSON(b)
	}
	return append(b, ']')
}

// AppendAttributesJSON appends the attributes as one JSON object, in their order.
func AppendAttributesJSON(b []byte, attrs []KeyValue) []byte {
	b = append(b, '{')
	for i, kv := range attrs {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendJSONString(b, kv.Key), ':')
		b = kv.Value.AppendJSON(b)
	}
	return append(b, '}')
}

func appendJSONFloat(b []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return strconv.AppendQuote(b, strconv.FormatFloat(f, 'g', -1, 64))
	}
	return strconv.AppendFloat(b, f, 'g', -1, 64)
}

func appendJSONString(b []byte, s string) []byte {
	quoted, err := json.Marshal(s)
	if err != nil {
		return append(b, `""`...) // a string always marshals
	}
	return append(b, quoted...)
}
