// SPDX-License-Identifier: Apache-2.0

package format

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format/internal/jsonread"
)

// allowed ends the message of input that is none of the formats.
const allowed = "want spans as OTLP (protobuf, JSON or JSON lines), JSON of Jaeger or Zipkin, documents of BlueKing APM, or a page that a desk has saved; each may be compressed with gzip or zstd"

// ErrEmpty is returned for input with nothing in it, or nothing but white space.
var ErrEmpty = errors.New("format: the input is empty")

// Read reads spans and log records in any of the formats of this package, which
// it tells by the content:
//
//   - OTLP in protobuf: one TracesData or LogsData message, which are the same as
//     export requests
//   - OTLP in JSON: such messages alone, in an array, or one after another as in
//     the files of JSON lines that SDKs and collectors write; also in what Tempo
//     ("batches", "trace") and Jaeger ("result") put around them
//   - JSON of Jaeger: see [Jaeger]
//   - JSON of Zipkin: see [Zipkin]
//   - documents of BlueKing APM: see [Documents]
//   - a page that a desk has saved as one file: see [Page]
//
// JSON may hold values of several of these. Input that is compressed with gzip or
// zstd is decompressed.
//
// The batch is never nil, and holds everything that could be read: a
// [PartialError] reports what could not be. One that is [io.ErrUnexpectedEOF]
// says that the input was cut, such as the file of a process that was killed
// while it wrote. Lines of JSON lines may be 64 MiB long, other values 1 GiB.
// Everything is held in memory: who reads what strangers send bounds r, and the
// server that it comes through its decompression.
func Read(r io.Reader) (*trace.Batch, error) {
	in, err := decompress(bufio.NewReaderSize(r, 1<<16))
	if err != nil {
		return &trace.Batch{}, err
	}
	head, err := in.Peek(1 << 12)
	switch {
	case len(head) == 0 && err != nil && err != io.EOF:
		return &trace.Batch{}, fmt.Errorf("format: %w", err)
	case looksLikeJSON(head):
		return readJSON(in, unknown)
	case head[0] == 1<<3|2:
		return readProto(in)
	case isPage(head):
		return readPage(in)
	}
	return &trace.Batch{}, fmt.Errorf("format: the input begins with %.16q: %s", head, allowed)
}

// readPage reads the trace of a page.
func readPage(r io.Reader) (*trace.Batch, error) {
	text, err := Page(r, jsonread.MaxDocument)
	if err != nil {
		return &trace.Batch{}, err
	}
	return readJSON(bufio.NewReader(text), unknown)
}

// maxWindow is how far back a zstd stream may refer: what zstd --long asks for.
const maxWindow = 128 << 20

// decompress returns what is in a compressed stream, twice compressed at most, and
// r itself if it is none. A byte order mark is skipped.
func decompress(r *bufio.Reader) (*bufio.Reader, error) {
	for range 2 {
		head, _ := r.Peek(4)
		var inner io.Reader
		var err error
		switch {
		case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
			inner, err = gzip.NewReader(r)
		case bytes.Equal(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
			inner, err = zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		case bytes.HasPrefix(head, []byte("\ufeff")):
			_, err = r.Discard(3)
			return r, err
		default:
			return r, nil
		}
		if err != nil {
			return nil, fmt.Errorf("format: decompress: %w", err)
		}
		r = bufio.NewReaderSize(inner, 1<<16)
	}
	return r, nil
}

// looksLikeJSON tells JSON from protobuf, whose first bytes may be the same: in
// "\n{" a message of 123 bytes begins as well. After the first bracket, JSON has
// white space and then what begins or ends a member or element.
func looksLikeJSON(head []byte) bool {
	text := bytes.TrimLeft(head, " \t\r\n")
	if len(text) == 0 {
		return true
	}
	next := bytes.TrimLeft(text[1:], " \t\r\n")
	switch text[0] {
	case '{':
		return len(next) == 0 || next[0] == '"' || next[0] == '}'
	case '[':
		return len(next) == 0 || bytes.IndexByte([]byte("{[]"), next[0]) >= 0
	}
	return false
}

// readProto reads one message of protobuf.
func readProto(r io.Reader) (*trace.Batch, error) {
	b, err := io.ReadAll(io.LimitReader(r, jsonread.MaxDocument+1))
	if err != nil {
		return &trace.Batch{}, fmt.Errorf("format: %w", err)
	}
	if len(b) > jsonread.MaxDocument {
		return &trace.Batch{}, fmt.Errorf("format: the input is longer than %d MiB", jsonread.MaxDocument>>20)
	}
	batch := &trace.Batch{}
	if holdsLogs(b) {
		batch.Logs, err = UnmarshalLogs(b)
	} else {
		batch.Spans, err = UnmarshalTraces(b)
	}
	partial := (*PartialError)(nil)
	switch {
	case err == nil || errors.As(err, &partial):
	case len(batch.Spans)+len(batch.Logs) > 0:
		err = &PartialError{Skipped: 1, Err: errors.Unwrap(err)}
	default:
		err = fmt.Errorf("%w: %s", err, allowed)
	}
	return batch, err
}
