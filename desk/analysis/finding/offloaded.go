// SPDX-License-Identifier: Apache-2.0

package finding

import (
	"strings"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
)

// OffloadedValue is large values, such as prompts, that are kept in object storage
// and for which spans and their events have links: the attribute begins with
// "trace_link: " or is named trace_link, as Sidetrace writes them, or it is a
// message, an argument or a result that is nothing but the URL of an object.
//
// A URL that a span is about, such as that of a file it reads, is none. It costs
// nothing.
const OffloadedValue Kind = "offloadedValue"

// payloads are the fields whose values are large.
var payloads = []semconv.Field{semconv.InputMessages, semconv.OutputMessages, semconv.ToolArguments, semconv.ToolResult}

func (f *finder) offloaded() {
	for i := range f.tree.Nodes {
		s := f.tree.Nodes[i].Span
		f.linksAmong(int32(i), s.Attributes)
		for j := range s.Events {
			f.linksAmong(int32(i), s.Events[j].Attributes)
		}
		for j := 0; j < len(payloads) && f.is(int32(i), saysPayload); j++ {
			f.payload(int32(i), payloads[j], payloads[:j])
		}
	}
}

func (f *finder) linksAmong(node int32, attrs []trace.KeyValue) {
	for i := range attrs {
		key, value := attrs[i].Key, attrs[i].Value.Str()
		link, ok := strings.CutPrefix(value, semconv.LinkPrefix)
		if ok || key == semconv.LinkKey && value != "" {
			f.addLink(node, key, link)
		}
	}
}

// payload looks at a field, unless an earlier one has the same attribute.
func (f *finder) payload(node int32, field semconv.Field, earlier []semconv.Field) {
	n := &f.tree.Nodes[node]
	if n.Attrs[field] == 0 {
		return
	}
	for _, e := range earlier {
		if n.Attrs[e] == n.Attrs[field] {
			return
		}
	}
	if v, _ := n.Attrs.Value(n.Span, field); semconv.IsObjectURL(v.Str()) {
		f.addLink(node, n.Attrs.Key(n.Span, field), v.Str())
	}
}

func (f *finder) addLink(node int32, key, link string) {
	f.add(candidate{severity: Info, place: place{f.tree.Nodes[node].Similar, number(f.keys, key)}, nodes: []int32{node}, text: key + "\x00" + link})
}

func (f *finder) describeOffloaded(c *candidate) (title, advice phrase) {
	key, link, _ := strings.Cut(c.text, "\x00")
	return say("%s of %s is kept in object storage: %s", cut(key, 60), f.named(c.nodes[0]), cut(link, 200)),
		say("Open the link to read the value; it is not part of the span.")
}
