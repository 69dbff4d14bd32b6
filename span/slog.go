// SPDX-License-Identifier: Apache-2.0

package span

import (
	"context"
	"log/slog"
	"slices"

	"go.opentelemetry.io/otel/trace"
)

// NewSlogHandler returns a handler that hands records on to next with trace_id,
// span_id and sid added, as far as the context of the log call has them. They
// stand at the top level also when the logger has groups.
func NewSlogHandler(next slog.Handler) slog.Handler {
	return &slogHandler{root: next, next: next}
}

type slogHandler struct {
	root slog.Handler // next before its first group
	next slog.Handler
	// grouped is what was done to root to get next, from the first group on.
	grouped []func(slog.Handler) slog.Handler
}

// Enabled implements [slog.Handler].
func (h *slogHandler) Enabled(ctx context.Context, l slog.Level) bool { return h.next.Enabled(ctx, l) }

// Handle implements [slog.Handler].
func (h *slogHandler) Handle(ctx context.Context, r slog.Record) error {
	ids := logIDs(ctx)
	if len(ids) == 0 {
		return h.next.Handle(ctx, r)
	}
	if len(h.grouped) == 0 {
		r = r.Clone()
		r.AddAttrs(ids...)
		return h.next.Handle(ctx, r)
	}
	next := h.root.WithAttrs(ids)
	for _, again := range h.grouped {
		next = again(next)
	}
	return next.Handle(ctx, r)
}

func logIDs(ctx context.Context) []slog.Attr {
	var ids []slog.Attr
	if sc := trace.SpanContextFromContext(ctx); sc.IsValid() {
		ids = append(ids, slog.String("trace_id", sc.TraceID().String()), slog.String("span_id", sc.SpanID().String()))
	}
	if id := IdentityFromContext(ctx); id.SID != "" {
		ids = append(ids, slog.String(string(SIDKey), id.SID))
	}
	return ids
}

// WithAttrs implements [slog.Handler].
func (h *slogHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(h.grouped) == 0 {
		next := h.next.WithAttrs(attrs)
		return &slogHandler{root: next, next: next}
	}
	return h.with(func(n slog.Handler) slog.Handler { return n.WithAttrs(attrs) })
}

// WithGroup implements [slog.Handler].
func (h *slogHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return h.with(func(n slog.Handler) slog.Handler { return n.WithGroup(name) })
}

func (h *slogHandler) with(f func(slog.Handler) slog.Handler) slog.Handler {
	return &slogHandler{root: h.root, next: f(h.next), grouped: append(slices.Clip(h.grouped), f)}
}
