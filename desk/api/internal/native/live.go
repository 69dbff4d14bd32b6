// SPDX-License-Identifier: Apache-2.0

package native

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/store/digest"
)

const (
	// heartbeat is how often something is sent, so that neither side takes the
	// other for dead.
	heartbeat = 15 * time.Second
	// reconnect is after how many milliseconds a browser whose stream was broken off
	// comes again.
	reconnect = 2000

	eventStream = "text/event-stream"
)

// live sends traces as they come, as server-sent events (HTML Living Standard,
// section 9.2): "traces" with a list of rows as the list of traces has them, each
// as it is then; what comes of a trace later is another event.
func (f *face) live(w http.ResponseWriter, r *http.Request) error {
	p := web.ReadParams(r)
	q := queryOf(p)
	if err := p.Strict(); err != nil {
		return err
	}
	if err := f.Source.Capabilities().Require(source.CanWatch); err != nil {
		return err
	}
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Type", eventStream) // nobody would read any events
		return nil
	}
	select {
	case f.streams <- struct{}{}:
		defer func() { <-f.streams }()
	default:
		return &web.Error{Code: web.Busy, Message: fmt.Sprintf("there are %d streams already", maxStreams)}
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	s := &stream{w: w, rc: http.NewResponseController(w), news: make(chan []digest.Summary), ended: make(chan error, 1)}
	go func() {
		s.ended <- f.Source.Watch(ctx, q, func(some []digest.Summary) bool { return s.hand(ctx, some) })
	}()
	s.begin()
	return s.run(ctx)
}

// A stream is an answer of events. The first error ends it.
type stream struct {
	w     http.ResponseWriter
	rc    *http.ResponseController
	news  chan []digest.Summary
	ended chan error // the end of the watch
	err   error
}

// hand hands traces over to what sends them, and reports whether that goes on.
func (s *stream) hand(ctx context.Context, some []digest.Summary) bool {
	select {
	case s.news <- some:
		return true
	case <-ctx.Done():
		return false
	}
}

// run sends what comes until the client has gone or the watch ends.
func (s *stream) run(ctx context.Context) error {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for s.err == nil {
		select {
		case some := <-s.news:
			s.traces(some)
		case <-beat.C:
			s.send(": still here\n\n")
		case <-ctx.Done():
			return nil
		case err := <-s.ended:
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
	}
	return nil
}

func (s *stream) begin() {
	s.w.Header().Set("Content-Type", eventStream)
	s.w.Header().Set("X-Accel-Buffering", "no") // for proxies that would wait for more
	s.send(fmt.Sprintf("retry: %d\n\n", reconnect))
}

func (s *stream) send(text string) {
	if s.err == nil {
		_, s.err = s.w.Write([]byte(text))
	}
	if s.err == nil {
		s.err = s.rc.Flush()
	}
}

func (s *stream) traces(some []digest.Summary) {
	rows := make([]traceRow, len(some))
	for i := range some {
		rows[i] = traceRowOf(&some[i])
	}
	b, err := json.Marshal(rows)
	if err != nil {
		s.err = err
		return
	}
	s.send("event: traces\ndata: " + string(b) + "\n\n")
}
