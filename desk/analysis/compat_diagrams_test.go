// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/trace"
)

func TestCompatTopology(t *testing.T) {
	for section, config := range map[string]func(v *vector) json.RawMessage{
		"topo": func(*vector) json.RawMessage {
			return json.RawMessage(`{"with_group": true, "group_ignore_sequence": true}`)
		},
		"topo_cfg": func(v *vector) json.RawMessage { return v.Config },
	} {
		t.Run(section, func(t *testing.T) {
			eachVector(t, section, func(t *testing.T, v *vector) {
				var c treeConfig
				require.NoError(t, json.Unmarshal(config(v), &c))
				o, problem := originalOf(t, v.Spans, c)
				if problem != "" {
					requireOutput(t, v.Outputs[section], failed(problem))
					return
				}
				requireOutput(t, v.Outputs[section], o.topologyOutput())
			})
		})
	}
}

func (o *original) topologyOutput() object {
	if o.config.Return {
		return o.returnedTopology()
	}
	topology := o.topology(o.groups)
	nodes, relations := []any{}, []any{}
	var c colours
	for _, n := range topology.Nodes {
		nodes = append(nodes, o.boxOutput(n, &c))
	}
	for _, e := range topology.Edges {
		relations = append(relations, object{"source": o.id(topology.Nodes[e.Source].Nodes[0]), "target": o.id(topology.Nodes[e.Target].Nodes[0])})
	}
	return object{"nodes": nodes, "relations": relations}
}

func (o *original) boxOutput(n TopologyNode, c *colours) object {
	first := &o.Nodes[n.Nodes[0]]
	id := o.id(n.Nodes[0])
	failure := 0
	if first.Span.IsError() {
		failure = 1
	}
	service := o.ServiceOf(n.Nodes[0])
	return object{
		"id":       id[:min(16, len(id))], // D-5
		"duration": micros(n.Duration), "color": c.of(service), "service_name": service, "error": failure,
		"spans": o.idsOf(n.Nodes), "icon": icon(first.Class()), "operationName": first.Span.Name, "collapsed": len(n.Nodes) > 1,
	}
}

func TestCompatFlameGraph(t *testing.T) {
	for section, config := range map[string]func(v *vector) json.RawMessage{
		"flamegraph":     func(*vector) json.RawMessage { return json.RawMessage(`{"with_parallel_detection": true}`) },
		"flamegraph_cfg": func(v *vector) json.RawMessage { return v.Config },
	} {
		t.Run(section, func(t *testing.T) {
			eachVector(t, section, func(t *testing.T, v *vector) {
				var c treeConfig
				require.NoError(t, json.Unmarshal(config(v), &c))
				o, problem := originalOf(t, v.Spans, c)
				if problem != "" {
					requireOutput(t, v.Outputs[section], failed(problem))
					return
				}
				requireOutput(t, v.Outputs[section], object{"flame_data": o.flameOutput(), "aggregations_data": o.aggregationsOutput(t)})
			})
		})
	}
}

// flameOutput nests the frames.
func (o *original) flameOutput() []any {
	if o.config.Return {
		return o.returnedFlames()
	}
	frames := o.flameGraph(o.parallels).Frames
	children := make([][]any, len(frames))
	var top []any
	for at, f := range slices.Backward(frames) {
		out := o.frameOutput(f)
		slices.Reverse(children[at])
		out["children"] = append([]any{}, children[at]...)
		if f.Parent == None {
			top = append(top, out)
		} else {
			children[f.Parent] = append(children[f.Parent], out)
		}
	}
	slices.Reverse(top)
	return top
}

