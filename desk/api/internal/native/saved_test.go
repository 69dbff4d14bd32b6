// SPDX-License-Identifier: Apache-2.0

package native_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/api/internal/native"
	"github.com/sidetrace/sidetrace/desk/api/internal/saved"
	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/source/memory"
)

func TestSaved(t *testing.T) {
	dir := t.TempDir()
	folder, err := saved.Open(dir)
	require.NoError(t, err)
	over := func(s source.Source) http.Handler {
		return native.Handler(web.NewGate(web.GateConfig{Requests: 4, Timeout: time.Minute}), native.Config{Source: s, Now: time.Now, Saved: folder})
	}
	full, empty := over(sample()), over(memory.New())
	do := func(h http.Handler, request string, status int) string {
		t.Helper()
		method, path, _ := strings.Cut(request, " ")
		w := check(t, h, httptest.NewRequest(method, native.Base+path, nil))
		require.Equal(t, status, w.Code, "%s: %s", request, w.Body)
		return w.Body.String()
	}
	assert.JSONEq(t, `{"traces":[],"max":20}`, do(full, "GET /saved", 200))
	assert.Contains(t, do(full, "POST /saved?trace=1&name=before", 200), `"name":"before"`)
	assert.Contains(t, do(full, "POST /saved?trace=2&name=before", 409), `"code":"conflict","message":"saved: another trace has this name"`)
	do(full, "POST /saved?trace=2&name=run", 200)
	stamps := regexp.MustCompile(`"saved":"\d{19}"`)
	assert.JSONEq(t, `{"traces":[
		{"traceId":"00000000000000000000000000000001","name":"before","saved":"","spans":5},
		{"traceId":"00000000000000000000000000000002","name":"run","saved":"","spans":4}],"max":20}`, stamps.ReplaceAllString(do(full, "GET /saved", 200), `"saved":""`))

	assert.Equal(t, do(full, "GET /compare?baseline=1&comparison=2", 200), do(empty, "GET /compare?baseline=1&comparison=2", 200), "the store need not have them")
	assert.Equal(t, do(full, "GET /traces/1?view=tree", 200), do(empty, "GET /traces/1?view=tree", 200))
	assert.JSONEq(t, `{"kind":"trace","traceId":"00000000000000000000000000000001","found":true}`, do(empty, "GET /find?text="+strings.Repeat("0", 31)+"1", 200))
	do(empty, "POST /saved?trace=1&name=after", 200)
	do(empty, "GET /traces/3", 404)
	do(empty, "POST /saved?trace=3&name=x", 404)
	assert.Contains(t, do(full, "POST /saved?trace=3", 400), "want 1 to 40 characters")
	assert.Contains(t, do(full, "POST /saved?trace=x&name=x", 400), "malformed parameter trace")
	do(full, "DELETE /saved/x", 400)
	do(full, "DELETE /saved/3", 404)
	do(full, "DELETE /saved/1", 200)
	do(empty, "GET /traces/1", 404)

	require.NoError(t, os.WriteFile(filepath.Join(dir, strings.Repeat("0", 31)+"7.json.gz"), nil, 0o600))
	assert.Contains(t, do(full, "GET /saved", 200), `"warnings":["some of them cannot be read"]`)
	for _, request := range []string{"GET /saved", "POST /saved?trace=1&name=x", "DELETE /saved/1"} {
		assert.Contains(t, do(handler(sample()), request, 501), "this desk saves no traces")
	}
}
