// SPDX-License-Identifier: Apache-2.0

package export

import (
	"bufio"
	"encoding/json"
	"fmt"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// A jsonList writes JSON values, one a line, with commas between them. The first
// error ends it.
type jsonList struct {
	w    *bufio.Writer
	some bool
	err  error
}

// raw writes text as it is.
func (l *jsonList) raw(text string) {
	_, _ = l.w.WriteString(text) // the error stays in the writer until it is flushed
	l.some = false
}

// add writes a value on a line of its own.
func (l *jsonList) add(v any) {
	if l.some {
		_ = l.w.WriteByte(',')
	}
	_ = l.w.WriteByte('\n')
	l.value(v)
	l.some = true
}

// value writes a value.
func (l *jsonList) value(v any) {
	b, err := json.Marshal(v)
	if err != nil && l.err == nil {
		l.err = fmt.Errorf("export: %w", err)
	}
	_, _ = l.w.Write(b)
}

func (l *jsonList) flush() error {
	if l.err != nil {
		return l.err
	}
	return l.w.Flush()
}

// attributes are written as one object; of a key that occurs twice the first
// value counts.
type attributes []trace.KeyValue

// MarshalJSON implements [json.Marshaler].
func (a attributes) MarshalJSON() ([]byte, error) {
	seen := make(map[string]bool, len(a))
	once := make([]trace.KeyValue, 0, len(a))
	for _, kv := range a {
		if !seen[kv.Key] {
			seen[kv.Key] = true
			once = append(once, kv)
		}
	}
	return trace.AppendAttributesJSON(nil, once), nil
}
