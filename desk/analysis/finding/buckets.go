// SPDX-License-Identifier: Apache-2.0

package finding

// Buckets divide siblings by a key, without a map for each family: keys are small
// numbers, and the nodes of a key form a list.
type buckets struct {
	head, tail, count []int32 // by key
	next              []int32 // by node
	used              []int32 // keys, in the order in which they occurred
	list              []int32
}

func newBuckets(nodes, keys int) buckets {
	return buckets{head: make([]int32, keys), tail: make([]int32, keys), count: make([]int32, keys), next: make([]int32, nodes)}
}

func (b *buckets) add(key, node int32) {
	if b.count[key] == 0 {
		b.head[key] = node
		b.used = append(b.used, key)
	} else {
		b.next[b.tail[key]] = node
	}
	b.tail[key] = node
	b.count[key]++
}

// nodes are those of a key, in the order in which they were added; valid until
// the next call.
func (b *buckets) nodes(key int32) []int32 {
	b.list = b.list[:0]
	at := b.head[key]
	for range b.count[key] {
		b.list = append(b.list, at)
		at = b.next[at]
	}
	return b.list
}

func (b *buckets) reset() {
	for _, key := range b.used {
		b.count[key] = 0
	}
	b.used = b.used[:0]
}
