// SPDX-License-Identifier: Apache-2.0

package table

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// ErrDamaged is what is wrong with a file that is no table of its schema, or whose
// bytes have changed.
var ErrDamaged = errors.New("the file is damaged")

// A File is one that was written by a [Builder], opened for reading. Its methods
// may be called by any goroutine.
type File struct {
	in     io.ReaderAt
	file   *parquet.File
	cache  *Cache
	id     uint64 // in the cache
	schema *Schema
	rows   int
	chunks []*parquet.FileColumnChunk
	names  map[string]int
	attrs  []attributeColumn
	order  int
	rest   int // the first column of the list
}

// attributeColumn is the column of an attribute.
type attributeColumn struct {
	key    string
	kind   Kind
	column int
}

// A Tail is what is to be known of a file to open it: its size, and a sum of the
// part that says where all others are. Other parts have sums of their own.
type Tail struct {
	Size int64  `json:"size"`
	From int64  `json:"from"` // where the part begins
	Sum  uint32 `json:"sum"`  // its CRC-32C
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// TailOf makes the tail of a file that is known to be whole.
func TailOf(in io.ReaderAt, size int64) (t Tail, err error) {
	defer recovered(&err)
	p, err := openParquet(in, size)
	if err != nil {
		return t, fmt.Errorf("table: tail: %w", err)
	}
	t = Tail{Size: size, From: size}
	for _, g := range p.Metadata().RowGroups {
		for _, c := range g.Columns {
			t.From = min(t.From, c.OffsetIndexOffset, c.ColumnIndexOffset)
		}
	}
	t.Sum, err = t.sum(in)
	return t, err
}

// sum reads the part and sums it up.
func (t Tail) sum(in io.ReaderAt) (uint32, error) {
	if t.From < 0 || t.From > t.Size || t.Size-t.From > maxPage {
		return 0, fmt.Errorf("%w: its tail begins at %d of %d", ErrDamaged, t.From, t.Size)
	}
	b := make([]byte, t.Size-t.From)
	if n, err := in.ReadAt(b, t.From); n < len(b) {
		return 0, fmt.Errorf("%w: tail: %w", ErrDamaged, err)
	}
	return crc32.Checksum(b, castagnoli), nil
}

func openParquet(in io.ReaderAt, size int64) (*parquet.File, error) {
	p, err := parquet.OpenFile(in, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return p, nil
}

// Open opens a file of the schema, whose pages are kept in a cache, nil for none.
func (s *Schema) Open(in io.ReaderAt, t Tail, cache *Cache) (f *File, err error) {
	defer recovered(&err)
	sum, err := t.sum(in)
	if err == nil && sum != t.Sum {
		err = fmt.Errorf("%w: its sum is wrong", ErrDamaged)
	}
	if err != nil {
		return nil, fmt.Errorf("table: open %s: %w", s.Name, err)
	}
	p, err := openParquet(in, t.Size)
	if err != nil {
		return nil, fmt.Errorf("table: open %s: %w", s.Name, err)
	}
	f = &File{in: in, file: p, cache: cache, id: cache.newID(), schema: s, rows: int(p.NumRows()), names: map[string]int{}}
	if n := len(p.RowGroups()); n > 1 || f.rows > 0 && n == 0 {
		return nil, fmt.Errorf("table: open %s: %w: it has %d row groups", s.Name, ErrDamaged, n)
	}
	if err := f.findColumns(p.Root()); err != nil {
		return nil, fmt.Errorf("table: open %s: %w", s.Name, err)
	}
	for _, g := range p.RowGroups() {
		for _, c := range g.ColumnChunks() {
			f.chunks = append(f.chunks, c.(*parquet.FileColumnChunk))
		}
	}
	return f, nil
}

// recovered turns a panic into an error: the library's decoders do not expect
// every damage, and their sums do not cover the headers of pages.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("table: %w: %v", ErrDamaged, p)
	}
}

// findColumns finds where columns stand.
func (f *File) findColumns(root *parquet.Column) error {
	n := 0
	leaves := map[string]*parquet.Column{}
	for _, c := range root.Columns() {
		name := c.Name()
		leaves[name], f.names[name] = c, n
		if name == restColumn {
			f.rest = n
			n += len(c.Columns())
			continue
		}
		if key, ok := strings.CutPrefix(name, f.schema.Prefix); ok {
			f.attrs = append(f.attrs, attributeColumn{key, kindOfLeaf(c), n})
		}
		n++
	}
	want := append(f.schema.Columns[:len(f.schema.Columns):len(f.schema.Columns)], Column{Name: orderColumn, Kind: Bytes})
	for _, a := range f.attrs {
		want = append(want, Column{Name: f.schema.Prefix + a.key, Kind: a.kind})
	}
	for _, c := range want {
		if err := checkLeaf(leaves[c.Name], c); err != nil {
			return err
		}
	}
	f.order = f.names[orderColumn]
	return checkList(leaves[restColumn])
}

