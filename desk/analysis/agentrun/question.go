// SPDX-License-Identifier: Apache-2.0

package agentrun

import (
	"encoding/json"
	"strings"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace/noderecord"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
)

// Question is what a trace was asked, "" if nothing says so: the question of the
// first record that has one, or else the last text of a user in the input of the
// first span that has one.
func Question(t *analysis.Tree, records []noderecord.Record) string {
	for i := range records {
		if q := strings.TrimSpace(records[i].Question); q != "" {
			return q
		}
	}
	for _, node := range t.Order {
		if q := questionIn(t, node); q != "" {
			return q
		}
	}
	return ""
}

// questionIn is the last text of a user in the input of a span.
func questionIn(t *analysis.Tree, node int32) string {
	s := t.Nodes[node].Span
	x := semconv.Scan(s)
	input, ok := x.Value(s, semconv.InputMessages)
	if !ok {
		return ""
	}
	text := strings.TrimSpace(input.String())
	if strings.HasPrefix(text, semconv.LinkPrefix) || semconv.IsObjectURL(text) {
		return "" // it is kept elsewhere
	}
	if !strings.HasPrefix(text, "[") && !strings.HasPrefix(text, "{") {
		return text
	}
	return askedIn([]byte(text))
}

// A message is one of a conversation, in the forms that SDKs write: its text is in
// content, or in parts that have a content or a text.
type message struct {
	Role    string          `json:"role"`
	Content json.RawMessage `json:"content"`
	Parts   json.RawMessage `json:"parts"`
	Text    string          `json:"text"`
}

// askedIn is the last text of a user in a conversation as JSON: a list of messages,
// or an object that has one.
func askedIn(text []byte) string {
	var body struct {
		Messages []message `json:"messages"`
	}
	if json.Unmarshal(text, &body.Messages) != nil && json.Unmarshal(text, &body) != nil {
		return ""
	}
	for i := len(body.Messages) - 1; i >= 0; i-- {
		if m := &body.Messages[i]; m.Role == "user" || m.Role == "human" {
			if said := m.said(); said != "" {
				return said
			}
		}
	}
	return ""
}

// said is the first text of a message.
func (m *message) said() string {
	for _, raw := range []json.RawMessage{m.Parts, m.Content} {
		var text string
		if json.Unmarshal(raw, &text) == nil && text != "" {
			return strings.TrimSpace(text)
		}
		var parts []message
		if json.Unmarshal(raw, &parts) != nil {
			continue
		}
		for i := range parts {
			if text := parts[i].text(); text != "" {
				return text
			}
		}
	}
	return ""
}

// text is that of a part.
func (m *message) text() string {
	var content string
	if json.Unmarshal(m.Content, &content) == nil && content != "" {
		return strings.TrimSpace(content)
	}
	return strings.TrimSpace(m.Text)
}
