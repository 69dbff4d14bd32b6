// SPDX-License-Identifier: Apache-2.0

package web

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// Params are the parameters of a request. They are read one by one; the first that
// is wrong is what [Params.Err] returns, and the rest are then without meaning. A
// name may be several, of which the first that is there and not empty counts.
type Params struct {
	values url.Values
	known  []string
	err    error
}

// ReadParams reads the query of a request's URL.
func ReadParams(r *http.Request) *Params {
	values, err := url.ParseQuery(r.URL.RawQuery)
	p := &Params{values: values}
	if err != nil {
		p.err = &Error{Code: BadParameter, Message: "the query of the URL cannot be read: " + err.Error()}
	}
	for name, list := range values {
		if !utf8.ValidString(name) || slices.ContainsFunc(list, func(v string) bool { return !utf8.ValidString(v) }) {
			p.Fail(BadParam(strconv.Quote(name), "want UTF-8"))
		}
	}
	return p
}

// Err is the first error.
func (p *Params) Err() error { return p.err }

// Strict is the first error, or one of a parameter that nobody has asked for.
func (p *Params) Strict() error {
	for name := range p.values {
		if p.err == nil && !slices.Contains(p.known, name) {
			slices.Sort(p.known)
			wanted := "none"
			if len(p.known) > 0 {
				wanted = "some of " + strings.Join(slices.Compact(p.known), ", ")
			}
			p.err = &Error{Code: BadParameter, Message: fmt.Sprintf("there is no parameter %.100q here: want %s", name, wanted)}
		}
	}
	return p.err
}

// Fail makes an error the first, unless there is one.
func (p *Params) Fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

// Text is a parameter as it is, "" if it is missing.
func (p *Params) Text(names ...string) string {
	_, text := p.text(names)
	return text
}

// text also says under which of its names a parameter is.
func (p *Params) text(names []string) (name, text string) {
	p.known = append(p.known, names...)
	for _, name := range names {
		if text := p.values.Get(name); text != "" {
			return name, text
		}
	}
	return names[0], ""
}

// Texts are all values of a parameter.
func (p *Params) Texts(name string) []string {
	p.known = append(p.known, name)
	return p.values[name]
}

// OneOf is a parameter that is one of some words; the first of them if it is
// missing.
func (p *Params) OneOf(name string, words ...string) string {
	name, text := p.text([]string{name})
	if text == "" {
		return words[0]
	}
	if !slices.Contains(words, text) {
		p.Fail(BadParam(name, "%.100q: want one of %s", text, strings.Join(words, ", ")))
		return words[0]
	}
	return text
}

// A Whole is a whole number that a parameter may be.
type Whole struct{ Default, Min, Max int }

