// SPDX-License-Identifier: Apache-2.0

package query

import (
	"fmt"
	"html"
	"slices"
	"strings"
)

// QueryString writes filters as the query string that BlueKing's search page
// shows for them, joined by AND. It follows that page to the letter: between
// becomes a range that includes its second value, an unknown operator becomes
// equal, and numbers are not in quotes.
func QueryString(filters []Filter) string {
	parts := make([]string, len(filters))
	for i, f := range filters {
		parts[i] = f.queryString()
	}
	return strings.Join(parts, " AND ")
}

func (f Filter) queryString() string {
	switch f.Operator {
	case "exists":
		return f.Key + ": *"
	case "not exists":
		return "NOT " + f.Key + ": *"
	case "not_equal":
		return "NOT " + f.Key + ": " + f.list(quoteValue)
	case "like":
		return f.Key + ": " + f.list(f.likeValue)
	case "not_like":
		return "NOT " + f.Key + ": " + f.list(f.likeValue)
	case "reg":
		return f.Key + ": " + f.list(func(v any) string { return fmt.Sprintf("/%v/", v) })
	case "gt", "gte", "lt", "lte":
		return f.Key + ": " + f.list(func(v any) string { return fmt.Sprint(filterOps[f.Operator], v) })
	case "between":
		if len(f.Values) == 2 {
			return fmt.Sprintf("%s: [%v TO %v]", f.Key, f.Values[0], f.Values[1])
		}
	}
	return f.Key + ": " + f.list(quoteValue)
}

// list writes values, several of them in brackets.
func (f Filter) list(write func(any) string) string {
	values := make([]string, len(f.Values))
	for i, v := range f.Values {
		values[i] = write(v)
	}
	if len(values) < 2 {
		return strings.Join(values, "")
	}
	relation := " OR "
	if f.All {
		relation = " AND "
	}
	return "(" + strings.Join(values, relation) + ")"
}

func quoteValue(v any) string {
	s, ok := v.(string)
	if !ok {
		return fmt.Sprint(v)
	}
	return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"`
}

// reserved are the characters that mean something in a query string.
const reserved = `+-=&|><!(){}[]^"~*?:\/ `

func (f Filter) likeValue(v any) string {
	var b strings.Builder
	for _, c := range fmt.Sprint(v) {
		if strings.ContainsRune(reserved, c) && !(f.Wildcard && (c == '*' || c == '?')) {
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return "*" + b.String() + "*"
}

// Keyword is what BlueKing's search page makes of a word that was typed: an id
// in quotes, anything with characters or words that mean something as it is, and
// other text between wildcards. named has the field before an id. Unlike there,
// ids in upper case are ids.
func Keyword(typed string) (query, named string) {
	s := html.UnescapeString(typed)
	if strings.TrimSpace(s) == "" {
		return "*", "*"
	}
	if f, digits, ok := directID(s); ok {
		field := "trace_id"
		if f == bkFields["span_id"] {
			field = "span_id"
		}
		query = `"` + strings.ToLower(digits) + `"`
		return query, field + ": " + query
	}
	if !meansSomething(s) {
		s = "*" + s + "*"
	}
	return s, s
}

func meansSomething(s string) bool {
	if strings.ContainsAny(s, "+-=&|><!(){}[]^\"~*?:/") {
		return true
	}
	if slices.ContainsFunc([]string{"AND", "OR", "TO", "NOT"}, func(word string) bool { return strings.Contains(s, word) }) {
		return true
	}
	rest, _ := cutDigits(s)
	return rest == ""
}

// summaryPrefix stands before the fields of spans in BlueKing's summaries of traces.
const summaryPrefix = "collections."

// SummaryKey is the key under which BlueKing's summaries of traces keep the
// values that the spans of a trace have for a field of theirs. Fields of the
// summary itself stay as they are.
func SummaryKey(key string) string {
	if key == "span_name" || key == "kind" || strings.HasPrefix(key, "attributes") || strings.HasPrefix(key, "resource") {
		return summaryPrefix + key
	}
	return key
}

// SpanKey takes back what [SummaryKey] does.
func SpanKey(key string) string { return strings.TrimPrefix(key, summaryPrefix) }
