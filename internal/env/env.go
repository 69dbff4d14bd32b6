// SPDX-License-Identifier: Apache-2.0

// Package env reads the settings of the environment. Every variable that the
// SDK knows is declared once, in vars.go; the README's table is made from there.
package env

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Var is one setting and the names under which it may be given.
type Var struct {
	// Names are tried in order; the first that is set and not empty counts.
	Names []string
	// Default is what an unset variable means, in words of the README; DefaultZH
	// is the same in Simplified Chinese where the words differ.
	Default, DefaultZH string
	// Doc and DocZH say what it does and what is allowed, in English and in
	// Simplified Chinese.
	Doc, DocZH string
	// Secret values do not appear in errors.
	Secret bool
}

// Error says that a variable holds something that cannot be used.
type Error struct {
	Name, Value string
	// Allowed says what the variable may hold.
	Allowed string
	// Err is the cause, where there is one.
	Err error
}

// Error implements error.
func (e *Error) Error() string {
	s := fmt.Sprintf("%s=%q: want %s", e.Name, e.Value, e.Allowed)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Reader reads variables and gathers what is wrong with them. It is for one
// goroutine.
type Reader struct {
	getenv func(string) string
	errs   []error
}

// NewReader returns a Reader over getenv. Nil means [os.Getenv].
func NewReader(getenv func(string) string) *Reader {
	if getenv == nil {
		getenv = os.Getenv
	}
	return &Reader{getenv: getenv}
}

// Err returns all errors found so far, joined.
func (r *Reader) Err() error { return errors.Join(r.errs...) }

// Get returns the name under which v is set and its value with outer white
// space removed; both are empty when it is not set.
func (r *Reader) Get(v Var) (name, value string) {
	for _, name := range v.Names {
		if value := strings.TrimSpace(r.getenv(name)); value != "" {
			return name, value
		}
	}
	return "", ""
}

// Reject records that the value of v cannot be used.
func (r *Reader) Reject(v Var, allowed string, cause error) {
	name, value := r.Get(v)
	if v.Secret {
		value = "(hidden)"
		cause = nil
	}
	e := &Error{Name: cmp.Or(name, v.Names[0]), Value: value, Allowed: allowed, Err: cause}
	for _, known := range r.errs {
		if known.Error() == e.Error() {
			return // a variable that several settings share
		}
	}
	r.errs = append(r.errs, e)
}

// Set reports whether v is set.
func (r *Reader) Set(v Var) bool {
	_, value := r.Get(v)
	return value != ""
}

// Text returns the value of v, or def.
func (r *Reader) Text(v Var, def string) string {
	_, value := r.Get(v)
	return cmp.Or(value, def)
}

// Bool returns the value of v, or def. True is one of true, 1, yes and on,
// false one of false, 0, no and off, in any case; of the variables of the
// OpenTelemetry specification, which allows no other values, true and false.
func (r *Reader) Bool(v Var, def bool) bool {
	name, value := r.Get(v)
	value = strings.ToLower(value)
	standard := strings.HasPrefix(name, "OTEL_")
	switch {
	case value == "":
		return def
	case value == "true", !standard && slices.Contains([]string{"1", "yes", "on"}, value):
		return true
	case value == "false", !standard && slices.Contains([]string{"0", "no", "off"}, value):
		return false
	case standard:
		r.Reject(v, "true or false", nil)
	default:
		r.Reject(v, "true, 1, yes, on, false, 0, no or off", nil)
	}
	return def
}

// Int returns the value of v, which must be in [lo, hi], or def.
func (r *Reader) Int(v Var, def, lo, hi int) int {
	_, value := r.Get(v)
	if value == "" {
		return def
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < lo || n > hi {
		r.Reject(v, "a whole number"+bounds(lo, hi), nil)
		return def
	}
	return n
}

func bounds(lo, hi int) string {
	switch {
	case lo == math.MinInt && hi == math.MaxInt:
		return ""
	case hi == math.MaxInt:
		return fmt.Sprintf(" of at least %d", lo)
	default:
		return fmt.Sprintf(" from %d to %d", lo, hi)
	}
}

// Fraction returns the value of v, which must be in [0, 1], or def.
func (r *Reader) Fraction(v Var, def float64) float64 {
	_, value := r.Get(v)
	if value == "" {
		return def
	}
	f, err := strconv.ParseFloat(value, 64)
	if err != nil || !(f >= 0 && f <= 1) {
		r.Reject(v, "a number from 0 to 1", nil)
		return def
	}
	return f
}

// Duration returns the value of v, which must not be negative, or def. A bare
// number counts in unit.
func (r *Reader) Duration(v Var, unit, def time.Duration) time.Duration {
	_, value := r.Get(v)
	if value == "" {
		return def
	}
	d, err := time.ParseDuration(value)
	if n, numErr := strconv.ParseInt(value, 10, 64); numErr == nil && n <= int64(math.MaxInt64/unit) {
		d, err = time.Duration(n)*unit, nil
	}
	if err != nil || d < 0 {
		words := map[time.Duration]string{time.Millisecond: "milliseconds", time.Second: "seconds"}
		r.Reject(v, "a whole number of "+words[unit]+" or a duration with its unit, such as 90s or 24h", nil)
		return def
	}
	return d
}

// Choice returns the value of v in lower case, which must be one of allowed, or
// def.
func (r *Reader) Choice(v Var, def string, allowed ...string) string {
	_, value := r.Get(v)
	if value == "" {
		return def
	}
	value = strings.ToLower(value)
	if !slices.Contains(allowed, value) {
		r.Reject(v, "one of "+strings.Join(allowed, ", "), nil)
		return def
	}
	return value
}

// List returns the comma-separated parts of v, trimmed, without empty ones.
func (r *Reader) List(v Var) []string {
	_, value := r.Get(v)
	var parts []string
	for part := range strings.SplitSeq(value, ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

// Pairs returns v as a map: a comma-separated list of key=value with
// percent-encoded values, the form that the OpenTelemetry specification gives
// for headers and resource attributes.
func (r *Reader) Pairs(v Var) map[string]string {
	pairs := map[string]string{}
	for _, part := range r.List(v) {
		key, value, ok := strings.Cut(part, "=")
		key = strings.TrimSpace(key)
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if !ok || key == "" || err != nil {
			r.Reject(v, "a comma-separated list of key=value, values percent-encoded", nil)
			return nil
		}
		pairs[key] = value
	}
	return pairs
}

// Markdown returns the table of all variables for the README, in Simplified
// Chinese if zh.
func Markdown(zh bool) string {
	var b strings.Builder
	section, head := Section{}, "| Variable | Default | Meaning |\n|---|---|---|\n"
	if zh {
		head = "| 变量 | 默认值 | 含义 |\n|---|---|---|\n"
	}
	for _, e := range Table() {
		title, fallback, doc := e.Section.Title, e.Var.Default, e.Var.Doc
		if zh {
			title, fallback, doc = e.Section.TitleZH, cmp.Or(e.Var.DefaultZH, e.Var.Default), e.Var.DocZH
		}
		if e.Section != section {
			section = e.Section
			fmt.Fprintf(&b, "\n**%s**\n\n%s", title, head)
		}
		names := "`" + strings.Join(slices.Concat(e.Var.Names[:1], e.Also, e.Var.Names[1:]), "`<br>`") + "`"
		fmt.Fprintf(&b, "| %s | %s | %s |\n", names, fallback, doc)
	}
	return b.String()
}
