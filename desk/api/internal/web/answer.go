// SPDX-License-Identifier: Apache-2.0

package web

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// ContentJSON is the type of answers in JSON.
const ContentJSON = "application/json"

// WriteJSON answers with a value as JSON.
func WriteJSON(w http.ResponseWriter, v any) error { return writeJSON(w, http.StatusOK, v) }

func writeJSON(w http.ResponseWriter, status int, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	w.Header().Set("Content-Type", ContentJSON)
	w.WriteHeader(status)
	_, err := w.Write(b.Bytes())
	return err
}

// WriteError answers with an error and a value as JSON that says so.
func WriteError(w http.ResponseWriter, e *Error, v any) {
	_ = writeJSON(w, e.Status(), v) // the client has gone
}
