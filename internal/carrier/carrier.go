// SPDX-License-Identifier: Apache-2.0

// Package carrier has carriers of the context that two packages share.
package carrier

import (
	"maps"
	"net/textproto"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/propagation"
)

// Header is the name of a header in lower case, as other carriers have it, and in
// the canonical form of [net/http.Header].
type Header struct{ lower, canonical string }

// NewHeader returns the header of a lower-case name.
func NewHeader(name string) Header {
	return Header{name, textproto.CanonicalMIMEHeaderKey(name)}
}

// Values returns all values of the header in c.
func (h Header) Values(c propagation.TextMapCarrier) []string {
	switch c := c.(type) {
	case propagation.HeaderCarrier:
		return c[h.canonical] // spares the search for the canonical form
	case propagation.ValuesGetter:
		return c.Values(h.lower)
	}
	if v := c.Get(h.lower); v != "" {
		return []string{v}
	}
	return nil
}

// Set sets the header in c.
func (h Header) Set(c propagation.TextMapCarrier, value string) { c.Set(h.lower, value) }

// Name returns the lower-case name.
func (h Header) Name() string { return h.lower }

// Map is a map as a carrier to a trusted place. Upper and lower case of keys do
// not matter when it is read.
type Map map[string]string

// CarriesIdentity lets the span package's propagator add the identity.
func (Map) CarriesIdentity() bool { return true }

// Get returns the value of key.
func (m Map) Get(key string) string {
	if v, ok := m[key]; ok {
		return v
	}
	for k, v := range m {
		if strings.EqualFold(k, key) {
			return v
		}
	}
	return ""
}

// Set sets the value of key.
func (m Map) Set(key, value string) { m[key] = value }

// Keys returns the keys, sorted.
func (m Map) Keys() []string { return slices.Sorted(maps.Keys(m)) }
