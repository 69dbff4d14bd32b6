// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"bytes"
	"cmp"
	"math"
	"slices"

	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/store/internal/slab"
	"github.com/sidetrace/sidetrace/desk/store/table"
	"github.com/sidetrace/sidetrace/desk/store/wire"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// A Span is one to be stored, or one that is not stored yet.
type Span struct {
	wire.Span
	Origin *Origin
}

// A Log is a log record to be stored, or one that is not stored yet.
type Log struct {
	wire.Log
	Origin *Origin
}

// A Trace is the spans and log records of a trace, or of the part of it that goes
// into a segment.
type Trace struct {
	ID    trace.TraceID
	Spans []Span
	Logs  []Log
	// Earlier is what other segments have of the trace, nil for nothing.
	Earlier *Part
}

// A Part is what summaries and calls between services depend on.
type Part struct {
	Spans    []digest.Span
	Identity digest.Identity
	Logs     int
}

// builder collects the rows of a segment.
type builder struct {
	spans, events, links, logs, resources, scopes *table.Builder

	rows    []digest.Span // of spans
	origins []int32       // of the rows
	traces  []traceRows
	earlier []*Part // of traces
	// identities are those of the traces, once they were read.
	identities        []digest.Identity
	originRow         map[*Origin]int32
	known             []originRows
	shared            map[string]int // rows of resources and scopes by their content
	texts             textTable      // names of spans
	names             []uint32       // their numbers, of the rows
	span              wire.SpanDetail
	log               wire.LogDetail
	origin            wire.OriginDetail
	index             map[trace.SpanID]int32
	sorted            []*Span
	logRows           int
	firstLog, lastLog int64 // times of log records
	raw               int64 // bytes of spans and log records
}

// originRows is where an origin stands.
type originRows struct {
	origin          *Origin
	resource, scope int
}

// traceRows is where a trace stands.
type traceRows struct {
	id             trace.TraceID
	firstRow, rows int
	firstLog, logs int
}

// newBuilder returns one for about so many spans.
func newBuilder(spans int) *builder {
	return &builder{
		spans: table.NewBuilder(spanTable, spans), events: table.NewBuilder(eventTable, 0), links: table.NewBuilder(linkTable, 0),
		logs: table.NewBuilder(logTable, 0), resources: table.NewBuilder(resourceTable, 0), scopes: table.NewBuilder(scopeTable, 0),
		rows: spareRows.Make(spans), names: spareNames.Make(spans), origins: spareOrigins.Make(spans),
		originRow: map[*Origin]int32{}, shared: map[string]int{}, index: map[trace.SpanID]int32{},
	}
}

// The memory of builders: they are filled as often as segments are written.
var (
	spareRows    slab.Pool[digest.Span]
	spareNames   slab.Pool[uint32]
	spareOrigins slab.Pool[int32]
)

// free gives the memory back. Nothing of the builder may be used any more.
func (b *builder) free() {
	for _, t := range b.tables() {
		t.Free()
	}
	clear(b.rows)
	spareRows.Free(b.rows)
	spareNames.Free(b.names)
	spareOrigins.Free(b.origins)
	*b = builder{}
}

// spansOf is how many spans traces have.
func spansOf(traces []Trace) (n int) {
	for i := range traces {
		n += len(traces[i].Spans)
	}
	return n
}

// add takes traces, and the log records of none.
func (b *builder) add(traces []Trace, logs []Log) error {
	order := make([]*Trace, len(traces))
	starts := make(map[*Trace]int64, len(traces))
	for i := range traces {
		order[i] = &traces[i]
		starts[order[i]] = firstStart(traces[i].Spans)
	}
	slices.SortFunc(order, func(s, t *Trace) int {
		return cmp.Or(cmp.Compare(starts[s], starts[t]), bytes.Compare(s.ID[:], t.ID[:]))
	})
	for _, t := range order {
		if err := b.trace(t); err != nil {
			return err
		}
	}
	return b.addLogs(slices.SortedStableFunc(slices.Values(logs), func(l, m Log) int { return cmp.Compare(l.Time, m.Time) }))
}

// firstStart is when the first span started; traces without spans come last.
func firstStart(spans []Span) int64 {
	first := int64(math.MaxInt64)
	for i := range spans {
		first = min(first, spans[i].Start)
	}
	return first
}

