// SPDX-License-Identifier: Apache-2.0

package wal

import "hash/crc32"

// Synced is the last request that survives a power cut.
func (l *Log) Synced() Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.synced
}

// SumHeader makes the header of a file whole.
func SumHeader(b []byte) []byte {
	le.PutUint32(b[36:], crc32.Checksum(b[:36], castagnoli))
	return b
}
