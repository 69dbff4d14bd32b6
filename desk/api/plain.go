// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/sidetrace/sidetrace/desk/api/internal/web"
)

// plain has what answers in plain text.
func (a *API) plain(m *metrics) http.Handler {
	face := a.gate.NewFace("plain", func(w http.ResponseWriter, e *web.Error) { http.Error(w, e.Message, e.Status()) })
	face.Get("/metrics", func(w http.ResponseWriter, r *http.Request) error {
		m.handler.ServeHTTP(w, r)
		return nil
	})
	face.Open("/healthz", a.healthz)
	return face
}

// patience is how long it may take to find out whether all is well.
const patience = time.Second

// healthz says whether all is well. Who has no token may know that, but not what is
// wrong.
func (a *API) healthz(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	text := "ok\n"
	if err := a.health(ctx); err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		text = "something is wrong\n"
		if a.cfg.Read == nil || a.cfg.Read.Check(r) == nil {
			text = fmt.Sprintf("%v\n", err)
		}
	}
	_, err := io.WriteString(w, text)
	return err
}

func (a *API) health(ctx context.Context) error {
	if a.cfg.Health == nil {
		return nil
	}
	failed := make(chan error, 1)
	go func() { failed <- a.cfg.Health(ctx) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return fmt.Errorf("there was no answer within %v", patience)
	}
}
