// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
)

func TestCompatWaterfall(t *testing.T) {
	eachVector(t, "waterfall", func(t *testing.T, v *vector) {
		o := newWaterfallOutput(t, v)
		if len(o.spans) == 0 {
			requireOutput(t, v.Outputs["waterfall"], object{})
			return
		}
		if problem := o.problem(v); problem != "" {
			requireError(t, v.Outputs["waterfall"], problem)
			assert.Len(t, o.waterfall.Rows, len(o.tree.Nodes))
			return
		}
		requireOutput(t, v.Outputs["waterfall"], o.output())
	})
}

// A waterfallOutput is our waterfall in the form of the original, which shows
// every record, also those that another one with the same id replaced (S-1).
type waterfallOutput struct {
	texts   idTexts
	options vectorOptions
	spans   []trace.Span // the records in their order

	tree      *Tree // of the spans by id
	waterfall *Waterfall
	moved     *Tree // as the original moves spans
	drawn     *Waterfall
	every     *Tree // of all records
	all       *Tree // of all records, as the original moves them
	allDrawn  *Waterfall

	colours   colours
	processes processes
}

func newWaterfallOutput(t *testing.T, v *vector) *waterfallOutput {
	t.Helper()
	spans, _ := spansOf(t, v.Spans)
	o := &waterfallOutput{texts: textsOf(t, v.Spans), options: v.Options}
	o.spans = Arrange(o.displayed(spans))
	o.tree = Build(o.spans)
	o.waterfall = o.tree.Waterfall(WaterfallOptions{Align: v.Options.Align})
	o.moved = Build(o.originalTimes())
	o.drawn = o.moved.Waterfall(WaterfallOptions{})
	o.every = Build(ownIDs(o.spans))
	o.all = Build(ownIDs(o.originalTimes()))
	o.allDrawn = o.all.Waterfall(WaterfallOptions{})
	return o
}

// displayed are the spans of the sources that are wanted, and the callees that
// the original infers (spec 13.1).
func (o *waterfallOutput) displayed(spans []trace.Span) []trace.Span {
	ebpf := slices.Contains(o.options.Displays, "source_category_ebpf")
	spans = slices.DeleteFunc(spans, func(s trace.Span) bool { return SourceOf(&s) != SourceOpenTelemetry && !ebpf })
	if !slices.Contains(o.options.Displays, "virtual_span") {
		return spans
	}
	callees, _ := originalCallees(spans)
	for _, s := range callees {
		o.texts.spans[s.ID] = o.texts.spans[s.Parent] + "-virtual"
		spans = append(spans, s)
	}
	return spans
}

// ownIDs gives those spans an id of their own that a later one replaces.
func ownIDs(spans []trace.Span) []trace.Span {
	last := map[trace.SpanID]int{}
	for i := range spans {
		last[spans[i].ID] = i
	}
	spans = slices.Clone(spans)
	for i := range spans {
		if last[spans[i].ID] != i {
			spans[i].ID = spans[i].ID.Derived("record " + strconv.Itoa(i))
		}
	}
	return spans
}

// problem is why the original shows nothing: for cycles (D-13), and for spans
// without a service (D-9).
func (o *waterfallOutput) problem(v *vector) string {
	for i := range o.tree.Nodes {
		if o.tree.Nodes[i].Mark&(CycleCut|SelfParent) != 0 {
			return "NetworkXUnfeasible"
		}
	}
	for i := range o.spans {
		if o.spans[i].Resource == nil {
			return "KeyError"
		}
		if _, ok := trace.Lookup(o.spans[i].Resource.Attributes, "service.name"); !ok {
			return "KeyError"
		}
	}
	return ""
}

// originalTimes are the spans where the original shows them: it moves a callee
// without what is below it (S-7).
func (o *waterfallOutput) originalTimes() []trace.Span {
	total, own := map[int32]int64{}, map[*trace.Span]int64{}
	byID := map[trace.SpanID]*trace.Span{}
	for _, row := range o.waterfall.Rows {
		n := &o.tree.Nodes[row.Node]
		total[row.Node] = row.Shift
		own[n.Span] = row.Shift - total[n.Parent]
		byID[n.Span.ID] = n.Span
	}
	spans := slices.Clone(o.spans)
	for i := range spans {
		shift, ok := own[&o.spans[i]]
		if caller := byID[spans[i].Parent]; !ok && caller != nil && o.options.Align {
			shift, _ = skewOf(caller, &spans[i]) // a record that was replaced (S-1)
		}
		spans[i].Start += shift
		spans[i].End += shift
	}
	return spans
}

