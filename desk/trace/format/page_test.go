// SPDX-License-Identifier: Apache-2.0

package format_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/trace/format"
)

const keptTrace = "/api/desk/v1/traces/4bf92f3577b34da6a3ce929d0e0e4736"

// page is a page as a desk saves it.
func page(t testing.TB, answers any) string {
	t.Helper()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	require.NoError(t, json.NewEncoder(z).Encode(answers))
	require.NoError(t, z.Close())
	return "<!doctype html>\n<html><head><style>" + strings.Repeat("a>b{}", 40_000) + "</style></head>\n<body><div id=\"page\"></div>\n" +
		`<script type="application/gzip" id="data">` + base64.StdEncoding.EncodeToString(packed.Bytes()) + "</script>\n<script>1</script></body></html>"
}

func TestPage(t *testing.T) {
	saved := page(t, map[string]string{keptTrace: line(1), keptTrace + "?view=run": "{}", "s3://b/k": "a long prompt", "file:///traces/4bf92f3577b34da6a3ce929d0e0e4736": "no trace"})
	for _, in := range []string{saved, "\ufeff" + saved, strings.Replace(saved, "doctype html", "DOCTYPE HTML", 1)} {
		batch, err := format.Read(strings.NewReader(in))
		require.NoError(t, err)
		require.Len(t, batch.Spans, 1)
		assert.Equal(t, "plan", batch.Spans[0].Name)
	}
}

func TestPageRefused(t *testing.T) {
	saved := page(t, map[string]string{keptTrace: line(1)})
	start := strings.Index(saved, `id="data">`) + len(`id="data">`)
	tests := []struct{ name, in, want string }{
		{"another page", "<!doctype html><html><body>hello</body></html>", "no trace in it"},
		{"a page without end", "<!doctype html", "no trace in it"},
		{"cut", saved[:start+40], "the data of the page"},
		{"no gzip", saved[:start] + "AAAA</script>", "the data of the page"},
		{"nothing", saved[:start] + "</script>", "the data of the page"},
		{"of something else", page(t, map[string]string{"/api/desk/v1/status": "{}"}), "no trace in it"},
		{"no texts", page(t, map[string]int{keptTrace: 1}), "the data of the page"},
		{"no members", page(t, 1), "no trace in it"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			batch, err := format.Read(strings.NewReader(test.in))
			assert.ErrorContains(t, err, test.want)
			assert.Empty(t, batch.Spans)
		})
	}
}

// TestPageIsBounded: what is decompressed may be much longer than the page.
func TestPageIsBounded(t *testing.T) {
	saved := page(t, map[string]string{keptTrace: strings.Repeat(" ", 1<<20)})
	require.Less(t, len(saved), 1<<18)
	_, err := format.Page(strings.NewReader(saved), 1<<19)
	assert.ErrorContains(t, err, "longer than 524288 bytes")
	text, err := format.Page(strings.NewReader(saved), 2<<20)
	require.NoError(t, err)
	n, err := io.Copy(io.Discard, text)
	require.NoError(t, err)
	assert.EqualValues(t, 1<<20, n)
}

func FuzzPage(f *testing.F) {
	f.Add([]byte(page(f, map[string]string{keptTrace: line(1)})))
	f.Add([]byte(`<script type="application/gzip" id="data">H4sI</script>`))
	f.Fuzz(func(t *testing.T, in []byte) {
		if text, err := format.Page(bytes.NewReader(in), 1<<16); err == nil {
			n, err := io.Copy(io.Discard, text)
			require.NoError(t, err)
			assert.LessOrEqual(t, n, int64(1<<16))
		}
	})
}
