// SPDX-License-Identifier: Apache-2.0

package span

import (
	"log/slog"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Keys of what the methods of [Span] record.
const (
	// CodeKey is set by [Span.SetCode].
	CodeKey = attribute.Key("code")
	// ErrorKey is true on a span with an ERROR event.
	ErrorKey = attribute.Key("error")
	// LinkKey is the attribute that stands for all attributes of an event
	// that went to object storage.
	LinkKey = attribute.Key("trace_link")
)

// linkPrefix begins a value that stands for one in object storage.
const linkPrefix = "trace_link: "

// level is a level of events: its threshold, the event's name, and the
// attribute that holds the event's text.
type level struct {
	slog slog.Level
	name string
	text attribute.Key
}

var (
	debugLevel = &level{slog.LevelDebug, "DEBUG", "DEBUG LOG"}
	infoLevel  = &level{slog.LevelInfo, "INFO", "INFO LOG"}
	warnLevel  = &level{slog.LevelWarn, "WARN", "WARN LOG"}
	errorLevel = &level{slog.LevelError, "ERROR", "ERROR LOG"}
)

// Debug records an event DEBUG with msg as its attribute "DEBUG LOG", followed
// by attrs. Without msg the event has attrs alone.
//
// A msg or value of attrs longer than the threshold goes to object storage and
// becomes "trace_link: <link>". Without msg, attrs that are longer in sum go
// there as one JSON object, and the event has the attribute trace_link alone.
func (s *Span) Debug(msg string, attrs ...attribute.KeyValue) {
	if s != nil {
		s.event(debugLevel, msg, attrs)
	}
}

// Info records an event INFO, like [Span.Debug].
func (s *Span) Info(msg string, attrs ...attribute.KeyValue) {
	if s != nil {
		s.event(infoLevel, msg, attrs)
	}
}

// Warn records an event WARN, like [Span.Debug].
func (s *Span) Warn(msg string, attrs ...attribute.KeyValue) {
	if s != nil {
		s.event(warnLevel, msg, attrs)
	}
}

// Error records an event ERROR, like [Span.Debug], and sets the attribute error
// and the status of the span. On a node's own span it fails the node; on a span
// below that it is a line of the node's log, since the node may yet try again.
// Where there is an error value, [Span.Fail] says more.
func (s *Span) Error(msg string, attrs ...attribute.KeyValue) {
	if s == nil {
		return
	}
	s.event(errorLevel, msg, attrs)
	s.otel.SetAttributes(ErrorKey.Bool(true))
	s.otel.SetStatus(codes.Error, shortStatus(msg))
	s.record.Fail(msg)
}

// Event records an event of a name of its own, whatever the level.
func (s *Span) Event(name string, attrs ...attribute.KeyValue) {
	if s == nil || !s.otel.IsRecording() && s.node == nil {
		return
	}
	own := s.b.shortenEvent(slices.Clone(attrs))
	s.otel.AddEvent(name, trace.WithAttributes(own...))
	if s.node != nil {
		s.node.Log(slog.LevelInfo, name+"="+asJSON(own))
	}
}

func (s *Span) event(l *level, msg string, attrs []attribute.KeyValue) {
	if l.slog < s.b.Level.Level() {
		return
	}
	if !s.otel.IsRecording() && s.node == nil {
		return
	}
	own := make([]attribute.KeyValue, 0, 1+len(attrs))
	if msg == "" {
		own = s.b.shortenEvent(append(own, attrs...))
	} else {
		own = append(append(own, l.text.String(msg)), attrs...)
		s.b.shorten(own)
	}
	s.otel.AddEvent(l.name, trace.WithAttributes(own...))
	if s.node != nil {
		s.mirrorEvent(l, msg != "", own)
	}
}

// mirrorEvent writes the event's text, if it has one, and its other attributes
// as a line of the node log. An ERROR on the node's own span is the failure of
// the node; below it, it may yet be retried.
func (s *Span) mirrorEvent(l *level, hasText bool, own []attribute.KeyValue) {
	var line string
	if hasText {
		line, own = own[0].Value.AsString(), own[1:]
	}
	if len(own) > 0 {
		if line != "" {
			line += " "
		}
		line += asJSON(own)
	}
	if l == errorLevel && s.owns {
		s.node.Fail(line)
		return
	}
	s.node.Log(l.slog, line)
}

func (s *Span) mirrorAttributes(attrs []attribute.KeyValue) {
	switch {
	case s.node == nil:
	case len(attrs) == 1:
		s.node.Log(slog.LevelInfo, "set attribute: "+string(attrs[0].Key)+"="+attrs[0].Value.String())
	default:
		s.node.Log(slog.LevelInfo, "set attributes: "+asJSON(attrs))
	}
}

// asJSON returns attributes as a JSON object, by the rules of the OpenTelemetry
// specification for non-OTLP protocols.
func asJSON(attrs []attribute.KeyValue) string {
	return attribute.MapValue(attrs...).String()
}

// shorten swaps values that are too long for their links.
func (b *binding) shorten(attrs []attribute.KeyValue) {
	if b.Offloader == nil {
		return
	}
	for i := range attrs {
		if text, long := b.long(attrs[i].Value); long {
			if link, ok := b.Offloader.Offload(text); ok {
				attrs[i].Value = attribute.StringValue(linkPrefix + link)
			}
		}
	}
}

// long returns what is to be offloaded of a value, if it is too long.
func (b *binding) long(v attribute.Value) (text string, long bool) {
	switch v.Type() {
	case attribute.STRING:
		text = v.AsString()
	case attribute.BYTESLICE:
		text = string(v.AsByteSlice())
	case attribute.STRINGSLICE, attribute.SLICE, attribute.MAP,
		attribute.BOOLSLICE, attribute.INT64SLICE, attribute.FLOAT64SLICE:
		text = v.String()
	}
	return text, len(text) > b.Threshold
}

// shortenEvent swaps attributes that are too long together for one link.
func (b *binding) shortenEvent(attrs []attribute.KeyValue) []attribute.KeyValue {
	if b.Offloader == nil || b.size(attrs) <= b.Threshold {
		return attrs
	}
	if link, ok := b.Offloader.Offload(asJSON(attrs)); ok {
		return []attribute.KeyValue{LinkKey.String(link)}
	}
	return attrs
}

func (b *binding) size(attrs []attribute.KeyValue) int {
	n := 0
	for _, a := range attrs {
		text, _ := b.long(a.Value)
		n += len(a.Key) + len(text)
	}
	return n
}

// maxStatus bounds the description of a status, in bytes: the whole text is in
// the event beside it.
const maxStatus = 1 << 10

func shortStatus(msg string) string {
	if len(msg) <= maxStatus {
		return msg
	}
	cut := maxStatus
	for cut > 0 && msg[cut]&0xc0 == 0x80 { // not inside a character
		cut--
	}
	return msg[:cut] + "…"
}
