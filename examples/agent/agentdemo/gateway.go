// SPDX-License-Identifier: Apache-2.0

package agentdemo

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/sidetrace/sidetrace/span"
)

// appID is the application that users of the demo come from.
const appID = "travel-demo"

// gateway is the service that users talk to: it passes questions on to the
// engine and streams the answer back.
type gateway struct {
	engine string // URL
	client *http.Client
}

// ServeHTTP answers POST /v1/chat.
func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var q Question
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		http.Error(w, "want a question as JSON", http.StatusBadRequest)
		return
	}
	// From here on everything carries the user, here and in the services behind.
	ctx := span.ContextWithIdentity(r.Context(), span.Identity{AppID: appID, UID: q.UID, ChatID: q.ChatID})
	entry, record := span.FromContext(ctx), span.TraceLogFromContext(ctx)
	record.Question(q.Text())
	entry.Info("question from " + q.City)

	body, err := json.Marshal(q)
	if err == nil {
		var req *http.Request
		if req, err = http.NewRequestWithContext(ctx, http.MethodPost, g.engine, bytes.NewReader(body)); err == nil {
			var words []string
			words, err = g.relay(w, req)
			record.Answer(strings.Join(words, " "))
		}
	}
	if err != nil {
		entry.Fail(err)
		http.Error(w, "the engine did not answer", http.StatusBadGateway)
	}
}

// relay passes the engine's events on as they come.
func (g *gateway) relay(w http.ResponseWriter, req *http.Request) (words []string, err error) {
	resp, err := g.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	w.Header().Set("Content-Type", "text/event-stream")
	err = readEvents(resp.Body, func(word string) error {
		words = append(words, word)
		return writeEvent(w, word)
	})
	return words, err
}
