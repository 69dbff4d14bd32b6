// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel"

	"github.com/sidetrace/sidetrace/internal/spool"
)

// Account says what has become of the records that one destination was to get.
// Made = Delivered + Waiting + the sum of Dropped, at any moment.
type Account struct {
	// To is the destination: the URL of an endpoint, or the path of a file.
	To string `json:"to"`
	// Signal is "spans" or "log records".
	Signal string `json:"signal"`
	// Made are the records of this process, and those that dead processes have
	// left.
	Made      int64 `json:"made"`
	Delivered int64 `json:"delivered"`
	// Waiting are in the spool.
	Waiting int64 `json:"waiting"`
	// Dropped are given up, by reason: no_room, evicted, expired, damaged,
	// rejected, partial_success, too_large; of exporters of others, queue_full and
	// failed.
	Dropped map[string]int64 `json:"dropped"`
	// Error is why the latest try failed or records were given up, empty after a
	// success.
	Error string `json:"error,omitempty"`
}

// account returns the sender's.
func (s *sender) account() Account {
	n := s.cursor.Counts()
	a := Account{To: s.to, Signal: s.kind.String(), Made: n.Made, Delivered: n.Delivered, Waiting: n.Waiting, Dropped: map[string]int64{}}
	for why, n := range n.Dropped {
		a.Dropped[string(why)] = n
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last != nil {
		a.Error = s.last.Error()
	}
	return a
}

// undelivered says what is missing, nil if nothing is.
func (s *sender) undelivered(cause error) error {
	a := s.account()
	s.log.mu.Lock()
	if len(a.Dropped) > 0 && s.log.cause != nil {
		cause = s.log.cause
	}
	s.log.mu.Unlock()
	s.mu.Lock()
	if a.Waiting > 0 && s.last != nil {
		cause = s.last
	}
	s.mu.Unlock()
	return a.undelivered(s.cursor.Folder(), s.cursor.InMemory(), cause)
}

// undelivered says so of an account whose spool has a folder, and of which so many
// are in memory.
func (a Account) undelivered(folder string, inMemory int64, cause error) error {
	if a.Waiting == 0 && len(a.Dropped) == 0 {
		return nil
	}
	parts := []string{fmt.Sprintf("otlp: %s: %d of %d %s delivered", a.To, a.Delivered, a.Made, a.Signal)}
	if n := a.Waiting - inMemory; n > 0 {
		parts = append(parts, fmt.Sprintf("%d wait in %s for the next start", n, folder))
	}
	if inMemory > 0 {
		parts = append(parts, fmt.Sprintf("%d wait in memory, and are lost with the process", inMemory))
	}
	for _, why := range slices.Sorted(maps.Keys(a.Dropped)) {
		parts = append(parts, fmt.Sprintf("%d dropped (%s)", a.Dropped[why], strings.ReplaceAll(why, "_", " ")))
	}
	text := strings.Join(parts, ", ")
	if cause == nil {
		return errors.New(text)
	}
	return fmt.Errorf("%s: %w", text, cause)
}

// Ledger returns the account of each destination and signal.
func (p *Pipeline) Ledger() []Account {
	all := []Account{}
	for _, s := range p.senders {
		all = append(all, s.account())
	}
	for _, t := range p.tallies {
		all = append(all, t.account())
	}
	return all
}

// LedgerHandler serves [Pipeline.Ledger] as JSON.
func (p *Pipeline) LedgerHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		_ = e.Encode(struct {
			Folder   string    `json:"folder,omitempty"`
			Accounts []Account `json:"accounts"`
		}{p.folder(), p.Ledger()})
	})
}

// summaryEvery is how often drops are reported at most, after the first one.
const summaryEvery = time.Minute

// dropLog tells OpenTelemetry's error handler of what is lost: the first drop at
// once, and then a sum a minute.
type dropLog struct {
	to   string
	kind spool.Kind

	mu     sync.Mutex // guards what follows
	cause  error
	told   map[string]int64 // drops that are reported
	next   time.Time        // of a report
	outage time.Time        // of the next report that the endpoint fails
}

// reason keeps why records were given up.
func (l *dropLog) reason(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cause = err
}

// note reports the drops that are not reported yet, if it is time.
func (l *dropLog) note(dropped map[string]int64) {
	l.mu.Lock()
	err := l.dueLocked(dropped, time.Now())
	l.mu.Unlock()
	if err != nil {
		otel.Handle(err)
	}
}

func (l *dropLog) dueLocked(dropped map[string]int64, now time.Time) error {
	if now.Before(l.next) {
		return nil
	}
	var parts []string
	for _, why := range slices.Sorted(maps.Keys(dropped)) {
		if n := dropped[why] - l.told[why]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, strings.ReplaceAll(why, "_", " ")))
		}
	}
	if len(parts) == 0 {
		return nil
	}
	l.told, l.next = dropped, now.Add(summaryEvery)
	err := fmt.Errorf("otlp: %s: %s dropped: %s", l.to, l.kind, strings.Join(parts, ", "))
	if l.cause != nil {
		err = fmt.Errorf("%w: %w", err, l.cause)
	}
	return err
}

// failing reports that the endpoint does not answer as it should, at most once a
// minute.
func (l *dropLog) failing(cause error) {
	l.mu.Lock()
	now := time.Now()
	due := !now.Before(l.outage)
	if due {
		l.outage = now.Add(summaryEvery)
	}
	l.mu.Unlock()
	if due {
		otel.Handle(fmt.Errorf("otlp: %s: %s wait, and are sent again: %w", l.to, l.kind, cause))
	}
}
