// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin

package spool

import (
	"os"

	"golang.org/x/sys/unix"
)

// mapped reports whether what is written to data is in the file by itself.
const mapped = true

// openData gives the file its size and maps it.
func openData(f *os.File, size int64) ([]byte, error) {
	if err := allocate(f, size); err != nil {
		return nil, &os.PathError{Op: "allocate", Path: f.Name(), Err: err}
	}
	data, err := unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, &os.PathError{Op: "mmap", Path: f.Name(), Err: err}
	}
	populate(data)
	return data, nil
}

func closeData(data []byte) error { return unix.Munmap(data) }

func syncData(_ *os.File, data []byte) error { return unix.Msync(data, unix.MS_SYNC) }
