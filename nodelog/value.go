// SPDX-License-Identifier: Apache-2.0

package nodelog

import (
	"bytes"
	"encoding"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"sync"

	"github.com/sidetrace/sidetrace/internal/jsontext"
)

// value is JSON whose large strings are kept apart: whether they stay or go to
// the Offloader is decided when the record is written.
type value struct {
	json  []byte
	holes []hole
}

// hole is a large string and where in the JSON it belongs.
type hole struct {
	at   int
	text string
}

func (v value) size() int {
	n := len(v.json)
	for _, h := range v.holes {
		n += len(h.text) + 2
	}
	return n
}

// encoders lend their buffers to capture, which keeps an exact copy.
var encoders = sync.Pool{New: func() any { return new(encoder) }}

// capture turns v into JSON now.
func capture(v any, large int) value {
	e := encoders.Get().(*encoder)
	e.json, e.holes, e.large = e.json[:0], nil, large
	e.entered, e.seen = 0, nil
	e.any(v)
	captured := value{json: bytes.Clone(e.json), holes: e.holes}
	if cap(e.json) <= maxPooled {
		e.holes = nil
		encoders.Put(e)
	}
	return captured
}

// maxDepth is how deep values may be nested.
const maxDepth = 100

// encoder appends values to json. It does not fail: what JSON cannot hold
// becomes a string in the form !(reason).
type encoder struct {
	json  []byte
	holes []hole
	large int
	path  []ref // what the current value lies in

	entered int // maps, slices and pointers so far
	seen    map[ref]bool
}

func (e *encoder) text(s string) {
	if len(s) > e.large {
		e.holes = append(e.holes, hole{at: len(e.json), text: s})
		return
	}
	e.json = jsontext.AppendString(e.json, s)
}

func (e *encoder) placeholder(format string, args ...any) {
	e.text("!(" + fmt.Sprintf(format, args...) + ")")
}

// any appends v. The common types go first and need no reflection; the rules
// for the others are those of encoding/json.
func (e *encoder) any(v any) {
	switch v := v.(type) {
	case nil:
		e.json = append(e.json, "null"...)
	case string:
		e.text(v)
	case bool:
		e.json = strconv.AppendBool(e.json, v)
	case int:
		e.json = strconv.AppendInt(e.json, int64(v), 10)
	case int32:
		e.json = strconv.AppendInt(e.json, int64(v), 10)
	case int64:
		e.json = strconv.AppendInt(e.json, v, 10)
	case uint64:
		e.json = strconv.AppendUint(e.json, v, 10)
	case float64:
		e.float(v, 64)
	case float32:
		e.float(float64(v), 32)
	case []byte:
		e.bytes(v)
	case []string:
		e.list(len(v), identity(reflect.ValueOf(v)), func(i int) { e.text(v[i]) })
	case []any:
		e.list(len(v), identity(reflect.ValueOf(v)), func(i int) { e.any(v[i]) })
	case map[string]string:
		e.object(slices.Sorted(maps.Keys(v)), identity(reflect.ValueOf(v)), func(k string) { e.text(v[k]) })
	case map[string]any:
		e.object(slices.Sorted(maps.Keys(v)), identity(reflect.ValueOf(v)), func(k string) { e.any(v[k]) })
	default:
		e.other(v)
	}
}

// other appends a value of a type that any does not know.
func (e *encoder) other(v any) {
	mark, holes := len(e.json), len(e.holes)
	defer func() {
		if p := recover(); p != nil { // of the value's own methods
			e.json, e.holes = e.json[:mark], e.holes[:holes]
			e.placeholder("panic while encoding %T: %v", v, p)
		}
	}()
	switch v := v.(type) {
	case slog.LogValuer:
		e.slog(slog.AnyValue(v).Resolve())
	case json.Marshaler, encoding.TextMarshaler:
		e.standard(v, nil)
	case error:
		e.text(v.Error())
	default:
		e.standard(v, func() { e.walk(reflect.ValueOf(v)) })
	}
}

// slog appends what a LogValuer stands for: it may hide a secret or shorten
// something large.
func (e *encoder) slog(v slog.Value) {
	if v.Kind() != slog.KindGroup {
		e.any(v.Any())
		return
	}
	attrs := v.Group()
	e.json = append(e.json, '{')
	for i, a := range attrs {
		if i > 0 {
			e.json = append(e.json, ',')
		}
		e.json = append(jsontext.AppendString(e.json, a.Key), ':')
		e.slog(a.Value.Resolve())
	}
	e.json = append(e.json, '}')
}

