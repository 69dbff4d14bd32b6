// SPDX-License-Identifier: Apache-2.0

package objects_test

import (
	"context"
	"fmt"
	"os"

	"github.com/sidetrace/sidetrace/desk/api/objects"
)

// A value that a service has put into a folder is read by its link.
func ExampleGet() {
	dir, err := os.MkdirTemp("", "values")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	place, err := objects.Folder(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	link, err := place.Store.Put(ctx, "prompt.txt", []byte("a long prompt"))
	if err != nil {
		fmt.Println(err)
		return
	}
	body, err := objects.Get(ctx, []objects.Place{place}, link)
	fmt.Println(string(body), err)
	_, err = objects.Get(ctx, []objects.Place{place}, "file:///etc/passwd")
	fmt.Println(err)
	// Output:
	// a long prompt <nil>
	// objects: the link leads to no place that values may be read from
}
