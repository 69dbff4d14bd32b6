// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sidetrace/sidetrace/internal/spool"
)

// Defaults of [Batch], and bounds of what is sent at once.
const (
	defaultSize      = 512
	defaultSpanDelay = 5 * time.Second // OTEL_BSP_SCHEDULE_DELAY
	defaultLogDelay  = time.Second     // OTEL_BLRP_SCHEDULE_DELAY

	// DefaultRequestBytes is below the 4 MiB that servers of gRPC take by default.
	DefaultRequestBytes = 7 << 19

	maxInFlight = 4
)

// Reasons for which senders give a record up, besides those of the spool.
const (
	dropRejected spool.Reason = "rejected"        // the endpoint refuses it, by itself too
	dropPartial  spool.Reason = "partial_success" // the endpoint has taken a request but for some
	dropTooLarge spool.Reason = "too_large"       // the endpoint refuses it however short
)

// sender takes one kind of record to one destination.
type sender struct {
	to       string // an address, or a path
	kind     spool.Kind
	cursor   *spool.Cursor
	client   client
	batch    Batch
	inFlight int
	shrink   *shrinker
	log      *dropLog

	ctx    context.Context // ends the tries that are under way
	cancel context.CancelFunc
	stop   chan struct{} // no new requests
	kick   chan struct{} // something has changed for the loop
	done   sync.WaitGroup

	bytes    atomic.Int64 // of a request, as far as is known
	accepts  atomic.Int64 // when the endpoint took something, in Unix nanoseconds
	refusals atomic.Int64 // records that were refused since then
	failing  atomic.Bool  // the latest try has failed
	flushing atomic.Int32 // how many wait for everything to go

	mu      sync.Mutex    // guards changed and last
	changed chan struct{} // closed and replaced when a request is over
	last    error         // of the latest try, nil after a success
}

