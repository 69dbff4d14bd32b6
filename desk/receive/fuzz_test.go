// SPDX-License-Identifier: Apache-2.0

package receive_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/receive"
	"github.com/sidetrace/sidetrace/desk/receive/internal/anyotlp"
	"github.com/sidetrace/sidetrace/desk/store/wire"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// FuzzBody sends any body in any type and encoding: it is taken or refused, each
// record is counted once, and a store takes what the sink gets.
func FuzzBody(f *testing.F) {
	const inJSON, asLogs, inGzip, inZstd = 1, 2, 4, 8
	for seed := range uint64(8) {
		source := anyotlp.New(seed)
		traces, logs := source.Traces(), source.Logs()
		spans, err := format.FromTraces(traces.ResourceSpans)
		require.NoError(f, err)
		f.Add(marshal(f, traces), uint8(0))
		f.Add(marshal(f, logs), uint8(asLogs))
		f.Add(gzipped(f, marshal(f, traces)), uint8(inGzip))
		f.Add(zstded(f, marshal(f, traces)), uint8(inZstd))
		f.Add(format.AppendOTLPJSON(nil, &trace.Batch{Spans: spans}), uint8(inJSON))
	}
	f.Add([]byte(jsonSpan(`"attributes":[{}]}, {"x":"`+"\xff"+`"`)), uint8(inJSON))
	s := start(f, receive.Config{Limits: receive.Limits{Elements: 50}})
	f.Fuzz(func(t *testing.T, body []byte, how uint8) {
		path, header := "/v1/traces", []string{"Content-Type", protobuf}
		signal := receive.Traces
		if how&inJSON != 0 {
			header[1] = jsonBody
		}
		if how&asLogs != 0 {
			path, signal = "/v1/logs", receive.Logs
		}
		switch how & (inGzip | inZstd) {
		case inGzip:
			header = append(header, "Content-Encoding", "gzip")
		case inZstd:
			header = append(header, "Content-Encoding", "zstd")
		}
		s.forget()
		before := s.Stats()
		a := s.post(t, path, body, header...)
		after := s.Stats()
		kept := after.Traces.Records + after.Logs.Records - before.Traces.Records - before.Logs.Records
		if a.StatusCode != http.StatusOK {
			require.Contains(t, []int{http.StatusBadRequest, http.StatusRequestEntityTooLarge}, a.StatusCode)
			require.NotEmpty(t, statusOf(t, a).Message)
			require.Zero(t, kept)
			return
		}
		stored := 0
		for _, b := range s.all(signal) {
			stored += parse(t, signal, b)
		}
		require.EqualValues(t, kept, stored)
		require.Zero(t, after.InFlightBytes)
	})
}

// parse is how many records a store finds in a body, none of which it leaves out.
func parse(t testing.TB, signal receive.Signal, body []byte) int {
	t.Helper()
	var r wire.Request
	if signal == receive.Logs {
		require.NoError(t, r.ParseLogs(body))
		return len(r.Logs)
	}
	require.NoError(t, r.ParseTraces(body))
	return len(r.Spans)
}
