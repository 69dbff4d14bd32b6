// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"encoding/binary"

	"github.com/sidetrace/sidetrace/desk/trace"
)

func spanID(n int) (id trace.SpanID) {
	binary.BigEndian.PutUint64(id[:], uint64(n))
	return id
}

// pairs makes attributes of keys and values in turn.
func pairs(keysAndValues ...any) (attrs []trace.KeyValue) {
	for i := 0; i < len(keysAndValues); i += 2 {
		attrs = append(attrs, trace.KeyValue{Key: keysAndValues[i].(string), Value: value(keysAndValues[i+1])})
	}
	return attrs
}

func value(v any) trace.Value {
	switch v := v.(type) {
	case string:
		return trace.String(v)
	case int:
		return trace.Int(int64(v))
	case int64:
		return trace.Int(v)
	case float64:
		return trace.Float(v)
	case bool:
		return trace.Bool(v)
	case []byte:
		return trace.Bytes(v)
	case []any:
		list := make([]trace.Value, len(v))
		for i := range v {
			list[i] = value(v[i])
		}
		return trace.List(list...)
	case trace.Value:
		return v
	}
	return trace.Value{}
}
