// SPDX-License-Identifier: Apache-2.0

package native

import (
	"context"
	"errors"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/api/internal/where"
	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// maxText is how long a text may be that is looked for.
const maxText = 16 << 10

// A destination is where a text leads to.
type destination struct {
	// Kind is "trace", "session", "query", or "text" for what is none of these.
	Kind    string `json:"kind"`
	TraceID string `json:"traceId,omitempty"`
	SpanID  string `json:"spanId,omitempty"`
	Session string `json:"session,omitempty"`
	// Query finds the text, in TraceQL.
	Query string `json:"query,omitempty"`
	// Found says that it is there.
	Found bool `json:"found"`
}

// find says what a text is that somebody has pasted into a search.
func (f *face) find(w http.ResponseWriter, r *http.Request) error {
	p := web.ReadParams(r)
	text := strings.TrimSpace(html.UnescapeString(p.Text("text")))
	switch {
	case text == "":
		p.Fail(web.BadParam("text", "want an id, the URL of a trace, a header traceparent, a query or any text"))
	case len(text) > maxText:
		p.Fail(web.BadParam("text", "want at most %d bytes", maxText))
	}
	if err := p.Strict(); err != nil {
		return err
	}
	to, err := f.destination(r.Context(), text)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, to)
}

func (f *face) destination(ctx context.Context, text string) (*destination, error) {
	m := mentioned(text)
	to, err := f.mentioned(ctx, &m)
	if err != nil || to != nil && to.Found {
		return to, err
	}
	session := m.session
	if session == "" && to == nil {
		session = text
	}
	if session != "" {
		page, err := f.Source.Search(ctx, &source.Search{Query: where.All(query.And{inSession(session)}), Limit: 1})
		if err != nil {
			return nil, err
		}
		if len(page.Hits) > 0 || m.session != "" {
			return &destination{Kind: "session", Session: session, Found: len(page.Hits) > 0}, nil
		}
	}
	if to != nil {
		return to, nil
	}
	return textual(text), nil
}

// textual is where a text leads to that names nothing.
func textual(text string) *destination {
	if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "({") {
		return &destination{Kind: "query", Query: text}
	}
	keyword, _ := query.Keyword(text)
	e, err := query.ParseQueryString(keyword)
	if err != nil || strings.Contains(text, "://") { // which is no field https
		e = query.Compare{Field: where.Intrinsic("any"), Op: query.Like, Values: []any{"*" + text + "*"}}
	}
	return &destination{Kind: "text", Query: query.Where(e).String()}
}

// mentioned finds the trace that is mentioned; nil if none is.
func (f *face) mentioned(ctx context.Context, m *mention) (*destination, error) {
	if !m.trace.IsZero() {
		to := &destination{Kind: "trace", TraceID: m.trace.String(), SpanID: m.span.String()}
		_, err := f.whole(ctx, m.trace, source.Range{})
		if err == nil || !errors.Is(err, source.ErrNotFound) {
			to.Found = err == nil
			return to, err
		}
		if !m.either {
			return to, nil
		}
	}
	span := m.span
	if m.either {
		copy(span[:], m.trace[len(m.trace)-len(span):])
	}
	if span.IsZero() {
		return nil, nil
	}
	page, err := f.Source.Search(ctx, &source.Search{Query: query.Where(where.Is(where.Intrinsic("span:id"), span.String())), Limit: 1})
	if err != nil {
		return nil, err
	}
	to := &destination{Kind: "trace", SpanID: span.String()}
	if len(page.Hits) > 0 {
		to.TraceID, to.Found = page.Hits[0].Summary.TraceID.String(), true
	}
	return to, nil
}

// A mention is what a text names.
type mention struct {
	trace   trace.TraceID
	span    trace.SpanID
	session string
	// either says that the id of the trace may as well be that of a span.
	either bool
}

