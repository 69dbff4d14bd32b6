// SPDX-License-Identifier: Apache-2.0

package sidetrace_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/sidetrace/sidetrace"
	"github.com/sidetrace/sidetrace/span"
)

func ExampleStart() {
	dir, err := os.MkdirTemp("", "state")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	rt, err := sidetrace.Start(ctx, sidetrace.WithServiceName("greeter"), sidetrace.WithFileDir(dir), sidetrace.WithStateDir(dir))
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(rt.HTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, s := span.Start(r.Context(), "greet")
		defer s.End()
		s.Info("hello")
		fmt.Fprint(w, "Hello!")
	})))
	resp, err := http.Get(server.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()
	server.Close()
	fmt.Println(resp.Status, len(resp.Header.Get("X-Sid")) > 0)
	if err := rt.Shutdown(ctx); err != nil {
		fmt.Println(err) // what was not delivered
	}
	fmt.Println(filepath.Base(rt.Files()[0]))
	// Output:
	// 200 OK true
	// traces.jsonl
}
