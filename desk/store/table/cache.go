// SPDX-License-Identifier: Apache-2.0

package table

import (
	"container/list"
	"sync"
)

// A Cache keeps pages that were read lately, of any number of files. It may be
// used by any goroutine; the nil Cache keeps none.
type Cache struct {
	limit int64

	mu    sync.Mutex // guards all below
	files uint64
	bytes int64
	pages map[pageKey]*list.Element
	used  list.List // of *cached, the latest first
}

// pageKey is a page of a column, or with page -1 its dictionary.
type pageKey struct {
	file         uint64
	column, page int32
}

type cached struct {
	key    pageKey
	vector *Vector
	weight int64
}

// NewCache returns one that keeps so many bytes at most.
func NewCache(limit int64) *Cache {
	return &Cache{limit: limit, pages: map[pageKey]*list.Element{}}
}

// newID is a number for a file.
func (c *Cache) newID() uint64 {
	if c == nil {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.files++
	return c.files
}

// get is a page that is kept, or is read now.
func (c *Cache) get(key pageKey, read func() (*Vector, error)) (*Vector, error) {
	if c == nil {
		return read()
	}
	if v, ok := c.find(key); ok {
		return v, nil
	}
	v, err := read()
	if err == nil {
		c.put(key, v)
	}
	return v, err
}

func (c *Cache) find(key pageKey) (*Vector, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.pages[key]
	if e == nil {
		return nil, false
	}
	c.used.MoveToFront(e)
	return e.Value.(*cached).vector, true
}

func (c *Cache) put(key pageKey, v *Vector) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pages[key] != nil {
		return
	}
	p := &cached{key, v, v.weight()}
	c.pages[key] = c.used.PushFront(p)
	c.bytes += p.weight
	for c.bytes > c.limit && c.used.Len() > 0 {
		oldest := c.used.Remove(c.used.Back()).(*cached)
		delete(c.pages, oldest.key)
		c.bytes -= oldest.weight
	}
}

// Bytes is how much is kept.
func (c *Cache) Bytes() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes
}
