// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func FuzzURLPlace(f *testing.F) {
	for _, s := range []string{"", "http://h/p?q#f", "//h;x", "a:b:c", "/p;x=1", "http:", "://", "1:2", "http://h", " http://h/a;b/c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		place := urlPlace(s)
		assert.NotContains(t, strings.TrimLeft(place, " "), "?")
		u, err := url.Parse(s)
		if err == nil && u.Scheme == "http" && u.Host != "" && u.Path != "" && !strings.Contains(s, ";") {
			assert.Equal(t, u.EscapedPath(), (&url.URL{Path: u.Path, RawPath: place}).EscapedPath())
		}
	})
}
