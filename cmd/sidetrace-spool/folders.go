// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/sidetrace/sidetrace/internal/spool"
	"github.com/sidetrace/sidetrace/internal/statedir"
)

// inspect returns the folders of processes that dir stands for. It may return an
// error besides, for those that cannot be read.
func inspect(dir string) ([]*spool.Contents, error) {
	if dir == "" {
		base, err := statedir.Base()
		if err != nil {
			return nil, err
		}
		if _, err := os.Stat(base); errors.Is(err, fs.ErrNotExist) {
			return nil, nil // there was no service yet
		}
		dir = base
	}
	paths, err := spool.Folders(dir)
	errs := []error{err}
	var all []*spool.Contents
	for _, path := range paths {
		c, err := spool.Inspect(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // done with, meanwhile
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, c)
	}
	return all, errors.Join(errs...)
}

func lifeOf(c *spool.Contents) string {
	if c.Alive {
		return "alive"
	}
	return "dead"
}

// both are the kinds, in the order of their output.
var both = []spool.Kind{spool.Span, spool.Log}

// count says how many there are of something whose name in the plural ends in s.
func count(n int64, plural string) string {
	if n == 1 {
		return "1 " + strings.TrimSuffix(plural, "s")
	}
	return fmt.Sprintf("%d %s", n, plural)
}

// amounts names the numbers that are not zero.
func amounts(n spool.PerKind, joint string) string {
	var parts []string
	for _, k := range both {
		if n[k] > 0 {
			parts = append(parts, count(n[k], k.String()))
		}
	}
	return cmp.Or(strings.Join(parts, joint), "no records")
}

func sum(n spool.PerKind) int64 { return n[spool.Span] + n[spool.Log] }
