// SPDX-License-Identifier: Apache-2.0

// Package trace is a span as the desk knows it, whatever back end or file it
// came from: ids as fixed arrays, times in nanoseconds, typed attributes. Its
// package format reads and writes the spellings of others.
//
// Values are plain data: any number of goroutines may read them, and whoever
// made them may change them before sharing them.
package trace

import (
	"math"
	"slices"
)

// A Kind says on which side of a call a span stands. The numbers are those of
// OTLP (opentelemetry/proto/trace/v1, Span.SpanKind).
type Kind int32

// The kinds of OTLP.
const (
	Unspecified Kind = iota
	Internal
	Server
	Client
	Producer
	Consumer
)

var kindNames = []string{"unspecified", "internal", "server", "client", "producer", "consumer"}

// String is the name that Jaeger and the OpenTelemetry documents use, in lower case.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return "unspecified"
	}
	return kindNames[k]
}

// IsCalled reports whether the span receives: server and consumer.
func (k Kind) IsCalled() bool { return k == Server || k == Consumer }

// IsCalling reports whether the span sends: client and producer.
func (k Kind) IsCalling() bool { return k == Client || k == Producer }

// IsAsync reports whether the span is of a message: producer and consumer.
func (k Kind) IsAsync() bool { return k == Producer || k == Consumer }

// A StatusCode is the outcome of a span, with the numbers of OTLP.
type StatusCode int32

// The codes of OTLP.
const (
	Unset StatusCode = iota
	OK
	Error
)

// String is the code in lower case: unset, ok or error.
func (c StatusCode) String() string {
	switch c {
	case OK:
		return "ok"
	case Error:
		return "error"
	}
	return "unset"
}

// A Status is the outcome of a span; the message belongs to errors.
type Status struct {
	Code    StatusCode
	Message string
}

// A Span is one operation of a trace.
//
// Times are nanoseconds since 1970 as OTLP has them; a time past the year 2262
// is kept as a negative number and so survives a round trip.
type Span struct {
	TraceID TraceID
	ID      SpanID
	Parent  SpanID // zero: none
	State   string // the W3C tracestate
	Flags   uint32 // of OTLP: the W3C flags, and whether the parent is remote

	Name  string
	Kind  Kind
	Start int64
	End   int64
	// Offset is what a store's own duration exceeds End − Start by; some keep
	// both, and they differ. Usually 0.
	Offset int64

	Attributes        []KeyValue
	Events            []Event
	Links             []Link
	DroppedAttributes uint32
	DroppedEvents     uint32
	DroppedLinks      uint32
	Status            Status

	Resource *Resource // shared by the spans of a process; nil: nothing is known
	Scope    *Scope    // shared by the spans of an instrumentation; nil: nothing is known
	Inferred bool      // not recorded, but derived from what another span says of it
}

// An Event is a moment within a span.
type Event struct {
	Time              int64
	Name              string
	Attributes        []KeyValue
	DroppedAttributes uint32
}

// A Link points to a span of this or another trace.
type Link struct {
	TraceID           TraceID
	SpanID            SpanID
	State             string
	Flags             uint32
	Attributes        []KeyValue
	DroppedAttributes uint32
}

// A Resource is the process that made spans.
type Resource struct {
	Attributes        []KeyValue
	DroppedAttributes uint32
	SchemaURL         string
}

// A Scope is the instrumentation that made spans.
type Scope struct {
	Name              string
	Version           string
	Attributes        []KeyValue
	DroppedAttributes uint32
	SchemaURL         string
}

// Duration is how long the span took, in nanoseconds. It is negative where a
// span ends before it starts, and never overflows.
func (s *Span) Duration() int64 { return saturatingAdd(saturatingSub(s.End, s.Start), s.Offset) }

// IsError reports whether the span's status is an error.
func (s *Span) IsError() bool { return s.Status.Code == Error }

// Attribute is the value of a key, the first if it occurs twice.
func (s *Span) Attribute(key string) (Value, bool) { return Lookup(s.Attributes, key) }

// Service is the resource's service.name, "" if it has none.
func (s *Span) Service() string { return s.Resource.text("service.name") }

// SDK is the resource's telemetry.sdk.name, "" if it has none.
func (s *Span) SDK() string { return s.Resource.text("telemetry.sdk.name") }

func (r *Resource) text(key string) string {
	if r == nil {
		return ""
	}
	v, _ := Lookup(r.Attributes, key)
	return v.String()
}

// Lookup is the value of a key, the first if it occurs twice.
func Lookup(attrs []KeyValue, key string) (Value, bool) {
	for i := range attrs {
		if attrs[i].Key == key {
			return attrs[i].Value, true
		}
	}
	return Value{}, false
}

// Clone is a copy that shares nothing that may be changed with s, except the
// resource and the scope.
func (s *Span) Clone() Span {
	c := *s
	c.Attributes = slices.Clone(s.Attributes)
	c.Events = slices.Clone(s.Events)
	for i := range c.Events {
		c.Events[i].Attributes = slices.Clone(c.Events[i].Attributes)
	}
	c.Links = slices.Clone(s.Links)
	for i := range c.Links {
		c.Links[i].Attributes = slices.Clone(c.Links[i].Attributes)
	}
	return c
}

func saturatingAdd(a, b int64) int64 {
	sum := a + b
	if a > 0 && b > 0 && sum < 0 {
		return math.MaxInt64
	}
	if a < 0 && b < 0 && sum >= 0 {
		return math.MinInt64
	}
	return sum
}

func saturatingSub(a, b int64) int64 {
	d := a - b
	if a >= 0 && b < 0 && d < 0 {
		return math.MaxInt64
	}
	if a < 0 && b > 0 && d >= 0 {
		return math.MinInt64
	}
	return d
}
