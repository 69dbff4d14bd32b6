// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"bytes"
	"compress/gzip"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"
	"google.golang.org/grpc/encoding"
)

// Compressions that an [Endpoint] may have.
const (
	gzipName = "gzip"
	zstdName = "zstd"
)

func init() {
	// gRPC looks compressors up by name and takes them only at init, as its own
	// gzip package does.
	if encoding.GetCompressor(zstdName) == nil {
		encoding.RegisterCompressor(zstdCompressor{})
	}
}

var gzipWriters = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// zstdEncoder encodes whole bodies; it may be used by several goroutines at once.
var zstdEncoder = sync.OnceValues(func() (*zstd.Encoder, error) { return zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest)) })

func compress(name string, body []byte) ([]byte, error) {
	switch name {
	case gzipName:
		var b bytes.Buffer
		w := gzipWriters.Get().(*gzip.Writer)
		defer gzipWriters.Put(w)
		w.Reset(&b)
		if _, err := w.Write(body); err != nil {
			return nil, err
		}
		err := w.Close()
		return b.Bytes(), err
	case zstdName:
		e, err := zstdEncoder()
		if err != nil {
			return nil, err
		}
		return e.EncodeAll(body, nil), nil
	}
	return body, nil
}

// zstdCompressor is zstd for gRPC.
type zstdCompressor struct{}

var _ encoding.Compressor = zstdCompressor{}

// Name implements [encoding.Compressor].
func (zstdCompressor) Name() string { return zstdName }

// Compress implements [encoding.Compressor].
func (zstdCompressor) Compress(w io.Writer) (io.WriteCloser, error) {
	return zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
}

// Decompress implements [encoding.Compressor].
func (zstdCompressor) Decompress(r io.Reader) (io.Reader, error) {
	d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	return d.IOReadCloser(), nil
}