// standard appends v by way of encoding/json, or, where that fails, whatever
// instead does, or the error.
func (e *encoder) standard(v any, instead func()) {
	b, err := json.Marshal(v)
	switch {
	case err == nil:
		e.raw(b)
	case instead != nil:
		instead()
	default:
		e.placeholder("%T: %v", v, err)
	}
}

// raw appends valid JSON: its large strings become holes, and the escapes that
// encoding/json writes for the sake of HTML and JavaScript become plain text.
func (e *encoder) raw(b []byte) {
	for len(b) > 0 {
		start := slices.Index(b, '"')
		if start < 0 {
			break
		}
		end := stringEnd(b, start)
		e.json = append(e.json, b[:start]...)
		literal := b[start:end]
		b = b[end:]
		isKey := len(b) > 0 && b[0] == ':' // Marshal writes no space before it
		if !isKey && len(literal)-2 <= e.large && !slices.Contains(literal, '\\') {
			e.json = append(e.json, literal...)
			continue
		}
		var s string
		_ = json.Unmarshal(literal, &s) // valid: Marshal made it
		if isKey {
			e.json = jsontext.AppendString(e.json, s)
		} else {
			e.text(s)
		}
	}
	e.json = append(e.json, b...)
}

// stringEnd returns the index after the string literal that begins at start.
func stringEnd(b []byte, start int) int {
	for i := start + 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}

// float writes numbers as encoding/json does (ECMA-262, Number::toString), and
// what is no number as a string.
func (e *encoder) float(f float64, bits int) {
	switch {
	case math.IsNaN(f):
		e.text("NaN")
		return
	case math.IsInf(f, 0):
		e.text(strconv.FormatFloat(f, 'g', -1, 64)) // +Inf, -Inf
		return
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	e.json = strconv.AppendFloat(e.json, f, format, -1, bits)
}

func (e *encoder) bytes(b []byte) {
	if b == nil {
		e.json = append(e.json, "null"...)
		return
	}
	e.text(base64.StdEncoding.EncodeToString(b))
}

// ref identifies what two variables share when they are the same map, slice or
// pointer. The type tells a struct from its first field.
type ref struct {
	typ reflect.Type
	at  uintptr
	len int
}

func identity(v reflect.Value) ref {
	r := ref{typ: v.Type(), at: v.Pointer()}
	if v.Kind() == reflect.Slice {
		if v.Len() == 0 {
			return ref{} // all of them can be in the same place
		}
		r.len = v.Len()
	}
	return r
}

// enter reports whether the value with this identity may be descended into. If
// so, leave must be called after.
func (e *encoder) enter(id ref) bool {
	if id.at != 0 && slices.Contains(e.path, id) {
		e.placeholder("cycle")
		return false
	}
	if len(e.path) == maxDepth {
		e.placeholder("nested deeper than %d", maxDepth)
		return false
	}
	if e.repeated(id) {
		e.placeholder("seen before")
		return false
	}
	e.path = append(e.path, id)
	return true
}

// maxRepeats is how many parts of a value may be written down before each one
// is written only once: values that refer to each other can be walked in more
// ways than there is memory for.
const maxRepeats = 1000

func (e *encoder) repeated(id ref) bool {
	e.entered++
	if e.entered <= maxRepeats || id.at == 0 {
		return false
	}
	if e.seen[id] {
		return true
	}
	if e.seen == nil {
		e.seen = map[ref]bool{}
	}
	e.seen[id] = true
	return false
}

func (e *encoder) leave() { e.path = e.path[:len(e.path)-1] }

func (e *encoder) list(n int, id ref, element func(i int)) {
	if !e.enter(id) {
		return
	}
	defer e.leave()
	e.json = append(e.json, '[')
	for i := range n {
		if i > 0 {
			e.json = append(e.json, ',')
		}
		element(i)
	}
	e.json = append(e.json, ']')
}

func (e *encoder) object(keys []string, id ref, member func(key string)) {
	if !e.enter(id) {
		return
	}
	defer e.leave()
	e.json = append(e.json, '{')
	for i, k := range keys {
		if i > 0 {
			e.json = append(e.json, ',')
		}
		e.json = append(jsontext.AppendString(e.json, k), ':')
		member(k)
	}
	e.json = append(e.json, '}')
}
