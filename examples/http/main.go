// SPDX-License-Identifier: Apache-2.0

// Command http is a plain HTTP service with traces and session ids:
//
//	go run ./examples/http
//	curl -i localhost:8080/greet/Ada # in another terminal
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/sidetrace/sidetrace"
	"github.com/sidetrace/sidetrace/span"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	addr := flag.String("addr", "localhost:8080", "`address` to listen on")
	flag.Parse()
	if err := run(ctx, *addr); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, addr string) error {
	rt, err := sidetrace.Start(ctx, sidetrace.WithServiceName("greeter"))
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /greet/{name}", greet)
	server := &http.Server{Addr: addr, Handler: rt.HTTP(mux)}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return errors.Join(err, server.Shutdown(end), rt.Shutdown(end)) // the last one says what was not delivered
}

func greet(w http.ResponseWriter, r *http.Request) {
	_, s := span.Start(r.Context(), "", attribute.String("name", r.PathValue("name")))
	defer s.End()
	s.Info("hello")
	fmt.Fprintln(w, "Hello,", r.PathValue("name"))
}
