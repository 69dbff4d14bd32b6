// SPDX-License-Identifier: Apache-2.0

package sidetrace

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"time"

	"go.opentelemetry.io/otel"

	"github.com/sidetrace/sidetrace/oss"
)

// startStore starts the Offloader, if large values have somewhere to go.
func (r *Runtime) startStore(ctx context.Context, o *options, s *settings) error {
	store, err := r.openStore(ctx, o, s)
	if err != nil || store == nil {
		return err
	}
	cfg := oss.OffloaderConfig{Dir: s.storage.pendingDir}
	if s.storage.dirAge > 0 { // a file must not be taken for stored that is about to be removed
		cfg.RememberFor = min(oss.DefaultRememberFor, s.storage.dirAge/2)
	}
	if cfg.Dir == "" && s.serviceDir != "" {
		cfg.Dir = filepath.Join(s.serviceDir, "pending-"+storeID(store))
	}
	var reason error
	r.offloader, err = oss.NewOffloader(store, cfg)
	if err != nil && s.storage.pendingDir == "" && cfg.Dir != "" {
		reason, cfg.Dir = err, ""
		r.offloader, err = oss.NewOffloader(store, cfg)
	}
	if _, local := store.(*oss.Dir); err == nil && cfg.Dir == "" && !local {
		o.logger.Warn("sidetrace: no folder for values that wait for their upload; they wait in memory, and are lost with the process", "error", reason)
	}
	return err
}

// storeID tells stores apart in file names: what waits for one of them must not
// be uploaded to another.
func storeID(store oss.Linker) string {
	name := fmt.Sprintf("%T", store)
	if s, ok := store.(fmt.Stringer); ok {
		name = s.String()
	}
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:4])
}

func (r *Runtime) openStore(ctx context.Context, o *options, s *settings) (oss.Linker, error) {
	switch {
	case o.store != nil:
		return o.store, nil
	case s.storage.kind == kindS3:
		return oss.NewS3(ctx, s.storage.s3)
	case s.storage.kind == kindDir:
		return r.openDir(o, s)
	}
	return nil, nil
}

// openDir opens the store that is there when nobody asks for one. If it cannot
// be had then, large values stay where they are.
func (r *Runtime) openDir(o *options, s *settings) (oss.Linker, error) {
	path := s.storage.dir
	if path == "" {
		if s.serviceDir == "" {
			return nil, nil
		}
		path = filepath.Join(s.serviceDir, "objects")
	}
	dir, err := oss.NewDir(path)
	if err != nil {
		if s.storage.asked {
			return nil, err
		}
		o.logger.Warn("sidetrace: no folder for large values; they stay in spans and records", "error", err)
		return nil, nil
	}
	r.closers = append(r.closers, dir.Close)
	if s.storage.dirAge > 0 {
		r.closers = append(r.closers, sweep(dir, s.storage.dirAge))
	}
	return dir, nil
}

// sweepEvery is how often old files are looked for.
const sweepEvery = time.Hour

// sweep removes files that have reached age from dir, now and from time to time,
// until the returned function is called.
func sweep(dir *oss.Dir, age time.Duration) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(cmp.Or(min(sweepEvery, age), sweepEvery))
		defer tick.Stop()
		for {
			if _, err := dir.RemoveOlder(ctx, age); err != nil && ctx.Err() == nil {
				otel.Handle(err)
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() error {
		cancel()
		<-done
		return nil
	}
}
