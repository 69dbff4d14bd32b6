// SPDX-License-Identifier: Apache-2.0

package finding

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/sidetrace/sidetrace/desk/trace/semconv"
)

// What is looked at to tell whether one call needs another's result, so that it
// stays cheap for large values.
const (
	maxNeedText   = 64 << 10 // bytes of an input or a result
	maxNeedValues = 64       // values of an input
	maxNeedNodes  = 16       // spans of a step
	minNeedLength = 4        // of a value: shorter ones are in many texts
)

var (
	inputFields  = []semconv.Field{semconv.ToolArguments, semconv.HTTPURL}
	outputFields = []semconv.Field{semconv.ToolResult}
)

// needs reports whether a step has a value from the result of an earlier one in
// its input, that the earlier one did not have in its own.
func (f *finder) needs(s *step, row []step) bool {
	var values []string
	for _, text := range f.texts(s, inputFields) {
		values = appendValues(values, text)
	}
	if len(values) == 0 {
		return false
	}
	for i := max(0, len(row)-lookBack); i < len(row); i++ {
		results, inputs := f.texts(&row[i], outputFields), f.texts(&row[i], inputFields)
		for _, v := range values {
			if contains(results, v) && !contains(inputs, v) {
				return true
			}
		}
	}
	return false
}

func (f *finder) texts(s *step, fields []semconv.Field) (texts []string) {
	for _, at := range s.nodes[:min(len(s.nodes), maxNeedNodes)] {
		n := &f.tree.Nodes[at]
		for _, field := range fields {
			if text := n.Attrs.Text(n.Span, field); text != "" {
				texts = append(texts, text[:min(len(text), maxNeedText)])
			}
		}
	}
	return texts
}

func contains(texts []string, value string) bool {
	for _, text := range texts {
		if strings.Contains(text, value) {
			return true
		}
	}
	return false
}

// appendValues appends the values in a text: the strings and numbers of JSON, or
// the words of all other text, of a URL those behind the host.
func appendValues(to []string, text string) []string {
	if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
		return appendJSONValues(to, text)
	}
	if _, behind, ok := strings.Cut(text, "://"); ok {
		_, text, _ = strings.Cut(behind, "/")
	}
	words := strings.FieldsFuncSeq(text, func(r rune) bool {
		return r != '-' && r != '_' && r != '.' && r < 0x80 && !isWordByte(byte(r))
	})
	for word := range words {
		if len(to) >= maxNeedValues {
			break
		}
		if len(word) >= minNeedLength {
			to = append(to, word)
		}
	}
	return to
}

// appendJSONValues goes through objects in the order of their members' names, so
// that the same values are looked at each time.
func appendJSONValues(to []string, text string) []string {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var whole any
	if d.Decode(&whole) != nil {
		return to
	}
	for stack := []any{whole}; len(stack) > 0 && len(to) < maxNeedValues; {
		value := ""
		top := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		switch v := top.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				stack = append(stack, v[key])
			}
		case []any:
			stack = append(stack, v...)
		case string:
			value = v
		case json.Number:
			value = v.String()
		}
		if len(value) >= minNeedLength {
			to = append(to, value)
		}
	}
	return to
}
