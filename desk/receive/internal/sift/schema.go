// SPDX-License-Identifier: Apache-2.0

package sift

import "google.golang.org/protobuf/encoding/protowire"

// A class is what is to be done with a field.
type class uint8

const (
	ignored class = iota
	text
	name   // a text that messages about its record quote
	plain  // a message
	origin // a message whose records go when it is flawed: a resource, a scope
	group  // a message around records
	record
	ownTrace // ids of a span
	ownSpan
	otherTrace // ids of others, which may be missing
	otherSpan
)

// A field of a message that a bytes field on the wire holds.
type field struct {
	class   class
	element bool // counts for [TooMany]
	of      *message
}

// maxField is the largest number of a field of interest.
const (
	maxField = 16
	maxTag   = maxField<<3 | 7
)

// members are the fields of a message by their numbers.
type members [maxField + 1]field

// A message of OTLP.
type message struct {
	fields members
	nests  bool // lists and maps: they count for [TooDeep]
}

var unknown field

// field is what is to be done with the field of a tag.
func (m *message) field(tag uint64) *field {
	if tag > maxTag || tag&7 != uint64(protowire.BytesType) {
		return &unknown
	}
	return &m.fields[tag>>3]
}

// schemas are the messages of OTLP, version 1 (opentelemetry/proto/{collector,
// trace,logs,resource,common}/v1). Fields that are neither texts, ids nor messages
// are of no interest.
var schemas = newSchemas()

func newSchemas() (all struct{ traces, logs *message }) {
	pairs := newPairs()
	resource := &message{fields: members{1: pairs, 3: {class: plain, of: &message{fields: members{
		1: {class: text}, 2: {class: text}, 3: {class: text}, 4: {class: text},
	}}}}}
	scope := &message{fields: members{1: {class: text}, 2: {class: text}, 3: pairs}}
	event := &message{fields: members{2: {class: text}, 3: pairs}}
	link := &message{fields: members{1: {class: otherTrace}, 2: {class: otherSpan}, 3: {class: text}, 4: pairs}}
	status := &message{fields: members{2: {class: text}}}
	span := &message{fields: members{
		1: {class: ownTrace}, 2: {class: ownSpan}, 3: {class: text}, 4: {class: otherSpan}, 5: {class: name}, 9: pairs,
		11: {class: plain, element: true, of: event}, 13: {class: plain, element: true, of: link}, 15: {class: plain, of: status},
	}}
	log := &message{fields: members{
		3: {class: text}, 5: {class: plain, of: pairs.of.fields[2].of}, 6: pairs, 9: {class: otherTrace}, 10: {class: otherSpan}, 12: {class: name},
	}}
	around := func(records *message) *message {
		scopes := &message{fields: members{1: {class: origin, of: scope}, 2: {class: record, of: records}, 3: {class: text}}}
		resources := &message{fields: members{1: {class: origin, of: resource}, 2: {class: group, of: scopes}, 3: {class: text}}}
		return &message{fields: members{1: {class: group, of: resources}}}
	}
	all.traces, all.logs = around(span), around(log)
	return all
}

// newPairs is a field of KeyValue messages.
func newPairs() field {
	value := &message{}
	pairs := field{class: plain, element: true, of: &message{fields: members{1: {class: text}, 2: {class: plain, of: value}}}}
	list := &message{nests: true, fields: members{1: {class: plain, element: true, of: value}}}
	table := &message{nests: true, fields: members{1: pairs}}
	value.fields = members{1: {class: text}, 5: {class: plain, of: list}, 6: {class: plain, of: table}}
	return pairs
}
