// SPDX-License-Identifier: Apache-2.0

package guard_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/sidetrace/sidetrace/desk/internal/guard"
)

func ExampleNew() {
	_, err := guard.New(guard.Config{Addrs: []string{":7070"}})
	fmt.Println(err)
	// Output:
	// guard: others can reach :7070: it wants a token, or to be allowed to be open, or an address such as 127.0.0.1
}

func ExampleGuard_Handler() {
	g, err := guard.New(guard.Config{Addrs: []string{"127.0.0.1:7070"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "the page") })
	h := guard.SecurityHeaders(g.Handler(page, func(w http.ResponseWriter, d *guard.Denied) { http.Error(w, d.Message, d.Status) }))
	for _, host := range []string{"localhost:7070", "evil.example.com:7070"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://"+host+"/", nil))
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 200 the page
	// 403 the host "evil.example.com:7070" is not this server: want localhost, the address it listens on, or a configured name
}