func (o *waterfallOutput) output() object {
	ids, relations := []string{}, []object{}
	for i := range o.spans {
		s := &o.spans[i]
		ids = append(ids, o.texts.spans[s.ID])
		if !s.Parent.IsZero() {
			relations = append(relations, object{"source": o.texts.spans[s.Parent], "target": o.texts.spans[s.ID]})
		}
	}
	traceID := o.texts.traces[o.spans[0].TraceID]
	spans := o.treeSpans()
	out := object{
		"trace_id": traceID, "original_data": ids, "trace_info": o.info(), "span_classify": o.cards(),
		"trace_tree": object{"traceID": traceID, "processes": o.processes.output(o.options.Slim), "spans": spans},
	}
	if !o.options.Slim {
		out["topo_relation"] = relations
	}
	return out
}

// info is the original's trace_info. It takes the first record for the root, and
// the first that was called for the entry; the end is that of the first (S-7).
func (o *waterfallOutput) info() object {
	s := o.every.Summary()
	first, entry := &o.every.Nodes[0], &o.every.Nodes[0]
	for i := range o.every.Nodes {
		if o.every.Nodes[i].Span.Kind.IsCalled() {
			entry = &o.every.Nodes[i]
			break
		}
	}
	category := originalCategory(entry)
	return object{
		"app_name": "demo", "root_span_id": o.texts.spans[o.spans[0].ID], "root_service": entry.Span.Service(),
		"root_endpoint": entry.Span.Name, "error": s.Errors > 0, "status_code": originalStatus(category, entry.StatusBadge()),
		"product_time": micros(first.Span.Start), "category": category, "trace_duration": micros(s.Duration),
		"trace_start_time": micros(first.Span.Start), "trace_end_time": micros(first.Span.End),
		"service_count": s.ServiceCount, "hierarchy_count": originalLevels(o.every), "request_count": s.Requests,
		"max_duration": micros(s.Longest), "min_duration": micros(s.Shortest), "time_error": s.Skewed,
	}
}

// originalCategory looks at fewer attributes than ours, in another order
// (spec 1.3).
func originalCategory(n *Node) string {
	for _, rule := range []struct {
		field    semconv.Field
		category Category
	}{
		{semconv.HTTPMethod, CategoryHTTP}, {semconv.RPCService, CategoryRPC},
		{semconv.DBSystem, CategoryDB}, {semconv.MessagingSystem, CategoryMessaging},
	} {
		if n.Attrs.Says(n.Span, rule.field) {
			return string(rule.category)
		}
	}
	return string(CategoryOther)
}

// originalStatus takes all but 2xx for an error, also of RPC, whose OK it does
// not see.
func originalStatus(category string, badge StatusBadge) any {
	code, _ := badge.Value.Number()
	if badge.Value.IsBlank() || category != string(CategoryHTTP) && category != string(CategoryRPC) {
		return nil
	}
	if category == string(CategoryHTTP) && 200 <= code && code <= 299 {
		return object{"type": "normal", "value": badge.Value}
	}
	return object{"type": "error", "value": badge.Value}
}

// originalLevels counts steps rather than levels; a root has one to nowhere, an
// orphan one from its missing parent.
func originalLevels(t *Tree) (levels int) {
	for _, root := range t.Roots {
		height := 0
		for _, n := range t.Subtree(root) {
			height = max(height, int(t.Nodes[n].Level)+1)
		}
		if t.Nodes[root].Mark&Orphan == 0 {
			height = max(height-1, 1)
		}
		levels = max(levels, height)
	}
	return levels
}

func (o *waterfallOutput) cards() []object {
	var colours colours
	cards := []object{}
	for _, c := range o.allDrawn.Cards {
		switch c.Type {
		case CardService:
			if c.Service == "" {
				continue // D-9: the original has no card for it
			}
			cards = append(cards, object{
				"type": "service", "count": c.Count, "name": c.Service, "filter_key": "resource.service.name",
				"filter_value": c.Service, "color": colours.of(c.Service), "icon": icon(c.Class),
			})
		case CardError:
			cards = append(cards, object{
				"type": "error", "filter_key": "status.code", "filter_value": 2, "name": "错误", "count": c.Count,
				"icon": "mind-fill", "color": "",
			})
		case CardLongest:
			cards = append(cards, object{
				"type": "max_duration", "filter_key": "duration", "filter_value": micros(c.Duration),
				"name": "最大耗时 " + humanMicros(micros(c.Duration)), "count": 0, "icon": "mc-time", "color": "",
			})
		}
	}
	return cards
}