func (o *original) frameOutput(f Frame) object {
	s := o.Nodes[f.Node].Span
	start, end := o.extent(f.Node, o.Children(f.Node)) // D-3
	out := object{
		"name": o.ServiceOf(f.Node) + " " + s.Name, "value": micros(end - start), "id": o.id(f.Node), "parallel_id": nil, "last_sibling_id": nil,
		"icon_type": o.Nodes[f.Node].Class(), "start_time": micros(s.Start), "end_time": micros(s.End), "kind": s.Kind,
		"level": o.Nodes[f.Node].Level, "status": object{"code": s.Status.Code, "message": s.Status.Message},
	}
	if f.Parallel != None {
		out["parallel_id"] = o.parallelID(f.Parallel)
	}
	if f.Sibling != None {
		out["last_sibling_id"] = o.id(f.Sibling)
	}
	return out
}

// parallelID is how the vectors name a parallel.
func (o *original) parallelID(at int32) string { return "par:" + o.id(o.parallels.List[at][0]) }

func TestCompatSequence(t *testing.T) {
	eachVector(t, "sequence", func(t *testing.T, v *vector) {
		o, problem := originalOf(t, v.Spans, treeConfig{Group: true, Return: true, Parallel: true})
		if problem != "" {
			requireOutput(t, v.Outputs["sequence"], failed(problem))
			return
		}
		requireOutput(t, v.Outputs["sequence"], o.sequenceOutput())
	})
}

func (o *original) sequenceOutput() object {
	q := o.below.sequence(o.roots, o.groups, o.parallels)
	connections, lines := []any{}, []string{}
	for _, m := range q.Messages {
		c := o.messageOutput(q, m)
		connections = append(connections, c)
		lines = append(lines, c["from"].(string)+" "+string(m.Arrow)+" "+c["to"].(string)+": "+c["message"].(string))
	}
	return object{
		"participants": o.participantsOutput(), "connections": connections, "connections_text": lines,
		"participants_text": o.participantsText(),
	}
}

func (o *original) messageOutput(q *Sequence, m Message) object {
	out := object{
		"from": participantName(q.Participants[m.From]), "to": participantName(q.Participants[m.To]), "hyphen": m.Arrow,
		"parent_merged": m.Caller != None, "message": m.Text, "original": o.id(m.Node), "parallel_id": nil,
		"parallel_path": []string{}, "group_info": nil,
	}
	if m.Arrow == Return {
		out["message"] = " "
	}
	if m.Parallel != None {
		out["parallel_id"] = o.parallelID(m.Parallel)
	}
	path := []string{}
	for b := m.Block; b != None; b = q.Blocks[b].Parent {
		path = append(path, o.parallelID(b))
	}
	slices.Reverse(path)
	out["parallel_path"] = path
	if m.Group != None {
		members := o.idsOf(q.Groups[m.Group].Members)
		first := members[0]
		slices.Sort(members)
		out["group_info"] = object{"id": first, "members": members}
	}
	return out
}

// participantName is how the original names participants.
func participantName(p Participant) string {
	switch p.Type {
	case Endpoint, Database:
		return hashedName(p.Component + ":" + p.Name)
	}
	return p.Name
}

// participantsOutput is S-10: an entry per span for endpoints and databases, and
// one for each component that any span names, even one that was replaced (S-1).
func (o *original) participantsOutput() []object {
	var list []object
	seen := map[string]bool{}
	for i := range o.raw {
		p := participantOf(o.raw[i])
		if p.Type == Component && !seen[p.Name] {
			seen[p.Name] = true
			list = append(list, object{"name": p.Name, "type": p.Type, "component_name": p.Name, "span_id": nil})
		}
	}
	for i := range o.Nodes {
		if p := o.participant(int32(i)); p.Type != Component {
			list = append(list, object{
				"name": participantName(p), "display_name": p.Name, "type": p.Type, "component_name": p.Component, "span_id": o.id(int32(i)),
			})
		}
	}
	if o.hasStart() {
		list = append([]object{{"name": "Start", "display_name": "Start", "type": "component", "component_name": "Start", "span_id": nil}}, list...)
	}
	return list
}

