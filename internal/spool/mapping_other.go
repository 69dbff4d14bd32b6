// SPDX-License-Identifier: Apache-2.0

//go:build !linux && !darwin

package spool

import "os"

// mapped is false: each record is written to the file.
const mapped = false

func openData(f *os.File, size int64) ([]byte, error) {
	return make([]byte, size), f.Truncate(size)
}

func populate([]byte) {}

func closeData([]byte) error { return nil }

func syncData(f *os.File, _ []byte) error { return f.Sync() }
