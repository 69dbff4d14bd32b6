// SPDX-License-Identifier: Apache-2.0

package objects_test

import (
	"bytes"
	"context"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/api/objects"
	"github.com/sidetrace/sidetrace/internal/s3test"
	"github.com/sidetrace/sidetrace/oss"
)

// store puts values into an oss.Dir and returns its folder and their links.
func store(t *testing.T, values map[string]string) (dir string, links map[string]string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "large values")
	d, err := oss.NewDir(dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, d.Close()) }()
	links = map[string]string{}
	for key, value := range values {
		links[key], err = d.Put(t.Context(), key, []byte(value))
		require.NoError(t, err)
	}
	return dir, links
}

func TestFolder(t *testing.T) {
	dir, links := store(t, map[string]string{"ab/value.txt": "a long prompt", "50% of 100?.txt": "odd"})
	place, err := objects.Folder(dir)
	require.NoError(t, err)
	places := []objects.Place{place}
	for key, want := range map[string]string{"ab/value.txt": "a long prompt", "50% of 100?.txt": "odd"} {
		body, err := objects.Get(t.Context(), places, links[key])
		require.NoError(t, err, links[key])
		assert.Equal(t, want, string(body))
	}
	local := strings.Replace(links["ab/value.txt"], "file://", "file://LOCALHOST", 1)
	body, err := objects.Get(t.Context(), places, local)
	require.NoError(t, err)
	assert.Equal(t, "a long prompt", string(body))
	_, err = objects.Get(t.Context(), places, place.Bases[0]+"/nothing")
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// TestElsewhere checks that nothing but what lies in a place is read.
func TestElsewhere(t *testing.T) {
	dir, links := store(t, map[string]string{"value.txt": "a long prompt"})
	secret := filepath.Join(filepath.Dir(dir), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("secret"), 0o600))
	require.NoError(t, os.WriteFile(dir+" 2", []byte("secret"), 0o600))
	require.NoError(t, os.Symlink(secret, filepath.Join(dir, "link")))
	require.NoError(t, os.Symlink(filepath.Dir(dir), filepath.Join(dir, "up")))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder"), 0o700))
	f, err := os.Create(filepath.Join(dir, "large"))
	require.NoError(t, err)
	require.NoError(t, f.Truncate(objects.MaxBytes+1))
	require.NoError(t, f.Close())
	place, err := objects.Folder(dir)
	require.NoError(t, err)
	base, value := place.Bases[0], links["value.txt"]
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer server.Close()
	for name, tt := range map[string]struct {
		link string
		want error
	}{
		"another file":              {"file://" + secret, objects.ErrUnknownPlace},
		"a folder like it":          {base + "%202", objects.ErrUnknownPlace},
		"up":                        {base + "/../secret", objects.ErrUnknownPlace},
		"up, encoded":               {base + "/%2e%2e/secret", objects.ErrUnknownPlace},
		"up, with slashes":          {base + "/a%2F..%2F..%2Fsecret", objects.ErrUnknownPlace},
		"a backslash":               {base + "/..%5Csecret", fs.ErrNotExist},
		"the folder itself":         {base + "/", objects.ErrUnknownPlace},
		"the folder, a dot":         {base + "/.", objects.ErrUnknownPlace},
		"empty parts":               {strings.Replace(value, "/value", "//value", 1), objects.ErrUnknownPlace},
		"another machine":           {strings.Replace(value, "file://", "file://host", 1), objects.ErrUnknownPlace},
		"a fragment":                {value + "#x", objects.ErrUnknownPlace},
		"a user":                    {strings.Replace(value, "file://", "file://a@", 1), objects.ErrUnknownPlace},
		"a path":                    {filepath.Join(dir, "value.txt"), objects.ErrUnknownPlace},
		"no path":                   {"file:value.txt", objects.ErrUnknownPlace},
		"another server":            {server.URL + "/value.txt", objects.ErrUnknownPlace},
		"another bucket":            {"s3://other/value.txt", objects.ErrUnknownPlace},
		"another scheme":            {"gopher://x/value.txt", objects.ErrUnknownPlace},
		"nothing":                   {"", objects.ErrUnknownPlace},
		"no URL":                    {"%zz", objects.ErrUnknownPlace},
		"invalid UTF-8":             {base + "/%ff", objects.ErrUnknownPlace},
		"a long link":               {base + "/" + strings.Repeat("a", 10_000), objects.ErrUnknownPlace},
		"a link out of it":          {base + "/link", nil},
		"a folder out of it":        {base + "/up/secret", nil},
		"a folder":                  {base + "/folder", nil},
		"a value that is too large": {base + "/large", objects.ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			body, err := objects.Get(t.Context(), []objects.Place{place}, tt.link)
			require.Error(t, err)
			assert.Empty(t, body)
			if tt.want != nil {
				require.ErrorIs(t, err, tt.want)
			}
		})
	}
	assert.Zero(t, asked, "no address in a link is asked")
	_, err = objects.Folder(secret)
	require.Error(t, err)
}

