// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"

	"github.com/sidetrace/sidetrace/desk/api/objects"
	"github.com/sidetrace/sidetrace/internal/env"
	"github.com/sidetrace/sidetrace/internal/ossenv"
)

// places are where large values may be read from: the folders that are named,
// and the bucket to which services with the same environment upload.
func (s *settings) places(ctx context.Context) ([]objects.Place, error) {
	var all []objects.Place
	for _, folder := range s.objects {
		place, err := objects.Folder(folder)
		if err != nil {
			return nil, fmt.Errorf("--objects %s: %w", folder, err)
		}
		all = append(all, place)
	}
	r := env.NewReader(os.Getenv)
	cfg := ossenv.S3(r)
	if err := r.Err(); err != nil || cfg.Bucket == "" {
		return all, err
	}
	bucket, err := objects.Bucket(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return append(all, bucket), nil
}