// humanMicros is a duration as the original writes it.
func humanMicros(n int64) string {
	if n == 0 {
		return "0ns"
	}
	if n < 1000 {
		return strconv.FormatInt(n, 10) + "µs"
	}
	scale, unit := float64(1000), "ms"
	for _, next := range []struct {
		scale float64
		unit  string
	}{{1e6, "s"}, {60e6, "m"}, {3600e6, "h"}, {86400e6, "d"}} {
		if float64(n) >= next.scale {
			scale, unit = next.scale, next.unit
		}
	}
	text := strconv.FormatFloat(math.RoundToEven(float64(n)/scale*1e6)/1e6, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text + unit
}

func TestCompatHumanDuration(t *testing.T) {
	var cases [][2]any
	readMisc(t, "microsecond_auto_convert", &cases)
	require.NotEmpty(t, cases)
	for _, c := range cases {
		assert.Equal(t, c[1], humanMicros(int64(c[0].(float64))))
	}
}

// idTexts are the original's ids by ours.
type idTexts struct {
	spans  map[trace.SpanID]string
	traces map[trace.TraceID]string
}

func textsOf(t *testing.T, documents json.RawMessage) idTexts {
	t.Helper()
	type ids struct {
		TraceID string `json:"trace_id"`
		ID      string `json:"span_id"`
		Parent  string `json:"parent_span_id"`
		Links   []ids  `json:"links"`
	}
	var all []ids
	require.NoError(t, json.Unmarshal(documents, &all))
	for i := range all {
		all = append(all, all[i].Links...)
	}
	texts := idTexts{map[trace.SpanID]string{}, map[trace.TraceID]string{}}
	for _, d := range all {
		texts.traces[trace.TraceIDOf(d.TraceID)] = d.TraceID
		texts.spans[trace.SpanIDOf(d.Parent)] = d.Parent
		texts.spans[trace.SpanIDOf(d.ID)] = d.ID
	}
	return texts
}

func (o *waterfallOutput) treeSpans() []object {
	byID := map[trace.SpanID]*WaterfallRow{}
	for i := range o.drawn.Rows {
		row := &o.drawn.Rows[i]
		byID[o.moved.Nodes[row.Node].Span.ID] = row
	}
	times := o.originalTimes()
	spans := []object{}
	for i := range times {
		spans = append(spans, o.span(&times[i], byID[times[i].ID]))
	}
	return spans
}

// span is one record with the row that its id has.
func (o *waterfallOutput) span(s *trace.Span, row *WaterfallRow) object {
	n := &Node{Span: s, Attrs: semconv.Scan(s)}
	out := object{
		"id": o.texts.spans[s.ID], "spanID": o.texts.spans[s.ID], "app_name": "demo", "duration": micros(s.Duration()),
		"references": o.references(s), "flags": 0, "color": o.colours.of(s.Service()), "operationName": s.Name,
		"service_name": s.Service(), "startTime": micros(s.Start), "kind": s.Kind, "tags": tagsOf(s), "error": s.IsError(),
		"message": s.Status.Message, "icon": icon(n.Class()), "processID": o.processes.of(s.Resource),
		"stage_duration": o.stage(s), "cross_relation": object{}, "is_virtual": s.Inferred, "source": "opentelemetry",
		"group_info": o.group(row),
	}
	o.addSource(out, row.Source, s.Resource)
	if o.options.Slim {
		return out
	}
	events, logs := []object{}, []object{}
	for _, e := range s.Events {
		events = append(events, object{
			"name": e.Name, "timestamp": micros(e.Time), "duration": micros(e.Time - s.Start),
			"attributes": attributesOutput(e.Attributes, "events.attributes."),
		})
		message := []trace.KeyValue{{Key: "message", Value: trace.String(e.Name)}}
		logs = append(logs, object{
			"timestamp": micros(e.Time),
			"fields":    append(tagsOutput(e.Attributes, "events.attributes."), tagsOutput(message, "events.name.")...),
		})
	}
	maps.Copy(out, object{
		"traceID": o.texts.traces[s.TraceID], "events": events, "logs": logs,
		"attributes": append(attributesOutput(s.Attributes, "attributes."), extraAttributes(s)...),
		"resource":   attributesOutput(s.Resource.Attributes, "resource."),
	})
	return out
}

// references are the parent and the links.
func (o *waterfallOutput) references(s *trace.Span) []object {
	refs := []object{}
	if !s.Parent.IsZero() {
		refs = append(refs, object{"refType": "CHILD_OF", "spanID": o.texts.spans[s.Parent], "traceID": o.texts.traces[s.TraceID]})
	}
	for _, l := range s.Links {
		refs = append(refs, object{"refType": "FOLLOWS_FROM", "traceID": o.texts.traces[l.TraceID], "spanID": o.texts.spans[l.SpanID]})
	}
	return refs
}

// stage is the call of a client, or of the client above: the original shows
// every child of a client the last call that was served.
func (o *waterfallOutput) stage(s *trace.Span) any {
	last := map[trace.SpanID]*Stage{}
	for i := range o.allDrawn.Stages {
		last[o.all.Nodes[o.allDrawn.Stages[i].Caller].Span.ID] = &o.allDrawn.Stages[i]
	}
	target, stage := "right", last[s.Parent]
	if stage == nil {
		target, stage = "left", last[s.ID]
	}
	if stage == nil {
		return nil
	}
	caller, callee := o.all.Nodes[stage.Caller].Span, o.all.Nodes[stage.Callee].Span
	left := stageSide(caller, caller.Start, caller.End)
	right := stageSide(callee, caller.Start+stage.Request, caller.End-stage.Response)
	return object{"target": target, "left": left, "right": right}
}

func stageSide(s *trace.Span, start, end int64) object {
	return object{
		"label": s.Service(), "type": kindLabel(int64(s.Kind)), "start_time": micros(start), "end_time": micros(end),
		"error": s.IsError(), "error_message": s.Status.Message,
	}
}

func (o *waterfallOutput) group(row *WaterfallRow) any {
	if row.Group == None {
		return nil
	}
	g := &o.drawn.Groups[row.Group]
	var members []string
	for _, m := range g.Members {
		members = append(members, o.texts.spans[o.moved.Nodes[m].Span.ID])
	}
	return object{"id": members[0], "members": members, "duration": micros(g.Duration)}
}

// tapSides are how the original names the places where eBPF listens.
var tapSides = map[string]string{
	"Other NIC": "其他网卡", "Local NIC": "本机网卡", "Client NIC": "客户端网卡", "Client K8s Node": "客户端容器节点",
	"Client VM Hypervisor": "客户端宿主机", "Client-side Gateway": "客户端到网关", "Client-side Gateway Hypervisor": "客户端到网关宿主机",
	"Server NIC": "服务端网卡", "Server K8s Node": "服务端容器节点", "Server VM Hypervisor": "服务端宿主机",
	"Server-side Gateway": "网关到服务端", "Server-side Gateway Hypervisor": "网关宿主机到服务端", "Client Process": "客户端进程",
	"Server Process": "服务端进程", "Client Application": "客户端应用", "Server Application": "服务端应用", "Application": "应用",
}

// addSource adds what the original says of spans from eBPF.
func (o *waterfallOutput) addSource(out object, source Source, r *trace.Resource) {
	if source != SourceEBPFNetwork && source != SourceEBPFSystem {
		return
	}
	attribute := func(key string) any {
		v, ok := trace.Lookup(r.Attributes, key)
		if !ok {
			return nil
		}
		return v
	}
	side, _ := trace.Lookup(r.Attributes, "df.capture_info.tap_side")
	out["source"], out["ebpf_kind"], out["icon"] = "ebpf", string(source), icon(Class(source))
	if source == SourceEBPFNetwork {
		name, ok := tapSides[side.String()]
		if !ok {
			name = tapSides["Other NIC"]
		}
		out["ebpf_tap_port_name"], out["ebpf_tap_side"] = attribute("df.capture_info.tap_port_name"), name
		return
	}
	thread := "thread.name_1"
	if side.String() == "Client Process" {
		thread = "thread.name_0"
	}
	out["ebpf_thread_name"] = attribute(thread)
}
