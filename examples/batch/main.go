// SPDX-License-Identifier: Apache-2.0

// Command batch is a job without any middleware: it begins its session and its
// record by itself.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"

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
	rt, err := sidetrace.Start(ctx, sidetrace.WithServiceName("nightly"))
	if err != nil {
		return err
	}
	ctx, record := rt.Begin(ctx, nodelog.Request{Question: "summarise yesterday's tickets"})
	ctx, s := span.Start(ctx, "nightly run")
	for _, ticket := range []string{"T-1", "T-2", "T-3"} {
		summarise(ctx, ticket)
	}
	s.End()
	record.Answer("two of three tickets")
	record.End(ctx)
	fmt.Println("session", span.IdentityFromContext(ctx).SID, "is in", rt.Files())
	return rt.Shutdown(ctx)
}

func summarise(ctx context.Context, ticket string) {
	_, s := span.StartNode(ctx, nodelog.Node{ID: "summary::" + ticket, Type: "llm", Name: "Summary"})
	defer s.End()
	s.Node().Input("ticket", ticket)
	if ticket == "T-2" {
		s.Fail(errors.New("the ticket is empty"))
		return
	}
	s.Node().Output("text", "a short summary of "+ticket)
	s.Node().Usage(nodelog.Usage{PromptTokens: 400, CompletionTokens: 20})
}
