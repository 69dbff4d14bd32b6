// SPDX-License-Identifier: Apache-2.0

// Package segment keeps spans and log records in folders that never change:
//
//	spans.parquet      a row for each span: traces in the order of their first
//	                   start, the spans of a trace together, by their starts
//	events.parquet     a row for each event, with the row of its span
//	links.parquet      the same for links
//	logs.parquet       a row for each log record: those of traces first, in the
//	                   order of the traces
//	resources.parquet  a row for each resource, to which the others refer
//	scopes.parquet     a row for each instrumentation scope
//	traces.idx         finds traces by id, and has their summaries
//	tokens.bloom       says which pages of spans may have a value
//	stats.bin          counts spans by minute, service, operation, kind and status,
//	                   calls between services, and the keys of attributes
//	manifest.json      says what there is, with sums; it is written last
//
// Any reader of Parquet reads the tables; package table says how attributes are
// stored in them, schema.go which columns there are. The others are made of them,
// see [Rebuild]. A span's parent is the row parent_row of the same file, or the
// parent_id of one that is not in it.
//
// A trace may have parts in several segments. Each knows of those that are older,
// by [Manifest].Order: a summary is of all parts up to its own, and calls between
// services are counted where the later of the two spans is.
package segment
