// SPDX-License-Identifier: Apache-2.0

// Package store keeps traces and log records in a folder, and finds them: a [Store]
// is a [source.Source] that can do all that sources can.
//
// # The folder
//
//	log/       requests that are in no segment yet, see package wal
//	seg/       segments: folders named for the first start in UTC and a number
//	damaged/   segments and parts of the log that could not be read
//	reserve    room that is given up to write a segment when the disk is full
//
// A lock on the folder keeps other processes out while a store is open.
//
// What comes goes this way. [Store.Append] writes the bytes of a request into the
// log and adds its records to the head, which is in memory: when it returns, the
// records survive the death of the process, are found, and after
// [Config.SyncEvery] also survive that of the machine. When the head is full or
// something in it old, the traces in it that have received nothing for
// [Config.HoldBack] become a segment, and the log is released up to the first
// request of which something is still in the head. Small segments that follow one
// another are merged.
//
// At the start, what no segment has is read from the log again: the newest segment
// says how far the segments have the log, and which records of the requests before
// that were held back.
//
// # Segments
//
// A segment never changes. It is a folder of Parquet files with one row group each,
// compressed with zstd, which any reader of Parquet reads, and of side files that are
// made of them:
//
//	spans.parquet      sidetrace.spans.v1      a row for each span
//	events.parquet     sidetrace.events.v1     a row for each event of a span
//	links.parquet      sidetrace.links.v1      a row for each link of a span
//	logs.parquet       sidetrace.logs.v1       a row for each log record
//	resources.parquet  sidetrace.resources.v1  a row for each resource
//	scopes.parquet     sidetrace.scopes.v1     a row for each instrumentation scope
//	traces.idx         finds traces by id; their summaries
//	tokens.bloom       which pages of spans may have an attribute, name or service;
//	                   of each page the longest duration, and whether there are errors
//	stats.bin          spans by minute, service, name, kind and status, calls between
//	                   services, and keys of attributes
//	manifest.json      what there is: version, sums, times, and where the log stands
//
// Files without rows are left out. The second name is that of the file's schema, and
// the number its version: columns may be added under a number, but never change. The
// version in the manifest is that of all files together.
//
// Rows of spans.parquet stand in the order of the first start of their traces, those
// of a trace together by start and id. Rows are counted from 0. Types are those of
// Parquet; id columns are FIXED_LEN_BYTE_ARRAY of 16 or 8 bytes, text is BYTE_ARRAY
// (STRING), time INT64 TIMESTAMP(NANOS, UTC), int INT64. A ? marks columns that may
// be null.
//
//	trace_id            id 16   of the trace
//	span_id             id 8    of the span
//	parent_row          int ?   the row of the parent, where it is in this file
//	parent_id           id 8 ?  else its id; a root has neither
//	start               time    when the span began
//	duration            int     end - start in nanoseconds, modulo 2^64
//	name                text    of the span
//	service             text    service.name of the resource, "" if it has none
//	kind                int     of OTLP: 1 internal, 2 server, 3 client, 4 producer, 5 consumer
//	status              int     of OTLP: 0 unset, 1 ok, 2 error
//	status_message      text ?
//	trace_state         text ?  the W3C tracestate
//	flags               int ?   of OTLP
//	resource            int     the row of resources.parquet
//	scope               int     the row of scopes.parquet
//	dropped_attributes  int ?   how many the service left out, likewise
//	dropped_events      int ?
//	dropped_links       int ?
//	span.KEY            ?       an attribute: text, INT64, DOUBLE or BOOLEAN
//	order               ?       the order of attributes, see package table
//	rest                        a list of all other attributes
//
// Every file has an attribute of which much is known to be asked as a column, named
// span.sid, span.gen_ai.request.model and so on; others that many spans have get one
// too. The values of a key that are of another type than its column, and those of
// rarer keys, are in the list rest, whose entries are
//
//	key   text       of the attribute
//	text  text ?     its value, if it is a string
//	int   int ?      or an integer
//	float DOUBLE ?   or a float
//	bool  BOOLEAN ?  or a boolean
//	any   bytes ?    or else an AnyValue of OTLP in protobuf
//
// The other tables have attributes in the same way, as event.KEY, link.KEY, log.KEY,
// resource.KEY and scope.KEY, and besides them in events.parquet
//
//	span                int     the row of spans.parquet, by which rows are sorted
//	after               int     its time - start of the span in nanoseconds, modulo 2^64
//	name                text
//	dropped_attributes  int ?
//
// in links.parquet
//
//	span                int     the row of spans.parquet, by which rows are sorted
//	trace_id            id 16   of the span that is linked
//	span_id             id 8
//	trace_state         text ?
//	flags               int ?
//	dropped_attributes  int ?
//
// in logs.parquet, where the records of traces come first, in the order of the traces
// and as they came, and then all others by time,
//
//	trace_id            id 16 ?
//	span_id             id 8 ?
//	time                time    when it was written; 0: not known
//	observed            time    when it was seen
//	severity            int     the number of OTLP
//	severity_text       text ?
//	event_name          text ?
//	text                text ?  the body, if it is a string
//	body                bytes ? or else an AnyValue of OTLP in protobuf
//	flags               int ?
//	resource            int     the row of resources.parquet
//	scope               int     the row of scopes.parquet
//	dropped_attributes  int ?
//
// and in resources.parquet and scopes.parquet
//
//	name                text    of a scope; service.name of a resource
//	version             text    of a scope
//	schema_url          text
//	dropped_attributes  int
//
// So DuckDB finds the slowest calls of a model, in all segments:
//
//	SELECT hex(trace_id), name, duration / 1e6 AS ms
//	FROM read_parquet('seg/*/spans.parquet', union_by_name = true)
//	WHERE "span.gen_ai.request.model" = 'gpt-5' ORDER BY duration DESC LIMIT 20
//
// # Traces in several segments
//
// A trace that goes on when it is written has parts in several segments, or in
// segments and the head. Each part is stored with a summary of all parts up to it,
// and calls between services are counted with the later of the two spans; so the
// newest part says all of the trace, and is what searches find. Whoever asks for a
// trace, or what needs to be matched as a whole, gets it put together.
//
// # What is made again from what
//
// Side files that are missing or damaged are made again from the tables when a store
// is opened. A segment whose manifest or tables are damaged is moved to damaged/, which
// is reported, and the store goes on without it; damage that is found later, within a
// page, makes answers partial, with a warning. What is left of a segment that was
// not finished is removed: the log still has all of it. A segment that was merged
// names its parts, which are removed should they still be there.
//
// # Concurrency
//
// Any number of goroutines may call a Store. Each question is answered from what there
// was when it was asked; the files of segments that are merged or removed meanwhile
// stay until it is answered. One goroutine of the store writes, merges and removes
// segments. Requests wait for it when the head is twice as large as it should be, and
// are refused with a [FullError] once their context is done, or the disk is full.
//
// # Retention
//
// Whole segments are removed, the oldest first, once they were made before
// [Config.MaxAge], or log and segments take more than [Config.MaxBytes].
package store