func (b *builder) trace(t *Trace) error {
	first := len(b.rows)
	b.sorted = b.sorted[:0]
	for i := range t.Spans {
		b.sorted = append(b.sorted, &t.Spans[i])
	}
	slices.SortStableFunc(b.sorted, func(s, t *Span) int {
		return cmp.Or(cmp.Compare(s.Start, t.Start), bytes.Compare(s.ID[:], t.ID[:]))
	})
	for _, s := range b.sorted {
		if err := b.row(s); err != nil {
			return err
		}
	}
	b.indexRows(first)
	for i, s := range b.sorted {
		if err := b.spanRow(s, first+i, first); err != nil {
			return err
		}
	}
	b.traces = append(b.traces, traceRows{
		id: t.ID, firstRow: first, rows: len(t.Spans), firstLog: b.logRows, logs: len(t.Logs),
	})
	b.earlier = append(b.earlier, t.Earlier)
	return b.addLogs(t.Logs)
}

// row notes what a row has.
func (b *builder) row(s *Span) error {
	whole := trace.Span{Start: s.Start, End: s.End}
	number, ok := b.texts.numbers[string(s.Name)]
	if !ok {
		number = int(b.texts.number(string(s.Name)))
	}
	b.names = append(b.names, uint32(number))
	b.raw += int64(len(s.Raw))
	b.rows = append(b.rows, digest.Span{
		ID: s.ID, Parent: s.Parent, Start: s.Start, Duration: whole.Duration(), Service: s.Origin.Service, Name: b.texts.list[number], Kind: s.Kind, Status: s.Status,
	})
	origin, err := b.originOf(s.Origin)
	b.origins = append(b.origins, origin)
	return err
}

// few is how many spans are looked through rather than indexed.
const few = 24

// indexRows prepares b.parentRow for the trace whose rows begin at first.
func (b *builder) indexRows(first int) {
	clear(b.index)
	if len(b.rows)-first <= few {
		return
	}
	for i := len(b.rows) - 1; i >= first; i-- {
		b.index[b.rows[i].ID] = int32(i)
	}
}

// parentRow is the row of a span's parent, -1 if it is not among those of its
// trace.
func (b *builder) parentRow(parent trace.SpanID, first int) int {
	if len(b.rows)-first > few {
		if row, ok := b.index[parent]; ok {
			return int(row)
		}
		return -1
	}
	for i := first; i < len(b.rows); i++ {
		if b.rows[i].ID == parent {
			return i
		}
	}
	return -1
}

// spanRow adds the row of a span, and those of its events and links.
func (b *builder) spanRow(s *Span, row, first int) error {
	d := &b.span
	d.Read(&s.Span)
	o := &b.known[b.origins[row]]
	t := b.spans
	t.Text(spanTraceID, s.TraceID[:])
	t.Text(spanID, s.ID[:])
	if !s.Parent.IsZero() {
		if parent := b.parentRow(s.Parent, first); parent >= 0 {
			t.Int(spanParentRow, int64(parent))
		} else {
			t.Text(spanParentID, s.Parent[:])
		}
	}
	t.Int(spanStart, s.Start)
	t.Int(spanDuration, s.End-s.Start)
	t.Text(spanName, s.Name)
	t.Text(spanService, []byte(s.Origin.Service))
	t.Int(spanKind, int64(s.Kind))
	t.Int(spanStatus, int64(s.Status))
	optionalText(t, spanStatusMessage, d.StatusMessage)
	optionalText(t, spanState, d.State)
	optionalInt(t, spanFlags, d.Flags)
	t.Int(spanResource, int64(o.resource))
	t.Int(spanScope, int64(o.scope))
	optionalInt(t, spanDroppedAttributes, d.DroppedAttributes)
	optionalInt(t, spanDroppedEvents, d.DroppedEvents)
	optionalInt(t, spanDroppedLinks, d.DroppedLinks)
	if err := t.Row(d.Attributes, likeness(s.Name)); err != nil {
		return err
	}
	if err := b.addEvents(s, row); err != nil {
		return err
	}
	return b.addLinks(row)
}

// likeness is equal for equal names: spans of one name have mostly the same attributes.
func likeness(name []byte) uint {
	h := uint(len(name))
	for _, c := range name[:min(len(name), 12)] {
		h = h*31 + uint(c)
	}
	return h
}

func optionalText(t *table.Builder, column int, v []byte) {
	if len(v) > 0 {
		t.Text(column, v)
	}
}

func optionalInt(t *table.Builder, column int, v uint32) {
	if v != 0 {
		t.Int(column, int64(v))
	}
}

