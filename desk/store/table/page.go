// SPDX-License-Identifier: Apache-2.0

package table

import (
	"bytes"
	"fmt"
	"hash/crc32"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/encoding/plain"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// decoded is a page with its levels, nil for those that the column has not.
type decoded struct {
	repetition, defined []byte
	vector              *Vector
}

// decode reads a page of any column. The library reads columns from one end to
// the other; this goes to one page, and keeps dictionaries.
func (f *File) decode(column, page int) (d decoded, err error) {
	chunk := f.chunks[column]
	index, err := chunk.OffsetIndex()
	if err != nil {
		return d, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if page >= index.NumPages() || index.FirstRowIndex(page) != int64(page*PageRows) {
		return d, fmt.Errorf("%w: it is not where it should be", ErrDamaged)
	}
	header, body, err := f.readPage(index.Offset(page), index.CompressedPageSize(page))
	if err != nil {
		return d, err
	}
	if !header.DataPageHeaderV2.Valid {
		return d, fmt.Errorf("%w: it is no data page of version 2", ErrDamaged)
	}
	h := &header.DataPageHeaderV2.V
	n, flat := int(h.NumValues), columnOf(chunk).MaxRepetitionLevel() == 0
	if n < 0 || n > maxValues || flat && n != f.PageLen(page) || h.NumNulls < 0 || int(h.NumNulls) > n {
		return d, fmt.Errorf("%w: it has %d values, and %d nulls of them", ErrDamaged, n, h.NumNulls)
	}
	if d.repetition, body, err = levels(body, int(h.RepetitionLevelsByteLength), columnOf(chunk).MaxRepetitionLevel(), n); err != nil {
		return d, err
	}
	if d.defined, body, err = levels(body, int(h.DefinitionLevelsByteLength), columnOf(chunk).MaxDefinitionLevel(), n); err != nil {
		return d, err
	}
	if body, err = decompress(chunk, body); err != nil {
		return d, err
	}
	d.vector, err = f.decodeValues(column, body, values{h.Encoding, n - int(h.NumNulls)})
	return d, err
}

func columnOf(c *parquet.FileColumnChunk) *parquet.Column { return c.Node().(*parquet.Column) }

// What a damaged file has read at once is bounded.
const (
	maxPage   = 1 << 30
	maxValues = 1 << 26
)

// readPage reads the header and the body of a page that stands at a place.
func (f *File) readPage(offset, size int64) (*format.PageHeader, []byte, error) {
	if offset < 0 || size <= 0 || size > maxPage || offset+size > f.file.Size() {
		return nil, nil, fmt.Errorf("%w: %d bytes at %d are not in the file", ErrDamaged, size, offset)
	}
	b := make([]byte, size)
	if _, err := f.in.ReadAt(b, offset); err != nil {
		return nil, nil, err
	}
	header := &format.PageHeader{}
	protocol := thrift.CompactProtocol{}
	r := protocol.NewReaderFromBytes(b)
	if err := thrift.NewDecoder(r).Decode(header); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	body := b[r.BytesRead():]
	if int(header.CompressedPageSize) != len(body) || uint32(header.CRC) != crc32.ChecksumIEEE(body) {
		return nil, nil, fmt.Errorf("%w: its sum is wrong", ErrDamaged)
	}
	return header, body, nil
}

// levels decodes the levels that stand at the front of a body; nil if the highest
// is 0.
func levels(body []byte, size, highest, n int) (out, rest []byte, err error) {
	if size < 0 || size > len(body) {
		return nil, nil, fmt.Errorf("%w: its levels go beyond its end", ErrDamaged)
	}
	if highest == 0 {
		return nil, body[size:], nil
	}
	coding := rle.Encoding{BitWidth: highest} // highest is 1 or 2, and so many bits
	out, err = coding.DecodeLevels(make([]byte, 0, n), body[:size])
	if err == nil && len(out) < n {
		err = fmt.Errorf("%d levels instead of %d", len(out), n)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%w: levels: %w", ErrDamaged, err)
	}
	return out[:n], body[size:], nil
}

// decompress undoes the compression of a column.
func decompress(chunk *parquet.FileColumnChunk, body []byte) ([]byte, error) {
	codec := columnOf(chunk).Compression()
	switch {
	case codec.CompressionCodec() == format.Uncompressed || len(body) == 0:
		return body, nil
	case codec.CompressionCodec() != format.Zstd:
		return nil, fmt.Errorf("%w: its compression is %s", ErrDamaged, codec.CompressionCodec())
	}
	out, err := codec.Decode(nil, body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return out, nil
}

// values says how the values of a page are encoded, and how many there are.
type values struct {
	encoding format.Encoding
	n        int
}

func (f *File) decodeValues(column int, b []byte, v values) (*Vector, error) {
	out := &Vector{n: v.n, size: columnOf(f.chunks[column]).Type().Length()}
	var err error
	kind := columnOf(f.chunks[column]).Type().Kind()
	switch v.encoding {
	case format.RLEDictionary:
		if out.dict, err = f.dictionary(column); err != nil {
			return nil, fmt.Errorf("dictionary: %w", err)
		}
		out.codes, err = parquet.RLEDictionary.DecodeInt32(make([]int32, 0, v.n), b)
	case format.DeltaBinaryPacked:
		var nums []int64
		nums, err = parquet.DeltaBinaryPacked.DecodeInt64(make([]int64, 0, v.n), b)
		out.nums = toNums(nums)
	case format.DeltaByteArray:
		out.data, out.ends, err = parquet.DeltaByteArray.DecodeByteArray(nil, b, nil)
	case format.Plain:
		err = out.decodePlain(kind, b)
	default:
		err = fmt.Errorf("its encoding is %s", v.encoding)
	}
	if err == nil {
		err = out.check(kind)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return out, nil
}

func toNums(in []int64) []uint64 {
	out := make([]uint64, len(in))
	for i, n := range in {
		out[i] = uint64(n)
	}
	return out
}

// decodePlain decodes values that are not encoded otherwise.
func (v *Vector) decodePlain(kind parquet.Kind, b []byte) error {
	var err error
	switch kind {
	case parquet.ByteArray:
		v.ends = append(v.ends, 0)
		err = plain.RangeByteArray(b, func(text []byte) error {
			v.data = append(v.data, text...)
			v.ends = append(v.ends, uint32(len(v.data)))
			return nil
		})
	case parquet.FixedLenByteArray:
		v.data = bytes.Clone(b)
	case parquet.Boolean:
		for i := range min(v.n, 8*len(b)) {
			v.nums = append(v.nums, uint64(b[i/8]>>(i%8))&1)
		}
	default:
		values := encoding.Int64ValuesFromBytes(b[:len(b)/8*8])
		v.nums = append(v.nums, values.Uint64()...)
	}
	return err
}

// check makes sure that there are as many values as there should be, and cuts off
// what is there only to fill up.
func (v *Vector) check(kind parquet.Kind) error {
	var have int
	switch {
	case v.dict != nil:
		have = len(v.codes)
	case kind == parquet.ByteArray:
		have = max(len(v.ends)-1, 0)
	case kind == parquet.FixedLenByteArray:
		have = len(v.data) / max(v.size, 1)
	default:
		have = len(v.nums)
	}
	if have < v.n {
		return fmt.Errorf("%d values instead of %d", have, v.n)
	}
	for i := range v.codes[:min(v.n, len(v.codes))] {
		if c := v.codes[i]; c < 0 || int(c) >= v.dict.n {
			return fmt.Errorf("value %d is not in the dictionary", i)
		}
	}
	return nil
}

// dictionary is that of a column.
func (f *File) dictionary(column int) (*Vector, error) {
	chunk := f.chunks[column]
	meta := &f.file.Metadata().RowGroups[0].Columns[column].MetaData
	return cached(f.cache, pageKey{f.id, int32(column), -1}, func() (*Vector, error) {
		header, body, err := f.readPage(meta.DictionaryPageOffset, meta.DataPageOffset-meta.DictionaryPageOffset)
		if err != nil {
			return nil, err
		}
		if n := header.DictionaryPageHeader.V.NumValues; !header.DictionaryPageHeader.Valid || n < 0 || n > maxValues {
			return nil, fmt.Errorf("%w: it has %d values", ErrDamaged, n)
		}
		if body, err = decompress(chunk, body); err != nil {
			return nil, err
		}
		return f.decodeValues(column, body, values{format.Plain, int(header.DictionaryPageHeader.V.NumValues)})
	})
}