func newSender(to string, k spool.Kind, cursor *spool.Cursor, c client, b Batch) *sender {
	delay := defaultSpanDelay
	if k == spool.Log {
		delay = defaultLogDelay
	}
	s := &sender{
		to: to, kind: k, cursor: cursor, client: c, inFlight: maxInFlight,
		batch: Batch{Size: cmp.Or(b.Size, defaultSize), Delay: cmp.Or(b.Delay, delay), Bytes: cmp.Or(b.Bytes, DefaultRequestBytes)},
		stop:  make(chan struct{}), kick: make(chan struct{}, 1), changed: make(chan struct{}),
		log: &dropLog{to: to, kind: k},
	}
	s.bytes.Store(int64(s.batch.Bytes))
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

func (s *sender) start() { s.done.Go(s.run) }

// run takes batches and has them delivered, several at once when there is a
// backlog and the endpoint answers.
func (s *sender) run() {
	slots := make(chan struct{}, s.inFlight)
	for s.ready() {
		select {
		case slots <- struct{}{}:
		case <-s.stop:
			return
		}
		b := s.next()
		if b == nil {
			<-slots
			s.tell()                       // what was left may be damaged, or given up
			if !s.wait(time.Millisecond) { // or is being written
				return
			}
			continue
		}
		s.done.Go(func() {
			s.deliver(b)
			<-slots
			s.tell()
		})
		if s.failing.Load() {
			s.awaitRecovery(slots)
		}
	}
}

// next takes a batch. It does not go far ahead of one that is stuck: what is
// confirmed behind that would be sent again after a restart.
func (s *sender) next() *spool.Batch {
	for {
		changed := s.progress()
		if s.cursor.Ahead() < s.inFlight {
			return s.cursor.Next(int(s.bytes.Load()), s.batch.Size)
		}
		select {
		case <-changed:
		case <-s.stop:
			return nil
		}
	}
}

// awaitRecovery lets one request alone find out when a failing endpoint is back.
func (s *sender) awaitRecovery(slots chan struct{}) {
	for {
		changed := s.progress()
		if !s.failing.Load() || len(slots) == 0 {
			return
		}
		select {
		case <-changed:
		case <-s.stop:
			return
		}
	}
}

// ready waits until there is enough to send, or what there is has waited long
// enough. It returns false when the sender stops.
func (s *sender) ready() bool {
	var timer <-chan time.Time
	for {
		waiting := s.cursor.Waiting()
		switch {
		case waiting >= int64(s.batch.Size), waiting > 0 && s.flushing.Load() > 0:
			return !s.stopped()
		case waiting == 0:
			timer = nil
			s.cursor.Await(1)
		default:
			if timer == nil {
				timer = time.After(s.batch.Delay)
			}
			s.cursor.Await(int64(s.batch.Size))
		}
		select {
		case <-s.cursor.C:
		case <-s.kick:
		case <-timer:
			return true
		case <-s.stop:
			return false
		}
	}
}

func (s *sender) stopped() bool {
	select {
	case <-s.stop:
		return true
	default:
		return false
	}
}

// outcome is what has become of a batch so far.
type outcome struct {
	delivered int
	dropped   map[spool.Reason]int
}

func (o *outcome) drop(why spool.Reason, n int) {
	if o.dropped == nil {
		o.dropped = map[spool.Reason]int{}
	}
	o.dropped[why] += n
}

func (s *sender) deliver(b *spool.Batch) {
	var out outcome
	if s.sendAll(b.Records, &out) {
		s.cursor.Done(b, out.delivered, out.dropped)
	} else {
		s.cursor.Leave(b, out.delivered, out.dropped)
	}
}

// sendAll delivers records or gives them up one by one. It returns false when the
// sender stopped before that; out then has what was done.
func (s *sender) sendAll(records []spool.Record, out *outcome) bool {
	a, rest, ok := s.try(records, out)
	if !ok {
		return false
	}
	switch {
	case a.verdict == accepted || len(rest) == 0:
		s.accepted(a, len(rest), out)
		return true
	case a.verdict == unknown:
		out.drop(dropRejected, len(rest))
		s.noteDrop(fmt.Errorf("it takes no %s: %w", s.kind, a.err))
		return true
	case a.verdict == gone:
		out.drop(dropRejected, len(rest))
		s.noteDrop(a.err)
		return true
	case len(rest) > 1:
		if size := payloads(rest); a.verdict == tooLarge && int64(size) < s.bytes.Load()*2 {
			s.bytes.Store(int64(max(size/2, minRequest))) // the next ones need not try
		}
		half := len(rest) / 2
		return s.sendAll(rest[:half], out) && s.sendAll(rest[half:], out)
	case a.verdict == tooLarge:
		return s.sendSmaller(rest[0], a.err, out)
	}
	return s.refused(a.err, out)
}

// accepted counts what the endpoint has taken of n records.
func (s *sender) accepted(a answer, n int, out *outcome) {
	s.accepts.Store(time.Now().UnixNano())
	s.refusals.Store(0)
	out.delivered += n - a.rejected
	if a.rejected > 0 {
		out.drop(dropPartial, a.rejected)
		s.noteDrop(a.err)
	}
}

const (
	// patience is how long ago the endpoint may have taken something for a record
	// that it refuses to be at fault; otherwise the endpoint may be.
	patience = time.Minute
	// doubt is how many records may be refused before that is asked.
	doubt = 3
	// slowest is a try from which on the wait is the longest.
	slowest = 6
	// minRequest is the size from which a request may be too large.
	minRequest = 64 << 10
)

// refused gives a record up. An endpoint that has taken nothing for a while may
// refuse all there is, for a reason of its own: then this takes its time, so that
// most of them are still there when that is over.
func (s *sender) refused(err error, out *outcome) bool {
	out.drop(dropRejected, 1)
	s.noteDrop(err)
	if s.refusals.Add(1) < doubt || time.Since(time.Unix(0, s.accepts.Load())) < patience {
		return true
	}
	return s.wait(waitBefore(slowest, 0))
}

func payloads(records []spool.Record) (n int) {
	for _, r := range records {
		n += len(r.Payload)
	}
	return n
}

// sendSmaller sends a record that is too large with less in it.
func (s *sender) sendSmaller(r spool.Record, cause error, out *outcome) bool {
	offloaded := map[string]string{}
	for size := len(r.Payload) / 2; size >= minRecord; size /= 2 {
		smaller, ok := s.shrink.to(s.kind, r.Payload, min(size, s.batch.Bytes), offloaded)
		if !ok {
			continue
		}
		a, rest, ok := s.try([]spool.Record{{Origin: r.Origin, Payload: smaller}}, out)
		if !ok {
			return false
		}
		if a.verdict == accepted {
			s.accepted(a, len(rest), out)
			return true
		}
		cause = a.err
		if a.verdict == refused {
			break
		}
	}
	out.drop(dropTooLarge, 1)
	s.noteDrop(cause)
	return true
}

// maxSlow is how often in a row the time for a request may run out before it is
// halved.
const maxSlow = 3

// try sends a request until it gets an answer other than to try again. rest are the
// records that the answer is about.
func (s *sender) try(records []spool.Record, out *outcome) (a answer, rest []spool.Record, ok bool) {
	slow := 0 // tries in a row
	for n := 1; ; n++ {
		a = s.client.send(s.ctx, records)
		if a.verdict == unknown && s.kind == spool.Span {
			// Many collectors take spans alone; one that takes none is not meant.
			a.verdict, a.after = retry, misconfigured
		}
		out.delivered += a.stored
		records = records[a.stored:]
		if a.verdict == tooLarge && a.busy && payloads(records) < minRequest {
			a.verdict = retry
		}
		if a.verdict != retry {
			s.noteTry(nil)
			return a, records, true
		}
		s.noteTry(a.err)
		if s.ctx.Err() != nil {
			return a, records, false
		}
		if slow++; !a.slow {
			slow = 0
		}
		if slow == maxSlow && len(records) > 1 {
			return answer{verdict: refused, err: a.err}, records, true // less may be through in time
		}
		if !s.wait(waitBefore(n, a.after)) {
			return a, records, false
		}
	}
}

// noteTry keeps what the latest try has shown of the endpoint.
func (s *sender) noteTry(err error) {
	s.mu.Lock()
	if s.ctx.Err() == nil || s.last == nil { // otherwise it is our own doing
		s.last = err
	}
	s.mu.Unlock()
	if s.ctx.Err() != nil {
		return
	}
	if was := s.failing.Swap(err != nil); was == (err != nil) {
		return
	}
	if err != nil {
		s.log.failing(err)
	}
	s.tell()
}

// noteDrop keeps why records were given up.
func (s *sender) noteDrop(err error) {
	s.log.reason(err)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = err
}

func (s *sender) wait(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// tell wakes those who wait for progress.
func (s *sender) tell() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.changed)
	s.changed = make(chan struct{})
}

// progress returns a channel that is closed with the next change.
func (s *sender) progress() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// flush waits until all that was made before is delivered or given up.
func (s *sender) flush(ctx context.Context) error {
	s.flushing.Add(1)
	defer s.flushing.Add(-1)
	select {
	case s.kick <- struct{}{}:
	default:
	}
	target := s.cursor.Counts().Made
	for {
		changed := s.progress()
		if n := s.cursor.Counts(); s.cursor.Settled() >= target || n.Waiting == 0 {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return s.undelivered(ctx.Err())
		case <-s.stop:
			return s.undelivered(context.Canceled)
		}
	}
}

// grace is how long those may take who are told to stop.
const grace = 50 * time.Millisecond

// halt stops the sender. What is on its way is left to the next process.
func (s *sender) halt() error {
	close(s.stop)
	s.cancel()
	done := make(chan struct{})
	go func() {
		s.done.Wait()
		close(done)
	}()
	select {
	case <-done:
		return s.client.close()
	case <-time.After(grace):
		return errors.New("a write does not come to its end")
	}
}