func (b *builder) addEvents(s *Span, row int) error {
	for i := range b.span.Events {
		e := &b.span.Events[i]
		b.events.Int(ofSpan, int64(row))
		b.events.Int(eventTime, e.Time-s.Start)
		b.events.Text(eventName, e.Name)
		optionalInt(b.events, eventDropped, e.DroppedAttributes)
		if err := b.events.Row(b.span.EventAttributes(e), likeness(e.Name)); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) addLinks(row int) error {
	for i := range b.span.Links {
		l := &b.span.Links[i]
		b.links.Int(ofSpan, int64(row))
		b.links.Text(linkTraceID, l.TraceID[:])
		b.links.Text(linkSpanID, l.SpanID[:])
		optionalText(b.links, linkState, l.State)
		optionalInt(b.links, linkFlags, l.Flags)
		optionalInt(b.links, linkDropped, l.DroppedAttributes)
		if err := b.links.Row(b.span.LinkAttributes(l), 0); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) addLogs(logs []Log) error {
	for i := range logs {
		l, d, t := &logs[i], &b.log, b.logs
		d.Read(&l.Log)
		at, err := b.originOf(l.Origin)
		if err != nil {
			return err
		}
		o := &b.known[at]
		if !l.TraceID.IsZero() {
			t.Text(logTraceID, l.TraceID[:])
		}
		if !l.SpanID.IsZero() {
			t.Text(logSpanID, l.SpanID[:])
		}
		t.Int(logTime, l.Time)
		t.Int(logObserved, d.Observed)
		t.Int(logSeverity, int64(d.Severity))
		optionalText(t, logSeverityText, d.SeverityText)
		optionalText(t, logEventName, d.EventName)
		switch d.Body.Kind {
		case trace.StringValue:
			t.Text(logBodyText, d.Body.Raw)
		case trace.EmptyValue:
		default:
			t.Text(logBody, wire.AppendValue(nil, &d.Body))
		}
		optionalInt(t, logFlags, d.Flags)
		t.Int(logResource, int64(o.resource))
		t.Int(logScope, int64(o.scope))
		optionalInt(t, logDropped, d.DroppedAttributes)
		if err := t.Row(d.Attributes, likeness(d.EventName)); err != nil {
			return err
		}
		b.raw += int64(len(l.Raw))
		b.noteLog(cmp.Or(l.Time, d.Observed))
	}
	return nil
}

// noteLog counts a log record of a time.
func (b *builder) noteLog(at int64) {
	if b.logRows == 0 {
		b.firstLog, b.lastLog = at, at
	}
	b.firstLog, b.lastLog = min(b.firstLog, at), max(b.lastLog, at)
	b.logRows++
}

// originOf is the number of an origin, whose resource and scope get rows of their
// own unless equal ones have them.
func (b *builder) originOf(o *Origin) (int32, error) {
	if n, ok := b.originRow[o]; ok {
		return n, nil
	}
	b.origin.ReadResource(&o.Group)
	b.origin.Name = []byte(o.Service)
	resource, err := b.share(b.resources, "r"+string(o.Group.ResourceSchema)+"\x00"+string(o.Group.Resource))
	if err != nil {
		return 0, err
	}
	b.origin.ReadScope(&o.Group)
	scope, err := b.share(b.scopes, "s"+string(o.Group.ScopeSchema)+"\x00"+string(o.Group.Scope))
	if err != nil {
		return 0, err
	}
	n := int32(len(b.known))
	b.known = append(b.known, originRows{origin: o, resource: resource, scope: scope})
	b.originRow[o] = n
	return n, nil
}

// share is the row of what b.origin holds, a new one unless the same content has
// one already.
func (b *builder) share(t *table.Builder, content string) (int, error) {
	if row, ok := b.shared[content]; ok {
		return row, nil
	}
	row := t.Rows()
	b.shared[content] = row
	t.Text(originName, b.origin.Name)
	t.Text(originVersion, b.origin.Version)
	t.Text(originSchema, b.origin.Schema)
	t.Int(originDropped, int64(b.origin.DroppedAttributes))
	return row, t.Row(b.origin.Attributes, 0)
}

// Digest is what summaries depend on, but for tokens.
func (s *Span) Digest() digest.Span {
	whole := trace.Span{Start: s.Start, End: s.End}
	return digest.Span{
		ID: s.ID, Parent: s.Parent, Start: s.Start, Duration: whole.Duration(), Service: s.Origin.Service, Name: string(s.Name), Kind: s.Kind, Status: s.Status,
	}
}
