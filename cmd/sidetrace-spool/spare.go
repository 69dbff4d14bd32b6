// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/sidetrace/sidetrace/internal/procdir"
	"github.com/sidetrace/sidetrace/internal/spool"
)

// dead returns the folders whose processes are dead, and says which others are left
// alone.
func (s *sending) dead(all []*spool.Contents) ([]*spool.Contents, error) {
	var dead []*spool.Contents
	for _, c := range all {
		if c.Alive {
			fmt.Fprintf(s.stderr, "%s: left alone, as its process is alive and delivers by itself\n", c.Path)
			continue
		}
		dead = append(dead, c)
	}
	if len(dead) == 0 && len(all) > 0 {
		return nil, errors.New("nothing is sent: all processes are alive")
	}
	return dead, nil
}

// spareOthers refuses to send when that would remove what others wait for: records
// that are delivered to the places at hand, and not to those.
func (s *sending) spareOthers(ctx context.Context, dead []*spool.Contents) error {
	ours := places(&s.cfg)
	var errs []error
	for _, c := range dead {
		found, err := c.Survey(ctx)
		if err != nil {
			return err
		}
		sent := waitingForAny(ours, &found)
		for _, l := range found.Backlogs {
			if slices.ContainsFunc(ours, func(p place) bool { return p.cursor == l.Cursor.Name }) {
				continue
			}
			for _, k := range both {
				if n := l.Waiting[k] - sent[k]; n > 0 && (l.Kind == 0 || l.Kind == k) {
					errs = append(errs, fmt.Errorf("%s: %s would be removed that wait for cursor %s, and are delivered to the URL: give the other URL too, behind a comma, or -force", c.Path, count(n, k.String()), l.Cursor.Name))
				}
			}
		}
	}
	return errors.Join(errs...)
}

// waitingForAny is how many records wait for one of the places at least.
func waitingForAny(ours []place, s *spool.Survey) (n spool.PerKind) {
	for _, p := range ours {
		waiting := s.Records[p.kind]
		for _, l := range s.Backlogs {
			if l.Cursor.Name == p.cursor {
				waiting = l.Waiting[p.kind]
			}
		}
		n[p.kind] = max(n[p.kind], waiting)
	}
	return n
}

// tryRoom makes sure that there is room for the Pipeline's own segment: a spool that
// has none for new records makes it, at the cost of old ones.
func tryRoom(base string) error {
	f, err := os.CreateTemp(base, ".room-*")
	if err == nil {
		_, err = f.Write(make([]byte, 16*ownSegment))
		err = errors.Join(err, f.Sync(), f.Close(), os.Remove(f.Name()))
	}
	if err != nil {
		return fmt.Errorf("sending needs a little room in the folder: %w", err)
	}
	return nil
}

// lockOthers keeps the Pipeline off the folders that are not to be sent.
func lockOthers(base string, dead []*spool.Contents) (release func() error, err error) {
	var locked []*procdir.Folder
	release = func() error {
		var errs []error
		for _, f := range locked {
			errs = append(errs, f.Release())
		}
		return errors.Join(errs...)
	}
	all, err := spool.Folders(base)
	for _, path := range all {
		if slices.ContainsFunc(dead, func(c *spool.Contents) bool { return c.Path == path }) || filepath.Dir(path) != base {
			continue
		}
		f, err := procdir.Lock(path)
		if err != nil {
			return nil, errors.Join(err, release())
		}
		if f != nil {
			locked = append(locked, f)
		}
	}
	return release, err
}
