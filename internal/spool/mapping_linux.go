// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// populate makes the pages present, so that writing to them faults no more.
const populate = unix.MAP_POPULATE

// allocate reserves the blocks: a write to a mapping for which the disk has no
// room would kill the process.
func allocate(f *os.File, size int64) error {
	for {
		err := unix.Fallocate(int(f.Fd()), 0, 0, size)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EOPNOTSUPP):
			return writeZeros(f, size)
		default:
			return err
		}
	}
}
