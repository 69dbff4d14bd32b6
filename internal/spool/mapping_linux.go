// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// populate makes the pages present and writable, so that the first write to each
// does not stop for the system. Kernels before 5.14 do not know how.
func populate(data []byte) { _ = unix.Madvise(data, unix.MADV_POPULATE_WRITE) }

// allocate reserves the blocks: a write to a mapping for which the disk has no
// room would kill the process. The zeros are written too, in large pieces: left to
// the first write to each page, the same costs the system five times as much.
func allocate(f *os.File, size int64) error {
	for {
		err := unix.Fallocate(int(f.Fd()), 0, 0, size)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err == nil, errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ENOSYS):
			return writeZeros(f, size)
		default:
			return err
		}
	}
}
