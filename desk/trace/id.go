// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
)

// A TraceID names a trace. The zero value means none.
type TraceID [16]byte

// A SpanID names a span within its trace. The zero value means none.
type SpanID [8]byte

// String is the id in 32 lower-case hexadecimal digits, "" for none.
func (id TraceID) String() string {
	if id.IsZero() {
		return ""
	}
	return hex.EncodeToString(id[:])
}

// IsZero reports whether the id is none.
func (id TraceID) IsZero() bool { return id == TraceID{} }

// MarshalText is the id as [TraceID.String] writes it.
func (id TraceID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads what [ParseTraceID] reads.
func (id *TraceID) UnmarshalText(text []byte) (err error) {
	*id, err = ParseTraceID(string(text))
	return err
}

// String is the id in 16 lower-case hexadecimal digits, "" for none.
func (id SpanID) String() string {
	if id.IsZero() {
		return ""
	}
	return hex.EncodeToString(id[:])
}

// IsZero reports whether the id is none.
func (id SpanID) IsZero() bool { return id == SpanID{} }

// MarshalText is the id as [SpanID.String] writes it.
func (id SpanID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads what [ParseSpanID] reads.
func (id *SpanID) UnmarshalText(text []byte) (err error) {
	*id, err = ParseSpanID(string(text))
	return err
}

// ParseTraceID reads a trace id in any spelling that back ends use: up to 32
// hexadecimal digits of either case, padded on the left (Jaeger and Zipkin
// leave leading zeros and 64-bit ids short), with or without the dashes of a
// UUID, or the base64 of 16 bytes (protobuf JSON). "" is the zero id.
func ParseTraceID(s string) (id TraceID, err error) {
	digits := s
	if len(s) == 36 {
		digits = strings.ReplaceAll(s, "-", "")
	}
	if !parseID(id[:], digits) {
		return TraceID{}, fmt.Errorf("trace: id %.64q: want at most 32 hexadecimal digits or the base64 of 16 bytes", s)
	}
	return id, nil
}

// ParseSpanID reads a span id: up to 16 hexadecimal digits of either case,
// padded on the left, or the base64 of 8 bytes. "" is the zero id.
func ParseSpanID(s string) (id SpanID, err error) {
	if !parseID(id[:], s) {
		return SpanID{}, fmt.Errorf("trace: span id %.64q: want at most 16 hexadecimal digits or the base64 of 8 bytes", s)
	}
	return id, nil
}

func parseID(into []byte, s string) bool {
	if parseHex(into, s) {
		return true
	}
	for _, coding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		if len(s) != coding.EncodedLen(len(into)) {
			continue
		}
		if b, err := coding.DecodeString(s); err == nil && len(b) == len(into) {
			copy(into, b)
			return true
		}
	}
	return false
}

func parseHex(into []byte, s string) bool {
	if len(s) > 2*len(into) {
		return false
	}
	var digits [2 * len(TraceID{})]byte
	padded := digits[:2*len(into)]
	for i := range len(padded) - len(s) {
		padded[i] = '0'
	}
	copy(padded[len(padded)-len(s):], s)
	var id TraceID
	if _, err := hex.Decode(id[:], padded); err != nil {
		return false
	}
	copy(into, id[:])
	return true
}

// TraceIDOf is [ParseTraceID] for sources whose ids are arbitrary strings: what
// is no id in any known spelling becomes the first 16 bytes of its SHA-256.
func TraceIDOf(s string) TraceID {
	id, err := ParseTraceID(s)
	if err != nil {
		sum := sha256.Sum256([]byte(s))
		copy(id[:], sum[:])
	}
	return id
}

// SpanIDOf is [ParseSpanID] for sources whose ids are arbitrary strings: what is
// no id in any known spelling becomes the first 8 bytes of its SHA-256.
func SpanIDOf(s string) SpanID {
	id, err := ParseSpanID(s)
	if err != nil {
		sum := sha256.Sum256([]byte(s))
		copy(id[:], sum[:])
	}
	return id
}

// Derived is the id of a span that was inferred from this one for a purpose,
// such as its unseen callee: the same for the same purpose, never zero.
func (id SpanID) Derived(purpose string) SpanID {
	sum := sha256.Sum256(append(id[:], purpose...))
	var derived SpanID
	copy(derived[:], sum[:])
	if derived.IsZero() {
		binary.BigEndian.PutUint64(derived[:], 1)
	}
	return derived
}
