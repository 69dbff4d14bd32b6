// SPDX-License-Identifier: Apache-2.0

package table

import (
	"sync/atomic"

	"github.com/sidetrace/sidetrace/desk/store/internal/lru"
)

// A Cache keeps pages that were read lately, of any number of files. It may be
// used by any goroutine; the nil Cache keeps none.
type Cache struct {
	files atomic.Uint64
	pages *lru.Cache[pageKey, weighty]
}

// weighty is a page of a column, or of the list.
type weighty interface{ weight() int64 }

// pageKey is a page of a column, or with page -1 its dictionary.
type pageKey struct {
	file         uint64
	column, page int32
}

// NewCache returns one that keeps so many bytes at most.
func NewCache(limit int64) *Cache {
	return &Cache{pages: lru.New[pageKey](limit, weighty.weight)}
}

// Bytes is how much is kept.
func (c *Cache) Bytes() int64 { return c.pages.Bytes() }

// newID is a number for a file.
func (c *Cache) newID() uint64 {
	if c == nil {
		return 0
	}
	return c.files.Add(1)
}

// cached is a page that is kept, or is read now.
func cached[V weighty](c *Cache, key pageKey, read func() (V, error)) (v V, err error) {
	if c == nil {
		return read()
	}
	w, err := c.pages.Get(key, func() (weighty, error) { return read() })
	if err != nil {
		return v, err
	}
	return w.(V), nil
}
