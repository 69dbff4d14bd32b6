// SPDX-License-Identifier: Apache-2.0

package oss_test

import (
	"context"
	"fmt"
	"os"
	"path"

	"github.com/sidetrace/sidetrace/oss"
)

func ExampleOffloader() {
	folder, err := os.MkdirTemp("", "objects")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	store, err := oss.NewDir(folder)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()
	o, err := oss.NewOffloader(store, oss.OffloaderConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer o.Close(context.Background())

	link, ok := o.Offload("a prompt that is far too long for a span")
	fmt.Println(ok, path.Base(link) == path.Base(oss.Key("a prompt that is far too long for a span")))
	if err := o.Flush(context.Background()); err != nil {
		fmt.Println(err)
	}
	body, err := store.Get(context.Background(), oss.Key("a prompt that is far too long for a span"))
	fmt.Println(string(body), err)
	// Output:
	// true true
	// a prompt that is far too long for a span <nil>
}

func ExampleNewS3() {
	store, err := oss.NewS3(context.Background(), oss.S3Config{
		Bucket:          "traces",
		Endpoint:        "http://127.0.0.1:9000", // MinIO, Ceph and the like; leave it empty for AWS
		AccessKeyID:     "id",
		SecretAccessKey: "secret",
		Prefix:          "agents",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(store.Link("ab/cd.txt"))
	// Output: s3://traces/agents/ab/cd.txt
}
