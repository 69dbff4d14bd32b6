// SPDX-License-Identifier: Apache-2.0

package format

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// pageData is what stands before the data in a page that a desk has saved, and
// wholeTrace the member of it that is the trace as OTLP.
const pageData = `<script type="application/gzip" id="data">`

var wholeTrace = regexp.MustCompile(`^/.*/traces/[0-9a-f]{32}$`)

// errNoPage is of HTML without a trace.
var errNoPage = errors.New("format: the page has no trace in it: want one that a desk has saved")

// isPage reports whether input begins as a page of HTML does.
func isPage(head []byte) bool { return bytes.HasPrefix(head, []byte("<!")) }

// Page reads the trace out of a page that a desk has saved as one file: JSON,
// compressed with gzip and written in base64, whose members are texts, one of which
// is the trace as OTLP in JSON. It returns that text. What is decompressed may have
// limit bytes at most.
func Page(r io.Reader, limit int64) (io.Reader, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	if err := skipPast(in, pageData); err != nil {
		return nil, err
	}
	data, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, &untilTag{in: in}))
	if err != nil {
		return nil, fmt.Errorf("format: the data of the page: %w", err)
	}
	bounded := &io.LimitedReader{R: data, N: limit + 1}
	text, err := traceOfPage(json.NewDecoder(bounded))
	if bounded.N <= 0 {
		return nil, fmt.Errorf("format: the data of the page is longer than %d bytes", limit)
	}
	if err != nil {
		return nil, err
	}
	return strings.NewReader(text), nil
}

// traceOfPage finds the trace among the members of an object.
func traceOfPage(d *json.Decoder) (text string, err error) {
	if _, err := d.Token(); err != nil {
		return "", fmt.Errorf("format: the data of the page: %w", err)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return "", fmt.Errorf("format: the data of the page: %w", err)
		}
		if err := d.Decode(&text); err != nil {
			return "", fmt.Errorf("format: the data of the page: %w", err)
		}
		if name, ok := key.(string); ok && wholeTrace.MatchString(name) {
			return text, nil
		}
	}
	return "", errNoPage
}

// skipPast reads up to the end of a tag.
func skipPast(r *bufio.Reader, tag string) error {
	var last []byte
	for {
		piece, err := r.ReadSlice('>')
		last = append(last, piece...)
		last = append(last[:0], last[max(len(last)-len(tag), 0):]...)
		if string(last) == tag {
			return nil
		}
		if err == io.EOF {
			return errNoPage
		}
		if err != nil && err != bufio.ErrBufferFull {
			return fmt.Errorf("format: %w", err)
		}
	}
}

// untilTag is what stands before the next tag.
type untilTag struct {
	in   io.Reader
	done bool
}

// Read implements [io.Reader].
func (u *untilTag) Read(p []byte) (n int, err error) {
	if u.done {
		return 0, io.EOF
	}
	n, err = u.in.Read(p)
	if end := bytes.IndexByte(p[:n], '<'); end >= 0 {
		n, u.done = end, true
	}
	return n, err
}
