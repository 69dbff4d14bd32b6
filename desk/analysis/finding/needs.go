// SPDX-License-Identifier: Apache-2.0

package finding

import (
	"strings"

	"github.com/sidetrace/sidetrace/desk/trace/semconv"
)

// What is looked at to tell whether one call needs another's result, so that it
// stays cheap for large values.
const (
	maxNeedText   = 16 << 10 // bytes of an input or a result
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
	if s.facts&(saysPayload|isHTTP) == 0 {
		return false
	}
	values := f.values[:0]
	for _, text := range f.texts(s, inputFields) {
		values = appendValues(values, text)
	}
	f.values = values
	if len(values) == 0 {
		return false
	}
	for i := max(0, len(row)-lookBack); i < len(row); i++ {
		if row[i].facts&saysPayload == 0 {
			continue
		}
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

// appendValues appends the values in a text, of a URL those behind the host:
// strings in quotes that are no names of JSON members, and words. They are parts of
// the text, with the escapes of JSON, as they would stand in the JSON of a result.
func appendValues(to []string, text string) []string {
	if _, behind, ok := strings.Cut(text, "://"); ok {
		_, text, _ = strings.Cut(behind, "/")
	}
	for len(text) > 0 && len(to) < maxNeedValues {
		var value string
		switch c := text[0]; {
		case c == '"':
			value, text = quotedValue(text[1:])
		case isWordByte(c):
			value, text = splitWord(text)
		default:
			text = text[1:]
		}
		if len(value) >= minNeedLength {
			to = append(to, value)
		}
	}
	return to
}

// quotedValue is what stands before the closing quote, "" if it is a member's name,
// and what follows.
func quotedValue(text string) (value, rest string) {
	end := 0
	for end < len(text) && text[end] != '"' {
		if text[end] == '\\' {
			end++
		}
		end++
	}
	end = min(end, len(text))
	rest = text[min(end+1, len(text)):]
	if strings.HasPrefix(strings.TrimLeft(rest, " \t\r\n"), ":") {
		return "", rest
	}
	return text[:end], rest
}

// splitWord is the word that a text begins with, and what follows.
func splitWord(text string) (word, rest string) {
	end := 0
	for end < len(text) && (isWordByte(text[end]) || text[end] == '-') {
		end++
	}
	return text[:end], text[end:]
}
