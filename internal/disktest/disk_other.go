// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package disktest

// MayMount does nothing where there are no such disks.
func MayMount() {}
