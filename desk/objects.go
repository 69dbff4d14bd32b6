// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"

	"github.com/sidetrace/sidetrace/desk/api/objects"
	"github.com/sidetrace/sidetrace/internal/env"
	"github.com/sidetrace/sidetrace/internal/ossenv"
	"github.com/sidetrace/sidetrace/internal/statedir"
)

// places are where large values may be read from: the folders that are named,
// and where services with the same environment put them.
func (s *settings) places(ctx context.Context) ([]objects.Place, error) {
	r := env.NewReader(os.Getenv)
	bucket := ossenv.S3(r)
	state, folder := r.Text(env.StateDir, ""), r.Text(env.OSSDir, "")
	if err := r.Err(); err != nil {
		return nil, err
	}
	all, err := s.folders(folder)
	if err != nil {
		return nil, err
	}
	if state, err = s.state(state); err == nil { // who has no folder for state has no values there
		place, err := objects.Services(state)
		if err != nil {
			return nil, err
		}
		all = append(all, place)
	}
	if bucket.Bucket == "" {
		return all, nil
	}
	place, err := objects.Bucket(ctx, bucket)
	return append(all, place), err
}

// folders are those that are named.
func (s *settings) folders(more string) (all []objects.Place, err error) {
	named := s.objects
	if more != "" {
		named = append(named, more)
	}
	for _, folder := range named {
		place, err := objects.Folder(folder)
		if err != nil {
			return nil, fmt.Errorf("--objects %s: %w", folder, err)
		}
		all = append(all, place)
	}
	return all, nil
}

// state is the folder in which services on this machine have theirs.
func (s *settings) state(named string) (string, error) {
	if s.services != "" {
		return s.services, nil
	}
	if named != "" {
		return named, nil
	}
	return statedir.Base()
}
