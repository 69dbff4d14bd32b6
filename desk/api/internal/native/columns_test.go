// SPDX-License-Identifier: Apache-2.0

package native_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/source/memory"
	"github.com/sidetrace/sidetrace/desk/source/sourcetest"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// sheet is what a program reads of the lines of a trace in columns.
type sheet struct {
	columns map[string]any
	details []detail
	end     int
}

type detail struct {
	Nodes, Counts, List, Cut []int
	Pairs                    [][2]any
	Events                   struct {
		Nodes, Names []int
		Of           []string
		Offset       []int64
	}
}

func readSheet(t *testing.T, body string) (s sheet) {
	t.Helper()
	s.columns = map[string]any{}
	for line := range strings.Lines(body) {
		var l struct {
			Column string
			Values []any
			All    *int
			Digits string
			Of     []any
			At     []int
			Detail *detail
			End    *int
		}
		require.NoError(t, json.Unmarshal([]byte(line), &l), line)
		switch {
		case l.Detail != nil:
			s.details = append(s.details, *l.Detail)
		case l.End != nil:
			s.end = *l.End
		case l.Of != nil:
			s.columns[l.Column] = func(node int) any {
				switch {
				case l.All != nil:
					return l.Of[*l.All]
				case l.Digits != "":
					return l.Of[l.Digits[node]-'0']
				}
				return l.Of[int(l.Values[node].(float64))]
			}
		case l.Column != "":
			s.columns[l.Column] = l
		}
	}
	return s
}

// attributes are those of each node.
func (s sheet) attributes() map[int]map[string]any {
	all, pairs := map[int]map[string]any{}, [][2]any{}
	for _, d := range s.details {
		pairs = append(pairs, d.Pairs...)
		at := 0
		for i, node := range d.Nodes {
			all[node] = map[string]any{}
			for _, index := range d.List[at : at+d.Counts[i]] {
				all[node][pairs[index][0].(string)] = pairs[index][1]
			}
			at += d.Counts[i]
		}
	}
	return all
}

func TestColumns(t *testing.T) {
	golden(t, "columns.jsonl", get(t, "/traces/1?format=columns"))
	for _, id := range []string{"1", "2"} {
		got := readSheet(t, get(t, "/traces/"+id+"?format=columns"))
		want := decoded[struct {
			Spans []struct {
				Name, Status string
				Attributes   map[string]any
			}
		}](t, get(t, "/traces/"+id+"?view=summary"))
		attributes := got.attributes()
		assert.Equal(t, len(want.Spans), got.end)
		for i, s := range want.Spans {
			assert.Equal(t, s.Name, got.columns["name"].(func(int) any)(i))
			assert.Equal(t, s.Status, got.columns["status"].(func(int) any)(i))
			assert.Equal(t, s.Attributes, attributes[i])
		}
	}
}

func TestColumnsOfManySpans(t *testing.T) {
	spans := make([]trace.Span, 4500)
	for i := range spans {
		spans[i] = trace.Span{
			TraceID: sourcetest.TraceID(7), ID: trace.SpanID{1, byte(i >> 8), byte(i), 1}, Name: "s" + strconv.Itoa(i%79), Start: began + int64(i), End: began + int64(i) + 5,
			Attributes: []trace.KeyValue{{Key: "same", Value: trace.Int(1)}, {Key: "i", Value: trace.Int(int64(i))}},
			Events:     []trace.Event{{Name: "first frame", Time: began + int64(i) + 2}},
		}
	}
	long := strings.Repeat("\u00e9", 40<<10)
	spans[3].Attributes = []trace.KeyValue{{Key: "prompt", Value: trace.String(long)}}
	src := memory.New(&trace.Batch{Spans: spans})
	got := readSheet(t, ask(t, src, "/traces/7?format=columns").Body.String())
	require.Len(t, got.details, 3)
	for _, node := range []int{0, 44, 78, 4499} {
		assert.Equal(t, spans[node].Name, got.columns["name"].(func(int) any)(node))
	}
	attributes := got.attributes()
	assert.Equal(t, map[string]any{"same": 1.0, "i": 4000.0}, attributes[4000])
	assert.Len(t, got.details[2].Pairs, 500, "pairs that are known are not written again")
	assert.Equal(t, []int{3}, got.details[0].Cut)
	assert.Equal(t, long[:32<<10], attributes[3]["prompt"])
	assert.Equal(t, []string{"first frame"}, got.details[0].Events.Of)
	assert.Equal(t, int64(2), got.details[1].Events.Offset[0])
}

// TestOnlySpans checks that single spans come with their own log records alone.
func TestOnlySpans(t *testing.T) {
	sent := sourcetest.Checkout(1, began)
	sent.Logs = append(sent.Logs, trace.Log{TraceID: sent.Spans[0].TraceID, SpanID: sent.Spans[0].ID, Body: trace.String("of the first")})
	from := memory.New(&sent)
	first, second := sent.Spans[0].ID.String(), sent.Spans[1].ID.String()
	one, err := format.OTLPJSON(strings.NewReader(ask(t, from, "/traces/1?span="+second).Body.String()))
	require.NoError(t, err)
	assert.Equal(t, sent.Spans[1:2], one.Spans)
	require.Len(t, one.Logs, 1)
	assert.Equal(t, sent.Spans[1].ID, one.Logs[0].SpanID)
	two, err := format.OTLPJSON(strings.NewReader(ask(t, from, "/traces/1?span="+second+"&span="+first).Body.String()))
	require.NoError(t, err)
	assert.ElementsMatch(t, sent.Spans[:2], two.Spans)
	none, err := format.OTLPJSON(strings.NewReader(ask(t, from, "/traces/1?span=00000000000000ff").Body.String()))
	require.NoError(t, err)
	assert.Empty(t, none.Spans)
	assert.Equal(t, http.StatusBadRequest, ask(t, from, "/traces/1?span=x").Code)
}
