// SPDX-License-Identifier: Apache-2.0

// Package statedir prepares the folders in which the SDK keeps files that hold
// users' data: below the user's state directory, for the user alone.
package statedir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Base returns the folder for all of the SDK's files: $XDG_STATE_HOME/sidetrace,
// or ~/.local/state/sidetrace (XDG Base Directory Specification), on Windows
// %LocalAppData%\sidetrace. There is no fallback to a shared temporary folder,
// where others could plant or read files.
func Base() (string, error) {
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "sidetrace"), nil
	}
	if runtime.GOOS == "windows" {
		dir, err := os.UserCacheDir() // %LocalAppData%
		return filepath.Join(dir, "sidetrace"), err
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("no state directory: %w", err)
	}
	return filepath.Join(home, ".local", "state", "sidetrace"), nil
}

// Name makes a file name out of s: what is not a letter, a digit or one of -_.
// becomes an underscore.
func Name(s string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return '_'
	}, s)
	if strings.Trim(name, ".") == "" {
		return "_" + name
	}
	return name
}

// Prepare creates dir for the user alone (mode 0700), or checks an existing one:
// it must be a folder of this user that nobody else can write to.
func Prepare(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return Check(dir)
}

// Writable makes dir, if it is not there, and finds out whether files can be
// made in it.
func Writable(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".writable-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// PrepareWritable is [Prepare] and [Writable].
func PrepareWritable(dir string) error {
	if err := Prepare(dir); err != nil {
		return err
	}
	return Writable(dir)
}

// Check is [Prepare] without making anything: a dir that does not exist is fine.
func Check(dir string) error {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return &fs.PathError{Op: "use", Path: dir, Err: errors.New("not a folder")}
	}
	if err := checkOwner(info); err != nil {
		return &fs.PathError{Op: "use", Path: dir, Err: err}
	}
	return nil
}
