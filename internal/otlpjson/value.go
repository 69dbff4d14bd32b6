// SPDX-License-Identifier: Apache-2.0

package otlpjson

import (
	"encoding/base64"
	"math"
	"strconv"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"

	"github.com/sidetrace/sidetrace/internal/jsontext"
)

// appendAttributes appends the two fields of attributes, each after a comma.
func appendAttributes(b []byte, attrs []*commonpb.KeyValue, dropped uint32) []byte {
	if len(attrs) > 0 {
		b = appendList(append(b, `,"attributes":`...), attrs)
	}
	return appendCount(b, `,"droppedAttributesCount":`, dropped)
}

// appendList appends a list of KeyValue messages.
func appendList(b []byte, attrs []*commonpb.KeyValue) []byte {
	b = append(b, '[')
	for i, a := range attrs {
		if i > 0 {
			b = append(b, ',')
		}
		b = jsontext.AppendString(append(b, `{"key":`...), a.GetKey())
		b = append(appendValue(append(b, `,"value":`...), a.GetValue()), '}')
	}
	return append(b, ']')
}

// appendValue appends an AnyValue message. One without a value, or with an index
// into a table that only profiles have, is {}.
func appendValue(b []byte, v *commonpb.AnyValue) []byte {
	switch v := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		b = jsontext.AppendString(append(b, `{"stringValue":`...), v.StringValue)
	case *commonpb.AnyValue_BoolValue:
		b = strconv.AppendBool(append(b, `{"boolValue":`...), v.BoolValue)
	case *commonpb.AnyValue_IntValue:
		b = strconv.AppendInt(append(b, `{"intValue":"`...), v.IntValue, 10)
		b = append(b, '"')
	case *commonpb.AnyValue_DoubleValue:
		b = appendFloat(append(b, `{"doubleValue":`...), v.DoubleValue)
	case *commonpb.AnyValue_BytesValue:
		b = base64.StdEncoding.AppendEncode(append(b, `{"bytesValue":"`...), v.BytesValue)
		b = append(b, '"')
	case *commonpb.AnyValue_KvlistValue:
		b = appendList(append(b, `{"kvlistValue":{"values":`...), v.KvlistValue.GetValues())
		b = append(b, '}')
	case *commonpb.AnyValue_ArrayValue:
		b = appendArray(append(b, `{"arrayValue":`...), v.ArrayValue.GetValues())
	default:
		b = append(b, '{')
	}
	return append(b, '}')
}

func appendArray(b []byte, values []*commonpb.AnyValue) []byte {
	b = append(b, `{"values":[`...)
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendValue(b, v)
	}
	return append(b, `]}`...)
}

func appendFloat(b []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(b, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(b, `"-Infinity"`...)
	}
	return strconv.AppendFloat(b, f, 'g', -1, 64)
}