// Int is a parameter that is a whole number.
func (p *Params) Int(w Whole, names ...string) int {
	name, text := p.text(names)
	if text == "" {
		return w.Default
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < w.Min || n > w.Max {
		p.Fail(BadParam(name, "%.100q: want a whole number from %d to %d", text, w.Min, w.Max))
		return w.Default
	}
	return n
}

// Bool is a parameter that is true or false; false if it is missing.
func (p *Params) Bool(names ...string) bool {
	name, text := p.text(names)
	if text == "" {
		return false
	}
	b, err := strconv.ParseBool(text)
	if err != nil {
		p.Fail(BadParam(name, "%.100q: want true or false", text))
	}
	return b
}

// Duration is a parameter that is a duration as Go writes it, or a whole number of
// a unit, 0 if it is missing. It is not negative.
func (p *Params) Duration(unit time.Duration, names ...string) time.Duration {
	name, text := p.text(names)
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if n, whole := strconv.ParseInt(text, 10, 64); whole == nil && n <= math.MaxInt64/int64(unit) {
		d, err = time.Duration(n)*unit, nil
	}
	if err != nil || d < 0 {
		p.Fail(BadParam(name, "%.100q: want a duration such as 1.5s or 200ms, or a number of %s", text, unitName(unit)))
		return 0
	}
	return d
}

func unitName(unit time.Duration) string {
	switch unit {
	case time.Microsecond:
		return "microseconds"
	case time.Millisecond:
		return "milliseconds"
	case time.Second:
		return "seconds"
	}
	return "nanoseconds"
}

// Epoch is a parameter that is a time as a whole number of a unit since 1970, in
// nanoseconds, and whether it is there.
func (p *Params) Epoch(unit time.Duration, names ...string) (int64, bool) {
	name, text := p.text(names)
	if text == "" {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/int64(unit) {
		p.Fail(BadParam(name, "%.100q: want a number of %s since 1970", text, unitName(unit)))
		return 0, false
	}
	return n * int64(unit), true
}

// RFC3339 is a parameter that is a time such as 2026-01-02T15:04:05.123Z, in
// nanoseconds, and whether it is there.
func (p *Params) RFC3339(names ...string) (int64, bool) {
	name, text := p.text(names)
	if text == "" {
		return 0, false
	}
	ns, ok := parseRFC3339(text)
	if !ok {
		p.Fail(BadParam(name, "%.100q: want a time such as 2026-01-02T15:04:05.123Z, from 1970 to 2262", text))
	}
	return ns, ok
}

func parseRFC3339(text string) (int64, bool) {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || t.Unix() < 0 || t.After(time.Unix(0, math.MaxInt64)) {
		return 0, false
	}
	return t.UnixNano(), true
}

// Range is the range of the parameters from and to: each a time as [Params.RFC3339]
// has it, now, now with a duration as in now-15m or now-7d, or nanoseconds since 1970. What
// is missing is no bound.
func (p *Params) Range(now time.Time) source.Range {
	var r source.Range
	r.From = p.time("from", now)
	r.To = p.time("to", now)
	p.CheckRange(r, "from", "to")
	return r
}

func (p *Params) time(name string, now time.Time) int64 {
	text := p.Text(name)
	if text == "" {
		return 0
	}
	ns, ok := parseTime(text, now)
	if !ok {
		p.Fail(BadParam(name, "%.100q: want a time such as 2026-01-02T15:04:05Z, now, now-15m, now-7d, or nanoseconds since 1970", text))
	}
	return ns
}

// CheckRange fails for a range that ends before it begins.
func (p *Params) CheckRange(r source.Range, from, to string) {
	if r.From != 0 && r.To != 0 && r.From >= r.To {
		p.Fail(BadParam(to, "want a time after that of %s", from))
	}
}

func parseTime(text string, now time.Time) (int64, bool) {
	if ns, err := strconv.ParseInt(text, 10, 64); err == nil {
		return ns, ns > 0
	}
	rest, relative := strings.CutPrefix(text, "now")
	if !relative {
		return parseRFC3339(text)
	}
	if rest == "" {
		return now.UnixNano(), true
	}
	d, ok := parseOffset(rest)
	return now.Add(d).UnixNano(), ok && now.Add(d).Unix() > 0
}

// days are the units of days, which [time.ParseDuration] does not have.
var days = map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour}

// parseOffset reads a duration, or a number of days or weeks.
func parseOffset(text string) (time.Duration, bool) {
	for unit, length := range days {
		number, ok := strings.CutSuffix(text, unit)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(number, 10, 13) // more weeks would be too many ns
		return time.Duration(n) * length, err == nil
	}
	d, err := time.ParseDuration(text)
	return d, err == nil
}

// TraceID is the id of a trace in a text, as any back end writes it: in upper or
// lower case, without leading zeros, or in base64.
func TraceID(name, text string) (trace.TraceID, error) {
	id, err := trace.ParseTraceID(text)
	if err != nil || id.IsZero() {
		return id, BadParam(name, "%.100q: want the id of a trace, up to 32 hexadecimal digits", text)
	}
	return id, nil
}

// SpanID is the id of a span in a text, like [TraceID].
func SpanID(name, text string) (trace.SpanID, error) {
	id, err := trace.ParseSpanID(text)
	if err != nil || id.IsZero() {
		return id, BadParam(name, "%.100q: want the id of a span, up to 16 hexadecimal digits", text)
	}
	return id, nil
}
