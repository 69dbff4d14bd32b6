// SPDX-License-Identifier: Apache-2.0

package span_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"maps"
	"testing"

	"testing/slogtest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/span"
	"github.com/sidetrace/sidetrace/span/spantest"
)

func TestSlogHandler(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(span.NewSlogHandler(slog.NewJSONHandler(&out, nil)))
	rec := spantest.New(t)
	ctx, s := span.Start(span.ContextWithIdentity(rec.Context(t.Context()), alice), "logging")
	defer s.End()
	line := func() map[string]any {
		var m map[string]any
		require.NoError(t, json.Unmarshal(out.Bytes(), &m))
		out.Reset()
		delete(m, "time")
		return m
	}
	ids := map[string]any{
		"trace_id": s.OTel().SpanContext().TraceID().String(),
		"span_id":  s.OTel().SpanContext().SpanID().String(),
		"sid":      "s1", "level": "INFO", "msg": "hello",
	}
	with := func(more map[string]any) map[string]any {
		maps.Copy(more, ids)
		return more
	}
	log.InfoContext(ctx, "hello", "k", "v")
	assert.Equal(t, with(map[string]any{"k": "v"}), line())
	log.With("a", 1).WithGroup("g").With("b", 2).InfoContext(ctx, "hello", "c", 3)
	assert.Equal(t, with(map[string]any{"a": 1.0, "g": map[string]any{"b": 2.0, "c": 3.0}}), line(), "the ids stand at the top")
	log.Info("hello")
	assert.Equal(t, map[string]any{"level": "INFO", "msg": "hello"}, line())
}

func TestSlogHandlerIsAHandler(t *testing.T) {
	var out bytes.Buffer
	err := slogtest.TestHandler(span.NewSlogHandler(slog.NewJSONHandler(&out, nil)), func() []map[string]any {
		var all []map[string]any
		for line := range bytes.Lines(out.Bytes()) {
			var m map[string]any
			require.NoError(t, json.Unmarshal(line, &m))
			all = append(all, m)
		}
		return all
	})
	require.NoError(t, err)
}
