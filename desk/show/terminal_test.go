// SPDX-License-Identifier: Apache-2.0

package show_test

import (
	"io"
	"math"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/internal/racing"
	"github.com/sidetrace/sidetrace/desk/show"
	"github.com/sidetrace/sidetrace/desk/trace"
)

var sgr = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// requireTerminal checks what the package promises of every drawing: lines no
// wider than the view, no control character but those of colours, no character
// that turns the direction of text or is none.
func requireTerminal(t testing.TB, v show.View, text string) {
	t.Helper()
	width := v.Width
	if width == 0 {
		width = show.DefaultWidth
	}
	width = max(width, show.MinWidth)
	if !v.Color {
		require.NotContains(t, text, "\x1b")
	}
	require.True(t, utf8.ValidString(text))
	cells := &runewidth.Condition{StrictEmojiNeutral: true}
	for line := range strings.Lines(sgr.ReplaceAllString(text, "")) {
		require.True(t, strings.HasSuffix(line, "\n"))
		line = strings.TrimSuffix(line, "\n")
		require.LessOrEqual(t, cells.StringWidth(line), width, "%q", line)
		for _, r := range line {
			if unicode.IsPrint(r) || r == '\u200d' || r == '\u200c' || r == '\u2009' {
				continue
			}
			require.Fail(t, "not for a terminal", "%U in %q", r, line)
		}
	}
}

func TestTerminal(t *testing.T) {
	trees := append(readTrees(t, "hostile.jsonl"), readTrees(t, "agent.jsonl")...)
	for _, d := range drawings {
		for width := range 140 {
			for _, color := range []bool{false, true} {
				v := show.View{Width: width, Color: color, Rows: width % 7 * 5}
				var b strings.Builder
				require.NoError(t, d.draw(v, &b, trees[0], trees[width%3]))
				requireTerminal(t, v, b.String())
			}
		}
	}
}

func TestRows(t *testing.T) {
	trees := readTrees(t, "agent.jsonl")
	lines := func(rows int) string {
		var b strings.Builder
		require.NoError(t, show.View{Rows: rows}.Tree(&b, trees[1]))
		return b.String()
	}
	all := strings.Count(lines(-1), "\n")
	assert.Equal(t, all, strings.Count(lines(0), "\n"), "the trace has fewer rows than are drawn by default")
	few := lines(8)
	assert.Less(t, strings.Count(few, "\n"), 20)
	assert.Contains(t, few, "look up flights", "what failed is shown, with all above it")
	assert.Contains(t, few, "POST /run")
	assert.NotContains(t, few, "End")
	assert.Regexp(t, `(?m)^20 spans of 37 left out`, few)
	assert.Contains(t, few, "more spans")
}

// fan is a root with children that follow each other, in some services.
func fan(spans int) []trace.Span {
	all := make([]trace.Span, spans)
	resources := make([]*trace.Resource, 7)
	for i := range resources {
		resources[i] = &trace.Resource{Attributes: []trace.KeyValue{{Key: "service.name", Value: trace.String("service " + string(rune('a'+i)))}}}
	}
	for i := range all {
		all[i] = trace.Span{
			TraceID: trace.TraceID{1}, ID: id(i), Name: "operation " + string(rune('a'+i%26)), Kind: trace.Kind(i % 6),
			Start: int64(i) * 1000, End: int64(i)*1000 + 900 + int64(i%17), Resource: resources[i%7],
		}
		if i > 0 {
			all[i].Parent = id(0)
		}
	}
	all[0].End = int64(spans) * 1000
	return all
}

// chain is spans each below the one before.
func chain(spans int) []trace.Span {
	all := fan(spans)
	for i := range all {
		if i > 0 {
			all[i].Parent = id(i - 1)
		}
		all[i].End = int64(2*spans-i) * 1000
	}
	return all
}

func id(i int) trace.SpanID {
	return trace.SpanID{1, byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i)}
}

func TestLargeTraces(t *testing.T) {
	spans := racing.Size(100_000)
	for _, shape := range []struct {
		name  string
		spans []trace.Span
	}{{"fan", fan(spans)}, {"chain", chain(spans)}} {
		tree := analysis.Build(shape.spans)
		for _, d := range drawings {
			t.Run(shape.name+"/"+d.name, func(t *testing.T) {
				var b strings.Builder
				require.NoError(t, d.draw(show.View{}, &b, tree, tree))
				requireTerminal(t, show.View{}, b.String())
				assert.Less(t, strings.Count(b.String(), "\n"), 3*show.DefaultRows)
			})
		}
	}
}

func TestAbsurdTimes(t *testing.T) {
	moments := []int64{math.MinInt64, -1, 0, 1, math.MaxInt64 - 1, math.MaxInt64}
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		spans := make([]trace.Span, 1+random.IntN(8))
		for i := range spans {
			spans[i] = trace.Span{
				TraceID: trace.TraceID{1}, ID: id(i), Parent: id(random.IntN(10)), Name: "x", Kind: trace.Kind(random.IntN(6)),
				Start: moments[random.IntN(len(moments))], End: moments[random.IntN(len(moments))],
				Status: trace.Status{Code: trace.StatusCode(random.IntN(3)), Message: "why"},
			}
		}
		tree := analysis.Build(spans)
		for _, d := range drawings {
			v := show.View{Width: 40 + random.IntN(80)}
			var b strings.Builder
			require.NoError(t, d.draw(v, &b, tree, tree))
			requireTerminal(t, v, b.String())
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("name", "service", "message", 80)
	f.Add("\x1b]0;x\a\x9b31m\u202e", "服务👩‍👩‍👧", "a\nb", 41)
	f.Fuzz(func(t *testing.T, name, service, message string, width int) {
		resource := &trace.Resource{Attributes: []trace.KeyValue{{Key: "service.name", Value: trace.String(service)}}}
		var spans []trace.Span
		for i := range 6 {
			spans = append(spans, trace.Span{
				TraceID: trace.TraceID{1}, ID: id(i), Parent: id(i / 2), Name: name, Kind: trace.Kind(i), Start: int64(i), End: 10, Resource: resource,
				Status:     trace.Status{Code: trace.Error, Message: message},
				Attributes: []trace.KeyValue{{Key: "gen_ai.request.model", Value: trace.String(message)}, {Key: "http.target", Value: trace.String(name)}, {Key: "sid", Value: trace.String(service)}},
			})
		}
		spans[0].Parent = trace.SpanID{}
		tree := analysis.Build(spans)
		for _, d := range drawings {
			v := show.View{Width: width % 300, Color: width%2 == 0}
			var b strings.Builder
			require.NoError(t, d.draw(v, &b, tree, tree))
			requireTerminal(t, v, b.String())
		}
	})
}

func TestDeterministic(t *testing.T) {
	tree := analysis.Build(fan(300))
	for _, d := range drawings {
		var first strings.Builder
		require.NoError(t, d.draw(show.View{Color: true}, &first, tree, tree))
		for range 5 {
			var again strings.Builder
			require.NoError(t, d.draw(show.View{Color: true}, &again, tree, tree))
			require.Equal(t, first.String(), again.String(), d.name)
		}
	}
}

func BenchmarkTree(b *testing.B) {
	tree := analysis.Build(fan(100_000))
	for b.Loop() {
		require.NoError(b, show.View{}.Tree(io.Discard, tree))
	}
}
