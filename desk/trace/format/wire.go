// SPDX-License-Identifier: Apache-2.0

package format

import (
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// UnmarshalTraces reads the bytes of a TracesData message, or of an
// ExportTraceServiceRequest, which is the same. It gives what [FromTraces] gives
// of the message, without making one, in a third of the time; texts that are no
// UTF-8, for which a message is refused, stay as they are. Nothing is shared
// with b.
//
// Bytes that are no such message are an error, and with it come the spans before
// the byte at which that shows.
func UnmarshalTraces(b []byte) ([]trace.Span, error) {
	d := wire{names: map[string]string{}, batch: &trace.Batch{}}
	d.resources(b, d.span)
	return d.batch.Spans, d.end()
}

// UnmarshalLogs reads the bytes of a LogsData message, or of an
// ExportLogsServiceRequest, which is the same, like [UnmarshalTraces].
func UnmarshalLogs(b []byte) ([]trace.Log, error) {
	d := wire{names: map[string]string{}, batch: &trace.Batch{}}
	d.resources(b, d.log)
	return d.batch.Logs, d.end()
}

// wire reads messages from their bytes by the rules of protobuf: of fields that
// occur twice the last counts, or messages are merged; fields that are unknown,
// or not of their type, are skipped.
type wire struct {
	problems
	scratch
	batch  *trace.Batch
	names  map[string]string // strings that are shared
	broken error             // why the bytes are no message: nothing more is read
}

func (d *wire) end() error {
	if d.broken != nil {
		return fmt.Errorf("format: OTLP in protobuf: %w", d.broken)
	}
	return d.err()
}

// A field of a message. Numbers are in bits, texts and messages in bytes.
type field struct {
	tag   uint64 // the number of the field, shifted, and its type
	bits  uint64
	bytes []byte
}

// The types in tags (protobuf, "Encoding").
const (
	varint  = uint64(protowire.VarintType)
	fixed64 = uint64(protowire.Fixed64Type)
	length  = uint64(protowire.BytesType)
	fixed32 = uint64(protowire.Fixed32Type)
)

// each calls read for the fields of a message.
func (d *wire) each(b []byte, read func(f field)) {
	var f field
	for len(b) > 0 && d.broken == nil {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			d.broken = protowire.ParseError(n)
			return
		}
		b = b[n:]
		f.tag = uint64(number)<<3 | uint64(kind)
		if n = f.consume(b, number, kind); n < 0 {
			d.broken = protowire.ParseError(n)
			return
		}
		b = b[n:]
		read(f)
	}
}

// consume reads the value of a field. It returns how long it is, or a negative
// number.
func (f *field) consume(b []byte, number protowire.Number, kind protowire.Type) (n int) {
	switch kind {
	case protowire.VarintType:
		f.bits, n = protowire.ConsumeVarint(b)
	case protowire.Fixed64Type:
		f.bits, n = protowire.ConsumeFixed64(b)
	case protowire.BytesType:
		f.bytes, n = protowire.ConsumeBytes(b)
	case protowire.Fixed32Type:
		var bits uint32
		bits, n = protowire.ConsumeFixed32(b)
		f.bits = uint64(bits)
	default:
		n = protowire.ConsumeFieldValue(number, kind, b)
	}
	return n
}

// maxShared is how many names are shared, and how long one may be.
const (
	maxShared     = 4096
	maxSharedName = 64
)

// name is a text of which there are few different ones.
func (d *wire) name(b []byte) string {
	if name, ok := d.names[string(b)]; ok {
		return name
	}
	name := string(b)
	if len(d.names) < maxShared && len(name) <= maxSharedName {
		d.names[name] = name
	}
	return name
}

// resources reads a TracesData or LogsData message, which are alike down to their
// records.
func (d *wire) resources(b []byte, record func([]byte)) {
	d.each(b, func(f field) {
		if f.tag == 1<<3|length {
			d.resource(f.bytes, record)
		}
	})
}

