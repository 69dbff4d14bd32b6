// SPDX-License-Identifier: Apache-2.0

package query

import "github.com/sidetrace/sidetrace/desk/trace"

// A scan is what conditions look at: a span, and where it matters an event or
// link of it, and the trace that it is part of.
type scan struct {
	span  *trace.Span
	event *trace.Event
	link  *trace.Link
	at    int32 // the index of the span in the trace
	trace *facts
	value trace.Value // what was last read, if it was made for that
}

// intrinsics are all fields that are not attributes under their own names, by
// their canonical names.
var intrinsics = map[string]intrinsic{
	"name":            {kind: text, read: func(s *scan) (trace.Value, bool) { return trace.String(s.span.Name), true }},
	"status":          {kind: status, read: func(s *scan) (trace.Value, bool) { return trace.Int(int64(s.span.Status.Code)), true }},
	"statusMessage":   {kind: text, read: func(s *scan) (trace.Value, bool) { return trace.String(s.span.Status.Message), true }},
	"kind":            {kind: spanKind, read: func(s *scan) (trace.Value, bool) { return trace.Int(int64(s.span.Kind)), true }},
	"duration":        {kind: duration, read: func(s *scan) (trace.Value, bool) { return trace.Int(s.span.Duration()), true }},
	"span:id":         {kind: id, read: func(s *scan) (trace.Value, bool) { return idValue(s.span.ID) }},
	"span:parentID":   {kind: id, read: func(s *scan) (trace.Value, bool) { return idValue(s.span.Parent) }},
	"span:start":      {kind: count, read: func(s *scan) (trace.Value, bool) { return trace.Int(s.span.Start), true }},
	"span:end":        {kind: count, read: func(s *scan) (trace.Value, bool) { return trace.Int(s.span.End), true }},
	"span:traceState": {kind: text, read: func(s *scan) (trace.Value, bool) { return trace.String(s.span.State), true }},

	"event:name":           {kind: text, level: ofEvent, read: func(s *scan) (trace.Value, bool) { return trace.String(s.event.Name), true }},
	"event:time":           {kind: count, level: ofEvent, read: func(s *scan) (trace.Value, bool) { return trace.Int(s.event.Time), true }},
	"event:timeSinceStart": {kind: duration, level: ofEvent, read: sinceStart},
	"link:traceID":         {kind: id, level: ofLink, read: func(s *scan) (trace.Value, bool) { return idValue(s.link.TraceID) }},
	"link:spanID":          {kind: id, level: ofLink, read: func(s *scan) (trace.Value, bool) { return idValue(s.link.SpanID) }},
	"link:traceState":      {kind: text, level: ofLink, read: func(s *scan) (trace.Value, bool) { return trace.String(s.link.State), true }},

	"instrumentation:name":    {kind: text, read: scopeName},
	"instrumentation:version": {kind: text, read: scopeVersion},

	"trace:id":           {kind: id, read: func(s *scan) (trace.Value, bool) { return idValue(s.span.TraceID) }},
	"traceDuration":      {kind: duration, level: ofTrace, read: ofBounds(func(b *bounds) int64 { return subTime(b.end, b.start) })},
	"trace:start":        {kind: count, level: ofTrace, read: ofBounds(func(b *bounds) int64 { return b.start })},
	"trace:end":          {kind: count, level: ofTrace, read: ofBounds(func(b *bounds) int64 { return b.end })},
	"trace:maxDuration":  {kind: duration, level: ofTrace, read: ofBounds(func(b *bounds) int64 { return b.longest })},
	"trace:minDuration":  {kind: duration, level: ofTrace, read: ofBounds(func(b *bounds) int64 { return b.shortest })},
	"trace:errorCount":   {kind: count, level: ofTrace, read: ofBounds(func(b *bounds) int64 { return b.errors })},
	"trace:serviceCount": {kind: count, level: ofTrace, read: ofBounds(func(b *bounds) int64 { return b.services })},
	"trace:spanCount":    {kind: count, level: ofTrace, read: func(s *scan) (trace.Value, bool) { return trace.Int(int64(len(s.trace.spans))), true }},
	"trace:depth":        {kind: count, level: ofTrace, read: func(s *scan) (trace.Value, bool) { return trace.Int(s.trace.tree().depth), true }},
	"span:childCount":    {kind: count, level: ofTrace, read: childCount},

	"rootName":           {kind: text, level: ofTrace, read: ofRoot(func(s *trace.Span) trace.Value { return trace.String(s.Name) })},
	"rootServiceName":    {kind: text, level: ofTrace, read: ofRoot(func(s *trace.Span) trace.Value { return trace.String(s.Service()) })},
	"trace:rootID":       {kind: id, level: ofTrace, read: ofRoot(func(s *trace.Span) trace.Value { return trace.String(s.ID.String()) })},
	"trace:rootKind":     {kind: spanKind, level: ofTrace, read: ofRoot(func(s *trace.Span) trace.Value { return trace.Int(int64(s.Kind)) })},
	"trace:entryName":    {kind: text, level: ofTrace, read: ofEntry(func(s *trace.Span) trace.Value { return trace.String(s.Name) })},
	"trace:entryService": {kind: text, level: ofTrace, read: ofEntry(func(s *trace.Span) trace.Value { return trace.String(s.Service()) })},
	"trace:entryID":      {kind: id, level: ofTrace, read: ofEntry(func(s *trace.Span) trace.Value { return trace.String(s.ID.String()) })},
	"trace:entryKind":    {kind: spanKind, level: ofTrace, read: ofEntry(func(s *trace.Span) trace.Value { return trace.Int(int64(s.Kind)) })},

	"any":       {kind: anything},
	"error":     {kind: boolean, read: func(s *scan) (trace.Value, bool) { return trace.Bool(s.span.IsError()), true }},
	"service":   {kind: text, read: serviceName},
	"tokens":    {kind: quantity, read: tokens},
	"ttft":      {kind: duration, read: timeToFirst},
	"session":   {keys: sessionKeys},
	"chat":      {keys: []string{"chat_id"}},
	"model":     {keys: modelKeys},
	"tool":      {keys: []string{"gen_ai.tool.name", "tool.name", "ai.toolCall.name"}},
	"agent":     {keys: []string{"gen_ai.agent.name", "agent.name"}},
	"node.id":   {keys: []string{"node.id"}},
	"node.name": {keys: []string{"node.name"}},
	"node.type": {keys: []string{"node.type"}},
}

