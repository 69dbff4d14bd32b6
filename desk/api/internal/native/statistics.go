// SPDX-License-Identifier: Apache-2.0

package native

import (
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/store/sketch"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// Durations are how long spans took, in ns. What is not known, as there are no
// spans, is missing.
type durations struct {
	Average *float64 `json:"average,omitempty"`
	P50     *int64   `json:"p50,omitempty"`
	P90     *int64   `json:"p90,omitempty"`
	P95     *int64   `json:"p95,omitempty"`
	P99     *int64   `json:"p99,omitempty"`
}

func durationsOf(count uint64, sum float64, s *sketch.Sketch) (d durations) {
	if count == 0 {
		return d
	}
	average := math.Round(100*sum/float64(count)) / 100
	d.Average = &average
	for _, q := range []struct {
		of   float64
		into **int64
	}{{0.5, &d.P50}, {0.9, &d.P90}, {0.95, &d.P95}, {0.99, &d.P99}} {
		v := s.Quantile(q.of)
		*q.into = &v
	}
	return d
}

// measured are spans in numbers: how many, how many failed, how long they took.
type measured struct {
	Count  uint64 `json:"count"`
	Errors uint64 `json:"errors"`
	durations
}

func measuredOf(p *source.Point) measured {
	return measured{p.Count, p.Errors, durationsOf(p.Count, p.Sum, &p.Durations)}
}

// together are points as one.
func together(points []source.Point) source.Point {
	var all source.Point
	var sum sketch.Sum
	for i := range points {
		p := &points[i]
		all.Count, all.Errors, all.Sum = all.Count+p.Count, all.Errors+p.Errors, all.Sum+p.Sum
		sum.Add(&p.Durations)
	}
	all.Durations = sum.Sketch()
	return all
}

// A pointRow is the spans of a step.
type pointRow struct {
	Time string `json:"time"`
	measured
}

// A seriesRow is the spans of one combination of values.
type seriesRow struct {
	By []trace.Value `json:"by"`
	measured
	Points []pointRow `json:"points"`
}

// dimensions are short names of fields that statistics are by.
var dimensions = map[string]string{"service": "resource.service.name", "operation": "name"}

// byParams reads what statistics are by.
func byParams(p *web.Params) (fields []query.Field) {
	for _, text := range p.Texts("by") {
		if long, ok := dimensions[text]; ok {
			text = long
		}
		f, err := query.ParseField(text)
		if err == nil {
			_, err = query.Compile(selecting(nil, []query.Field{f}))
		}
		if err != nil {
			p.Fail(web.BadParam("by", "%.100q: want service, operation, kind, status, or a field such as span.http.route", text))
			continue
		}
		fields = append(fields, f)
	}
	return fields
}

const (
	// maxPoints is how many steps a series has at most, as many as Prometheus has.
	maxPoints = 11_000
	// usualPoints is how many it has about, if nothing is said.
	usualPoints = 60
	// usualRange is how far statistics look back, if nothing is said.
	usualRange = time.Hour
)

// niceSteps are those that are chosen if nothing is said.
var niceSteps = []time.Duration{
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
}

// stepped reads a range that has both ends, and steps for it: those asked for, or
// for about so many points.
func (f *face) stepped(p *web.Params, points int) (source.Range, time.Duration) {
	r := f.closed(p)
	length := time.Duration(r.To - r.From)
	step := p.Duration(time.Second, "step")
	if step == 0 {
		i := slices.IndexFunc(niceSteps, func(s time.Duration) bool { return length/s <= time.Duration(points) })
		if i < 0 {
			i = len(niceSteps) - 1
		}
		step = niceSteps[i]
	}
	if step%time.Minute != 0 {
		p.Fail(web.BadParam("step", "%v: want whole minutes", step))
	} else if length/step > maxPoints {
		p.Fail(web.BadParam("step", "%v: want longer ones: there would be more than %d in this range", step, maxPoints))
	}
	return r, step
}

// closed reads a range and gives it the ends that it lacks: until now, and an hour.
func (f *face) closed(p *web.Params) source.Range {
	r := p.Range(f.Now())
	if r.To == 0 {
		r.To = f.Now().UnixNano()
	}
	if r.From == 0 {
		r.From = max(r.To-int64(usualRange), 1)
	}
	if r.To <= r.From {
		p.Fail(web.BadParam("from", "want a time before now"))
		r.To = r.From + 1
	}
	return r
}

// bounds are a range as an answer has it.
type bounds struct {
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}

func boundsOf(r source.Range) (s bounds) {
	if r.From != 0 {
		s.From = stamp(r.From)
	}
	if r.To != 0 {
		s.To = stamp(r.To)
	}
	return s
}

// statistics answers with counts, errors and durations by time and fields.
func (f *face) statistics(w http.ResponseWriter, r *http.Request) error {
	p := web.ReadParams(r)
	in, step := f.stepped(p, usualPoints)
	s := &source.StatisticsSearch{Query: queryOf(p), Range: in, Step: step, By: byParams(p), Limit: p.Int(web.Whole{Default: 100, Min: 1, Max: maxPage}, "limit")}
	if err := p.Strict(); err != nil {
		return err
	}
	found, err := f.Source.Statistics(r.Context(), s)
	if err != nil {
		return err
	}
	by := []string{}
	for _, field := range s.By {
		by = append(by, field.String())
	}
	rows := []seriesRow{}
	for i := range found.Series {
		rows = append(rows, seriesRowOf(&found.Series[i]))
	}
	return web.WriteJSON(w, struct {
		bounds
		Step   int64       `json:"step"`
		By     []string    `json:"by"`
		Series []seriesRow `json:"series"`
		More   int         `json:"more,omitempty"`
		effort
	}{boundsOf(in), int64(step), by, rows, found.More, effortOf(found.Effort)})
}

func seriesRowOf(s *source.Series) seriesRow {
	all := together(s.Points)
	row := seriesRow{append([]trace.Value{}, s.By...), measuredOf(&all), []pointRow{}}
	for i := range s.Points {
		row.Points = append(row.Points, pointRow{stamp(s.Points[i].Time), measuredOf(&s.Points[i])})
	}
	return row
}
