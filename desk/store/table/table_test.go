// SPDX-License-Identifier: Apache-2.0

package table_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/internal/gen"
	"github.com/sidetrace/sidetrace/desk/store/table"
	"github.com/sidetrace/sidetrace/desk/store/wire"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

const (
	idColumn = iota
	nameColumn
	stateColumn
	startColumn
	kindColumn
)

var schema = &table.Schema{
	Name: "things", Prefix: "thing.",
	Columns: []table.Column{
		{Name: "id", Kind: table.ID, Size: 8, Coding: table.Plain},
		{Name: "name", Kind: table.Text},
		{Name: "state", Kind: table.Text, Coding: table.Delta, Optional: true},
		{Name: "start", Kind: table.Time, Coding: table.Delta},
		{Name: "kind", Kind: table.Int, Optional: true},
	},
	Attributes: []table.Attribute{{Key: "sid", Kind: table.Text}, {Key: "tokens", Kind: table.Int}},
}

// request is one with spans, which stand for the rows of a table.
func request(t testing.TB, spans []trace.Span) *wire.Request {
	t.Helper()
	b, err := format.MarshalTraces(spans)
	require.NoError(t, err)
	r := &wire.Request{}
	require.NoError(t, r.ParseTraces(b))
	require.Len(t, r.Spans, len(spans))
	return r
}

// write writes a table of spans.
func write(t testing.TB, spans []trace.Span) []byte {
	t.Helper()
	b := table.NewBuilder(schema, len(spans))
	r := request(t, spans)
	var d wire.SpanDetail
	for i := range r.Spans {
		s := &r.Spans[i]
		d.Read(s)
		b.Text(idColumn, s.ID[:])
		b.Text(nameColumn, s.Name)
		if len(d.State) > 0 {
			b.Text(stateColumn, d.State)
		}
		b.Int(startColumn, s.Start)
		if s.Kind != 0 {
			b.Int(kindColumn, int64(s.Kind))
		}
		require.NoError(t, b.Row(d.Attributes, uint(len(s.Name))))
	}
	assert.Equal(t, len(spans), b.Rows())
	out, err := b.Encode()
	require.NoError(t, err)
	return out
}

func open(t testing.TB, b []byte) *table.File {
	t.Helper()
	f, err := schema.Open(bytes.NewReader(b), tail(t, b), table.NewCache(1<<20))
	require.NoError(t, err)
	return f
}

func tail(t testing.TB, b []byte) table.Tail {
	t.Helper()
	out, err := table.TailOf(bytes.NewReader(b), int64(len(b)))
	require.NoError(t, err)
	return out
}

// read reads all rows.
func read(f *table.File) (spans []trace.Span, err error) {
	for page := range f.Pages() {
		var v [kindColumn + 1]*table.Vector
		for c := range v {
			if v[c], err = f.Page(c, page); err != nil {
				return nil, err
			}
		}
		rows, err := f.RowsOf(page)
		if err != nil {
			return nil, err
		}
		for row := range f.PageLen(page) {
			s := trace.Span{
				Name: string(v[nameColumn].Bytes(row)), State: string(v[stateColumn].Bytes(row)), Start: int64(v[startColumn].Num(row)),
				Kind: trace.Kind(v[kindColumn].Num(row)), Attributes: rows.Attributes(row),
			}
			copy(s.ID[:], v[idColumn].Bytes(row))
			spans = append(spans, s)
		}
	}
	return spans, nil
}

// same checks that spans were read as they were written.
func same(t *testing.T, want, got []trace.Span) {
	t.Helper()
	require.Len(t, got, len(want))
	for i := range want {
		w := trace.Span{ID: want[i].ID, Name: want[i].Name, State: want[i].State, Start: want[i].Start, Kind: want[i].Kind, Attributes: want[i].Attributes}
		require.True(t, gen.SameSpan(&w, &got[i]), "row %d\nwant %+v\ngot  %+v", i, w, got[i])
	}
}

func randomSpans(seed uint64, n int) (spans []trace.Span) {
	for r := gen.NewRandom(seed); len(spans) < n; {
		spans = append(spans, r.Batch().Spans...)
	}
	return spans[:n]
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	var agents []trace.Span
	for a := gen.NewAgent(1, 1_700_000_000_000_000_000, 1000); len(agents) < 5000; {
		agents = append(agents, a.Trace()...)
	}
	for name, spans := range map[string][]trace.Span{
		"none": nil, "one": randomSpans(1, 1), "a page": randomSpans(2, table.PageRows), "a page and one": randomSpans(3, table.PageRows+1),
		"many": randomSpans(4, 5000), "agents": agents, "without attributes": {{TraceID: trace.TraceID{1}, ID: trace.SpanID{1}}},
	} {
		t.Run(name, func(t *testing.T) {
			f := open(t, write(t, spans))
			assert.Equal(t, len(spans), f.Rows())
			for range 2 { // from the file, and from the cache
				got, err := read(f)
				require.NoError(t, err)
				same(t, spans, got)
			}
		})
	}
}

