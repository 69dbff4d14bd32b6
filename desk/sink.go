// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/sidetrace/sidetrace/desk/receive"
	"github.com/sidetrace/sidetrace/desk/store"
)

// sink keeps in the store what is received.
type sink struct{ store *store.Store }

// Append implements [receive.Sink].
func (s sink) Append(ctx context.Context, signal receive.Signal, body []byte) error {
	kind := store.Traces
	if signal == receive.Logs {
		kind = store.Logs
	}
	return s.store.Append(ctx, kind, body)
}