// participantOf is the participant of a span by itself.
func participantOf(s trace.Span) Participant { return Build([]trace.Span{s}).participant(0) }

// hasStart is D-7: the start is listed when a called span has no caller in the
// trace, even if no arrow comes from it. Spans that no root leads to are not drawn
// and do not count.
func (o *original) hasStart() bool {
	calling := map[trace.SpanID]bool{}
	for i := range o.raw {
		if o.raw[i].Kind.IsCalling() {
			calling[o.raw[i].ID] = true
		}
	}
	return slices.ContainsFunc(o.Order, func(n int32) bool {
		s := o.Nodes[n].Span
		return s.Kind.IsCalled() && !calling[s.Parent]
	})
}

// participantsText is the original's debugging form of the participants, with
// those of spans that were replaced (S-1).
func (o *original) participantsText() string {
	var b strings.Builder
	b.WriteString("\n%%participants\n")
	if o.hasStart() {
		b.WriteString("participant Start\n")
	}
	var components []string
	boxes, named := map[string][]Participant{}, map[string]bool{}
	for i := range o.raw {
		p := participantOf(o.raw[i])
		if p.Type != Component {
			if boxes[p.Component] == nil {
				components = append(components, p.Component)
			}
			boxes[p.Component] = append(boxes[p.Component], p)
		} else if !named[p.Name] {
			named[p.Name] = true
			b.WriteString("participant " + p.Name + "\n")
		}
	}
	for _, component := range components {
		b.WriteString("box " + component + "\n")
		for _, p := range boxes[component] {
			if name := participantName(p); !named[name] {
				named[name] = true
				b.WriteString("participant " + name + " as " + p.Name + "\n")
			}
		}
		b.WriteString("end\n")
	}
	b.WriteString("%%end\n\n")
	return b.String()
}

func hashedName(s string) string {
	sum := sha1.Sum([]byte(s))
	return "p" + hex.EncodeToString(sum[:])[:8]
}

// aggregations are the fields by which the original's flame graph counts spans,
// with their titles.
var aggregations = []struct{ key, by, title string }{
	{"name", "name", "接口"}, {"service", "service", "服务"}, {"source", "sdk", "数据来源"}, {"kind", "kind", "Span类型"},
}

// kindLabels are how the original names kinds.
var kindLabels = []string{"未指定(unspecified)", "内部(internal)", "被调", "主调", "异步主调", "异步被调"}

var kinds = []trace.Kind{trace.Unspecified, trace.Internal, trace.Server, trace.Client, trace.Producer, trace.Consumer}

func (o *original) aggregationsOutput(t *testing.T) []object {
	t.Helper()
	var list []object
	for _, a := range aggregations {
		stats, err := o.Statistics(StatisticsOptions{By: []string{a.by}})
		require.NoError(t, err)
		items := []any{}
		for _, row := range stats.Rows {
			items = append(items, aggregationOutput(a.by, row))
		}
		list = append(list, object{"aggregation_key": a.key, "display_name": a.title, "items": items})
	}
	return list
}

func aggregationOutput(by string, row StatisticsRow) object {
	var key, label any = row.Cells[0].String(), row.Cells[0].String()
	if by == "kind" {
		kind := slices.IndexFunc(kinds, func(k trace.Kind) bool { return k.String() == row.Cells[0].String() })
		key, label = kind, kindLabels[kind]
	}
	return object{"key": key, "display_name": label, "values": object{
		"max_duration": micros(row.Max), "min_duration": micros(row.Min), "sum_duration": micros(row.Sum), "P95": micros(row.P95), "count": row.Count,
		"avg_duration": twoDecimals(float64(micros(row.Sum)) / float64(row.Count)),
	}}
}

// twoDecimals rounds as Python's round does: to the nearest decimal of the
// binary value, ties to even.
func twoDecimals(f float64) float64 {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(f, 'f', 2, 64), 64)
	if err != nil {
		return f
	}
	return rounded
}