// wide are spans whose attributes are a choice of many keys, in their order or in any.
func wide(inOrder bool) (spans []trace.Span) {
	r := rand.New(rand.NewPCG(7, 7))
	for i := range 3000 {
		s := trace.Span{TraceID: trace.TraceID{1}, ID: trace.SpanID{byte(i), byte(i >> 8), 1}}
		for k := range 16 {
			if r.IntN(2) == 0 {
				s.Attributes = append(s.Attributes, trace.KeyValue{Key: fmt.Sprint("key", k), Value: trace.Int(r.Int64N(1000))})
			}
		}
		if !inOrder {
			r.Shuffle(len(s.Attributes), func(i, j int) { s.Attributes[i], s.Attributes[j] = s.Attributes[j], s.Attributes[i] })
		}
		spans = append(spans, s)
	}
	return spans
}

func TestManyShapes(t *testing.T) {
	for _, inOrder := range []bool{true, false} {
		b := write(t, wide(inOrder))
		f := open(t, b)
		got, err := read(f)
		require.NoError(t, err)
		same(t, wide(inOrder), got)
		assert.Len(t, f.Attributes(), 18)
		assert.False(t, f.HasList())
		assert.Equal(t, inOrder, hasNoOrder(t, b), "rows whose attributes agree in their order need none of their own")
	}
}

func hasNoOrder(t *testing.T, b []byte) bool {
	t.Helper()
	f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	require.NoError(t, err)
	for i, c := range f.Root().Columns() {
		if c.Name() == "order" {
			m := f.Metadata().RowGroups[0].Columns[i].MetaData
			return m.Statistics.NullCount == m.NumValues
		}
	}
	t.Error("no column order")
	return false
}

func TestColumns(t *testing.T) {
	pair := func(k string, v trace.Value) trace.KeyValue { return trace.KeyValue{Key: k, Value: v} }
	var spans []trace.Span
	for i := range 200 {
		attrs := []trace.KeyValue{pair("often", trace.String(fmt.Sprint("v", i%3))), pair("mixed", trace.Int(int64(i)))}
		switch i % 100 {
		case 0:
			attrs = append(attrs, pair("rare", trace.Bool(true)))
		case 1:
			attrs[1].Value = trace.String("a text")
		case 2:
			attrs = append(attrs, pair("often", trace.String("again")))
		case 3:
			attrs = append(attrs, pair("list", trace.List(trace.Int(1))))
		}
		spans = append(spans, trace.Span{TraceID: trace.TraceID{1}, ID: trace.SpanID{byte(i), 1}, Attributes: attrs})
	}
	f := open(t, write(t, spans))
	assert.ElementsMatch(t, []table.Attribute{
		{Key: "often", Kind: table.Text}, {Key: "mixed", Kind: table.Int}, {Key: "sid", Kind: table.Text}, {Key: "tokens", Kind: table.Int},
	}, f.Attributes())
	assert.True(t, f.HasList())
	got, err := read(f)
	require.NoError(t, err)
	same(t, spans, got)

	column, kind, ok := f.AttributeColumn("often")
	require.True(t, ok)
	assert.Equal(t, table.Text, kind)
	v, err := f.Page(column, 0)
	require.NoError(t, err)
	var rows []int
	v.Match(text("v2"), func(row int) { rows = append(rows, row) })
	assert.Len(t, rows, 66)
	assert.Equal(t, 2, rows[0])

	column, _, ok = f.AttributeColumn("mixed")
	require.True(t, ok)
	v, err = f.Page(column, 0)
	require.NoError(t, err)
	assert.False(t, v.Has(1), "of another type")
	rows = nil
	v.Match(num(42), func(row int) { rows = append(rows, row) })
	assert.Equal(t, []int{42}, rows)

	column, _, ok = f.AttributeColumn("sid")
	require.True(t, ok)
	v, err = f.Page(column, 0)
	require.NoError(t, err)
	assert.False(t, v.Has(0))
	_, _, ok = f.AttributeColumn("rare")
	assert.False(t, ok)
	_, err = f.Page(column, 1)
	assert.Error(t, err)
}

// Values of a column that has no dictionary, and of rows in between none.
func TestMatchWithoutDictionary(t *testing.T) {
	var spans []trace.Span
	for i := range 300 {
		s := trace.Span{TraceID: trace.TraceID{1}, ID: trace.SpanID{byte(i), byte(i >> 8), 1}}
		if i%3 > 0 {
			s.Attributes = []trace.KeyValue{{Key: "id", Value: trace.String(fmt.Sprint("no ", i))}}
		}
		spans = append(spans, s)
	}
	f := open(t, write(t, spans))
	column, _, ok := f.AttributeColumn("id")
	require.True(t, ok)
	v, err := f.Page(column, 0)
	require.NoError(t, err)
	for i := range spans {
		var rows []int
		v.Match(text(fmt.Sprint("no ", i)), func(row int) { rows = append(rows, row) })
		if i%3 > 0 {
			assert.Equal(t, []int{i}, rows)
		} else {
			assert.Empty(t, rows)
		}
	}
}

