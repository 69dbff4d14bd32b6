// SPDX-License-Identifier: Apache-2.0

package agentrun

import (
	"math"
	"math/bits"
	"slices"
	"strings"
)

// An Amount is money: Nano billionths of the unit of a currency. The zero Amount
// is none.
type Amount struct {
	Currency string `json:"currency"`
	Nano     int64  `json:"nano"`
}

// Cost is what calls cost. Amounts are one for each currency, by its name.
type Cost struct {
	// Computed is by the price table, of the calls that it has prices for. Each
	// call is rounded to the nearest billionth, a half up, and the sum is of these.
	Computed []Amount `json:"computed,omitempty"`
	// Reported is what spans said themselves, in US dollars as all conventions
	// have it. It is of the same calls, not in addition.
	Reported []Amount `json:"reported,omitempty"`
	// Unpriced counts the calls with tokens that Computed leaves out, as the table
	// does not know the model or the call does not say its input and output. While
	// it is not 0, the cost is unknown and Computed a lower bound.
	Unpriced int32 `json:"unpriced"`
}

// reportedCurrency is that of attributes of cost: OpenInference says so of
// llm.cost.*, Langfuse of cost_details, Pydantic Logfire of operation.cost.
const reportedCurrency = "USD"

func (c *Cost) plus(d Cost) {
	for _, a := range d.Computed {
		c.Computed = plusAmount(c.Computed, a)
	}
	for _, a := range d.Reported {
		c.Reported = plusAmount(c.Reported, a)
	}
	c.Unpriced += d.Unpriced
}

// plusAmount adds to the amount of the same currency, which it makes if need be.
func plusAmount(amounts []Amount, a Amount) []Amount {
	if a == (Amount{}) {
		return amounts
	}
	at, found := slices.BinarySearchFunc(amounts, a.Currency, func(b Amount, c string) int { return strings.Compare(b.Currency, c) })
	if !found {
		return slices.Insert(amounts, at, a)
	}
	amounts[at].Nano = plusNano(amounts[at].Nano, a.Nano)
	return amounts
}

// plusNano adds amounts that are not negative, up to the largest there is.
func plusNano(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// cost is what a call costs, and whether the entry and the usage say. Input of
// which nothing is known leaves the cost unknown.
func (p *price) cost(u Usage) (nano int64, known bool) {
	if u.Input == 0 || u.Output > 0 && p.output == unset {
		return 0, false
	}
	plain := max(u.Input-u.Cached-u.CacheWritten, 0)
	var sum wide
	sum.add(plain, p.input)
	sum.add(u.Cached, p.cached)
	sum.add(u.CacheWritten, p.written)
	sum.add(u.Output, max(p.output, 0))
	return sum.perMillion(), true
}

// wide is an integer of 128 bits: a billion tokens at a high price do not fit
// into 64.
type wide struct{ high, low uint64 }

func (w *wide) add(tokens, nano int64) {
	high, low := bits.Mul64(uint64(tokens), uint64(nano))
	var carry uint64
	w.low, carry = bits.Add64(w.low, low, 0)
	w.high, _ = bits.Add64(w.high, high, carry)
}

func (w *wide) perMillion() int64 {
	const million = 1_000_000
	w.add(1, million/2)
	if w.high >= million {
		return math.MaxInt64
	}
	quotient, _ := bits.Div64(w.high, w.low, million)
	return int64(min(quotient, math.MaxInt64))
}
