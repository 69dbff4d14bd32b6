// SPDX-License-Identifier: Apache-2.0

package osstest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/sidetrace/sidetrace/oss"
	"github.com/sidetrace/sidetrace/oss/osstest"
)

// The suite runs in a test of the store's own package.
func ExampleTestStore() {
	_ = func(t *testing.T) { // func TestMyStore(t *testing.T)
		osstest.TestStore(t, func(t *testing.T) oss.Store {
			store, err := oss.NewDir(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { store.Close() })
			return store
		})
	}
}

func ExampleHook() {
	folder, err := os.MkdirTemp("", "objects")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	dir, err := oss.NewDir(folder)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer dir.Close()
	full := osstest.Hook(dir, func(_ context.Context, op, _ string) error {
		if op == "put" {
			return errors.New("no space left")
		}
		return nil
	})
	_, err = full.Put(context.Background(), "a/b.txt", []byte("text"))
	fmt.Println(err)
	// Output: oss: put "a/b.txt": no space left
}