type text string

func (m text) Text(b []byte) bool { return string(b) == string(m) }
func (m text) Num(uint64) bool    { return false }

type num uint64

func (m num) Text([]byte) bool  { return false }
func (m num) Num(n uint64) bool { return n == uint64(m) }

// Ten thousand attributes of as many keys are no columns, and none is lost.
func TestTooManyKeys(t *testing.T) {
	var spans []trace.Span
	for i := range 20 {
		s := trace.Span{TraceID: trace.TraceID{1}, ID: trace.SpanID{byte(i), 1}}
		for k := range 10_000 {
			s.Attributes = append(s.Attributes, trace.KeyValue{Key: fmt.Sprint("key ", k), Value: trace.String("v")})
		}
		spans = append(spans, s)
	}
	f := open(t, write(t, spans))
	assert.Less(t, len(f.Attributes()), 100)
	got, err := read(f)
	require.NoError(t, err)
	same(t, spans, got)
}

// Any reader of Parquet finds the rows.
func TestOtherReaders(t *testing.T) {
	spans := randomSpans(9, 2500)
	b := write(t, spans)
	type entry struct {
		Key   string   `parquet:"key"`
		Text  *string  `parquet:"text"`
		Int   *int64   `parquet:"int"`
		Float *float64 `parquet:"float"`
		Bool  *bool    `parquet:"bool"`
		Any   *[]byte  `parquet:"any"`
	}
	type row struct {
		Name  string  `parquet:"name"`
		State *string `parquet:"state"`
		Start int64   `parquet:"start"`
		Kind  *int64  `parquet:"kind"`
		Rest  []entry `parquet:"rest"`
	}
	rows, err := parquet.Read[row](bytes.NewReader(b), int64(len(b)))
	require.NoError(t, err)
	require.Len(t, rows, len(spans))
	entries := 0
	for i, r := range rows {
		assert.Equal(t, spans[i].Name, r.Name)
		assert.Equal(t, spans[i].Start, r.Start)
		if spans[i].State != "" {
			assert.Equal(t, spans[i].State, *r.State)
		}
		entries += len(r.Rest)
	}
	assert.Positive(t, entries)
}

// Whatever byte changes: an error, or the same rows.
func TestDamage(t *testing.T) {
	spans := randomSpans(5, 40)
	whole := write(t, spans)
	end := tail(t, whole)
	damaged := make([]byte, len(whole))
	errors := 0
	for i := range whole {
		copy(damaged, whole)
		damaged[i] ^= 1 << (i % 8)
		f, err := schema.Open(bytes.NewReader(damaged), end, nil)
		if int64(i) >= end.From {
			require.ErrorIs(t, err, table.ErrDamaged)
		}
		if err == nil {
			_, err = read(f)
		}
		if err != nil {
			require.ErrorIs(t, err, table.ErrDamaged)
			errors++
		}
	}
	assert.Greater(t, errors, len(whole)*9/10)
	for n := range len(whole) {
		_, err := schema.Open(bytes.NewReader(whole[:n]), end, nil)
		require.ErrorIs(t, err, table.ErrDamaged)
	}
}

func TestOtherSchema(t *testing.T) {
	b := write(t, randomSpans(1, 3))
	for name, change := range map[string]func(*table.Column){
		"missing":   func(c *table.Column) { c.Name = "other" },
		"type":      func(c *table.Column) { c.Kind = table.Float },
		"the list":  func(c *table.Column) { c.Name = "rest" },
		"id's size": func(c *table.Column) { c.Kind, c.Size = table.ID, 16 },
	} {
		t.Run(name, func(t *testing.T) {
			s := *schema
			s.Columns = append([]table.Column(nil), schema.Columns...)
			change(&s.Columns[0])
			_, err := s.Open(bytes.NewReader(b), tail(t, b), nil)
			assert.ErrorIs(t, err, table.ErrDamaged)
		})
	}
}

func TestCacheIsBounded(t *testing.T) {
	b := write(t, randomSpans(6, 5000))
	cache := table.NewCache(20_000)
	f, err := schema.Open(bytes.NewReader(b), tail(t, b), cache)
	require.NoError(t, err)
	for range 3 {
		_, err = read(f)
		require.NoError(t, err)
		assert.LessOrEqual(t, cache.Bytes(), int64(20_000))
	}
}

func FuzzPages(f *testing.F) {
	whole := write(f, randomSpans(8, 5))
	end := tail(f, whole)
	f.Add(whole[:end.From])
	f.Fuzz(func(_ *testing.T, b []byte) {
		damaged := bytes.Clone(whole)
		copy(damaged[:end.From], b)
		if t, err := schema.Open(bytes.NewReader(damaged), end, nil); err == nil {
			_, _ = read(t)
		}
	})
}
