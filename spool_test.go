// SPDX-License-Identifier: Apache-2.0

package sidetrace_test

import (
	"context"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/sidetrace/sidetrace"
	"github.com/sidetrace/sidetrace/internal/otlptest"
	"github.com/sidetrace/sidetrace/nodelog"
	"github.com/sidetrace/sidetrace/oss"
	"github.com/sidetrace/sidetrace/otlp"
	"github.com/sidetrace/sidetrace/span"
)

// What a service could not deliver waits in its folder, and the next process of the
// service delivers it.
func TestWhatWaitsIsDelivered(t *testing.T) {
	quiet(t)
	state, addr := t.TempDir(), otlptest.FreeAddr(t)
	v := vars{"SIDETRACE_STATE_DIR": state, "SERVICE_NAME": "svc", "OTLP_ENABLE": "1", "OTLP_ENDPOINT": addr, "OTEL_LOGS_EXPORTER": "none"}
	rt, _ := start(t, v)
	for range 3 {
		_, s := span.Start(rt.Context(t.Context()), "job")
		s.End()
	}
	soon, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	err := rt.Shutdown(soon)
	require.ErrorContains(t, err, "0 of 3 spans delivered, 3 wait in "+filepath.Join(state, "svc", "spool", "process-"))

	c := otlptest.Count(t, addr, nil)
	rt, _ = start(t, v)
	require.NoError(t, rt.ForceFlush(t.Context()))
	different, again := c.Spans()
	assert.Equal(t, 3, different)
	assert.Zero(t, again)
	require.Len(t, rt.Ledger(), 1)
	assert.Equal(t, otlp.Account{To: "http://" + addr, Signal: "spans", Made: 3, Delivered: 3, Dropped: map[string]int64{}}, rt.Ledger()[0])
	w := httptest.NewRecorder()
	rt.LedgerHandler().ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	assert.Contains(t, w.Body.String(), `"delivered": 3`)
	require.NoError(t, rt.Shutdown(t.Context()))
}

func TestSpoolOptions(t *testing.T) {
	exporter, dir := tracetest.NewInMemoryExporter(), t.TempDir()
	c := otlptest.Count(t, "127.0.0.1:0", nil)
	rt, _ := start(t, nil, sidetrace.WithEndpoints(otlp.Endpoint{URL: c.URL, Protocol: otlp.ProtocolGRPC}),
		sidetrace.WithExporter(exporter), sidetrace.WithSpool(otlp.SpoolConfig{Dir: dir}))
	_, s := span.Start(rt.Context(t.Context()), "job")
	s.End()
	folders, err := filepath.Glob(filepath.Join(dir, "process-*"))
	require.NoError(t, err)
	assert.Len(t, folders, 1)
	require.NoError(t, rt.ForceFlush(t.Context()))
	assert.Len(t, exporter.GetSpans(), 1)
	require.NoError(t, rt.Shutdown(t.Context()))
	different, _ := c.Spans()
	assert.Equal(t, 1, different)
	assert.NoDirExists(t, folders[0], "nothing is left")
}

// A value that reached a span around the SDK and is too large for the collector
// goes to object storage when the collector says so.
func TestTooLargeForTheCollector(t *testing.T) {
	quiet(t)
	store, err := oss.NewDir(t.TempDir())
	require.NoError(t, err)
	defer store.Close()
	c := otlptest.Count(t, "127.0.0.1:0", nil)
	rt, _ := start(t, vars{"OTEL_LOGS_EXPORTER": "none"}, sidetrace.WithEndpoints(otlp.Endpoint{URL: c.URL, Protocol: otlp.ProtocolGRPC}), sidetrace.WithStore(store))
	ctx, record := rt.Begin(t.Context(), nodelog.Request{})
	text := strings.Repeat("prompt ", 1<<20)
	_, s := rt.TracerProvider().Tracer("another library").Start(ctx, otlptest.Wide, trace.WithAttributes(attribute.String("prompt", text)))
	s.End()
	record.End(ctx)
	// Jaeger and others take spans alone.
	require.ErrorContains(t, rt.Shutdown(t.Context()), "0 of 1 log records delivered, 1 dropped (rejected): it takes no log records")
	require.Len(t, c.Wide(), 1)
	got := map[string]string{}
	for _, a := range c.Wide()[0].Attributes {
		got[a.Key] = a.Value.GetStringValue()
	}
	require.True(t, got["prompt"] == "trace_link: "+store.Link(oss.Key(text)), "%.100s", got["prompt"])
	assert.NotEmpty(t, got["sid"])
	kept, err := store.Get(t.Context(), oss.Key(text))
	require.NoError(t, err)
	assert.True(t, text == string(kept))
}
