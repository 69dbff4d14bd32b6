// SPDX-License-Identifier: Apache-2.0

package nodelog

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/sidetrace/sidetrace/internal/jsontext"
)

// walk appends a value that encoding/json refused as a whole: what is wrong in
// it becomes a placeholder, the rest stays.
func (e *encoder) walk(v reflect.Value) {
	switch v.Kind() {
	case reflect.Invalid:
		e.json = append(e.json, "null"...)
	case reflect.Pointer, reflect.Interface:
		e.walkThrough(v)
	case reflect.Struct:
		e.walkStruct(v)
	case reflect.Map:
		e.walkMap(v)
	case reflect.Slice, reflect.Array:
		e.walkList(v)
	case reflect.Bool, reflect.String,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		e.standard(v.Interface(), nil)
	case reflect.Float32, reflect.Float64:
		e.float(v.Float(), v.Type().Bits())
	default: // chan, func, complex, unsafe.Pointer
		e.placeholder("%s is not serialisable", v.Type())
	}
}

// element appends a part of a walked value, by its own methods where it has any.
func (e *encoder) element(v reflect.Value) {
	if v.IsValid() && v.CanInterface() && v.Type().NumMethod() > 0 && v.Kind() != reflect.Interface {
		if v.Kind() != reflect.Pointer || !v.IsNil() {
			e.method(v)
			return
		}
	}
	e.walk(v)
}

// method appends a value with methods. Only those that decide its JSON matter;
// without any of them it is walked.
func (e *encoder) method(v reflect.Value) {
	switch x := v.Interface().(type) {
	case interface{ MarshalJSON() ([]byte, error) }, interface{ MarshalText() ([]byte, error) }, error:
		e.other(x)
	default:
		e.walk(v)
	}
}

func (e *encoder) walkThrough(v reflect.Value) {
	if v.IsNil() {
		e.json = append(e.json, "null"...)
		return
	}
	var id ref
	if v.Kind() == reflect.Pointer {
		id = identity(v)
	}
	if e.enter(id) {
		defer e.leave()
		e.element(v.Elem())
	}
}

func (e *encoder) walkStruct(v reflect.Value) {
	if !e.enter(ref{}) {
		return
	}
	defer e.leave()
	e.json = append(e.json, '{')
	first := true
	e.members(v, &first)
	e.json = append(e.json, '}')
}

// members appends the exported fields of v, those of embedded structs among
// them.
func (e *encoder) members(v reflect.Value, first *bool) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		tag, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == "-" {
			continue
		}
		if f.Anonymous && tag == "" && v.Field(i).Kind() == reflect.Struct {
			e.members(v.Field(i), first)
			continue
		}
		if !f.IsExported() || strings.Contains(opts, "omit") && v.Field(i).IsZero() {
			continue
		}
		if !*first {
			e.json = append(e.json, ',')
		}
		*first = false
		e.json = append(jsontext.AppendString(e.json, cmp.Or(tag, f.Name)), ':')
		e.element(v.Field(i))
	}
}

func (e *encoder) walkMap(v reflect.Value) {
	if v.IsNil() {
		e.json = append(e.json, "null"...)
		return
	}
	names := make(map[string]reflect.Value, v.Len())
	keys := make([]string, 0, v.Len())
	for _, k := range v.MapKeys() {
		name := fmt.Sprint(k)
		if _, twice := names[name]; !twice {
			keys = append(keys, name)
		}
		names[name] = k
	}
	slices.Sort(keys)
	e.object(keys, identity(v), func(k string) { e.element(v.MapIndex(names[k])) })
}

func (e *encoder) walkList(v reflect.Value) {
	var id ref
	if v.Kind() == reflect.Slice {
		if v.IsNil() {
			e.json = append(e.json, "null"...)
			return
		}
		id = identity(v)
	}
	e.list(v.Len(), id, func(i int) { e.element(v.Index(i)) })
}
