// SPDX-License-Identifier: Apache-2.0

package query

import (
	"errors"
	"fmt"
	"iter"
)

// Limits of queries, whichever language they are written in.
const (
	// MaxLength is how many bytes the text of a query may have.
	MaxLength = 64 << 10
	// MaxDepth is how deep brackets, negations and alternations of && and || may
	// be nested, and how many operators may follow each other between sets.
	MaxDepth = 100
)

var (
	wantShallow = fmt.Sprintf("at most %d levels", MaxDepth)
	errDepth    = errors.New("query: want " + wantShallow)
)

// operands are the parts of an expression.
func operands(e Expr) []Expr {
	switch e := e.(type) {
	case And:
		return e
	case Or:
		return e
	case Not:
		return []Expr{e.Expr}
	case Some:
		return []Expr{e.Expr}
	}
	return nil
}

// checkDepth fails for an expression on which recursion would go too deep.
func checkDepth(e Expr, left int) error {
	if left == 0 {
		return errDepth
	}
	for _, o := range operands(e) {
		if err := checkDepth(o, left-1); err != nil {
			return err
		}
	}
	return nil
}

// checkSetDepth is checkDepth for sets and what is in them.
func checkSetDepth(s Set, left int) error {
	if left == 0 {
		return errDepth
	}
	switch s := s.(type) {
	case *Spanset:
		return checkDepth(s.Where, MaxDepth)
	case *Combine:
		if err := checkSetDepth(s.Left, left-1); err != nil {
			return err
		}
		return checkSetDepth(s.Right, left-1)
	case *Query:
		if err := checkSetDepth(s.From, left-1); err != nil {
			return err
		}
		for _, stage := range s.Stages {
			inner, ok := stage.(Set)
			if !ok {
				continue
			}
			if err := checkSetDepth(inner, left-1); err != nil {
				return err
			}
		}
	}
	return nil
}

// comparisons are all comparisons of an expression.
func comparisons(e Expr) iter.Seq[Compare] {
	return func(yield func(Compare) bool) { eachComparison(e, yield) }
}

func eachComparison(e Expr, yield func(Compare) bool) bool {
	if c, ok := e.(Compare); ok {
		return yield(c)
	}
	for _, o := range operands(e) {
		if !eachComparison(o, yield) {
			return false
		}
	}
	return true
}
