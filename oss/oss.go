// SPDX-License-Identifier: Apache-2.0

// Package oss keeps large values in object storage.
//
// A [Store] holds bytes under keys. [S3] is one on any service that speaks the
// S3 protocol, [Dir] one in a folder. The [Offloader] stands in front of a
// Store on behalf of code that must not wait: it answers a value with its link
// at once and uploads it in the background.
package oss

import (
	"context"
	"fmt"
	"io/fs"
)

// Store holds objects. Its methods may be called from several goroutines at
// once and give up when ctx ends. A body belongs to the caller again when Put
// has returned.
type Store interface {
	// Put stores body under key, in place of what was there, and returns a
	// link to it.
	Put(ctx context.Context, key string, body []byte) (url string, err error)
	// Get returns the object under key. Where there is none the error is
	// [fs.ErrNotExist] by errors.Is.
	Get(ctx context.Context, key string) ([]byte, error)
}

// Linker is a Store that knows the link of an object before it is stored.
// The [Offloader] needs one.
type Linker interface {
	Store
	// Link returns the link of the object under key, without asking the
	// service and whether or not there is one. It does not block.
	Link(key string) string
}

// Error is what a Store's methods return.
type Error struct {
	Op  string // "put", "get"
	Key string
	Err error
}

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("oss: %s %q: %v", e.Op, e.Key, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// maxKey is the longest key of S3, in bytes
// (Amazon S3 User Guide, "Naming Amazon S3 objects").
const maxKey = 1024

// checkKey admits slash-separated relative paths, so that a key is the same
// thing in every Store and never leaves a [Dir].
func checkKey(op, key string) error {
	if len(key) > maxKey || key == "." || !fs.ValidPath(key) {
		return &Error{op, key, fmt.Errorf("want 1 to %d bytes of UTF-8, parts separated by single slashes, none of them '.' or '..'", maxKey)}
	}
	return nil
}