// TestBucket reads values from a real server by every style of links.
func TestBucket(t *testing.T) {
	server := s3test.New(t)
	cfg := oss.S3Config{
		Bucket: s3test.Bucket, Prefix: "team/values", Endpoint: server.Endpoint, AccessKeyID: s3test.AccessKeyID, SecretAccessKey: s3test.SecretAccessKey,
	}
	place, err := objects.Bucket(t.Context(), cfg)
	require.NoError(t, err)
	places := []objects.Place{place}
	for _, style := range []oss.LinkStyle{oss.LinkS3, oss.LinkPlain, oss.LinkPresigned} {
		cfg.Links = style
		s, err := oss.NewS3(t.Context(), cfg)
		require.NoError(t, err)
		link, err := s.Put(t.Context(), "ab/"+string(style), []byte("a long prompt"))
		require.NoError(t, err)
		body, err := objects.Get(t.Context(), places, link)
		require.NoError(t, err, link)
		assert.Equal(t, "a long prompt", string(body))
	}
	outside := cfg
	outside.Prefix, outside.Links = "team/secrets", oss.LinkS3
	s, err := oss.NewS3(t.Context(), outside)
	require.NoError(t, err)
	link, err := s.Put(t.Context(), "value", []byte("secret"))
	require.NoError(t, err)
	for _, link := range []string{link, "s3://traces/team/values/../secrets/value", server.Endpoint + "/traces/team/secrets/value", server.Endpoint + "/traces/team/values/%2e%2e/secrets/value", "s3://traces/team/valuesvalue", "s3://traces"} {
		_, err = objects.Get(t.Context(), places, link)
		require.ErrorIs(t, err, objects.ErrUnknownPlace, link)
	}
	_, err = objects.Get(t.Context(), places, "s3://traces/team/values/nothing")
	require.ErrorIs(t, err, fs.ErrNotExist)

	cfg.Links = oss.LinkS3
	s, err = oss.NewS3(t.Context(), cfg)
	require.NoError(t, err)
	for extra, want := range map[int]error{0: nil, 1: objects.ErrTooLarge} {
		link, err = s.Put(t.Context(), "large", bytes.Repeat([]byte("x"), objects.MaxBytes+extra))
		require.NoError(t, err)
		body, err := objects.Get(t.Context(), places, link)
		require.ErrorIs(t, err, want)
		assert.Equal(t, want == nil, len(body) == objects.MaxBytes)
	}
}

// TestBucketRedirects checks that a service cannot lead elsewhere, nor send without
// end.
func TestBucketRedirects(t *testing.T) {
	asked := 0
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		_, _ = w.Write([]byte("secret"))
	}))
	defer other.Close()
	endless := false
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !endless {
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
			return
		}
		for part := make([]byte, 1<<20); r.Context().Err() == nil; {
			if _, err := w.Write(part); err != nil {
				return
			}
		}
	}))
	defer service.Close()
	at, err := url.Parse(service.URL)
	require.NoError(t, err)
	place, err := objects.Bucket(t.Context(), oss.S3Config{Bucket: "values", Endpoint: "http://" + at.Host, AccessKeyID: "id", SecretAccessKey: "key"})
	require.NoError(t, err)
	_, err = objects.Get(t.Context(), []objects.Place{place}, "s3://values/key")
	require.Error(t, err)
	assert.Zero(t, asked)
	endless = true
	_, err = objects.Get(t.Context(), []objects.Place{place}, "s3://values/key")
	require.ErrorIs(t, err, objects.ErrTooLarge)
	_, err = objects.Bucket(t.Context(), oss.S3Config{})
	require.Error(t, err)
}

// held is a store in memory.
type held map[string]string

func (h held) Put(context.Context, string, []byte) (string, error) { return "", nil }

func (h held) Get(_ context.Context, key string) ([]byte, error) {
	if v, ok := h[key]; ok {
		return []byte(v), nil
	}
	return nil, fs.ErrNotExist
}

// TestSeveralPlaces checks that each place that may have a value is asked.
func TestSeveralPlaces(t *testing.T) {
	places := []objects.Place{
		{Store: held{"b/a": "the first"}, Bases: []string{"s3://values"}},
		{Store: held{"a": "the second"}, Bases: []string{"https://example.com/x", "s3://values/b/", "mailto:nobody"}},
	}
	for link, want := range map[string]string{
		"s3://values/b/a": "the first", "https://EXAMPLE.com/x/a?X-Amz-Signature=1": "the second",
	} {
		body, err := objects.Get(t.Context(), places, link)
		require.NoError(t, err, link)
		assert.Equal(t, want, string(body), link)
	}
	for _, link := range []string{"s3://values/b/c", "https://example.com/x/b"} {
		_, err := objects.Get(t.Context(), places, link)
		require.ErrorIs(t, err, fs.ErrNotExist, link)
	}
	_, err := objects.Get(t.Context(), []objects.Place{{Store: held{"a": strings.Repeat("x", objects.MaxBytes+1)}, Bases: []string{"s3://values"}}}, "s3://values/a")
	require.ErrorIs(t, err, objects.ErrTooLarge)
}
