// SPDX-License-Identifier: Apache-2.0

// Package disktest has small disks for tests: real file systems, which can be full
// or read-only. Only Linux has them.
package disktest
