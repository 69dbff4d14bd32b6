// SPDX-License-Identifier: Apache-2.0

package receive

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// budget is the memory that all requests under way may take.
type budget struct {
	sem   *semaphore.Weighted
	total int64
	wait  time.Duration
	used  atomic.Int64
}

func newBudget(total int64, wait time.Duration) *budget {
	return &budget{sem: semaphore.NewWeighted(total), total: total, wait: wait}
}

// admit lets a request in that takes n bytes, for a start. It waits for them a
// while.
func (b *budget) admit(ctx context.Context, n int64) (*charge, bool) {
	ctx, cancel := context.WithTimeout(ctx, b.wait)
	defer cancel()
	n = min(n, b.total)
	if b.sem.Acquire(ctx, n) != nil {
		return nil, false
	}
	b.used.Add(n)
	return &charge{b: b, held: n}, true
}

// charge is what one request takes.
type charge struct {
	b    *budget
	held int64
}

// grow takes n bytes more, at once or not at all: if requests waited for more with
// what they have, all could come to wait for each other. One that wants more than
// there is takes all.
func (c *charge) grow(n int64) bool {
	n = min(n, c.b.total-c.held)
	if !c.b.sem.TryAcquire(n) {
		return false
	}
	c.held += n
	c.b.used.Add(n)
	return true
}

// shrink gives n bytes back.
func (c *charge) shrink(n int64) {
	n = min(n, c.held)
	c.held -= n
	c.b.used.Add(-n)
	c.b.sem.Release(n)
}

// release gives everything back.
func (c *charge) release() { c.shrink(c.held) }
