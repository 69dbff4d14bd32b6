// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// input reads files of spans.
type input struct {
	stdin  io.Reader
	stderr io.Writer
	batch  trace.Batch
	// skipped are the files of folders that hold something else, and why the
	// first of them is no file of spans.
	skipped int
	reason  error
}

// read reads files, folders and, for "-", the standard input. What cannot be
// read of a file is reported and does not keep the rest from being used.
func (in *input) read(ctx context.Context, paths []string) error {
	for _, path := range paths {
		if err := in.path(ctx, path); err != nil {
			return err
		}
	}
	if len(in.batch.Spans) > 0 {
		return nil
	}
	if in.reason != nil {
		return fmt.Errorf("no spans in %s: %w", strings.Join(paths, ", "), in.reason)
	}
	return fmt.Errorf("no spans in %s", strings.Join(paths, ", "))
}

func (in *input) path(ctx context.Context, path string) error {
	if path == "-" {
		return in.decode("standard input", in.stdin)
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return in.folder(ctx, path)
	}
	return in.file(path)
}

// folder reads the files below a folder whose names say that they may hold spans.
func (in *input) folder(ctx context.Context, path string) error {
	return filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case !entry.Type().IsRegular() || !mayHoldSpans(name):
			return nil
		}
		err = in.file(name)
		if pathError := (*fs.PathError)(nil); err == nil || errors.As(err, &pathError) {
			return err
		}
		in.skipped++
		if in.reason == nil {
			in.reason = err
		}
		return nil
	})
}

// spanFiles are how the names of files of spans end, with or without the
// extension of a compression.
var spanFiles = map[string]bool{".jsonl": true, ".json": true, ".pb": true}

func mayHoldSpans(name string) bool {
	for _, compressed := range []string{".gz", ".zst"} {
		name = strings.TrimSuffix(name, compressed)
	}
	return spanFiles[filepath.Ext(name)]
}

func (in *input) file(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	return in.decode(path, f)
}

func (in *input) decode(name string, r io.Reader) error {
	batch, err := format.Read(r)
	if batch != nil {
		in.batch.Spans = append(in.batch.Spans, batch.Spans...)
		in.batch.Logs = append(in.batch.Logs, batch.Logs...)
	}
	partial := (*format.PartialError)(nil)
	switch {
	case err == nil || errors.Is(err, format.ErrEmpty):
		return nil
	case errors.As(err, &partial):
		_, err = fmt.Fprintf(in.stderr, "desk: %s: %v; the rest was read\n", name, err)
		return err
	}
	return fmt.Errorf("%s: %w", name, err)
}
