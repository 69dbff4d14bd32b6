// SPDX-License-Identifier: Apache-2.0

package query

// A Query is a pipeline: what to select, and the stages that the selected spans
// go through. It is itself a [Set], where a pipeline stands in brackets.
//
// Queries are plain data: any number of goroutines may read one.
type Query struct {
	From   Set
	Stages []Stage
}

// Where is the query for the spans that meet a condition.
func Where(condition Expr) *Query { return &Query{From: &Spanset{Where: condition}} }

// A Set selects spans of a trace: [*Spanset], [*Combine] or [*Query].
type Set interface {
	Stage
	set()
}

// A Spanset selects the spans that meet a condition, each by itself: { … }.
type Spanset struct{ Where Expr }

// Combine relates two sets of spans.
type Combine struct {
	Op          SetOp
	Left, Right Set
}

// A SetOp is an operator between sets as TraceQL writes it: && || >> > << < ~,
// and the last five with & or ! in front. The package documentation explains
// them.
type SetOp string

// A Stage is a step of a pipeline: a [Set], which keeps the spans that it
// selects, or an [Aggregate], a [Group] or a [Select].
type Stage interface{ stage() }

// An Aggregate keeps a set whose spans as a whole compare.
type Aggregate struct {
	Func  string // count, avg, min, max or sum
	Field Field  // what is aggregated; of count the zero value
	Op    Op     // Eq, Ne, Gt, Gte, Lt or Lte
	Value any    // int64, float64 or time.Duration
}

// A Group divides a set into one for each value of a field; spans that do not
// have it are a set as well.
type Group struct{ By Field }

// A Select names the fields whose values [Program.Match] returns.
type Select struct{ Fields []Field }

func (*Query) set()      {}
func (*Spanset) set()    {}
func (*Combine) set()    {}
func (*Query) stage()    {}
func (*Spanset) stage()  {}
func (*Combine) stage()  {}
func (Aggregate) stage() {}
func (Group) stage()     {}
func (Select) stage()    {}
