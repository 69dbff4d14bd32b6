// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"google.golang.org/protobuf/proto"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/sidetrace/sidetrace/internal/spool"
)

// moody is an endpoint that does what it likes, but knows what it has taken.
type moody struct {
	mu     sync.Mutex
	r      *rand.Rand
	got    map[string]int
	calls  int
	poison func(name string) bool // records that it never takes
	limit  int                    // bytes of a request
	left   int                    // rejected in partial successes
	calm   bool                   // only accepts
}

var errMood = errors.New("not in the mood")

func (m *moody) send(ctx context.Context, records []spool.Record) answer {
	m.mu.Lock()
	mood := m.r.IntN(6)
	m.calls++
	calm := m.calm
	wait := time.Duration(m.r.IntN(2000)) * time.Millisecond
	m.mu.Unlock()
	if mood == 0 && !calm { // hangs
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Second):
		}
		return answer{verdict: retry, err: context.DeadlineExceeded}
	}
	if mood == 1 && !calm {
		return answer{verdict: retry, after: wait, err: errMood}
	}
	names, size := []string{}, 0
	for _, r := range records {
		var s tracepb.Span
		if err := proto.Unmarshal(r.Payload, &s); err != nil {
			return answer{verdict: refused, err: err}
		}
		if m.poison(s.Name) {
			return answer{verdict: refused, err: errors.New("I will not have " + s.Name)}
		}
		names, size = append(names, s.Name), size+len(r.Payload)
	}
	if size > m.limit {
		return answer{verdict: tooLarge, err: errMood}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	rejected := 0
	if mood == 2 && !calm {
		rejected = m.r.IntN(len(records) + 1)
		m.left += rejected
	}
	for _, name := range names[rejected:] {
		m.got[name]++
	}
	return answer{rejected: rejected, err: errMood}
}

func (*moody) close() error { return nil }

func balance(t *testing.T, s *sender) Account {
	a := s.account()
	sum := a.Delivered + a.Waiting
	for _, n := range a.Dropped {
		sum += n
	}
	assert.Equal(t, a.Made, sum, "%+v", a)
	assert.GreaterOrEqual(t, a.Waiting, int64(0), "%+v", a)
	return a
}

// Whatever endpoints do, each span is delivered or counted as dropped, once, and
// the account is right at every step.
func TestLedgerAlwaysBalances(t *testing.T) {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
	for seed := range uint64(30) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			dir := ""
			if seed%2 == 0 {
				dir = t.TempDir()
			}
			synctest.Test(t, func(t *testing.T) { moodyEndpoints(t, seed, dir) })
		})
	}
}

func moodyEndpoints(t *testing.T, seed uint64, dir string) {
	r := rand.New(rand.NewPCG(seed, 1))
	sp, err := spool.Open(spool.Config{Dir: dir, SegmentBytes: 1 << 14, SyncEvery: time.Hour})
	require.NoError(t, err)
	origin := sp.Origin(nil, nil)
	var senders []*sender
	var endpoints []*moody
	for i := range 1 + r.IntN(3) {
		m := &moody{r: rand.New(rand.NewPCG(seed, uint64(i))), got: map[string]int{}, limit: 2000 + r.IntN(20_000)}
		share := r.IntN(20)
		m.poison = func(name string) bool { return strings.HasSuffix(name, "7") && len(name)%20 < share }
		s := newSender(fmt.Sprint(i), spool.Span, sp.Cursor(spool.Span, fmt.Sprint(i)), m, Batch{Size: 1 + r.IntN(64), Bytes: 1 + r.IntN(10_000), Delay: time.Second})
		s.shrink = &shrinker{}
		senders, endpoints = append(senders, s), append(endpoints, m)
		s.start()
	}
	made := 0
	for range 40 {
		for range r.IntN(30) {
			made++
			span := tracepb.Span{Name: fmt.Sprintf("%s%d", strings.Repeat("x", r.IntN(200)), made)}
			b, err := proto.Marshal(&span)
			require.NoError(t, err)
			require.NoError(t, sp.Append(spool.Span, origin, b))
		}
		time.Sleep(time.Duration(r.IntN(3000)) * time.Millisecond) // of the bubble's clock
		for _, s := range senders {
			assert.EqualValues(t, made, balance(t, s).Made)
		}
	}
	for _, m := range endpoints {
		m.mu.Lock()
		m.calm = true
		m.mu.Unlock()
	}
	for i, s := range senders {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Hour)
		require.NoError(t, s.flush(ctx))
		cancel()
		a, m := balance(t, s), endpoints[i]
		require.NoError(t, s.halt())
		assert.Zero(t, a.Waiting)
		assert.EqualValues(t, len(m.got), a.Delivered)
		for name, n := range m.got {
			assert.Equal(t, 1, n, name)
		}
		assert.EqualValues(t, m.left, a.Dropped["partial_success"])
	}
	require.NoError(t, sp.Close())
}

// fussy takes everything at once but for one record, for which it always wants
// more time.
type fussy struct {
	mu  sync.Mutex
	got map[string]int
}

func (f *fussy) send(_ context.Context, records []spool.Record) answer {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range records {
		if string(r.Payload) == "stuck" {
			return answer{verdict: retry, after: time.Minute, err: errMood}
		}
	}
	for _, r := range records {
		f.got[string(r.Payload)]++
	}
	return answer{}
}

func (*fussy) close() error { return nil }

// A request that is stuck does not let others go far ahead, which a restart would
// send again.
func TestStuckRequest(t *testing.T) {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		const records, size = 1000, 10
		f := &fussy{got: map[string]int{}}
		deliver := func(add int) Account {
			sp, err := spool.Open(spool.Config{Dir: dir, SyncEvery: time.Hour})
			require.NoError(t, err)
			s := newSender("x", spool.Span, sp.Cursor(spool.Span, "x"), f, Batch{Size: size, Delay: time.Millisecond})
			origin := sp.Origin(nil, nil)
			for i := range add {
				name := fmt.Sprint(i)
				if i == 0 {
					name = "stuck"
				}
				require.NoError(t, sp.Append(spool.Span, origin, []byte(name)))
			}
			s.start()
			time.Sleep(time.Hour) // of the bubble's clock
			a := balance(t, s)
			require.NoError(t, s.halt())
			require.NoError(t, sp.Close())
			return a
		}
		a := deliver(records)
		assert.LessOrEqual(t, a.Delivered, int64(size*maxInFlight))
		assert.Contains(t, a.Error, errMood.Error())
		deliver(0)
		again := 0
		for _, n := range f.got {
			again += n - 1
		}
		assert.LessOrEqual(t, again, size*maxInFlight)
	})
}
