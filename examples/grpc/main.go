// SPDX-License-Identifier: Apache-2.0

// Command grpc is a gRPC service and a client of it, in one trace and session.
package main

import (
	"context"
	"fmt"
	"log"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"

	"github.com/sidetrace/sidetrace"
	"github.com/sidetrace/sidetrace/span"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	rt, err := sidetrace.Start(ctx, sidetrace.WithServiceName("health"))
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := grpc.NewServer(rt.GRPCServer(), grpc.UnaryInterceptor(rt.UnaryServerInterceptor()))
	healthpb.RegisterHealthServer(server, health.NewServer())
	go func() { _ = server.Serve(l) }() // until Stop

	conn, err := grpc.NewClient(l.Addr().String(), rt.GRPCClient(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx, s := span.Start(ctx, "ask")
	var header metadata.MD
	resp, err := healthpb.NewHealthClient(conn).Check(ctx, &healthpb.HealthCheckRequest{}, grpc.Header(&header))
	if err != nil {
		return err
	}
	s.End()
	fmt.Println(resp.Status, "session", header.Get("x-sid"), "same here:", span.IdentityFromContext(ctx).SID)
	server.GracefulStop()
	return rt.Shutdown(ctx)
}
