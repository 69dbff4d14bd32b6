// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"

	"github.com/sidetrace/sidetrace/desk/internal/gen"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// loadEnv tells the test binary to send a load instead of testing.
const loadEnv = "SIDETRACE_DESK_TEST_LOAD"

func TestMain(m *testing.M) {
	if text := os.Getenv(loadEnv); text != "" {
		if err := sendLoad(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(tested(m))
}

// binaries is a folder for programs that tests build.
var binaries string

func tested(m *testing.M) int {
	folder, err := os.MkdirTemp("", "desk-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(folder) }() // what is left is in the system's folder for such
	binaries = folder
	return m.Run()
}

// A load is the spans of agents that a process sends.
type load struct {
	Addr  string
	Seed  uint64
	Start int64         // of the first trace, in ns
	Apart time.Duration // of traces
	Spans int           // how many; 0: for as long as Lasts
	Lasts time.Duration
	Rate  int // spans a second; 0: as many as are taken
}

// batch is how many spans a request has, as the batch processors of SDKs send
// them.
const batch = 512

func (l *load) agent() *gen.Agent { return gen.NewAgent(l.Seed, l.Start, int64(l.Apart)) }

func sendLoad(text string) error {
	l := &load{}
	if err := json.Unmarshal([]byte(text), l); err != nil {
		return err
	}
	conn, err := grpc.NewClient(l.Addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	sent, err := l.send(context.Background(), conn)
	if err == nil {
		_, err = fmt.Println(sent)
	}
	return err
}

// send sends the load over several streams of a connection, and returns how many
// spans were taken.
func (l *load) send(ctx context.Context, conn *grpc.ClientConn) (sent int, err error) {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	agent, began := l.agent(), time.Now()
	for l.more(sent, began) && ctx.Err() == nil {
		spans := agent.Request(batch)
		body, err := format.MarshalTraces(spans)
		if err != nil {
			return sent, err
		}
		sent += len(spans)
		g.Go(func() error { return exported(ctx, conn, body) })
		if l.Rate > 0 {
			time.Sleep(time.Until(began.Add(time.Duration(sent) * time.Second / time.Duration(l.Rate))))
		}
	}
	return sent, g.Wait()
}

func (l *load) more(sent int, began time.Time) bool {
	if l.Spans > 0 {
		return sent < l.Spans
	}
	return time.Since(began) < l.Lasts
}

// exported sends one request, again and again while there is no room for it.
func exported(ctx context.Context, conn *grpc.ClientConn, body []byte) error {
	for {
		var answer []byte
		err := conn.Invoke(ctx, exportMethod, body, &answer, grpc.ForceCodecV2(bytesCodec{}))
		if c := status.Code(err); c != codes.ResourceExhausted && c != codes.Unavailable {
			return err
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// exportMethod is how a collector is sent spans over gRPC.
const exportMethod = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"

// bytesCodec sends what is encoded already.
type bytesCodec struct{}

var _ encoding.CodecV2 = bytesCodec{}

// Marshal implements [encoding.CodecV2].
func (bytesCodec) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(v.([]byte))}, nil
}

// Unmarshal implements [encoding.CodecV2].
func (bytesCodec) Unmarshal(b mem.BufferSlice, v any) error {
	*v.(*[]byte) = b.Materialize()
	return nil
}

// Name implements [encoding.CodecV2].
func (bytesCodec) Name() string { return "proto" }
