// SPDX-License-Identifier: Apache-2.0

// Package anyotlp makes random requests of OTLP for tests, with everything that
// the protocol has: it goes by the descriptors of the messages and knows none of
// them but for what makes a record valid.
package anyotlp

import (
	"math"
	"math/rand/v2"
	"strings"

	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// A Source makes requests, of the same seed the same. It is for one goroutine.
type Source struct{ *rand.Rand }

// New returns a source of a seed.
func New(seed uint64) Source { return Source{rand.New(rand.NewPCG(seed, 3))} }

// Traces makes a request with spans, all of which have ids.
func (s Source) Traces() *tracepb.TracesData {
	m := &tracepb.TracesData{}
	s.fill(m.ProtoReflect(), 0)
	for _, rs := range m.ResourceSpans {
		for _, ss := range rs.ScopeSpans {
			for _, sp := range ss.Spans {
				sp.TraceId, sp.SpanId = s.id(16), s.id(8)
			}
		}
	}
	return m
}

// Logs makes a request with log records, some of which have ids.
func (s Source) Logs() *logspb.LogsData {
	m := &logspb.LogsData{}
	s.fill(m.ProtoReflect(), 0)
	return m
}

// valueDepth is how deep messages stand where values begin to end.
const valueDepth = 12

// fill sets some of a message's fields.
func (s Source) fill(m protoreflect.Message, depth int) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		many := f.Message() != nil && depth > valueDepth
		if many || s.IntN(4) == 0 || strings.HasSuffix(string(f.Name()), "_strindex") { // these are of profiles
			continue
		}
		switch {
		case f.IsList():
			list := m.Mutable(f).List()
			for range s.IntN(4) {
				list.Append(s.value(f, list.NewElement, depth))
			}
		case f.ContainingOneof() != nil && m.WhichOneof(f.ContainingOneof()) != nil && s.IntN(2) == 0:
		default:
			m.Set(f, s.value(f, func() protoreflect.Value { return m.NewField(f) }, depth))
		}
	}
}

// value makes a value of a field; zero makes an empty message.
func (s Source) value(f protoreflect.FieldDescriptor, zero func() protoreflect.Value, depth int) protoreflect.Value {
	switch f.Kind() {
	case protoreflect.MessageKind:
		v := zero()
		s.fill(v.Message(), depth+1)
		return v
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(s.text())
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes(s.bytes(string(f.Name())))
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(s.IntN(2) == 0)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(s.IntN(f.Enum().Values().Len())))
	case protoreflect.DoubleKind:
		floats := []float64{0, math.Copysign(0, -1), 1.5e300, math.SmallestNonzeroFloat64, math.NaN(), math.Inf(1), math.Inf(-1), s.NormFloat64()}
		return protoreflect.ValueOfFloat64(floats[s.IntN(len(floats))])
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(int64(s.number()))
	case protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(s.number())
	default:
		return protoreflect.ValueOfUint32(uint32(s.number()))
	}
}

func (s Source) number() uint64 {
	edges := []uint64{0, 1, math.MaxInt64, math.MaxUint64, 1 << 53, 1_700_000_000_000_000_000, s.Uint64()}
	return edges[s.IntN(len(edges))]
}

func (s Source) text() string {
	texts := []string{"", "a", "service.name", "提示 \"q\"\\\n\r\t\x00\u2028<&>", "\U0001f50e", `{"resourceSpans":[{`, strings.Repeat("long ", 100)}
	return texts[s.IntN(len(texts))]
}

// bytes are an id or none by the name of the field, or any bytes.
func (s Source) bytes(name string) []byte {
	length := 0
	switch name {
	case "trace_id":
		length = 16
	case "span_id", "parent_span_id":
		length = 8
	default:
		return []byte("\x00\xff{}")[:s.IntN(5)]
	}
	if s.IntN(2) == 0 {
		return nil
	}
	return s.id(length)
}

// id is one of so many bytes that is not zero, sometimes with leading zeros.
func (s Source) id(length int) []byte {
	b := make([]byte, length)
	for i := s.IntN(length); i < length; i++ {
		b[i] = byte(s.Uint32())
	}
	b[length-1] |= 1
	return b
}
