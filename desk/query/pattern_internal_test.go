// SPDX-License-Identifier: Apache-2.0

package query

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func randomText(r *rand.Rand, most int, from ...string) string {
	var b strings.Builder
	for range r.IntN(most) {
		b.WriteString(from[r.IntN(len(from))])
	}
	return b.String()
}

// TestPatternsAreWhatTheyMean compares the matchers with regular expressions of
// the standard library.
func TestPatternsAreWhatTheyMean(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	matched := 0
	for range 3000 {
		pattern := randomText(r, 7, "a", "b", "ü", "*", "*", "?", `\*`, `\\`)
		like, err := compileLike(pattern)
		require.NoError(t, err)
		expression := strings.NewReplacer(`\*`, `\*`, `\\`, `\\`, "*", ".*", "?", ".").Replace(pattern)
		regex, err := compileRegex(expression)
		require.NoError(t, err)
		want := regexp.MustCompile(`(?s)\A(?:` + expression + `)\z`)
		for range 20 {
			text := randomText(r, 8, "a", "b", "ü", "*", `\`, "\n", "\xff")
			require.Equal(t, want.MatchString(text), like.match(text), "%q like %q", text, pattern)
			require.Equal(t, want.MatchString(text), regex.match(text), "%q =~ %q", text, expression)
			if want.MatchString(text) {
				matched++
			}
		}
	}
	assert.Greater(t, matched, 2000)
}

func TestRegularExpressionsAreWhatTheyMean(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	matched, exact := 0, 0
	for range 5000 {
		expression := randomText(r, 8, "a", "b", "ab", ".", ".*", "|", "|", "[ab]", "a?", "(?:a|b)", "(?i:A)", "^", "$", "\uFFFD")
		regex, err := compileRegex(expression)
		require.NoError(t, err)
		want := regexp.MustCompile(`(?s)\A(?:` + expression + `)\z`)
		if regex.exact != nil {
			exact++
		}
		for range 20 {
			text := randomText(r, 5, "a", "b", "A", "\n", "\xff", "\uFFFD")
			require.Equal(t, want.MatchString(text), regex.match(text), "%q =~ %q", text, expression)
			if want.MatchString(text) {
				matched++
				require.True(t, regex.exact == nil || assert.Contains(t, regex.exact, text))
			}
		}
	}
	assert.Greater(t, matched, 2000)
	assert.Greater(t, exact, 100)
}

func TestPatternsAreBounded(t *testing.T) {
	for _, expression := range []string{strings.Repeat("a", maxPattern+1), "(a{100}){20}", "(((a{10}){10}){10}){10}", "[", "a{1001}", strings.Repeat("(", 900)} {
		_, err := compileRegex(expression)
		require.Error(t, err, "%.40s", expression)
		assert.Less(t, len(err.Error()), 200)
	}
	m, err := compileRegex(strings.Repeat("(a|b)?", 150))
	require.NoError(t, err)
	assert.False(t, m.match(strings.Repeat("ab", 100_000)), "in a time that grows with the text")
}

func TestNumbers(t *testing.T) {
	for text, want := range map[string]string{
		"5": "5", "-5": "-5", "+5": "5", "007": "7", "5.0": "5", ".5": "0.5", "5.": "5", "5e2": "500", "5E-1": "0.5", "-0": "0", "-0.0": "0", "1e300": "1e+300",
		"9223372036854775807": "9223372036854775807", "9223372036854775808": "9.223372036854776e+18", "12345678901234567890123": "1.2345678901234568e+22",
		"": "", "-": "", ".": "", "e5": "", "5e": "", "5e+": "", "0x10": "", "1_000": "", "inf": "", "NaN": "", " 5": "", "5 ": "", "1e999": "", "5a": "", "1.2.3": "", strings.Repeat("1", 500): "",
	} {
		n, ok := parseNumber(text)
		require.Equal(t, want != "", ok, text)
		if ok {
			assert.Equal(t, want, string(n.append(nil)), text)
		}
	}
}
