// SPDX-License-Identifier: Apache-2.0

package middleware_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/sidetrace/sidetrace/middleware"
	"github.com/sidetrace/sidetrace/otlp"
	"github.com/sidetrace/sidetrace/span"
)

// sidetrace.Start makes a Middleware from the environment; this is one by hand.
func ExampleNew() {
	m, err := middleware.New(middleware.Config{
		TracerProvider: sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(span.NewProcessor())),
		Propagator:     propagation.NewCompositeTextMapPropagator(otlp.TraceContext{}, span.Propagator{}),
		NewSID:         func() string { return "session-1" },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	engine := httptest.NewServer(m.HTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, span.IdentityFromContext(r.Context()).SID)
	})))
	defer engine.Close()
	client := &http.Client{Transport: m.Transport(nil)}
	gateway := httptest.NewServer(m.HTTP(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, engine.URL, nil)
		if err != nil {
			return
		}
		if resp, err := client.Do(req); err == nil {
			fmt.Println("the engine works for", resp.Header.Get("X-Sid"))
			resp.Body.Close()
		}
	})))
	defer gateway.Close()
	resp, err := http.Get(gateway.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()
	fmt.Println("the caller is told", resp.Header.Get("X-Sid"))
	// Output:
	// the engine works for session-1
	// the caller is told session-1
}

// recordHeader is the shape of a Kafka client's header.
type recordHeader struct {
	Key   string
	Value []byte
}

func ExampleInjectHeaders() {
	ctx := span.ContextWithIdentity(context.Background(), span.Identity{SID: "session-1"})
	var message []recordHeader
	message = middleware.InjectHeaders(ctx, message)

	received := middleware.ExtractHeaders(context.Background(), message)
	fmt.Println(span.IdentityFromContext(received).SID)
	// Output: session-1
}
