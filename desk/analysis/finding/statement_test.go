// SPDX-License-Identifier: Apache-2.0

package finding

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNormalize(t *testing.T) {
	for _, tt := range []struct {
		text, want, table string
		open, paged       bool
	}{
		{text: "SELECT * FROM Items  WHERE id = 17", want: "select*from items where id=?", table: "items"},
		{text: "select a,b\n from items where id=$1 and n = :name or k = @key", want: "select a,b from items where id=? and n=? or k=?", table: "items", open: true},
		{text: "SELECT 'it''s', 'a\\'b', x FROM \"My Table\"", want: "select ?,x from my table", table: "my table"},
		{text: "SELECT a FROM b WHERE c IN (1, 2,3)", want: "select a from b where c in(?)", table: "b"},
		{text: "SELECT a FROM b WHERE c IN (?,?)", want: "select a from b where c in(?)", table: "b", open: true},
		{text: "SELECT a::int FROM b WHERE c = %s AND d = %(name)s", want: "select a::int from b where c=? and d=?", table: "b", open: true},
		{text: "SELECT a FROM b LIMIT 10 OFFSET 20", want: "select a from b limit ? offset ?", table: "b", paged: true},
		{text: "SELECT a -- why\nFROM b /* trace='1' */", want: "select a from b", table: "b"},
		{text: "INSERT INTO a.b (c) VALUES (0x1F, 1.5e3)", want: "insert into a.b(c)values(?)", table: "a.b"},
		{text: "UPDATE `t` SET n = n - 1", want: "update t set n=n-?", table: "t"},
		{text: "GET user:17:cart", want: "get user:?:cart"},
		{text: "GET session:6f1b6a3e-8a9b-4a5e-9d7c-0123456789ab", want: "get session:?"},
		{text: "GET session:6f1b6a3e8a9b4a5e", want: "get session:?"},
		{text: "GET session:af1b6a3e8a9b4a5e", want: "get session:?"},
		{text: "GET session:feedface-beef-not-an-id-0123456789ab", want: "get session:feedface-beef-not-an-id-?"},
		{text: `{"find":"users","filter":{"id":"abc"},"skip":20}`, want: `{find:?,filter:{id:?},skip:?}`, paged: true},
		{text: "SELECT a FROM b WHERE c = ...", want: "select a from b where c=...", table: "b", open: true},
		{text: "SELECT 'open", want: "select ?"},
		{text: "SELECT /* open", want: "select"},
		{text: "100 % 7", want: "?%?"},
		{text: ""},
	} {
		s := normalize(tt.text, nil)
		assert.Equal(t, tt.want, string(s.text), tt.text)
		assert.Equal(t, tt.table, s.table, tt.text)
		assert.Equal(t, tt.open, s.open, tt.text)
		assert.Equal(t, tt.paged, s.paged, tt.text)
	}
	assert.True(t, normalize(strings.Repeat("a", maxStatement+1), nil).open, "a long statement is not known to its end")
}

func TestURLTemplate(t *testing.T) {
	for _, tt := range []struct {
		url, want, host string
		paged           bool
	}{
		{url: "https://shop:8080/v1/items/17?full=1&lang=de#top", want: "shop:8080/v1/items/*?full&lang", host: "shop:8080"},
		{url: "https://shop/users/6f1b6a3e-8a9b-4a5e-9d7c-0123456789ab/cart", want: "shop/users/*/cart", host: "shop"},
		{url: "https://shop/items?Page=3", want: "shop/items?Page", host: "shop", paged: true},
		{url: "/items/a", want: "/items/a"},
		{url: "https://shop", want: "shop", host: "shop"},
		{url: ""},
	} {
		template, host, paged := urlTemplate(tt.url, nil)
		assert.Equal(t, tt.want, string(template), tt.url)
		assert.Equal(t, tt.host, host, tt.url)
		assert.Equal(t, tt.paged, paged, tt.url)
	}
}

func TestCanonical(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{`{"b":[1,2.50],"a":{"d":null,"c":"ü"}}`, `{"a":{"c":"ü","d":null},"b":[1,2.50]}`},
		{"  some\ntext ", "some\ntext"},
		{`{"a":`, `{"a":`},
		{`{"a":1} {"a":2}`, `{"a":1} {"a":2}`},
		{"[" + strings.Repeat("[", 20000), "[" + strings.Repeat("[", 20000)},
		{"", ""},
	} {
		assert.Equal(t, tt.want, canonical(tt.text))
	}
}

func TestText(t *testing.T) {
	for n, want := range map[int]string{1: "1st", 2: "2nd", 3: "3rd", 4: "4th", 11: "11th", 12: "12th", 13: "13th", 22: "22nd", 111: "111th"} {
		assert.Equal(t, want, ordinal(n).english)
	}
	assert.Equal(t, "a b", cut(" a\n\tb ", 10))
	assert.Equal(t, "ab…", cut("abü", 3), "no half characters")
	assert.Equal(t, "a\ufffdb", cut("a\xffb", 10))
	assert.Equal(t, "ab…", cut("ab"+strings.Repeat(" c", 100), 2))
}

func FuzzRequests(f *testing.F) {
	f.Add("SELECT 'a' FROM b WHERE c = :d AND e = %(f)s -- g")
	f.Add("https://a/1?b=c#d")
	f.Add(`{"a":[1,"b"]}`)
	f.Fuzz(func(t *testing.T, text string) {
		first := normalize(text, nil)
		assert.LessOrEqual(t, len(first.text), 2*len(text)+1)
		assert.Equal(t, first.text, normalize(text, nil).text)
		template, _, _ := urlTemplate(text, nil)
		assert.LessOrEqual(t, len(template), len(text)+strings.Count(text, "/")+1)
		assert.Equal(t, canonical(text), canonical(canonical(text)))
		appendValues(nil, text)
	})
}
