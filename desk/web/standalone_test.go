// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/web"
)

// only is the one place in a document where a pattern is.
func only(t *testing.T, document, pattern string) string {
	t.Helper()
	found := regexp.MustCompile(pattern).FindAllStringSubmatch(document, -1)
	require.Len(t, found, 1, pattern)
	return found[0][1]
}

func TestStandalone(t *testing.T) {
	kept := map[string]string{"/api/desk/v1/traces/0af7": "</script><script>alert(1)</script> 🙂"}
	var b bytes.Buffer
	require.NoError(t, web.WriteStandalone(&b, `<b>"run"</b>`, kept))
	document := b.String()
	assert.Equal(t, "&lt;b&gt;&#34;run&#34;&lt;/b&gt;", only(t, document, `<title>(.*)</title>`))
	assert.NotContains(t, document, "alert(1)")
	assert.NotRegexp(t, `<(link|script|img|iframe)[^>]+(src|href)=`, document, "nothing is loaded")

	policy := only(t, document, `Content-Security-Policy" content="([^"]+)"`)
	assert.Contains(t, policy, "default-src 'none'")
	assert.NotContains(t, policy, "unsafe")
	for _, pattern := range []string{`(?s)<script type="module">(.*?)</script>`, `(?s)<style>(.*?)</style>`} {
		sum := sha256.Sum256([]byte(only(t, document, pattern)))
		assert.Contains(t, policy, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	}

	packed, err := base64.StdEncoding.DecodeString(only(t, document, `<script type="application/gzip" id="data">([^<]*)</script>`))
	require.NoError(t, err)
	unpacked, err := gzip.NewReader(bytes.NewReader(packed))
	require.NoError(t, err)
	var got map[string]string
	require.NoError(t, json.NewDecoder(unpacked).Decode(&got))
	assert.Equal(t, kept, got)
}

// full is a disk without room after some bytes.
type full int

func (f *full) Write(p []byte) (int, error) {
	if *f -= full(len(p)); *f < 0 {
		return 0, errors.New("no room")
	}
	return len(p), nil
}

func TestStandaloneWithoutRoom(t *testing.T) {
	answers := map[string]string{"/": strings.Repeat("0123456789abcdef", 1<<16)}
	for _, room := range []full{0, 10_000, 40_000} {
		assert.ErrorContains(t, web.WriteStandalone(&room, "t", answers), "no room")
	}
}
