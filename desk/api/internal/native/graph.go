// SPDX-License-Identifier: Apache-2.0

package native

import (
	"fmt"
	"math"
	"net/http"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// A graph is the values of a field over time, or how they are spread.
type graph struct {
	Kind   string `json:"kind"` // series, values or histogram
	Field  string `json:"field"`
	Step   int64  `json:"step,omitempty"`
	bounds        // of series
	// Series are of the most frequent values.
	Series []seriesRow `json:"series,omitempty"`
	// Values are all there are, if they are few.
	Values []valueRow `json:"values,omitempty"`
	// Buckets are how numbers are spread.
	Buckets []bucket `json:"buckets,omitempty"`
	More    int      `json:"more,omitempty"`
	effort
}

// A bucket counts the numbers from Low up to High, which is not in it.
type bucket struct {
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Count uint64  `json:"count"`
}

// graphPoints is how many bars the series of a value has about.
const graphPoints = 30

// fieldGraph answers with a histogram of numbers, and with series of the most
// frequent values of everything else, unless a kind is asked for.
func (f *face) fieldGraph(w http.ResponseWriter, r *http.Request) error {
	p := web.ReadParams(r)
	s, _ := f.valueParams(p)
	s.Limit = maxValues
	as := p.OneOf("as", "auto", "series", "histogram")
	k := p.Int(web.Whole{Default: 5, Min: 1, Max: 50}, "k")
	intervals := p.Int(web.Whole{Default: 10, Min: 1, Max: 200}, "intervals")
	in, step := f.stepped(p, graphPoints)
	if err := p.Strict(); err != nil {
		return err
	}
	if as == "series" {
		return f.seriesGraph(w, r, &source.StatisticsSearch{Query: s.Query, Range: in, Step: step, By: []query.Field{s.Field}, Limit: k})
	}
	found, err := f.Source.Values(r.Context(), s)
	if err != nil {
		return err
	}
	all := numbers(found.List)
	if as == "auto" && len(all) == 0 {
		return f.seriesGraph(w, r, &source.StatisticsSearch{Query: s.Query, Range: in, Step: step, By: []query.Field{s.Field}, Limit: k})
	}
	g := graph{Field: s.Field.String(), Kind: "histogram", effort: effortOf(found.Effort)}
	if !isWhole(found) {
		g.Partial = true
		g.Warnings = append(g.Warnings, fmt.Sprintf("only the %d most frequent of %d values are counted", len(found.List), found.Distinct.Count))
	}
	if !isFew(all, intervals) {
		g.Buckets = spread(all, intervals)
	} else {
		g.Kind, g.Values = "values", []valueRow{}
		for _, n := range all {
			v := trace.Float(n.n)
			if n.n == math.Trunc(n.n) && math.Abs(n.n) < 1<<53 {
				v = trace.Int(int64(n.n))
			}
			g.Values = append(g.Values, valueRow{v, typeNames[v.Kind()], n.count, percent(n.count, found.Having)})
		}
	}
	return web.WriteJSON(w, g)
}

func (f *face) seriesGraph(w http.ResponseWriter, r *http.Request, s *source.StatisticsSearch) error {
	found, err := f.Source.Statistics(r.Context(), s)
	if err != nil {
		return err
	}
	g := graph{
		Kind: "series", Field: s.By[0].String(), Step: int64(s.Step), bounds: boundsOf(s.Range), Series: []seriesRow{},
		More: found.More, effort: effortOf(found.Effort),
	}
	for i := range found.Series {
		if found.Series[i].By[0].Kind() != trace.EmptyValue {
			g.Series = append(g.Series, seriesRowOf(&found.Series[i]))
		}
	}
	return web.WriteJSON(w, g)
}

// isFew reports whether there are no more different numbers than buckets would be.
func isFew(all []weighted, intervals int) bool {
	return len(all) <= intervals || scaleOf(all) == 1 && all[len(all)-1].n-all[0].n < float64(intervals)
}

// spread counts sorted numbers, of which there are some, in buckets of one nice
// size.
func spread(all []weighted, intervals int) []bucket {
	low, high, scale := all[0].n, all[len(all)-1].n, scaleOf(all)
	if high*scale >= math.MaxInt64 || low*scale <= math.MinInt64 {
		scale = math.MaxInt64 / 4 / max(math.Abs(low), math.Abs(high))
	}
	bounds := analysis.HistogramBounds(int64(low*scale), int64(high*scale), intervals)
	buckets := make([]bucket, bounds.Count)
	for i := range buckets {
		at := float64(bounds.Low) + float64(i)*float64(bounds.Size)
		buckets[i].Low, buckets[i].High = at/scale, (at+float64(bounds.Size))/scale
	}
	fill(buckets, all)
	return buckets
}

// fill counts sorted numbers in the buckets that they are in.
func fill(buckets []bucket, all []weighted) {
	at := 0
	for _, n := range all {
		for at < len(buckets)-1 && n.n >= buckets[at].High {
			at++
		}
		buckets[at].Count += n.count
	}
}

// scaleOf is a power of ten that makes fractions whole enough to be divided into
// buckets; 1 if there are none.
func scaleOf(all []weighted) float64 {
	for _, w := range all {
		if w.n != math.Trunc(w.n) {
			width := all[len(all)-1].n - all[0].n
			return math.Pow(10, max(6-math.Floor(math.Log10(width)), 0))
		}
	}
	return 1
}

// durations answers with how long spans, or traces, took.
func (f *face) durations(w http.ResponseWriter, r *http.Request) error {
	p := web.ReadParams(r)
	s := &source.Search{Query: queryOf(p), Range: p.Range(f.Now())}
	of := p.OneOf("of", "spans", "traces")
	intervals := p.Int(web.Whole{Default: 30, Min: 1, Max: 500}, "intervals")
	scale := p.OneOf("scale", "log", "linear")
	if err := p.Strict(); err != nil {
		return err
	}
	counted, done, err := f.tally(r, s, of)
	if err != nil {
		return err
	}
	answer := struct {
		Of string `json:"of"`
		measured
		// Buckets are from Low up to High in ns; a duration within a hundredth of a
		// bound may be counted on its other side.
		Buckets []bucket `json:"buckets"`
		effort
	}{of, measuredOf(&counted), []bucket{}, effortOf(done)}
	var all []weighted
	counted.Durations.Each(func(low, width int64, count uint64) {
		all = append(all, weighted{float64(low + width/2), count})
	})
	switch {
	case len(all) == 0:
	case scale == "log":
		answer.Buckets = spreadLog(all, intervals)
	default:
		answer.Buckets = spread(all, intervals)
	}
	return web.WriteJSON(w, answer)
}

// tally counts the durations of all spans or traces that are found.
func (f *face) tally(r *http.Request, s *source.Search, of string) (all source.Point, done source.Effort, err error) {
	if of == "spans" {
		found, err := f.Source.Statistics(r.Context(), &source.StatisticsSearch{Query: s.Query, Range: s.Range})
		if err != nil || len(found.Series) == 0 {
			return all, done, err
		}
		return together(found.Series[0].Points), found.Effort, nil
	}
	done, err = f.Source.Scan(r.Context(), s, func(h *source.Hit) bool {
		all.Count++
		if h.Summary.Errors > 0 {
			all.Errors++
		}
		all.Sum += float64(h.Summary.Duration())
		all.Durations.Add(h.Summary.Duration(), 1)
		return true
	})
	return all, done, err
}

// spreadLog counts sorted numbers in buckets whose bounds are 1, 2 and 5 times the
// powers of ten, or only some of these where they would be more than wanted.
func spreadLog(all []weighted, intervals int) []bucket {
	for _, steps := range [][]float64{{1, 1.5, 2, 3, 5, 7}, {1, 2, 5}, {1, 3}, {1}} {
		buckets := logBuckets(all[0].n, all[len(all)-1].n, steps)
		if len(buckets) > intervals && len(steps) > 1 {
			continue
		}
		fill(buckets, all)
		return buckets
	}
	return nil
}

func logBuckets(low, high float64, steps []float64) (buckets []bucket) {
	if low < 1 {
		buckets = append(buckets, bucket{0, 1, 0})
	}
	for ten := math.Pow(10, math.Floor(math.Log10(max(low, 1)))); ten <= max(high, 1); ten *= 10 {
		for i, step := range steps {
			next := 10.0
			if i+1 < len(steps) {
				next = steps[i+1]
			}
			if ten*next > low && ten*step <= high {
				buckets = append(buckets, bucket{ten * step, ten * next, 0})
			}
		}
	}
	return buckets
}

// A dot is a trace in a diagram of durations over time.
type dot struct {
	TraceID  string `json:"traceId"`
	Start    string `json:"start"`
	Duration int64  `json:"duration"`
	Spans    int    `json:"spans"`
	Errors   int    `json:"errors"`
	Service  string `json:"service"`
	Name     string `json:"name"`
}

// scatter answers with traces as dots: all that failed, and of the others as many as
// are wanted, chosen by their ids, so that the same ones are chosen again.
func (f *face) scatter(w http.ResponseWriter, r *http.Request) error {
	p := web.ReadParams(r)
	s := &source.Search{Query: queryOf(p), Range: p.Range(f.Now())}
	limit := p.Int(web.Whole{Default: 2000, Min: 1, Max: 20_000}, "limit")
	if err := p.Strict(); err != nil {
		return err
	}
	failed, others := newSample(max(limit, maxFailed)), newSample(limit)
	done, err := f.Source.Scan(r.Context(), s, func(h *source.Hit) bool {
		if h.Summary.Errors > 0 {
			failed.add(&h.Summary)
		} else {
			others.add(&h.Summary)
		}
		return true
	})
	if err != nil {
		return err
	}
	dots := []dot{}
	for _, d := range sampled(failed, others) {
		dots = append(dots, dot{
			d.TraceID.String(), stamp(d.Start), d.Duration(), d.Spans, d.Errors, d.Root.Service, d.Root.Name,
		})
	}
	rests := effortOf(done)
	if failed.count > len(failed.kept()) {
		rests.Warnings = append(rests.Warnings, fmt.Sprintf("of %d traces that failed %d are shown", failed.count, len(failed.kept())))
	}
	return web.WriteJSON(w, struct {
		Traces []dot `json:"traces"`
		Total  int   `json:"total"`
		Failed int   `json:"failed"`
		effort
	}{dots, failed.count + others.count, failed.count, rests})
}

// maxFailed is how many traces that failed are shown at least: more than a screen
// has points.
const maxFailed = 20_000
