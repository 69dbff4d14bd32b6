// SPDX-License-Identifier: Apache-2.0

package agentrun

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Prices is a price table. The zero Prices knows no model. It is not changed
// after [ReadPrices] and may be used by any number of goroutines.
type Prices struct {
	entries []price // the most specific first
}

// A price is an entry of the table; its prices are billionths of the currency
// for a million tokens, unset where the table does not say.
type price struct {
	pattern         string // of the model, as the table has it
	provider, model glob
	currency        string

	input, output, cached, written int64
}

const unset = -1

// maxTable bounds a price table in bytes.
const maxTable = 4 << 20

// wireTable and wirePrice are the JSON of a price table.
type wireTable struct {
	Currency string            `json:"currency"`
	Prices   []json.RawMessage `json:"prices"`
}

type wirePrice struct {
	Provider    string       `json:"provider"`
	Model       string       `json:"model"`
	Currency    string       `json:"currency"`
	Input       *json.Number `json:"input"`
	Output      *json.Number `json:"output"`
	CachedInput *json.Number `json:"cachedInput"`
	CacheWrite  *json.Number `json:"cacheWrite"`
}

// ReadPrices reads a price table:
//
//	{
//	  "currency": "USD",
//	  "prices": [
//	    {"provider": "openai", "model": "gpt-5*", "input": 1.25, "output": 10, "cachedInput": 0.125},
//	    {"model": "my-embeddings", "input": 0.02, "currency": "CNY"}
//	  ]
//	}
//
// Prices are for a million tokens, with at most nine decimals and at most
// 1,000,000. cachedInput is for input read from the provider's cache, cacheWrite
// for input written to it; both are the input's price where they are missing.
// Without output the entry is for calls that return no tokens, such as
// embeddings. The currency of an entry is the table's unless it has its own:
// three letters (ISO 4217).
//
// In provider and model, * stands for any text; letters of either case are
// equal. Entries with a provider come before those without, then the exact before
// those with *, then the longer before the shorter, then the earlier.
//
// The errors name the entry, the member and what is allowed.
func ReadPrices(r io.Reader) (Prices, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxTable+1))
	if err != nil {
		return Prices{}, fmt.Errorf("agentrun: price table: %w", err)
	}
	if len(b) > maxTable {
		return Prices{}, fmt.Errorf("agentrun: price table: more than %d bytes", maxTable)
	}
	var table wireTable
	if err := strictly(b, &table); err != nil {
		return Prices{}, fmt.Errorf("agentrun: price table: %w", err)
	}
	p := Prices{entries: make([]price, 0, len(table.Prices))}
	for i, raw := range table.Prices {
		entry, err := parsePrice(raw, table.Currency)
		if err != nil {
			return Prices{}, fmt.Errorf("agentrun: price table: entry %d%s: %w", i+1, named(raw), err)
		}
		if at := slices.IndexFunc(p.entries, entry.sameAs); at >= 0 {
			return Prices{}, fmt.Errorf("agentrun: price table: entry %d%s: entry %d is for the same provider and model", i+1, named(raw), at+1)
		}
		p.entries = append(p.entries, entry)
	}
	slices.SortStableFunc(p.entries, moreSpecific)
	return p, nil
}

// strictly decodes one JSON value with no members but the known ones.
func strictly(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		if errors.Is(err, io.EOF) {
			return errors.New("want a JSON object, got nothing")
		}
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("want one JSON object, got more behind it")
	}
	return nil
}

// named is the model of an entry, as far as it can be read, for errors.
func named(raw json.RawMessage) string {
	var entry struct{ Model string }
	if json.Unmarshal(raw, &entry) != nil || entry.Model == "" {
		return ""
	}
	return fmt.Sprintf(" (model %.80q)", entry.Model)
}

func parsePrice(raw json.RawMessage, currency string) (price, error) {
	var w wirePrice
	if err := strictly(raw, &w); err != nil {
		return price{}, err
	}
	if w.Model == "" {
		return price{}, errors.New(`model: want the name of a model, or a pattern such as "gpt-5*"`)
	}
	p := price{pattern: w.Model, model: newGlob(w.Model), provider: newGlob(w.Provider), currency: strings.ToUpper(cmp.Or(w.Currency, currency))}
	if !isCurrency(p.currency) {
		return price{}, fmt.Errorf("currency: want three letters such as USD, here or for the whole table, got %.20q", p.currency)
	}
	for _, member := range []struct {
		name string
		text *json.Number
		into *int64
	}{{"input", w.Input, &p.input}, {"output", w.Output, &p.output}, {"cachedInput", w.CachedInput, &p.cached}, {"cacheWrite", w.CacheWrite, &p.written}} {
		*member.into = unset
		if member.text == nil {
			continue
		}
		nano, err := parseNano(member.text.String())
		if err != nil {
			return price{}, fmt.Errorf("%s: %w", member.name, err)
		}
		*member.into = nano
	}
	if p.input == unset {
		return price{}, errors.New("input: want the price of a million tokens, got none")
	}
	return p.filled(), nil
}

// filled is p with the input's price for what the cache has none of its own.
func (p price) filled() price {
	if p.cached == unset {
		p.cached = p.input
	}
	if p.written == unset {
		p.written = p.input
	}
	return p
}

func isCurrency(s string) bool {
	return len(s) == 3 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

func (p price) sameAs(other price) bool {
	return p.model.text == other.model.text && p.provider.text == other.provider.text
}

func moreSpecific(a, b price) int {
	return cmp.Or(
		-cmp.Compare(a.provider.rank(), b.provider.rank()),
		-cmp.Compare(a.model.rank(), b.model.rank()))
}

// maxPrice is the highest price of a million tokens, in billionths.
const maxPrice = 1_000_000 * 1_000_000_000

// parseNano reads a decimal number in billionths, exactly.
func parseNano(text string) (int64, error) {
	whole, decimals, _ := strings.Cut(text, ".")
	if len(whole) > 7 || len(decimals) > 9 || strings.Trim(whole+decimals, "0123456789") != "" {
		return 0, fmt.Errorf("want a number from 0 to 1000000 with at most nine decimals, got %.40s", text)
	}
	var nano int64
	for _, digit := range whole + decimals + strings.Repeat("0", 9-len(decimals)) {
		nano = 10*nano + int64(digit-'0')
	}
	if nano > maxPrice {
		return 0, fmt.Errorf("want a number from 0 to 1000000 with at most nine decimals, got %.40s", text)
	}
	return nano, nil
}

// of is the entry for a call whose model has the given names, nil if there is
// none. Of two names the one with the more specific entry decides, the first if
// they are equal.
func (p *Prices) of(provider string, models ...string) *price {
	provider = strings.ToLower(provider)
	best := len(p.entries)
	for _, model := range models {
		model = strings.ToLower(model)
		at := slices.IndexFunc(p.entries[:best], func(e price) bool {
			return model != "" && e.model.matches(model) && (e.provider.text == "" || e.provider.matches(provider))
		})
		if at >= 0 {
			best = at
		}
	}
	if best == len(p.entries) {
		return nil
	}
	return &p.entries[best]
}
