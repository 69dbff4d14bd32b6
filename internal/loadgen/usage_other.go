// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package main

import (
	"runtime"
	"time"
)

// used is what the process has used so far. Its time and size are not known here.
type used struct {
	cpu     time.Duration
	mallocs uint64
	rss     int64
}

func usage() used {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return used{mallocs: m.Mallocs}
}

func residentSize() int64 { return 0 }
