// SPDX-License-Identifier: Apache-2.0

package query

import (
	"strconv"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// maxTokenValue is the longest text that has a token: what is longer is not
// looked for as a whole.
const maxTokenValue = 256

// EachToken calls yield with the tokens of attributes, by which an index knows
// where a value occurs: key=value, of a list one for each element. Values that
// are equal to the same literal have the same token, so numbers, and strings
// that spell them, are written in one way. Maps, bytes, empty values and strings
// over 256 bytes have none. The token is valid during the call.
//
// An index from which [Hints] are to be answered holds the tokens of the
// attributes of each span, of its resource and of its instrumentation scope.
func EachToken(attrs []trace.KeyValue, yield func(token []byte)) {
	var space [128]byte
	b := space[:0]
	for i := range attrs {
		for _, v := range valuesOf(attrs[i].Value) {
			b = append(append(b[:0], attrs[i].Key...), '=')
			var ok bool
			if b, ok = appendToken(b, v); ok {
				yield(b)
			}
		}
	}
}

func appendToken(b []byte, v trace.Value) ([]byte, bool) {
	if n, ok := numberOf(&v); ok {
		return n.append(b), true
	}
	switch v.Kind() {
	case trace.StringValue:
		return append(b, v.Str()...), len(v.Str()) <= maxTokenValue
	case trace.BoolValue:
		return strconv.AppendBool(b, v.IsTrue()), true
	}
	return b, false
}

// literalToken is the token of the values that are equal to a literal.
func literalToken(key string, literal any) (string, bool) {
	var v trace.Value
	switch l := literal.(type) {
	case string:
		v = trace.String(l)
	case bool:
		v = trace.Bool(l)
	default:
		n, _ := literalNumber(l)
		v = n.value()
	}
	b, ok := appendToken(append([]byte(key), '='), v)
	return string(b), ok
}
