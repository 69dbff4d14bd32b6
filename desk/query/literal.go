// SPDX-License-Identifier: Apache-2.0

package query

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// words are the literals that are written as words.
var words = map[string]any{
	"true": true, "false": false,
	"minInt": int64(math.MinInt64), "maxInt": int64(math.MaxInt64),
	"unset": trace.Unset, "ok": trace.OK, "error": trace.Error,
	"unspecified": trace.Unspecified, "internal": trace.Internal, "server": trace.Server,
	"client": trace.Client, "producer": trace.Producer, "consumer": trace.Consumer,
}

// number reads an integer, a float, either with k, M or G for its thousands, or
// a duration.
func (l *lexer) number() (tokenKind, any, error) {
	start := l.at
	for l.at++; l.at < len(l.input) && l.inNumber(start); {
		l.at += len(firstRune(l.input[l.at:]))
	}
	s := l.input[start:l.at]
	if v, ok := parseLiteralNumber(s); ok {
		return tokenValue, v, nil
	}
	return 0, nil, l.fail(start, l.at, "an integer of 64 bits, a float or a duration such as 1.5s or 1h30m")
}

// inNumber reports whether the next character may belong to a number: signs only
// right after the e of an exponent.
func (l *lexer) inNumber(start int) bool {
	c := l.input[l.at]
	if c == '-' || c == '+' {
		before := l.input[start:l.at]
		mantissa := before[:len(before)-1]
		return before[len(before)-1]|0x20 == 'e' && strings.Trim(mantissa, "-0123456789.") == ""
	}
	return isDigit(c) || isLetter(c) || c == '.' || c >= 0x80 && strings.Contains("µμ", firstRune(l.input[l.at:]))
}

func parseLiteralNumber(s string) (any, bool) {
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return i, true
	}
	if whole, ok := spellsNumber(s); ok {
		f, err := strconv.ParseFloat(s, 64)
		return f, err == nil && !whole
	}
	if d, err := time.ParseDuration(s); err == nil {
		return d, true
	}
	return parseThousands(s)
}

var thousands = map[byte]int64{'k': 1e3, 'M': 1e6, 'G': 1e9}

// parseThousands reads 20k and 1.5M, without the error of a float in between.
func parseThousands(s string) (any, bool) {
	factor, ok := thousands[s[len(s)-1]]
	if _, plain := spellsNumber(s[:len(s)-1]); !ok || !plain || len(s) > 100 || strings.ContainsAny(s, "eE") {
		return nil, false
	}
	r, ok := new(big.Rat).SetString(s[:len(s)-1])
	if !ok {
		return nil, false
	}
	r.Mul(r, new(big.Rat).SetInt64(factor))
	if r.IsInt() {
		return r.Num().Int64(), r.Num().IsInt64()
	}
	f, _ := r.Float64()
	return f, true
}

// appendLiteral writes a literal so that it is read as the same.
func appendLiteral(b []byte, literal any) []byte {
	switch l := literal.(type) {
	case string:
		return strconv.AppendQuote(b, l)
	case int64:
		return strconv.AppendInt(b, l, 10)
	case float64:
		return appendFloat(b, l)
	case bool:
		return strconv.AppendBool(b, l)
	case time.Duration:
		return append(b, l.String()...)
	case trace.StatusCode:
		return append(b, l.String()...)
	case trace.Kind:
		return append(b, l.String()...)
	}
	return append(b, "nil"...)
}

// appendFloat makes sure that a float is not read as an integer.
func appendFloat(b []byte, f float64) []byte {
	start := len(b)
	b = strconv.AppendFloat(b, f, 'g', -1, 64)
	if !strings.ContainsAny(string(b[start:]), ".e") {
		b = append(b, ".0"...)
	}
	return b
}
