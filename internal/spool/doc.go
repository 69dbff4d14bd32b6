// SPDX-License-Identifier: Apache-2.0

// Package spool is an append-only log of encoded spans and log records that
// outlives the process, with one cursor for each place that they are delivered to.
//
// # On disk
//
// Each process has a folder of its own below that of its service; see package
// procdir. In it are segments, 00000000.seg and so on, and for each cursor a file
// that says how far its place has confirmed.
//
// A segment is preallocated and, where the system can, mapped into memory, so that
// adding a record is a copy into the page cache, which survives the death of the
// process without a system call. All numbers are little endian. A segment begins
// with a header of 64 bytes:
//
//	 0  "sdtspool"
//	 8  version, 4 bytes
//	16  sequence number, 8 bytes
//	24  time of its making in nanoseconds of Unix time, 8 bytes
//	32  once no record comes any more: 1, spans, log records, 4 bytes each
//	44  CRC-32C of bytes 0 to 44
//	48  bytes 16 to 32 again, for a header that is damaged
//
// Then come records, each padded to a multiple of eight bytes:
//
//	 0  length of the payload, with the highest bit set, 4 bytes
//	 4  CRC-32C of bytes 8 to 16 and the payload, which begins with the lower half
//	    of the sequence number in place of zero: what another segment has left in
//	    the file is no record of this one; 4 bytes
//	 8  how many of its kind the segment has up to here, 4 bytes
//	12  kind: 1 span, 2 log record, 3 origin; 1 byte, and 1 unused
//	14  number of the record's origin in this segment, 2 bytes
//	16  mark that the record is whole, 4 bytes, and 4 unused
//	24  payload
//
// The length is written before any later record's place is taken, the mark after
// all else: what a process had begun when it died is passed over, and everything
// behind it is found. A record that is damaged is passed over too, and the
// numbers at byte 8 tell how many are missing.
//
// An origin says of the records that name it what they belong to: the length of
// the first part and, of a ResourceSpans or ResourceLogs, all fields but the
// scopes; then, of a ScopeSpans or ScopeLogs, all fields but the records. So
// requests are put together from stored bytes alone.
package spool
