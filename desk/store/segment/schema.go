// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"github.com/sidetrace/sidetrace/desk/store/table"
)

// The columns of spans.parquet.
const (
	spanTraceID = iota
	spanID
	spanParentRow
	spanParentID
	spanStart
	spanDuration
	spanName
	spanService
	spanKind
	spanStatus
	spanStatusMessage
	spanState
	spanFlags
	spanResource
	spanScope
	spanDroppedAttributes
	spanDroppedEvents
	spanDroppedLinks
)

// spanTable is a row for each span: traces in the order of their first start, the
// spans of a trace together, in the order of their starts.
var spanTable = &table.Schema{
	Name: "sidetrace.spans.v1", Prefix: "span.",
	Columns: []table.Column{
		spanTraceID:           {Name: "trace_id", Kind: table.ID, Size: 16},
		spanID:                {Name: "span_id", Kind: table.ID, Size: 8, Coding: table.Plain},
		spanParentRow:         {Name: "parent_row", Kind: table.Int, Coding: table.Delta, Optional: true},        // of the parent, if it is in the file, from 0
		spanParentID:          {Name: "parent_id", Kind: table.ID, Size: 8, Coding: table.Plain, Optional: true}, // else its id
		spanStart:             {Name: "start", Kind: table.Time, Coding: table.Delta},                            //
		spanDuration:          {Name: "duration", Kind: table.Int, Coding: table.Delta},                          // end - start in ns, modulo 2^64
		spanName:              {Name: "name", Kind: table.Text},                                                  //
		spanService:           {Name: "service", Kind: table.Text},                                               // service.name of the resource
		spanKind:              {Name: "kind", Kind: table.Int},                                                   // of OTLP, like status
		spanStatus:            {Name: "status", Kind: table.Int},                                                 //
		spanStatusMessage:     {Name: "status_message", Kind: table.Text, Optional: true},                        //
		spanState:             {Name: "trace_state", Kind: table.Text, Coding: table.Delta, Optional: true},      //
		spanFlags:             {Name: "flags", Kind: table.Int, Optional: true},                                  //
		spanResource:          {Name: "resource", Kind: table.Int},                                               // row of resources.parquet
		spanScope:             {Name: "scope", Kind: table.Int},                                                  // row of scopes.parquet
		spanDroppedAttributes: {Name: "dropped_attributes", Kind: table.Int, Optional: true},                     //
		spanDroppedEvents:     {Name: "dropped_events", Kind: table.Int, Optional: true},                         //
		spanDroppedLinks:      {Name: "dropped_links", Kind: table.Int, Optional: true},                          //
	},
	Attributes: []table.Attribute{
		{Key: "sid", Kind: table.Text}, {Key: "session.id", Kind: table.Text}, {Key: "chat_id", Kind: table.Text},
		{Key: "uid", Kind: table.Text}, {Key: "app_id", Kind: table.Text},
		{Key: "node.type", Kind: table.Text}, {Key: "node.id", Kind: table.Text}, {Key: "node.name", Kind: table.Text},
		{Key: "gen_ai.operation.name", Kind: table.Text}, {Key: "gen_ai.request.model", Kind: table.Text},
		{Key: "gen_ai.response.model", Kind: table.Text}, {Key: "gen_ai.conversation.id", Kind: table.Text},
		{Key: "gen_ai.tool.name", Kind: table.Text}, {Key: "gen_ai.agent.name", Kind: table.Text},
		{Key: "gen_ai.usage.input_tokens", Kind: table.Int}, {Key: "gen_ai.usage.output_tokens", Kind: table.Int},
		{Key: "http.route", Kind: table.Text}, {Key: "http.response.status_code", Kind: table.Int},
		{Key: "error.type", Kind: table.Text},
	},
}

// The columns of events.parquet and links.parquet; the first is the same.
const (
	ofSpan = iota
	eventTime
	eventName
	eventDropped
)