// idValue is an id as text; the zero id is the text "".
func idValue[ID interface{ String() string }](id ID) (trace.Value, bool) {
	return trace.String(id.String()), true
}

func sinceStart(s *scan) (trace.Value, bool) {
	return trace.Int(subTime(s.event.Time, s.span.Start)), true
}

func scopeName(s *scan) (trace.Value, bool) {
	if s.span.Scope == nil {
		return trace.Value{}, false
	}
	return trace.String(s.span.Scope.Name), true
}

func scopeVersion(s *scan) (trace.Value, bool) {
	if s.span.Scope == nil {
		return trace.Value{}, false
	}
	return trace.String(s.span.Scope.Version), true
}

// serviceName is the name as [trace.Span.Service] has it, which indexes know.
func serviceName(s *scan) (trace.Value, bool) {
	if s.span.Resource == nil {
		return trace.Value{}, false
	}
	v, ok := trace.Lookup(s.span.Resource.Attributes, "service.name")
	if v.Kind() != trace.StringValue {
		v = trace.String(v.String())
	}
	return v, ok
}

func ofBounds(get func(*bounds) int64) func(*scan) (trace.Value, bool) {
	return func(s *scan) (trace.Value, bool) { return trace.Int(get(s.trace.bounds())), true }
}

func ofRoot(get func(*trace.Span) trace.Value) func(*scan) (trace.Value, bool) {
	return func(s *scan) (trace.Value, bool) { return ofPlace(s, s.trace.tree().root, get) }
}

func ofEntry(get func(*trace.Span) trace.Value) func(*scan) (trace.Value, bool) {
	return func(s *scan) (trace.Value, bool) { return ofPlace(s, s.trace.tree().entry, get) }
}

func ofPlace(s *scan, at int32, get func(*trace.Span) trace.Value) (trace.Value, bool) {
	if at == none {
		return trace.Value{}, false
	}
	return get(&s.trace.spans[at]), true
}

func childCount(s *scan) (trace.Value, bool) {
	tree := s.trace.tree()
	return trace.Int(int64(tree.children[tree.node[s.at]])), true
}
