// SPDX-License-Identifier: Apache-2.0

package receive_test

import (
	"bytes"
	"context"
	"net/http"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/receive"
)

// heap is what is on the heap, also what is no longer used but not yet collected.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// peak runs f and returns how far the heap grew meanwhile.
func peak(t *testing.T, f func()) (most uint64) {
	t.Helper()
	defer debug.SetGCPercent(debug.SetGCPercent(20)) // what is no longer used should hardly count
	runtime.GC()
	before := heap()
	ctx, cancel := context.WithCancel(t.Context())
	var sampler sync.WaitGroup
	sampler.Go(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			most = max(most, heap())
			<-tick.C
		}
	})
	f()
	cancel()
	sampler.Wait()
	return most - min(before, most)
}

// Requests that want as much memory as they can get, from many clients at once, do
// not get more than may be in flight, and some for what is on its way out.
func TestMemoryIsBounded(t *testing.T) {
	const inFlight = 32 << 20
	s := start(t, receive.Config{Limits: receive.Limits{MessageBytes: 4 << 20, DecompressedBytes: 4 << 20, InFlightBytes: inFlight, Wait: 100 * time.Millisecond}})
	bombs := map[string]struct {
		body   []byte
		header []string
	}{
		"gzip":       {gzipped(t, bomb(32<<20)), []string{"Content-Type", protobuf, "Content-Encoding", "gzip"}},
		"zstd":       {zstded(t, bomb(32<<20)), []string{"Content-Type", protobuf, "Content-Encoding", "zstd"}},
		"plain":      {bomb(64 << 20), []string{"Content-Type", protobuf}},
		"attributes": {[]byte(jsonSpan(`"attributes":[{}` + strings.Repeat(",{}", 80_000) + "]")), []string{"Content-Type", jsonBody}},
		"links":      {[]byte(jsonSpan(`"links":[{}` + strings.Repeat(",{}", 80_000) + "]")), []string{"Content-Type", jsonBody}},
		"spans":      {[]byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[{}` + strings.Repeat(`,{"traceId":"1","spanId":"1"}`, 60_000) + `]}]}]}`), []string{"Content-Type", jsonBody}},
		"scopes":     {[]byte(`{"resourceSpans":[{"scopeSpans":[{}` + strings.Repeat(`,{"scope":{"name":"a","attributes":[{}]}}`, 20_000) + `]}]}`), []string{"Content-Type", jsonBody}},
		"escapes":    {[]byte(jsonSpan(`"name":"` + strings.Repeat(`\n`, 2<<20-100) + `"`)), []string{"Content-Type", jsonBody}},
		"spoilt":     {bytes.Repeat([]byte("\x0a\x05\x12\x03\x12\x01\x28"), 1<<19), []string{"Content-Type", protobuf}},
	}
	for name, b := range bombs {
		t.Run(name, func(t *testing.T) {
			before := s.Stats()
			most := peak(t, func() {
				var clients sync.WaitGroup
				for range 8 {
					clients.Go(func() {
						r, err := http.NewRequest(http.MethodPost, "http://"+s.http+"/v1/traces", bytes.NewReader(b.body))
						if assert.NoError(t, err) {
							send(t, http.DefaultClient, r, b.header...)
						}
					})
				}
				clients.Wait()
			})
			t.Logf("%d MB", most>>20)
			assert.Less(t, most, uint64(3*inFlight))
			after := s.Stats()
			assert.Zero(t, after.InFlightBytes)
			assert.NotEqual(t, before, after)
			s.forget()
		})
	}
	require.Zero(t, s.overHTTP(t, receive.Traces, marshal(t, request(aSpan("good", nil)))))
}

// jsonSpan is a request with one span that has some more members.
func jsonSpan(members string) string {
	return `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"1","spanId":"1",` + members + `}]}]}]}`
}