func (d *wire) resource(b []byte, record func([]byte)) {
	spans, logs := len(d.batch.Spans), len(d.batch.Logs)
	from := len(d.pairs)
	var out trace.Resource
	d.each(b, func(f field) {
		switch f.tag {
		case 1<<3 | length: // resource
			d.each(f.bytes, func(f field) { d.described(f, 1, &out.DroppedAttributes) })
		case 2<<3 | length: // scope_spans, scope_logs
			d.scope(f.bytes, record)
		case 3<<3 | length:
			out.SchemaURL = d.name(f.bytes)
		}
	})
	out.Attributes = d.take(from)
	d.good("resource", out.SchemaURL)
	if shared := &out; !sameResource(shared, nil) {
		setOrigin(d.batch, spans, logs, func(r **trace.Resource, _ **trace.Scope) { *r = shared })
	}
}

func (d *wire) scope(b []byte, record func([]byte)) {
	spans, logs := len(d.batch.Spans), len(d.batch.Logs)
	from := len(d.pairs)
	var out trace.Scope
	d.each(b, func(f field) {
		switch f.tag {
		case 1<<3 | length: // scope
			d.each(f.bytes, func(f field) { d.scopeField(f, &out) })
		case 2<<3 | length: // spans, log_records
			record(f.bytes)
		case 3<<3 | length:
			out.SchemaURL = d.name(f.bytes)
		}
	})
	out.Attributes = d.take(from)
	d.good("scope", out.Name)
	if shared := &out; !sameScope(shared, nil) {
		setOrigin(d.batch, spans, logs, func(_ **trace.Resource, s **trace.Scope) { *s = shared })
	}
}

func (d *wire) scopeField(f field, out *trace.Scope) {
	switch f.tag {
	case 1<<3 | length:
		out.Name = d.name(f.bytes)
	case 2<<3 | length:
		out.Version = d.name(f.bytes)
	default:
		d.described(f, 3, &out.DroppedAttributes)
	}
}

// described reads the two fields of everything with attributes, of which number is
// the first. Attributes gather on the scratch until their message ends.
func (d *wire) described(f field, number uint64, dropped *uint32) {
	switch f.tag {
	case number<<3 | length:
		d.attribute(f.bytes, 0)
	case (number+1)<<3 | varint:
		*dropped = uint32(f.bits)
	}
}

// attribute reads a KeyValue message that stands in so many lists and maps.
func (d *wire) attribute(b []byte, depth int) {
	var kv trace.KeyValue
	d.each(b, func(f field) {
		switch f.tag {
		case 1<<3 | length:
			kv.Key = d.name(f.bytes)
		case 2<<3 | length:
			kv.Value = d.value(f.bytes, kv.Value, depth)
		}
	})
	d.pairs = append(d.pairs, kv)
}

// value reads an AnyValue message into what was read of it before.
func (d *wire) value(b []byte, v trace.Value, depth int) trace.Value {
	d.each(b, func(f field) {
		switch f.tag {
		case 1<<3 | length:
			v = trace.String(string(f.bytes))
		case 2<<3 | varint:
			v = trace.Bool(f.bits != 0)
		case 3<<3 | varint:
			v = trace.Int(int64(f.bits))
		case 4<<3 | fixed64:
			v = trace.Float(math.Float64frombits(f.bits))
		case 5<<3 | length:
			v = d.list(f.bytes, v.Elements(), depth+1)
		case 6<<3 | length:
			v = d.pairsOf(f.bytes, v.Pairs(), depth+1)
		case 7<<3 | length:
			v = trace.Bytes(f.bytes)
		case 8<<3 | varint: // an index into the tables of profiles
			v = trace.Value{}
		}
	})
	return v
}

func (d *wire) list(b []byte, values []trace.Value, depth int) trace.Value {
	if depth > MaxValueDepth {
		d.wrong = tooDeep
		return trace.Value{}
	}
	d.each(b, func(f field) {
		if f.tag == 1<<3|length {
			values = append(values, d.value(f.bytes, trace.Value{}, depth))
		}
	})
	return trace.List(values...)
}

func (d *wire) pairsOf(b []byte, pairs []trace.KeyValue, depth int) trace.Value {
	if depth > MaxValueDepth {
		d.wrong = tooDeep
		return trace.Value{}
	}
	from := len(d.pairs)
	d.pairs = append(d.pairs, pairs...)
	d.each(b, func(f field) {
		if f.tag == 1<<3|length {
			d.attribute(f.bytes, depth)
		}
	})
	return trace.Map(d.take(from)...)
}