const (
	linkTraceID = 1 + iota
	linkSpanID
	linkState
	linkFlags
	linkDropped
)

// eventTable is a row for each event, in the order of the spans.
var eventTable = &table.Schema{
	Name: "sidetrace.events.v1", Prefix: "event.",
	Columns: []table.Column{
		ofSpan:       {Name: "span", Kind: table.Int, Coding: table.Delta},  // row of spans.parquet
		eventTime:    {Name: "after", Kind: table.Int, Coding: table.Delta}, // its time - start of the span in ns, modulo 2^64
		eventName:    {Name: "name", Kind: table.Text},
		eventDropped: {Name: "dropped_attributes", Kind: table.Int, Optional: true},
	},
}

var linkTable = &table.Schema{
	Name: "sidetrace.links.v1", Prefix: "link.",
	Columns: []table.Column{
		ofSpan:      {Name: "span", Kind: table.Int, Coding: table.Delta},
		linkTraceID: {Name: "trace_id", Kind: table.ID, Size: 16},
		linkSpanID:  {Name: "span_id", Kind: table.ID, Size: 8, Coding: table.Plain},
		linkState:   {Name: "trace_state", Kind: table.Text, Optional: true},
		linkFlags:   {Name: "flags", Kind: table.Int, Optional: true},
		linkDropped: {Name: "dropped_attributes", Kind: table.Int, Optional: true},
	},
}

// The columns of logs.parquet.
const (
	logTraceID = iota
	logSpanID
	logTime
	logObserved
	logSeverity
	logSeverityText
	logEventName
	logBodyText
	logBody
	logFlags
	logResource
	logScope
	logDropped
)

// logTable is a row for each log record: those of traces first, in the order of
// the traces and as they came, then all others in the order of their times.
var logTable = &table.Schema{
	Name: "sidetrace.logs.v1", Prefix: "log.",
	Columns: []table.Column{
		logTraceID:      {Name: "trace_id", Kind: table.ID, Size: 16, Optional: true},
		logSpanID:       {Name: "span_id", Kind: table.ID, Size: 8, Optional: true},
		logTime:         {Name: "time", Kind: table.Time, Coding: table.Delta},
		logObserved:     {Name: "observed", Kind: table.Time, Coding: table.Delta},
		logSeverity:     {Name: "severity", Kind: table.Int},
		logSeverityText: {Name: "severity_text", Kind: table.Text, Optional: true},
		logEventName:    {Name: "event_name", Kind: table.Text, Optional: true},
		logBodyText:     {Name: "text", Kind: table.Text, Coding: table.Delta, Optional: true},  // the body, if it is a string
		logBody:         {Name: "body", Kind: table.Bytes, Coding: table.Delta, Optional: true}, // else an AnyValue of OTLP
		logFlags:        {Name: "flags", Kind: table.Int, Optional: true},
		logResource:     {Name: "resource", Kind: table.Int},
		logScope:        {Name: "scope", Kind: table.Int},
		logDropped:      {Name: "dropped_attributes", Kind: table.Int, Optional: true},
	},
	Attributes: []table.Attribute{{Key: "sid", Kind: table.Text}},
}

// The columns of resources.parquet and scopes.parquet.
const (
	originName = iota
	originVersion
	originSchema
	originDropped
)

func originTable(name, prefix string) *table.Schema {
	return &table.Schema{
		Name: name, Prefix: prefix,
		Columns: []table.Column{
			originName:    {Name: "name", Kind: table.Text},    // of a scope; service.name of a resource
			originVersion: {Name: "version", Kind: table.Text}, // of a scope
			originSchema:  {Name: "schema_url", Kind: table.Text},
			originDropped: {Name: "dropped_attributes", Kind: table.Int},
		},
	}
}

var (
	resourceTable = originTable("sidetrace.resources.v1", "resource.")
	scopeTable    = originTable("sidetrace.scopes.v1", "scope.")
)
