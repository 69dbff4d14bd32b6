// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/sidetrace/sidetrace/internal/spool"
)

// verdict is what an endpoint has said to a request.
type verdict int

const (
	accepted verdict = iota
	retry            // it may take the same request later
	tooLarge         // it would take a smaller one
	refused          // something in the request is not to its liking
	unknown          // it does not know this kind of record at all
	gone             // it will never take anything again
)

// answer is the outcome of one try.
type answer struct {
	verdict verdict
	// stored is how many records, from the first, need not be sent again, whatever
	// the verdict.
	stored int
	// rejected is how many records of an accepted request were not taken.
	rejected int
	// after is how long the endpoint wants to be left alone.
	after time.Duration
	// slow is whether the time for a request has run out.
	slow bool
	// busy is whether tooLarge may mean that there is too much at the moment.
	busy bool
	// err says why not, or what the endpoint says besides.
	err error
}

// client takes requests to one endpoint. It is used by several goroutines at once.
type client interface {
	send(ctx context.Context, records []spool.Record) answer
	close() error
}

// Bounds of the wait between tries. Each wait is chosen at random from the upper
// half of what it may be, so that many clients do not come at once.
const (
	firstWait = 200 * time.Millisecond
	maxWait   = 5 * time.Second
	// maxAfter bounds what an endpoint may ask for.
	maxAfter = 10 * time.Minute
)

// waitBefore returns the wait before the try with a number, from 1.
func waitBefore(try int, after time.Duration) time.Duration {
	d := maxWait
	if try < 6 {
		d = min(firstWait<<(try-1), maxWait)
	}
	return max(d/2+rand.N(d/2), min(after, maxAfter))
}
