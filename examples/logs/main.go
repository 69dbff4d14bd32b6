// SPDX-License-Identifier: Apache-2.0

// Command logs writes log lines that name the trace and session they belong to.
package main

import (
	"context"
	"log"
	"log/slog"
	"os"

	"github.com/sidetrace/sidetrace"
	"github.com/sidetrace/sidetrace/nodelog"
	"github.com/sidetrace/sidetrace/span"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	rt, err := sidetrace.Start(ctx, sidetrace.WithServiceName("logging"))
	if err != nil {
		return err
	}
	logger := slog.New(span.NewSlogHandler(slog.NewTextHandler(os.Stdout, nil)))
	logger.InfoContext(ctx, "outside of any request")
	ctx, record := rt.Begin(ctx, nodelog.Request{})
	ctx, s := span.Start(ctx, "work")
	logger.InfoContext(ctx, "inside", "step", 1)
	s.End()
	record.End(ctx)
	return rt.Shutdown(ctx)
}
