// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"fmt"
	"strings"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
)

// A statisticsField is what rows are made by: equal values have equal numbers.
type statisticsField struct {
	number func(node int32) int32
	cell   func(node int32) trace.Value
}

// statisticsField is the field of a name, for this tree.
func (t *Tree) statisticsField(name string) (*statisticsField, error) {
	switch name {
	case "name":
		return t.nameField(), nil
	case "service":
		return t.serviceField(), nil
	case "sdk":
		return t.resourceField("telemetry.sdk.name"), nil
	case "kind":
		return t.kindField(), nil
	case "status":
		return t.statusField(), nil
	}
	if key, ok := strings.CutPrefix(name, "attributes."); ok && key != "" {
		return t.attributeField(key), nil
	}
	if key, ok := strings.CutPrefix(name, "resource."); ok && key != "" {
		return t.resourceField(key), nil
	}
	return nil, fmt.Errorf("analysis: statistics by %.64q: want name, service, sdk, kind, status, attributes.<key> or resource.<key>", name)
}

// nameField looks at the text of a name once for each service that has it.
func (t *Tree) nameField() *statisticsField {
	numbers, known := unset(t.names), map[string]int32{}
	return &statisticsField{
		number: func(node int32) int32 {
			n := &t.Nodes[node]
			if numbers[n.Similar] == None {
				numbers[n.Similar] = intern(known, n.Span.Name)
			}
			return numbers[n.Similar]
		},
		cell: func(node int32) trace.Value { return trace.String(t.Nodes[node].Span.Name) },
	}
}

func (t *Tree) serviceField() *statisticsField {
	return &statisticsField{
		number: func(node int32) int32 { return t.Nodes[node].Service },
		cell: func(node int32) trace.Value {
			if name := t.ServiceOf(node); name != "" {
				return trace.String(name)
			}
			return trace.Value{}
		},
	}
}

func (t *Tree) kindField() *statisticsField {
	return &statisticsField{
		number: func(node int32) int32 { return int32(t.Nodes[node].kind) },
		cell: func(node int32) trace.Value {
			kind := t.Nodes[node].kind
			if kind < trace.Unspecified || kind > trace.Consumer {
				return trace.Int(int64(kind))
			}
			return trace.String(kind.String())
		},
	}
}

func (t *Tree) statusField() *statisticsField {
	code := func(node int32) trace.StatusCode {
		if c := t.Nodes[node].Span.Status.Code; c == trace.OK || c == trace.Error {
			return c
		}
		return trace.Unset
	}
	return &statisticsField{
		number: func(node int32) int32 { return int32(code(node)) },
		cell:   func(node int32) trace.Value { return trace.String(code(node).String()) },
	}
}

func (t *Tree) attributeField(key string) *statisticsField {
	field, known := semconv.FieldOf(key)
	return textField(func(node int32) (trace.Value, bool) {
		n := &t.Nodes[node]
		v, ok := n.Span.Attribute(key)
		if !ok && known {
			return n.Attrs.Value(n.Span, field)
		}
		return v, ok
	})
}

func (t *Tree) resourceField(key string) *statisticsField {
	type found struct {
		value trace.Value
		ok    bool
	}
	seen := map[*trace.Resource]found{}
	return textField(func(node int32) (trace.Value, bool) {
		r := t.Nodes[node].Span.Resource
		f, again := seen[r]
		if !again && r != nil {
			f.value, f.ok = trace.Lookup(r.Attributes, key)
			seen[r] = f
		}
		return f.value, f.ok
	})
}

// textField takes values that read the same for equal, of whatever type.
func textField(value func(node int32) (trace.Value, bool)) *statisticsField {
	known := map[string]int32{}
	return &statisticsField{
		number: func(node int32) int32 {
			v, ok := value(node)
			if !ok {
				return None
			}
			return intern(known, v.String())
		},
		cell: func(node int32) trace.Value {
			v, _ := value(node)
			return v
		},
	}
}
