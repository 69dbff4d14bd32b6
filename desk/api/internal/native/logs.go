// SPDX-License-Identifier: Apache-2.0

package native

import (
	"net/http"

	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/noderecord"
)

// A logRow is a log record.
type logRow struct {
	Time         string      `json:"time"`
	TraceID      string      `json:"traceId,omitempty"`
	SpanID       string      `json:"spanId,omitempty"`
	Severity     int32       `json:"severity"`
	SeverityText string      `json:"severityText,omitempty"`
	EventName    string      `json:"eventName,omitempty"`
	Service      string      `json:"service"`
	Body         trace.Value `json:"body"`
	// Attributes are a list, as a key may occur twice.
	Attributes []pair `json:"attributes"`
	// Record says that the body is a record of the nodes of a request.
	Record bool `json:"record,omitempty"`
}

// A pair is an attribute.
type pair struct {
	Key   string      `json:"key"`
	Value trace.Value `json:"value"`
}

func logRowOf(l *trace.Log) logRow {
	row := logRow{
		Time: stamp(source.LogTime(l)), TraceID: l.TraceID.String(), SpanID: l.SpanID.String(), Severity: l.Severity,
		SeverityText: l.SeverityText, EventName: l.EventName, Service: (&trace.Span{Resource: l.Resource}).Service(), Body: l.Body,
		Attributes: []pair{}, Record: noderecord.IsRecord(l),
	}
	for _, kv := range l.Attributes {
		row.Attributes = append(row.Attributes, pair{kv.Key, kv.Value})
	}
	return row
}

// severities are the least numbers of the severities of OTLP.
var severities = map[string]int32{"": 0, "trace": 1, "debug": 5, "info": 9, "warn": 13, "error": 17, "fatal": 21}

// maxSessionTraces is of how many traces of a session logs are sought.
const maxSessionTraces = 1000

// logParams reads a search for log records.
func (f *face) logParams(p *web.Params) (*source.LogSearch, *listing) {
	s := &source.LogSearch{
		Session: p.Text("session"), Contains: p.Text("contains"), Range: p.Range(f.Now()),
		MinSeverity: severities[p.OneOf("severity", "", "trace", "debug", "info", "warn", "error", "fatal")],
		Order:       orders[p.OneOf("order", "newest", "oldest")],
		Limit:       p.Int(web.Whole{Default: 100, Min: 1, Max: maxPage}, "limit"),
	}
	if text := p.Text("trace"); text != "" {
		id, err := web.TraceID("trace", text)
		p.Fail(err)
		s.Traces = []trace.TraceID{id}
	}
	if text := p.Text("span"); text != "" {
		var err error
		s.Span, err = web.SpanID("span", text)
		p.Fail(err)
	}
	l := &listing{print: printOf("logs", p.Text("trace"), p.Text("span"), s.Session, s.Contains, p.Text("severity"), p.Text("order"))}
	s.After = l.after(p)
	return s, l
}

// logs answers with the log records of a trace, of a session, or of a time.
func (f *face) logs(w http.ResponseWriter, r *http.Request) error {
	p := web.ReadParams(r)
	s, l := f.logParams(p)
	if err := p.Strict(); err != nil {
		return err
	}
	done := source.Effort{}
	if s.Session != "" && s.Traces == nil {
		var err error
		if s.Traces, done, err = f.tracesOf(r, s.Session); err != nil {
			return err
		}
	}
	page, err := f.Source.Logs(r.Context(), s)
	if err != nil {
		return err
	}
	rows := []logRow{}
	for i := range page.Logs {
		rows = append(rows, logRowOf(&page.Logs[i]))
	}
	page.Effort.Partial = page.Effort.Partial || done.Partial
	page.Effort.Warnings = append(page.Effort.Warnings, done.Warnings...)
	return web.WriteJSON(w, struct {
		Logs []logRow `json:"logs"`
		Next string   `json:"next,omitempty"`
		effort
	}{rows, l.cursor(page.Next), effortOf(page.Effort)})
}
