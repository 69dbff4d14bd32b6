// SPDX-License-Identifier: Apache-2.0

package query

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"unicode/utf8"
)

// maxRegex is how many instructions a regular expression may compile to. A match
// takes time in proportion to them and to the text.
const maxRegex = 2000

// A matcher tells which texts match.
type matcher struct {
	match func(string) bool
	exact []string // the only texts that match, if these are few; nil: unknown
}

// compileRegex compiles an expression that must match whole texts. Those that
// only ask for literals at the start, the end or within need no automaton.
func compileRegex(pattern string) (matcher, error) {
	if len(pattern) > maxPattern {
		return matcher{}, fmt.Errorf("it has more than %d bytes", maxPattern)
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl|syntax.DotNL)
	if err != nil {
		var e *syntax.Error
		if errors.As(err, &e) {
			return matcher{}, fmt.Errorf("%s: %s", e.Code, quoted(e.Expr))
		}
		return matcher{}, err
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return matcher{}, err
	}
	if len(program.Inst) > maxRegex {
		return matcher{}, fmt.Errorf("it is too large: %d instructions, at most %d", len(program.Inst), maxRegex)
	}
	if globs, ok := globsOf(parsed); ok {
		return matchGlobs(globs), nil
	}
	re, err := regexp.Compile(`(?s)\A(?:` + pattern + `)\z`)
	if err != nil {
		return matcher{}, err
	}
	return matcher{match: re.MatchString}, nil
}

func compileLike(pattern string) (matcher, error) {
	if len(pattern) > maxPattern {
		return matcher{}, fmt.Errorf("it has more than %d bytes", maxPattern)
	}
	return matchGlobs([]glob{parseGlob(pattern)}), nil
}

func matchGlobs(globs []glob) matcher {
	var exact []string
	for _, g := range globs {
		if s, ok := g.exact(); ok {
			exact = append(exact, s)
		}
	}
	if len(exact) < len(globs) {
		exact = nil
	}
	if len(globs) == 1 {
		return matcher{match: globs[0].match, exact: exact}
	}
	return matcher{exact: exact, match: func(s string) bool {
		for _, g := range globs {
			if g.match(s) {
				return true
			}
		}
		return false
	}}
}

// globsOf is a regular expression as alternative globs, if it is no more than that.
func globsOf(re *syntax.Regexp) (globs []glob, ok bool) {
	alternatives := []*syntax.Regexp{re}
	if re.Op == syntax.OpAlternate {
		alternatives = re.Sub
	}
	for _, a := range alternatives {
		parts := []*syntax.Regexp{a}
		if a.Op == syntax.OpConcat {
			parts = a.Sub
		}
		b := globBuilder{}
		for _, part := range parts {
			if !addToGlob(&b, part) {
				return nil, false
			}
		}
		globs = append(globs, b.glob())
	}
	return globs, true
}

func addToGlob(b *globBuilder, re *syntax.Regexp) bool {
	switch {
	case re.Op == syntax.OpEmptyMatch:
	case re.Op == syntax.OpAnyChar:
		b.any()
	case re.Op == syntax.OpStar && re.Sub[0].Op == syntax.OpAnyChar:
		b.star()
	case re.Op == syntax.OpLiteral && re.Flags&syntax.FoldCase == 0:
		if slices.Contains(re.Rune, utf8.RuneError) {
			return false // the automaton takes it for invalid bytes as well
		}
		b.text(string(re.Rune))
	default:
		return false
	}
	return true
}
