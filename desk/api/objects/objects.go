// SPDX-License-Identifier: Apache-2.0

// Package objects reads the large values that services have put into object
// storage and that their spans and records refer to by links.
//
// A link is no more than a name for a key of a place that is known: nothing is
// ever fetched from the address that a link says.
package objects

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"

	"github.com/sidetrace/sidetrace/oss"
)

// MaxBytes is how long a value may be.
const MaxBytes = 32 << 20

// maxLink is the longest link: a key of S3 of 1024 bytes, each written as three, and
// an address. What comes after that, such as a signature, is not counted.
const maxLink = 4 << 10

// ErrTooLarge says that a value is longer than [MaxBytes].
var ErrTooLarge = fmt.Errorf("objects: the value is longer than %d bytes", MaxBytes)

// ErrUnknownPlace says that a link leads to no known place.
var ErrUnknownPlace = errors.New("objects: the link leads to no place that values may be read from")

// A Place is a store, and how links to its objects begin.
type Place struct {
	// Store has the objects. It should refuse what is longer than [MaxBytes] with
	// [ErrTooLarge], as those of [Folder] and [Bucket] do, as everything that it
	// returns is in memory.
	Store oss.Store
	// Bases are what links begin with, up to where the key does, such as
	// file:///var/lib/values or s3://bucket/prefix. What follows is the key.
	Bases []string
}

// Get reads the value that a link names, from the first of the places that may have
// it. The error is [ErrUnknownPlace] or [ErrTooLarge], or [fs.ErrNotExist] where
// there is no such value.
func Get(ctx context.Context, places []Place, link string) ([]byte, error) {
	missing := ErrUnknownPlace
	for i := range places {
		key, ok := places[i].key(link)
		if !ok {
			continue
		}
		body, err := places[i].Store.Get(ctx, key)
		switch {
		case err == nil && len(body) > MaxBytes:
			return nil, ErrTooLarge
		case !errors.Is(err, fs.ErrNotExist):
			return body, err
		}
		missing = err
	}
	return nil, missing
}

// key is the key of a link that leads to the place.
func (p *Place) key(link string) (string, bool) {
	at, ok := parse(link)
	if !ok {
		return "", false
	}
	for _, text := range p.Bases {
		base, ok := parse(text)
		if !ok || base.scheme != at.scheme || base.host != at.host {
			continue
		}
		if key, below := strings.CutPrefix(at.path, strings.TrimSuffix(base.path, "/")+"/"); below && fs.ValidPath(key) && key != "." {
			return key, true
		}
	}
	return "", false
}

// A location is a link in its parts.
type location struct{ scheme, host, path string }

// parse takes a link apart. One of s3:// has its key as it is; others are URLs, the
// parameters of which, such as a signature, do not matter.
func parse(link string) (location, bool) {
	if rest, found := strings.CutPrefix(link, "s3://"); found {
		bucket, key, _ := strings.Cut(rest, "/")
		return location{"s3", bucket, "/" + key}, bucket != "" && len(link) <= maxLink
	}
	address, _, _ := strings.Cut(link, "?")
	u, err := url.Parse(address)
	if err != nil || u.Opaque != "" || u.User != nil || u.Fragment != "" || len(address) > maxLink {
		return location{}, false
	}
	host := strings.ToLower(u.Host)
	switch u.Scheme {
	case "file":
		if host == "localhost" {
			host = "" // RFC 8089, section 2
		}
		return location{"file", host, u.Path}, host == ""
	case "http", "https":
		return location{u.Scheme, host, u.Path}, host != ""
	}
	return location{}, false
}
