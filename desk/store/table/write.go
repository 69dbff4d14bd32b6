// SPDX-License-Identifier: Apache-2.0

package table

import (
	"bytes"
	"fmt"
	"math"
	"sync"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	parquetzstd "github.com/parquet-go/parquet-go/compress/zstd"
	"github.com/parquet-go/parquet-go/encoding"

	"github.com/sidetrace/sidetrace/desk/store/wire"
	"github.com/sidetrace/sidetrace/desk/trace"
)

const (
	orderColumn = "order"
	restColumn  = "rest"
)

// The columns of the list, in their order.
const (
	restKey = iota
	restText
	restInt
	restFloat
	restBool
	restAny

	restColumns
)

var restNames = [restColumns]string{"key", "text", "int", "float", "bool", "any"}

// pageBuffer is what a column buffers. A page that takes more is written all the
// same when its rows are complete.
const pageBuffer = 16 << 10

// compression keeps one encoder, whose memory is a small part of what encoders take
// unless they are told: pages are much shorter than the window.
var compression = sync.OnceValue(func() compress.Codec {
	e, _ := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(false),
		zstd.WithZeroFrames(true), zstd.WithWindowSize(1<<20), zstd.WithLowerEncoderMem(true)) // options that are valid do not fail
	return &codec{encoder: e}
})

// codec is the library's, but for the encoder.
type codec struct {
	parquetzstd.Codec
	encoder *zstd.Encoder
}

// Encode implements [compress.Codec].
func (c *codec) Encode(dst, src []byte) ([]byte, error) {
	return c.encoder.EncodeAll(src, dst[:0]), nil
}

// orderedGroup is a group whose fields keep their order; a [parquet.Group] sorts
// them by name.
type orderedGroup struct {
	parquet.Group
	fields []parquet.Field
}

// Fields is the fields in their order.
func (g *orderedGroup) Fields() []parquet.Field { return g.fields }

func newGroup(names []string, nodes []parquet.Node) *orderedGroup {
	g := &orderedGroup{Group: parquet.Group{}}
	for i, name := range names {
		g.Group[name] = nodes[i]
	}
	at := map[string]parquet.Field{}
	for _, f := range g.Group.Fields() {
		at[f.Name()] = f
	}
	for _, name := range names {
		g.fields = append(g.fields, at[name])
	}
	return g
}

// node is a column of the file.
func (c *column) node() parquet.Node {
	var n parquet.Node
	switch c.kind {
	case Text:
		n = parquet.String()
	case Int:
		n = parquet.Leaf(parquet.Int64Type)
	case Time:
		n = parquet.Timestamp(parquet.Nanosecond)
	case Float:
		n = parquet.Leaf(parquet.DoubleType)
	case Bool:
		n = parquet.Leaf(parquet.BooleanType)
	case ID:
		n = parquet.Leaf(parquet.FixedLenByteArrayType(c.size))
	default:
		n = parquet.Leaf(parquet.ByteArrayType)
	}
	n = parquet.Encoded(n, c.encoding())
	if c.coding == Plain || c.coding == Delta && c.kind != Text && c.kind != Bytes {
		n = parquet.Compressed(n, &parquet.Uncompressed)
	} else {
		n = parquet.Compressed(n, compression())
	}
	if c.optional {
		n = parquet.Optional(n)
	}
	return n
}

func (c *column) encoding() encoding.Encoding {
	switch {
	case c.coding == Plain:
		return &parquet.Plain
	case c.coding == Dictionary:
		return &parquet.RLEDictionary
	case c.kind == Text || c.kind == Bytes:
		return &parquet.DeltaByteArray
	}
	return &parquet.DeltaBinaryPacked
}

func restNode() parquet.Node {
	list := func(c column) parquet.Node {
		c.optional = true
		return c.node()
	}
	key := column{kind: Text}
	return parquet.Repeated(newGroup(restNames[:], []parquet.Node{
		key.node(),
		list(column{kind: Text, coding: Delta}),
		list(column{kind: Int, coding: Dictionary}),
		list(column{kind: Float, coding: Plain}),
		list(column{kind: Bool, coding: Plain}),
		list(column{kind: Bytes, coding: Delta}),
	}))
}

// Encode makes the file. No row is added any more.
func (b *Builder) Encode() ([]byte, error) {
	f := b.finish()
	names, nodes := make([]string, 0, len(b.columns)+len(f.columns)+2), []parquet.Node(nil)
	all := make([]*column, 0, cap(names))
	add := func(name string, c *column) {
		c.optional = c.optional && len(c.rows) < b.rows
		names, nodes, all = append(names, name), append(nodes, c.node()), append(all, c)
	}
	for i := range b.columns {
		add(b.columns[i].name, &b.columns[i])
	}
	for _, c := range f.columns {
		add(b.schema.Prefix+c.name, c)
	}
	add(orderColumn, &f.order)
	names, nodes = append(names, restColumn), append(nodes, restNode())

	var file bytes.Buffer
	out := parquet.NewWriter(&file, parquet.NewSchema(b.schema.Name, newGroup(names, nodes)),
		parquet.PageBufferSize(pageBuffer), parquet.DataPageStatistics(false), parquet.CreatedBy("sidetrace", "1", "desk"), unbounded(names, all))
	p := pages{rows: b.rows, values: make([]parquet.Value, 0, PageRows)}
	writers := out.ColumnWriters()
	for i, c := range all {
		if err := p.column(writers[i], c); err != nil {
			return nil, fmt.Errorf("table: %s: write column %s: %w", b.schema.Name, names[i], err)
		}
	}
	for i := range restColumns {
		if err := p.list(writers[len(all)+i], f.rest, i); err != nil {
			return nil, fmt.Errorf("table: %s: write list of attributes: %w", b.schema.Name, err)
		}
	}
	if err := out.Close(); err != nil {
		return nil, fmt.Errorf("table: %s: write: %w", b.schema.Name, err)
	}
	return file.Bytes(), nil
}