var (
	// Headers that carry a trace: traceparent (W3C Trace Context, section 3.2),
	// b3 (https://github.com/openzipkin/b3-propagation) and uber-trace-id of Jaeger.
	traceparent = regexp.MustCompile(`(?i)^(?:traceparent\s*[:=]\s*)?"?[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}"?$`)
	b3          = regexp.MustCompile(`(?i)^(?:b3\s*[:=]\s*)?([0-9a-f]{16}|[0-9a-f]{32})-([0-9a-f]{16})(?:-[01d](?:-[0-9a-f]{16})?)?$`)
	uber        = regexp.MustCompile(`(?i)^(?:uber-trace-id\s*[:=]\s*)?([0-9a-f]{1,32}):([0-9a-f]{1,16}):[0-9a-f]{1,16}:[0-9a-f]{1,2}$`)
	// Ids, with the names that searches and logs write before them.
	named  = regexp.MustCompile(`(?i)^"?(trace[-_.: ]?id|span[-_.: ]?id|trace|span)"?\s*[:=]\s*"?([0-9a-f-]{1,36})"?,?$`)
	digits = regexp.MustCompile(`(?i)^"?([0-9a-f]{8,32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"?$`)
	coded  = regexp.MustCompile(`^[A-Za-z0-9+/_-]{22}==$`)
	within = regexp.MustCompile(`(?i)(?:^|[^0-9a-f])([0-9a-f]{32})(?:[^0-9a-f]|$)`)
)

// mentioned reads what a text names.
func mentioned(text string) (m mention) {
	for _, header := range []*regexp.Regexp{traceparent, b3, uber} {
		if found := header.FindStringSubmatch(text); found != nil {
			m.trace, _ = trace.ParseTraceID(found[1]) // they are of digits
			m.span, _ = trace.ParseSpanID(found[2])
			return m
		}
	}
	if found := named.FindStringSubmatch(text); found != nil {
		if strings.HasPrefix(strings.ToLower(found[1]), "span") {
			m.span, _ = trace.ParseSpanID(found[2]) // if it cannot be read, it is none
			return m
		}
		m.trace, _ = trace.ParseTraceID(found[2])
		return m
	}
	if found := digits.FindStringSubmatch(text); found != nil {
		m.trace, _ = trace.ParseTraceID(found[1])
		m.either = len(found[1]) <= 2*len(m.span)
		return m
	}
	if coded.MatchString(text) {
		m.trace, _ = trace.ParseTraceID(text)
		return m
	}
	if u, err := url.Parse(text); err == nil && (u.Scheme == "http" || u.Scheme == "https" || strings.HasPrefix(text, "/")) {
		return addressed(u)
	}
	return m
}

// addressed reads what the address of a page of Jaeger, Grafana, Zipkin or the desk
// names.
func addressed(u *url.URL) (m mention) {
	segments := strings.Split(strings.Trim(u.EscapedPath(), "/"), "/")
	for i, segment := range segments[:len(segments)-1] {
		next, err := url.PathUnescape(segments[i+1])
		if err != nil {
			continue
		}
		switch segment {
		case "trace", "traces":
			if id, err := trace.ParseTraceID(next); err == nil {
				m.trace = id
			}
		case "session", "sessions":
			m.session = next
		}
	}
	values := u.Query()
	for name, list := range values {
		switch strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "").Replace(name)) {
		case "traceid", "trace":
			m.trace, _ = trace.ParseTraceID(list[0])
		case "spanid", "span", "uifind":
			m.span, _ = trace.ParseSpanID(list[0])
		case "session", "sessionid":
			m.session = list[0]
		}
	}
	if m.trace.IsZero() && m.session == "" {
		// Grafana has what it shows as JSON in a parameter.
		whole, err := url.QueryUnescape(u.RawQuery + " " + u.EscapedFragment() + " " + u.EscapedPath())
		if found := within.FindStringSubmatch(whole); err == nil && found != nil {
			m.trace, _ = trace.ParseTraceID(found[1])
		}
	}
	return m
}
