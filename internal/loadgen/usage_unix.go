// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// used is what the process has used so far.
type used struct {
	cpu     time.Duration
	mallocs uint64
	rss     int64
}

func usage() used {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return used{time.Duration(r.Utime.Nano() + r.Stime.Nano()), m.Mallocs, residentSize()}
}

// residentSize is the memory of the process in bytes, where the system says so in
// /proc.
func residentSize() int64 {
	b, err := os.ReadFile("/proc/self/statm")
	fields := strings.Fields(string(b))
	if err != nil || len(fields) < 2 {
		return 0
	}
	var pages int64
	_, _ = fmt.Sscan(fields[1], &pages)
	return pages * int64(os.Getpagesize())
}
