// SPDX-License-Identifier: Apache-2.0

package finding

import (
	"encoding/json"
	"strings"
)

// Texts are arguments or results that are compared as JSON. Only those are parsed
// that may be equal though they are written in different ways: they have the same
// words.
type texts struct {
	// first is the first text of each sum of words, canonical if there is
	// another.
	first   map[uint64]string
	numbers map[string]int32
}

func newTexts() *texts { return &texts{first: map[uint64]string{}, numbers: map[string]int32{}} }

// of is a text in a form that is the same for equal ones.
func (t *texts) of(text string) string {
	sum := words(text)
	first, ok := t.first[sum]
	switch {
	case !ok:
		t.first[sum] = text
		return text
	case first == text || canonical(first) == canonical(text):
		return first
	}
	return canonical(text)
}

// words is a sum over the words of a text, the same in whatever order they stand
// and whatever is between them; of each the FNV-1a hash.
func words(text string) (sum uint64) {
	const offset, prime = 0xcbf29ce484222325, 0x100000001b3
	hash := uint64(offset)
	for i := range len(text) {
		switch {
		case isWordByte(text[i]):
			hash = (hash ^ uint64(text[i])) * prime
		case hash != offset:
			sum += hash
			hash = offset
		}
	}
	return sum + hash
}

// canonical is JSON without white space and with members by name (as RFC 8785,
// except that numbers are left as they are written); other text loses the white
// space around it.
func canonical(text string) string {
	text = strings.TrimSpace(text)
	if text == "" || text[0] != '{' && text[0] != '[' {
		return text
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil || d.More() {
		return text
	}
	b, err := json.Marshal(v)
	if err != nil {
		return text
	}
	return string(b)
}