// physical are the types that kinds of columns have.
var physical = [kinds]parquet.Kind{
	Text: parquet.ByteArray, Int: parquet.Int64, Float: parquet.Double, Bool: parquet.Boolean,
	Bytes: parquet.ByteArray, ID: parquet.FixedLenByteArray, Time: parquet.Int64,
}

// checkLeaf makes sure that a column is what it should be.
func checkLeaf(c *parquet.Column, want Column) error {
	switch {
	case c == nil:
		return fmt.Errorf("%w: column %s is missing", ErrDamaged, want.Name)
	case !c.Leaf() || c.MaxRepetitionLevel() > 1 || c.MaxDefinitionLevel() > 2:
		return fmt.Errorf("%w: column %s is a group", ErrDamaged, want.Name)
	case c.Type().Kind() != physical[want.Kind] || want.Kind == ID && c.Type().Length() != want.Size:
		return fmt.Errorf("%w: column %s is of type %s", ErrDamaged, want.Name, c.Type())
	}
	return nil
}

var restKinds = [restColumns]Kind{Text, Text, Int, Float, Bool, Bytes}

// checkList makes sure that the list of attributes is what it should be.
func checkList(c *parquet.Column) error {
	if c == nil || len(c.Columns()) != restColumns || !c.Repeated() {
		return fmt.Errorf("%w: column %s is no list of attributes", ErrDamaged, restColumn)
	}
	for i, leaf := range c.Columns() {
		if err := checkLeaf(leaf, Column{Name: restColumn + "." + restNames[i], Kind: restKinds[i]}); err != nil {
			return err
		}
	}
	return nil
}

func kindOfLeaf(c *parquet.Column) Kind {
	switch c.Type().Kind() {
	case parquet.Int64:
		return Int
	case parquet.Double:
		return Float
	case parquet.Boolean:
		return Bool
	}
	return Text
}

// Rows is how many rows the file has.
func (f *File) Rows() int { return f.rows }

// Pages is how many pages its columns have.
func (f *File) Pages() int { return (f.rows + PageRows - 1) / PageRows }

// PageLen is how many rows a page has.
func (f *File) PageLen(page int) int { return min(PageRows, f.rows-page*PageRows) }

// Attributes are the keys that have a column, with its kind, in their order.
func (f *File) Attributes() []Attribute {
	out := make([]Attribute, len(f.attrs))
	for i, a := range f.attrs {
		out[i] = Attribute{a.key, a.kind}
	}
	return out
}

// AttributeColumn is the column of an attribute, for [File.Page].
func (f *File) AttributeColumn(key string) (column int, kind Kind, ok bool) {
	i := slices.IndexFunc(f.attrs, func(a attributeColumn) bool { return a.key == key })
	if i < 0 {
		return 0, 0, false
	}
	return f.attrs[i].column, f.attrs[i].kind, true
}

// Page is a page of a column: one of the schema's, by its place there, or one of
// [File.AttributeColumn].
func (f *File) Page(column, page int) (*Vector, error) {
	if page < 0 || page >= f.Pages() {
		return nil, fmt.Errorf("table: %s: page %d of %d", f.schema.Name, page, f.Pages())
	}
	if f.isNull(column) {
		return nil, nil
	}
	return cached(f.cache, pageKey{f.id, int32(column), int32(page)}, func() (*Vector, error) {
		v, err := f.readFlat(column, page)
		if err != nil {
			return nil, fmt.Errorf("table: %s: column %d, page %d: %w", f.schema.Name, column, page, err)
		}
		return v, nil
	})
}

// isNull reports whether a column has nothing but nulls.
func (f *File) isNull(column int) bool {
	c := f.chunks[column]
	return c.NullCount() == c.NumValues()
}

// readFlat reads a page of a column that is in no list.
func (f *File) readFlat(column, page int) (v *Vector, err error) {
	defer recovered(&err)
	p, err := f.decode(column, page)
	if err != nil {
		return nil, err
	}
	rows := p.vector.n
	if p.defined != nil {
		rows = len(p.defined)
		if err := p.vector.place(p.defined, 1); err != nil {
			return nil, err
		}
	}
	if rows != f.PageLen(page) {
		return nil, fmt.Errorf("%w: %d rows instead of %d", ErrDamaged, rows, f.PageLen(page))
	}
	return p.vector, nil
}

// place finds where the values of levels stand.
func (v *Vector) place(levels []byte, defined byte) error {
	next := int32(0)
	v.at = make([]int32, len(levels))
	for i, l := range levels {
		v.at[i] = -1
		if l == defined {
			v.at[i] = next
			next++
		}
	}
	if int(next) != v.n {
		return fmt.Errorf("%w: %d values instead of %d", ErrDamaged, v.n, next)
	}
	return nil
}

// Weight is about how many bytes of memory the file takes, without its pages: what
// the library makes of the tail is several times as large.
func (f *File) Weight() int64 { return 4096 + 2048*int64(len(f.chunks)) }
