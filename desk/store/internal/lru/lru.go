// SPDX-License-Identifier: Apache-2.0

// Package lru keeps what was used lately, within a number of bytes.
package lru

import (
	"container/list"
	"sync"
)

// A Cache keeps values by key. It may be used by any goroutine; the nil Cache
// keeps none.
type Cache[K comparable, V any] struct {
	limit  int64
	weight func(V) int64

	mu    sync.Mutex // guards all below
	bytes int64
	items map[K]*list.Element
	used  list.List // of *item, the latest first
}

type item[K comparable, V any] struct {
	key    K
	value  V
	weight int64
}

// New returns one that keeps so many bytes at most; weight says how many a value
// takes.
func New[K comparable, V any](limit int64, weight func(V) int64) *Cache[K, V] {
	return &Cache[K, V]{limit: limit, weight: weight, items: map[K]*list.Element{}}
}

// Get returns the value of a key: one that is kept, or what make returns, which is
// then kept unless it is an error.
func (c *Cache[K, V]) Get(key K, make func() (V, error)) (V, error) {
	if c == nil {
		return make()
	}
	if v, ok := c.find(key); ok {
		return v, nil
	}
	v, err := make()
	if err == nil {
		c.put(key, v)
	}
	return v, err
}

func (c *Cache[K, V]) find(key K) (v V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.items[key]
	if e == nil {
		return v, false
	}
	c.used.MoveToFront(e)
	return e.Value.(*item[K, V]).value, true
}

func (c *Cache[K, V]) put(key K, v V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.items[key] != nil {
		return // another goroutine was faster
	}
	i := &item[K, V]{key, v, c.weight(v)}
	c.items[key] = c.used.PushFront(i)
	c.bytes += i.weight
	for c.bytes > c.limit && c.used.Len() > 0 {
		oldest := c.used.Remove(c.used.Back()).(*item[K, V])
		delete(c.items, oldest.key)
		c.bytes -= oldest.weight
	}
}

// Bytes is how much is kept.
func (c *Cache[K, V]) Bytes() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes
}
