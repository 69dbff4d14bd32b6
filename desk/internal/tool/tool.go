// SPDX-License-Identifier: Apache-2.0

// Package tool finds the programs that tests run: Go tools of the module tools,
// with their versions pinned there.
package tool

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// Path is where a tool is, such as telemetrygen, built if need be.
func Path(t testing.TB, name string) string {
	t.Helper()
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("tool: the sources are not known")
	}
	cmd := exec.Command("go", "tool", "-C", filepath.Join(filepath.Dir(file), "..", "..", "..", "tools"), "-n", name)
	cmd.Env = append(os.Environ(), "GOWORK=off") // the tools are a module of their own
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tool: %s: %v", name, err)
	}
	return strings.TrimSpace(string(out))
}
