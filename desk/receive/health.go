// SPDX-License-Identifier: Apache-2.0

package receive

import (
	"errors"
	"io"
	"net/http"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protowire"
)

// healthMethods are those of the standard health service (grpc/health/v1), by
// their paths. It needs no token: whether the server is there shows anyway.
var healthMethods = map[string]func(*Server, http.ResponseWriter, *http.Request){
	"/grpc.health.v1.Health/Check": (*Server).checkHealth,
	"/grpc.health.v1.Health/Watch": (*Server).watchHealth,
}

// States of health (HealthCheckResponse.ServingStatus).
const (
	serving        = 1
	notServing     = 2
	serviceUnknown = 3
)

// healthServices are those whose health may be asked for: the server as a whole,
// and what it serves.
var healthServices = map[string]bool{
	"": true,
	"opentelemetry.proto.collector.trace.v1.TraceService": true,
	"opentelemetry.proto.collector.logs.v1.LogsService":   true,
}

// maxHealth is how long a question about health may be.
const maxHealth = 1 << 10

// health reads which service is asked for, and returns how it is.
func (s *Server) health(r *http.Request) (state uint64, err error) {
	compressed, length, err := messageHead(r.Body)
	if err != nil {
		return 0, err
	}
	if compressed || length > maxHealth {
		return 0, refuse(TooLarge, "want at most %d bytes, not compressed", maxHealth)
	}
	b := make([]byte, length)
	if _, err := io.ReadFull(r.Body, b); err != nil {
		return 0, brokenOff(err)
	}
	service, err := firstText(b)
	switch {
	case err != nil:
		return 0, err
	case !healthServices[service]:
		return serviceUnknown, nil
	}
	select {
	case <-s.over:
		return notServing, nil
	default:
		return serving, nil
	}
}

// firstText is the first field of a message, a text.
func firstText(b []byte) (text string, err error) {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeField(b)
		if n < 0 {
			return "", refuse(Malformed, "the message is malformed")
		}
		if number == 1 && kind == protowire.BytesType {
			_, _, head := protowire.ConsumeTag(b)
			value, _ := protowire.ConsumeBytes(b[head:])
			text = string(value)
		}
		b = b[n:]
	}
	return text, nil
}

func replyHealth(w io.Writer, state uint64) {
	reply(w, protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), state))
}

// checkHealth answers once.
func (s *Server) checkHealth(w http.ResponseWriter, r *http.Request) {
	state, err := s.health(r)
	if err == nil && state == serviceUnknown {
		err = &refusal{reason: Unsupported, message: "there is no such service", code: codes.NotFound}
	}
	if err == nil {
		replyHealth(w, state)
	}
	finish(w, err)
}

// watchHealth answers now and when the server shuts down.
func (s *Server) watchHealth(w http.ResponseWriter, r *http.Request) {
	state, err := s.health(r)
	if err != nil {
		finish(w, err)
		return
	}
	control := http.NewResponseController(w)
	err = errors.Join(control.SetReadDeadline(time.Time{}), control.SetWriteDeadline(time.Time{}))
	replyHealth(w, state)
	if err = errors.Join(err, control.Flush()); err != nil {
		finish(w, err)
		return
	}
	select {
	case <-r.Context().Done():
	case <-s.over:
		replyHealth(w, notServing)
	}
	finish(w, nil)
}
