// SPDX-License-Identifier: Apache-2.0

package store

import (
	"container/heap"

	"github.com/sidetrace/sidetrace/desk/source"
)

// placed is what has a place in an order of [source.Order].
type placed interface{ place() source.Position }

// queue is what waits for its turn, in an order.
type queue[T placed] struct {
	order source.Order
	all   []T // a heap, see package heap
}

// Len, Less, Swap, Push and Pop are those of a [heap.Interface].
func (q *queue[T]) Len() int { return len(q.all) }
func (q *queue[T]) Less(i, j int) bool {
	return q.order.Compare(q.all[i].place(), q.all[j].place()) < 0
}
func (q *queue[T]) Swap(i, j int) { q.all[i], q.all[j] = q.all[j], q.all[i] }
func (q *queue[T]) Push(x any)    { q.all = append(q.all, x.(T)) }
func (q *queue[T]) Pop() any {
	last := len(q.all) - 1
	x := q.all[last]
	clear(q.all[last:])
	q.all = q.all[:last]
	return x
}

// add has something wait.
func (q *queue[T]) add(it T) { heap.Push(q, it) }

// take takes out what is first.
func (q *queue[T]) take() T { return heap.Pop(q).(T) }
