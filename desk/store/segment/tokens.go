// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go/bloom"
	"github.com/parquet-go/parquet-go/bloom/xxhash"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/store/table"
	"github.com/sidetrace/sidetrace/desk/store/wire"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// The file tokens.bloom says which pages of spans.parquet may have a token: one of
// [query.EachToken] of a span, its resource or its scope, the name of a span, or a
// service. It has three sections:
//
//	head   unsigned varints: pages, rows of the matrix, the keys whose tokens are
//	       left out as a table of texts; then of each page the longest duration of
//	       a span, 8 bytes, and 1 if there is an error
//	filter a split block Bloom filter of the xxHash64 of all tokens
//	matrix a Bloom filter for each page, turned round: a row for each bit, in which
//	       each page has one. A token h is in the rows (h + i·(h>>32)) mod rows,
//	       for i from 0 to 4, of its lower half
const (
	tokenHead = iota
	tokenFilter
	tokenMatrix

	tokenSections
	tokensKind = 'b'

	bitsPerToken     = 12
	bitsPerPageToken = 8
	matrixProbes     = 5
)

// Marks in front of what is no attribute; no key begins with them.
const (
	markName    = "\x00n"
	markService = "\x00s"
)

func hashToken(token []byte) uint64 { return xxhash.Sum64(token) }

// matrixRows are the rows of a token.
func matrixRows(hash uint64, rows uint32) (at [matrixProbes]uint32) {
	h, step := uint32(hash), uint32(hash>>32)
	for i := range at {
		at[i] = h % rows
		h += step
	}
	return at
}

// tokens collects tokens of pages.
type tokens struct {
	pages   int
	all     []uint64
	inPages []pageToken
	skipped []string
	b       []byte
}

type pageToken struct {
	page uint32
	hash uint64
}

// seen is in which page something was last.
type seen []uint32

// in notes that number n is in a page. It reports whether that is new for the page,
// and whether it is new at all.
func (s *seen) in(n, page int) (newInPage, isNew bool) {
	if n >= len(*s) {
		*s = append(*s, make([]uint32, n+1-len(*s))...)
	}
	last := (*s)[n]
	(*s)[n] = uint32(page) + 1
	return last != uint32(page)+1, last == 0
}

// add adds a token of a page.
func (t *tokens) add(page int, hash uint64, isNew bool) {
	t.inPages = append(t.inPages, pageToken{uint32(page), hash})
	if isNew {
		t.all = append(t.all, hash)
	}
}

// attributes adds the attributes of the rows of spans.
func (t *tokens) attributes(b *table.Builder) {
	var keys []string
	b.Keys(func(key string, _ table.Kind, _ int) { keys = append(keys, key) })
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		if measures[key] {
			t.skipped = append(t.skipped, key)
			continue
		}
		t.key(b, key)
	}
	b.Others(func(row int, kv *wire.KeyValue) {
		if measures[string(kv.Key)] {
			t.skipped = append(t.skipped, string(kv.Key))
			return
		}
		pair := trace.KeyValue{Key: string(kv.Key), Value: kv.Value.Decode()}
		query.EachToken([]trace.KeyValue{pair}, func(token []byte) { t.add(row/table.PageRows, hashToken(token), true) })
	})
	slices.Sort(t.skipped)
	t.skipped = slices.Compact(t.skipped)
}

// key adds the values of one key.
func (t *tokens) key(b *table.Builder, key string) {
	var where seen
	var hashes []uint64
	type number struct {
		kind table.Kind
		num  uint64
	}
	numbers := map[number]int{}
	b.Each(key, func(row int, v table.Value) {
		page := row / table.PageRows
		if v.Kind != table.Text {
			n := number{v.Kind, v.Num}
			if last, known := numbers[n]; !known || last != page {
				numbers[n] = page
				t.value(key, v, func(hash uint64) { t.add(page, hash, !known) })
			}
			return
		}
		inPage, isNew := where.in(v.Distinct, page)
		if !inPage {
			return
		}
		if isNew {
			hashes = append(hashes, make([]uint64, max(v.Distinct+1-len(hashes), 0))...)
			t.value(key, v, func(hash uint64) { hashes[v.Distinct] = hash })
		}
		if hash := hashes[v.Distinct]; hash != 0 {
			t.add(page, hash, isNew)
		}
	})
}

// value calls yield with the hash of an attribute's token, if it has one.
func (t *tokens) value(key string, v table.Value, yield func(uint64)) {
	pair := trace.KeyValue{Key: key, Value: valueOf(v)}
	query.EachToken([]trace.KeyValue{pair}, func(token []byte) { yield(hashToken(token)) })
}

// valueOf is a value of a column.
func valueOf(v table.Value) trace.Value {
	switch v.Kind {
	case table.Text:
		return trace.String(string(v.Text))
	case table.Int:
		return trace.Int(int64(v.Num))
	case table.Float:
		return trace.Float(math.Float64frombits(v.Num))
	}
	return trace.Bool(v.Num != 0)
}

// rows adds names, services, resources and scopes of the rows of spans.
func (t *tokens) rows(b *builder) {
	var origins seen
	names := map[string]uint32{}
	perOrigin := make([][]uint64, len(b.known))
	for row := range b.rows {
		page := row / table.PageRows
		name := b.rows[row].Name
		if at, known := names[name]; !known || at != uint32(page) {
			names[name] = uint32(page)
			t.add(page, t.marked(markName, name), !known)
		}
		o := int(b.origins[row])
		inPage, isNew := origins.in(o, page)
		if isNew {
			perOrigin[o] = t.origin(b.known[o].origin)
		}
		for _, hash := range perOrigin[o] {
			if inPage {
				t.add(page, hash, isNew)
			}
		}
	}
}

