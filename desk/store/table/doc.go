// SPDX-License-Identifier: Apache-2.0

// Package table writes and reads Parquet files of rows that have attributes:
// spans, their events and links, log records, resources and scopes.
//
// # Columns
//
// A table has the columns of its schema, and attributes in two forms. Those that
// many rows have, of keys that are not too many, are columns of their own, named
// for the key behind the schema's prefix ("span.http.route"), each of one type:
// BYTE_ARRAY (string), INT64, DOUBLE or BOOLEAN; the schema names some that every
// file has. A row without the attribute has null; a column without any null is
// required. All others are in a list:
//
//	repeated group rest {
//	  required binary key (STRING)
//	  optional binary text (STRING)
//	  optional int64 int
//	  optional double float
//	  optional boolean bool
//	  optional binary any    an AnyValue of OTLP: bytes, a list, a map, or empty
//	}
//
// Of a key that a row has twice, the first value may be in the column, the others
// are in the list.
//
// The attributes of a row stood in the order of the columns, and then of the list,
// unless the column "order" says otherwise: for each attribute an unsigned varint,
// 0 for the next of the list, or n for the nth column that has the prefix, from 1.
//
// # Pages
//
// A file has one row group. All pages but the last of a column have [PageRows]
// rows, so that the same page of each column has the same rows, unless a column
// has no values at all.
package table

import "math"

// PageRows is how many rows a page has.
const PageRows = 1024

// A Kind is the type of a column.
type Kind uint8

// The kinds of columns.
const (
	Text  Kind = iota // BYTE_ARRAY, string
	Int               // INT64
	Float             // DOUBLE
	Bool              // BOOLEAN
	Bytes             // BYTE_ARRAY
	ID                // FIXED_LEN_BYTE_ARRAY of Column.Size
	Time              // INT64, timestamp in nanoseconds, UTC

	kinds
)

// A Coding says how a column is best stored.
type Coding uint8

// The codings of columns.
const (
	Dictionary Coding = iota // few distinct values
	Delta                    // numbers near those before them; texts that begin alike
	Plain                    // neither, and it does not compress
)

// A Column is one of a schema.
type Column struct {
	Name     string
	Kind     Kind
	Coding   Coding
	Size     int // of an ID
	Optional bool
}

// An Attribute is one that has a column in every file.
type Attribute struct {
	Key  string
	Kind Kind // Text, Int, Float or Bool
}

// A Schema is what the files of a table have in common.
type Schema struct {
	Name       string // of the table, and its version
	Prefix     string // of the columns of attributes
	Columns    []Column
	Attributes []Attribute
}

// maxRows bounds files: row numbers are stored in four bytes.
const maxRows = math.MaxInt32
