// SPDX-License-Identifier: Apache-2.0

// Package objects reads the large values that services have put into object
// storage and that their spans and records refer to by links.
//
// A link is no more than a name for a key of a place that is known: nothing is
// ever fetched from the address that a link says.
package objects

import (
	"context"

	"github.com/sidetrace/sidetrace/oss"
)

// MaxBytes is how long a value may be.
const MaxBytes = 32 << 20

// A Place is a store, and how links to its objects begin.
type Place struct {
	// Store has the objects. It should refuse what is longer than [MaxBytes], as those
	// of [Folder] and [Bucket] do, as everything that it returns is in memory.
	Store oss.Store
	// Bases are what links begin with, up to where the key does, such as
	// file:///var/lib/values or s3://bucket/prefix. What follows is the key.
	Bases []string
}

// Folder is the place of an [oss.Dir]: links are file:// URLs.
func Folder(path string) (Place, error) {
	d, err := oss.NewDir(path)
	if err != nil {
		return Place{}, err
	}
	return Place{Store: d, Bases: []string{d.Link("")}}, nil
}

// Bucket is the place of an [oss.S3], whose links may have any [oss.LinkStyle].
func Bucket(ctx context.Context, cfg oss.S3Config) (Place, error) {
	cfg.Links = oss.LinkPlain
	s, err := oss.NewS3(ctx, cfg)
	if err != nil {
		return Place{}, err
	}
	return Place{Store: s, Bases: []string{s.Link("")}}, nil
}
