// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"fmt"
	"net/http/httptest"

	"github.com/sidetrace/sidetrace/desk/api"
	"github.com/sidetrace/sidetrace/desk/source/memory"
	"github.com/sidetrace/sidetrace/desk/source/sourcetest"
)

// A server over traces in memory, asked as Grafana asks a Jaeger.
func ExampleNew() {
	batch := sourcetest.Checkout(1, start)
	a, err := api.New(api.Config{Source: memory.New(&batch)})
	if err != nil {
		fmt.Println(err)
		return
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, httptest.NewRequest("GET", "/api/services", nil))
	fmt.Print(w.Body)
	// Output:
	// {"data":["pay","web"],"total":2,"limit":0,"offset":0,"errors":null}
}
