// SPDX-License-Identifier: Apache-2.0

package main

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// A desk that is told to end under load answers what it has taken, and has it
// afterwards.
func TestEndUnderLoad(t *testing.T) {
	p := launched(t)
	conn, err := grpc.NewClient(p.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	var acknowledged, tried atomic.Int64
	var g errgroup.Group
	for seed := range 4 {
		g.Go(func() error {
			agent := (&load{Seed: uint64(seed), Start: time.Now().UnixNano(), Apart: apart}).agent()
			for {
				spans := agent.Request(100)
				body, err := format.MarshalTraces(spans)
				if err != nil {
					return err
				}
				tried.Add(int64(len(spans)))
				var answer []byte
				if conn.Invoke(t.Context(), exportMethod, body, &answer, grpc.ForceCodecV2(bytesCodec{})) != nil {
					return nil // it has ended
				}
				acknowledged.Add(int64(len(spans)))
			}
		})
	}
	require.Eventually(t, func() bool { return acknowledged.Load() > 5000 }, 30*time.Second, time.Millisecond)
	p.stop(t)
	require.NoError(t, g.Wait())
	again := launchedIn(t, p.folder)
	kept := int64(again.spans(t))
	assert.GreaterOrEqual(t, kept, acknowledged.Load())
	assert.LessOrEqual(t, kept, tried.Load())
	again.stop(t)
}
