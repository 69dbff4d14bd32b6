// SPDX-License-Identifier: Apache-2.0

package disktest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// again says that the process has a user namespace already.
const again = "SIDETRACE_DISKTEST_AGAIN"

// MayMount is to be called first by a TestMain of tests that call [New]. Only root may
// mount: for somebody else the tests run once more, as the root of a user namespace
// (user_namespaces(7)), and the process ends as that one does. Where users may not
// have these, it returns, and New skips.
func MayMount() {
	if os.Geteuid() == 0 || os.Getenv(again) != "" {
		return
	}
	cmd := exec.Command(os.Args[0], os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), again+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   syscall.SIGKILL,
	}
	if cmd.Start() != nil {
		return
	}
	if _, failed := errors.AsType[*exec.ExitError](cmd.Wait()); failed {
		os.Exit(max(cmd.ProcessState.ExitCode(), 1))
	}
	os.Exit(0)
}

// New returns a folder on a file system of its own of a size as tmpfs(5) has it, such
// as 8m. It goes with the test. A test that may not mount is skipped: see [MayMount].
func New(t testing.TB, size string) string {
	t.Helper()
	at := t.TempDir()
	err := syscall.Mount("disktest", at, "tmpfs", 0, "mode=0700,size="+size)
	if errors.Is(err, syscall.EPERM) {
		t.Skip("a disk of its own needs the right to mount, or user namespaces")
	}
	if err != nil {
		t.Fatalf("disktest: mount tmpfs of %s: %v", size, err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(at, syscall.MNT_DETACH); err != nil {
			t.Errorf("disktest: %v", err)
		}
	})
	return at
}

// FillUp takes all room that the file system of a folder has. It returns what gives it
// back.
func FillUp(t testing.TB, dir string) (giveBack func()) {
	t.Helper()
	path := filepath.Join(dir, "others")
	if err := fill(path); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.Remove(path); err != nil {
			t.Error(err)
		}
	}
}

// fill writes a file until there is no room.
func fill(path string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("disktest: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	for block := make([]byte, 4096); err == nil; {
		_, err = f.Write(block)
	}
	if errors.Is(err, syscall.ENOSPC) {
		return nil
	}
	return fmt.Errorf("disktest: %w", err)
}

// ReadOnly has a folder of [New] take no more writes. It returns what ends that.
func ReadOnly(t testing.TB, dir string) (end func()) {
	t.Helper()
	remount(t, dir, syscall.MS_RDONLY)
	return func() { t.Helper(); remount(t, dir, 0) }
}

func remount(t testing.TB, dir string, flags uintptr) {
	t.Helper()
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|flags, ""); err != nil {
		t.Fatalf("disktest: remount: %v", err)
	}
}
