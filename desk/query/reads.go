// SPDX-License-Identifier: Apache-2.0

package query

import (
	"maps"
	"slices"
)

// Fields are all fields that a query that compiles is about: those that its
// conditions compare, and those that its stages aggregate, divide by and select.
func (q *Query) Fields() []Field {
	all := map[Field]bool{}
	fieldsOfSet(q, all)
	return slices.Collect(maps.Keys(all))
}

func fieldsOfSet(s Set, all map[Field]bool) {
	switch s := s.(type) {
	case *Spanset:
		for c := range comparisons(s.Where) {
			all[c.Field] = true
		}
	case *Combine:
		fieldsOfSet(s.Left, all)
		fieldsOfSet(s.Right, all)
	case *Query:
		fieldsOfSet(s.From, all)
		for _, stage := range s.Stages {
			fieldsOfStage(stage, all)
		}
	}
}

func fieldsOfStage(s Stage, all map[Field]bool) {
	switch s := s.(type) {
	case Set:
		fieldsOfSet(s, all)
	case Aggregate:
		if s.Func != "count" {
			all[s.Field] = true
		}
	case Group:
		all[s.By] = true
	case Select:
		for _, f := range s.Fields {
			all[f] = true
		}
	}
}

// AttributeKeys are the keys of attributes of the span itself that the field is
// read from, nil for none. What is about every value of a span is read from all
// keys, and has none.
func (f Field) AttributeKeys() []string {
	switch {
	case f.Scope == Span || f.Scope == Unscoped:
		return []string{f.Name}
	case f.Scope != Intrinsic:
		return nil
	case f.Name == "tokens":
		return slices.Concat(inputTokenKeys, outputTokenKeys, totalTokenKeys)
	case f.Name == "ttft":
		return slices.Concat(firstChunkKeys, firstFrameKeys)
	}
	return intrinsics[f.Name].keys
}
