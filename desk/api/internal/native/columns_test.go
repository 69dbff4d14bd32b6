// SPDX-License-Identifier: Apache-2.0

package native_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/source/memory"
	"github.com/sidetrace/sidetrace/desk/source/sourcetest"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

type textColumn struct {
	Texts  []string
	Values []int
}

func (c textColumn) at(i int) string { return c.Texts[c.Values[i]] }

// TestColumns checks that columns say what the spans, the tree and the waterfall say.
func TestColumns(t *testing.T) {
	type answer struct {
		Spans []struct {
			ID, Name, Kind, Status, Message, Start string
			Duration                               int64
		}
		Views struct {
			Tree struct {
				Order []int32
				Nodes []struct {
					Parent, Level, Size, Service, Similar int32
					Self                                  int64
					Class, Category, Source               string
				}
			}
			Waterfall struct {
				Rows []struct {
					Node, Depth   int32
					Offset, Shift int64
				}
			}
			Columns struct {
				IDs                string
				Name, Kind, Status textColumn
				Duration           []int64
				Messages           map[int]string
				Tree               struct {
					Order, Parent, Level, Size, Service, Similar []int32
					Self                                         []int64
					Class, Category, Source                      textColumn
				}
				Rows struct {
					Node, Depth []int32
					Offset      []int64
					Shift       map[int]int64
				}
			}
		}
	}
	got := decoded[answer](t, get(t, "/traces/1?view=tree,waterfall,columns"))
	c := got.Views.Columns
	require.Len(t, got.Spans, 5)
	require.Len(t, c.IDs, 16*5)
	for i, s := range got.Spans {
		assert.Equal(t, s.ID, c.IDs[16*i:16*i+16])
		assert.Equal(t, []string{s.Name, s.Kind, s.Status, s.Message}, []string{c.Name.at(i), c.Kind.at(i), c.Status.at(i), c.Messages[i]})
		assert.Equal(t, s.Duration, c.Duration[i])
		n := got.Views.Tree.Nodes[i]
		assert.Equal(t, []int32{n.Parent, n.Level, n.Size, n.Service, n.Similar},
			[]int32{c.Tree.Parent[i], c.Tree.Level[i], c.Tree.Size[i], c.Tree.Service[i], c.Tree.Similar[i]})
		assert.Equal(t, n.Self, c.Tree.Self[i])
		assert.Equal(t, []string{n.Class, n.Category, n.Source}, []string{c.Tree.Class.at(i), c.Tree.Category.at(i), c.Tree.Source.at(i)})
	}
	assert.Equal(t, got.Views.Tree.Order, c.Tree.Order)
	for i, r := range got.Views.Waterfall.Rows {
		assert.Equal(t, []int64{int64(r.Node), int64(r.Depth), r.Offset, r.Shift},
			[]int64{int64(c.Rows.Node[i]), int64(c.Rows.Depth[i]), c.Rows.Offset[i], c.Rows.Shift[i]})
	}
}

// TestOnlySpans checks that single spans come with their own log records alone.
func TestOnlySpans(t *testing.T) {
	sent := sourcetest.Checkout(1, began)
	sent.Logs = append(sent.Logs, trace.Log{TraceID: sent.Spans[0].TraceID, SpanID: sent.Spans[1].ID, Body: trace.String("of the second")})
	from := memory.New(&sent)
	first, second := sent.Spans[0].ID.String(), sent.Spans[1].ID.String()
	one, err := format.OTLPJSON(strings.NewReader(ask(t, from, "/traces/1?span="+second).Body.String()))
	require.NoError(t, err)
	assert.Equal(t, sent.Spans[1:2], one.Spans)
	require.Len(t, one.Logs, 2)
	for _, l := range one.Logs {
		assert.Equal(t, sent.Spans[1].ID, l.SpanID)
	}
	two, err := format.OTLPJSON(strings.NewReader(ask(t, from, "/traces/1?span="+second+"&span="+first).Body.String()))
	require.NoError(t, err)
	assert.ElementsMatch(t, sent.Spans[:2], two.Spans)
	none, err := format.OTLPJSON(strings.NewReader(ask(t, from, "/traces/1?span=00000000000000ff").Body.String()))
	require.NoError(t, err)
	assert.Empty(t, none.Spans)
	assert.Equal(t, http.StatusBadRequest, ask(t, from, "/traces/1?span=x").Code)
}
