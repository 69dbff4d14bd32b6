// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/api"
	"github.com/sidetrace/sidetrace/desk/receive"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/source/memory"
	"github.com/sidetrace/sidetrace/desk/source/sourcetest"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// into keeps what comes in a source.
type into struct{ *memory.Source }

func (s into) Append(_ context.Context, signal receive.Signal, body []byte) (err error) {
	batch := &trace.Batch{}
	if signal == receive.Traces {
		batch.Spans, err = format.UnmarshalTraces(body)
	} else {
		batch.Logs, err = format.UnmarshalLogs(body)
	}
	s.Add(batch)
	return err
}

// TestImport checks who may send files, and that what they hold is found.
func TestImport(t *testing.T) {
	s := memory.New()
	open := serve(t, api.Config{Source: s, Sink: into{s}, Read: newGuard(t, "")}).URL
	closed := serve(t, api.Config{Source: s, Sink: into{s}, Read: newGuard(t, readToken), Ingest: newGuard(t, ingestToken)}).URL
	same := serve(t, api.Config{Source: s, Sink: into{s}, Read: newGuard(t, readToken)}).URL
	const reader, sender = "Authorization: Bearer " + readToken, "Authorization: Bearer " + ingestToken
	n := uint64(0)
	for _, tt := range []struct {
		name, base string
		headers    []string
		status     int
	}{
		{"a page of the desk", open, []string{"Origin: " + open}, 200},
		{"no page", open, nil, 200},
		{"a page of another site", open, []string{"Origin: https://evil.example", "Content-Type: text/plain"}, 403},
		{"a page without an origin", open, []string{"Origin: null"}, 403},
		{"a name that leads here", open, []string{"Host: evil.example"}, 403},
		{"without a token", closed, nil, 401},
		{"with a reader's", closed, []string{reader}, 401},
		{"with the right one", closed, []string{sender}, 200},
		{"with it, by another site", closed, []string{sender, "Origin: https://evil.example"}, 403},
		{"who may read may send, if nothing is said", same, []string{reader}, 200},
		{"but nobody else", same, nil, 401},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n++
			batch := sourcetest.Checkout(n, start)
			got := send(t, "POST /api/desk/v1/import", tt.base, strings.NewReader(string(format.AppendOTLPJSON(nil, &batch))), tt.headers...)
			assert.Equal(t, tt.status, got.status, got.body)
			_, err := s.Trace(t.Context(), sourcetest.TraceID(n), source.Range{})
			assert.Equal(t, tt.status == 200, err == nil)
		})
	}
	require.Equal(t, 401, ask(t, "GET /api/desk/v1/traces", closed, sender).status, "who may send may not read")
	got := send(t, "POST /api/desk/v1/import", serve(t, api.Config{Source: s, Sink: into{s}, ImportBytes: 10}).URL, strings.NewReader("{          }"))
	assert.Equal(t, 413, got.status)
}
