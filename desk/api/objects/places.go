// SPDX-License-Identifier: Apache-2.0

package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"

	"github.com/sidetrace/sidetrace/oss"
)

// Folder is the place of an [oss.Dir]: links are file:// URLs. The folder is made if
// need be.
func Folder(path string) (Place, error) {
	d, err := oss.NewDir(path)
	if err != nil {
		return Place{}, err
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return Place{}, errors.Join(fmt.Errorf("objects: %w", err), d.Close())
	}
	return Place{Store: folder{d, root}, Bases: []string{d.Link("")}}, nil
}

// A folder looks at files before it reads them.
type folder struct {
	*oss.Dir
	root *os.Root
}

// Get implements [oss.Store].
func (f folder) Get(ctx context.Context, key string) ([]byte, error) {
	if err := checkFile(f.root, key); err != nil {
		return nil, err
	}
	return f.Dir.Get(ctx, key)
}

// Bucket is the place of an [oss.S3], whose links may have any [oss.LinkStyle].
func Bucket(ctx context.Context, cfg oss.S3Config) (Place, error) {
	cfg.Links = oss.LinkPlain
	cfg.HTTPClient = bounded(cfg.HTTPClient)
	s, err := oss.NewS3(ctx, cfg)
	if err != nil {
		return Place{}, err
	}
	named := "s3://" + path.Join(cfg.Bucket, cfg.Prefix)
	return Place{Store: s, Bases: []string{named, s.Link("")}}, nil
}

// bounded is a client that follows no redirects and reads no longer answers than a
// value may be.
func bounded(client *http.Client) *http.Client {
	c := &http.Client{}
	if client != nil {
		*c = *client
	}
	if c.Transport == nil {
		c.Transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	c.Transport = limiting{c.Transport}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c
}

// limiting is a transport whose answers have a bound.
type limiting struct{ next http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (l limiting) RoundTrip(r *http.Request) (*http.Response, error) {
	w, err := l.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	left := int64(MaxBytes)
	if w.ContentLength > MaxBytes {
		left = 0
	}
	w.Body = &limited{w.Body, left}
	return w, nil
}

// limited is a body with a bound.
type limited struct {
	io.ReadCloser
	left int64
}

// Read implements [io.Reader].
func (l *limited) Read(b []byte) (int, error) {
	if l.left <= 0 {
		// What is there beyond the bound, if anything, is not wanted.
		n, err := l.ReadCloser.Read(make([]byte, 1))
		if n > 0 {
			return 0, ErrTooLarge
		}
		return 0, err
	}
	n, err := l.ReadCloser.Read(b[:min(int64(len(b)), l.left)])
	l.left -= int64(n)
	return n, err
}
