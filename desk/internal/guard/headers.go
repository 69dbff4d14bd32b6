// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"errors"
	"net/http"
)

// securityHeaders are what answers for browsers have, by name. Scripts, styles
// and requests stay with this server, and no other page may frame its pages or
// read what it answers.
var securityHeaders = map[string]string{
	"Content-Security-Policy": "default-src 'self'; img-src 'self' data:; " +
		"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Permissions-Policy":           "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
	"Referrer-Policy":              "no-referrer",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
}

// SecurityHeaders sets the headers that answers for browsers should have, for
// next to change. None of them is one of CORS: pages of other sites may not read
// anything.
func SecurityHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range securityHeaders {
			w.Header().Set(name, value)
		}
		next.ServeHTTP(w, r)
	})
}

// Challenge is the header WWW-Authenticate of answers to requests without the
// token (RFC 6750, section 3).
const Challenge = `Bearer realm="desk"`

// Handler lets requests through to next that may come in ([Guard.Check]), and has
// refuse answer the others.
func (g *Guard) Handler(next http.Handler, refuse func(http.ResponseWriter, *Denied)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := g.Check(r)
		denied, ok := errors.AsType[*Denied](err)
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		if denied.Status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", Challenge)
		}
		refuse(w, denied)
	})
}
