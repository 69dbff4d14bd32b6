// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin

package spool

import "os"

var zeros [1 << 20]byte

// writeZeros reserves blocks on any file system.
func writeZeros(f *os.File, size int64) error {
	for off := int64(0); off < size; off += int64(len(zeros)) {
		if _, err := f.WriteAt(zeros[:min(size-off, int64(len(zeros)))], off); err != nil {
			return err
		}
	}
	return nil
}