func (t *tokens) marked(mark, text string) uint64 {
	t.b = append(append(t.b[:0], mark...), text...)
	return hashToken(t.b)
}

// origin are the tokens of a resource and a scope.
func (t *tokens) origin(o *Origin) []uint64 {
	hashes := []uint64{t.marked(markService, o.Service)}
	take := func(token []byte) { hashes = append(hashes, hashToken(token)) }
	if o.Resource != nil {
		query.EachToken(o.Resource.Attributes, take)
	}
	if o.Scope != nil {
		query.EachToken(o.Scope.Attributes, take)
	}
	return hashes
}

// encode makes the file.
func (t *tokens) encode(b *builder) []byte {
	t.pages = (len(b.rows) + table.PageRows - 1) / table.PageRows
	t.attributes(b.spans)
	t.rows(b)
	rows := t.matrixSize()
	var skipped textTable
	for _, key := range t.skipped {
		skipped.number(key)
	}
	head := binary.AppendUvarint(nil, uint64(t.pages))
	head = binary.AppendUvarint(head, uint64(rows))
	head = append(skipped.append(head), t.zones(b)...)
	return encodeSide(tokensKind, head, filterOf(t.all, bitsPerToken), t.matrix(rows))
}

// zones are what is known of the spans of each page.
func (t *tokens) zones(b *builder) (out []byte) {
	for page := range t.pages {
		longest, failed := int64(math.MinInt64), byte(0)
		for i := page * table.PageRows; i < min((page+1)*table.PageRows, len(b.rows)); i++ {
			longest = max(longest, b.rows[i].Duration)
			if b.rows[i].Status == trace.Error {
				failed = 1
			}
		}
		out = append(le.AppendUint64(out, uint64(longest)), failed)
	}
	return out
}

// matrixSize is for the fullest page.
func (t *tokens) matrixSize() uint32 {
	counts, most := make([]int, t.pages), 1
	for _, p := range t.inPages {
		counts[p.page]++
		most = max(most, counts[p.page])
	}
	return uint32(most * bitsPerPageToken)
}

func (t *tokens) matrix(rows uint32) []byte {
	width := (t.pages + 7) / 8
	m := make([]byte, int(rows)*width)
	for _, p := range t.inPages {
		for _, row := range matrixRows(p.hash, rows) {
			m[int(row)*width+int(p.page/8)] |= 1 << (p.page % 8)
		}
	}
	return m
}

// tokenIndex is the file opened for reading.
type tokenIndex struct {
	file    *sideFile
	pages   int
	rows    uint32
	skipped []string
	zones   []zone
}

// zone is what is known of the spans of a page.
type zone struct {
	longest int64
	failed  bool
}

// openTokens opens the file. It reads all of it once, for its sums.
func openTokens(path string) (*tokenIndex, error) {
	file, err := openSide(path, tokensKind, tokenSections)
	if err != nil {
		return nil, err
	}
	var sections [tokenSections][]byte
	err = file.with(func(f io.ReaderAt) error {
		for i := range sections {
			if sections[i], err = file.readSection(f, i); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	r := reader{b: sections[tokenHead]}
	x := &tokenIndex{file: file, pages: r.number(math.MaxInt32), rows: uint32(r.number(math.MaxInt32)), skipped: r.texts()}
	if r.bad || x.rows == 0 || len(r.b) != 9*x.pages || len(sections[tokenMatrix]) != int(x.rows)*((x.pages+7)/8) {
		return nil, fmt.Errorf("%w: the head of the tokens is malformed", ErrDamaged)
	}
	for b := r.b; len(b) > 0; b = b[9:] {
		x.zones = append(x.zones, zone{int64(le.Uint64(b)), b[8] != 0})
	}
	return x, nil
}

// skips reports whether the index says nothing of a token, as its key was left out.
func (x *tokenIndex) skips(token string) bool {
	return slices.ContainsFunc(x.skipped, func(key string) bool {
		return len(token) > len(key) && token[len(key)] == '=' && strings.HasPrefix(token, key)
	})
}

// mayHave reports whether any page may have one of some tokens.
func (x *tokenIndex) mayHave(f io.ReaderAt, hashes []uint64) (bool, error) {
	s := x.file.sections[tokenFilter]
	for _, h := range hashes {
		ok, err := bloom.CheckSplitBlock(io.NewSectionReader(f, int64(s.at), int64(s.size)), int64(s.size), h)
		if ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// pagesWith are the pages that may have one of some tokens, a bit for each.
func (x *tokenIndex) pagesWith(f io.ReaderAt, hashes []uint64) ([]byte, error) {
	width := (x.pages + 7) / 8
	all, row := make([]byte, width), make([]byte, width)
	for _, h := range hashes {
		one := slices.Repeat([]byte{0xff}, width)
		for _, at := range matrixRows(h, x.rows) {
			if err := x.file.part(f, tokenMatrix, row, uint64(at)*uint64(width)); err != nil {
				return nil, err
			}
			for i := range one {
				one[i] &= row[i]
			}
		}
		for i := range all {
			all[i] |= one[i]
		}
	}
	return all, nil
}