// unbounded leaves out the bounds of pages where nobody looks for a range.
func unbounded(names []string, columns []*column) parquet.WriterOption {
	var skip []parquet.WriterOption
	for i, c := range columns {
		if c.kind == Text || c.kind == Bytes || c.kind == ID {
			skip = append(skip, parquet.SkipPageBounds(names[i]))
		}
	}
	for _, name := range restNames {
		skip = append(skip, parquet.SkipPageBounds(restColumn, name))
	}
	return options(skip)
}

type options []parquet.WriterOption

// ConfigureWriter applies them all.
func (o options) ConfigureWriter(c *parquet.WriterConfig) {
	for _, option := range o {
		option.ConfigureWriter(c)
	}
}

// pages writes columns page by page.
type pages struct {
	rows   int
	values []parquet.Value
}

// nulls are a page of them.
var nulls = sync.OnceValue(func() []parquet.Value { return make([]parquet.Value, PageRows) })

// column writes one.
func (p *pages) column(w *parquet.ColumnWriter, c *column) error {
	next := 0 // value
	for from := 0; from < p.rows; from += PageRows {
		n := min(PageRows, p.rows-from)
		page := nulls()[:n]
		if c.len() > 0 {
			next = p.fill(c, from, next, n)
			page = p.values
		}
		if _, err := w.WriteRowValues(page); err != nil {
			return err
		}
		if c.len() == 0 {
			continue // pages may be larger
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// fill takes the values of n rows, the first of which has the next value or null.
// It returns what is the next value behind them.
func (p *pages) fill(c *column, from, next, n int) int {
	if !c.optional {
		p.values = p.values[:n]
		c.values(p.values, from)
		return next
	}
	last := next
	for last < len(c.rows) && int(c.rows[last]) < from+n {
		last++
	}
	// The values come first at the end of the page, and then go where they belong.
	p.values = p.values[:n]
	values := p.values[n-(last-next):]
	c.values(values, next)
	for row, k := 0, 0; row < n; row++ {
		if next+k < last && int(c.rows[next+k]) == from+row {
			p.values[row] = values[k]
			p.values[row].SetDefinitionLevel(1)
			k++
			continue
		}
		p.values[row] = parquet.Value{}
	}
	return last
}

// values sets out to the values from the nth on.
func (c *column) values(out []parquet.Value, n int) {
	switch c.kind {
	case Text, Bytes:
		for i, code := range c.codes[n : n+len(out)] {
			out[i] = parquet.ByteArrayValue(c.texts.at(code))
		}
	case ID:
		for i := range out {
			out[i] = parquet.FixedLenByteArrayValue(c.ids[(n+i)*c.size : (n+i+1)*c.size])
		}
	case Float:
		for i, num := range c.nums[n : n+len(out)] {
			out[i] = parquet.DoubleValue(math.Float64frombits(num))
		}
	case Bool:
		for i, num := range c.nums[n : n+len(out)] {
			out[i] = parquet.BooleanValue(num != 0)
		}
	default:
		for i, num := range c.nums[n : n+len(out)] {
			out[i] = parquet.Int64Value(int64(num))
		}
	}
}

// list writes one of the columns of the list.
func (p *pages) list(w *parquet.ColumnWriter, entries []restEntry, column int) error {
	any := len(entries) > 0
	for from := 0; from < p.rows; from += PageRows {
		if !any {
			if _, err := w.WriteRowValues(nulls()[:min(PageRows, p.rows-from)]); err != nil {
				return err
			}
			continue // pages may be larger
		}
		p.values = p.values[:0]
		for row := from; row < min(from+PageRows, p.rows); row++ {
			if len(entries) == 0 || entries[0].row != uint32(row) {
				p.values = append(p.values, parquet.Value{})
				continue
			}
			for i := 0; len(entries) > 0 && entries[0].row == uint32(row); i++ {
				p.values = append(p.values, entries[0].inColumn(column, min(i, 1)))
				entries = entries[1:]
			}
		}
		if _, err := w.WriteRowValues(p.values); err != nil {
			return err
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// inColumn is what an entry has in one of the columns. The first of a row has the
// repetition level 0.
func (e *restEntry) inColumn(column, repetition int) parquet.Value {
	v := &e.value
	switch {
	case column == restKey:
		return parquet.ByteArrayValue([]byte(e.key)).Level(repetition, 1, 0)
	case column == restText && v.Kind == trace.StringValue:
		return parquet.ByteArrayValue(v.Raw).Level(repetition, 2, 0)
	case column == restInt && v.Kind == trace.IntValue:
		return parquet.Int64Value(int64(v.Num)).Level(repetition, 2, 0)
	case column == restFloat && v.Kind == trace.FloatValue:
		return parquet.DoubleValue(math.Float64frombits(v.Num)).Level(repetition, 2, 0)
	case column == restBool && v.Kind == trace.BoolValue:
		return parquet.BooleanValue(v.Num != 0).Level(repetition, 2, 0)
	case column == restAny && kindOf(v.Kind) == Bytes:
		return parquet.ByteArrayValue(wire.AppendValue(nil, v)).Level(repetition, 2, 0)
	}
	return parquet.Value{}.Level(repetition, 1, 0)
}
