// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// family is a trace drawn as one word per span, name:parent, whose names are one
// letter and are also their ids.
func family(drawing string) []trace.Span {
	var spans []trace.Span
	for i, word := range strings.Fields(drawing) {
		name, parent, _ := strings.Cut(word, ":")
		s := trace.Span{TraceID: trace.TraceID{1}, ID: spanID(int(name[0])), Name: name, Start: int64(i), End: int64(100 - i)}
		if parent != "" {
			s.Parent = spanID(int(parent[0]))
		}
		spans = append(spans, s)
	}
	return spans
}

// names are the names of the spans that match, in their order.
func names(spans []trace.Span, m []query.Match) string {
	var all []string
	for _, one := range m {
		for _, i := range one.Spans {
			all = append(all, spans[i].Name)
		}
	}
	return strings.Join(all, " ")
}

func TestRelations(t *testing.T) {
	//        a
	//     b     c      z has no parent, x and y miss theirs
	//    d e    f
	//    g
	const tree = "a b:a c:a d:b e:b f:c g:d z x:? y:?"
	tests := []struct {
		text string
		want string
	}{
		{`{ name = "a" } > { }`, "b c"},
		{`{ name = "a" } >> { }`, "b c d e f g"},
		{`{ name = "b" } >> { }`, "d e g"},
		{`{ name = "g" } < { }`, "d"},
		{`{ name = "g" } << { }`, "a b d"},
		{`{ name in ("g", "f") } << { }`, "a b c d"},
		{`{ name = "b" } ~ { }`, "c"},
		{`{ name in ("b", "c") } ~ { }`, "b c"},
		{`{ name = "x" } ~ { }`, "y"}, // by the parent that both name
		{`{ name = "a" } ~ { }`, ""},  // roots without a parent are no siblings
		{`{ name = "b" } > { name = "g" }`, ""},
		{`{ name = "b" } >> { name = "g" }`, "g"},
		{`{ name = "a" } > { name = "b" } > { name = "e" }`, "e"},
		{`{ name = "a" } > ({ name = "b" } > { name = "e" })`, ""},
		{`{ name = "e" } && { name = "f" }`, "e f"},
		{`{ name = "e" } && { name = "?" }`, ""},
		{`{ name = "?" } && { name = "e" }`, ""},
		{`{ name = "e" } || { name = "?" }`, "e"},
		{`{ name in ("e", "b") } || { name in ("b", "a") }`, "a b e"},
		{`{ name = "a" } &>> { name = "g" }`, "a g"},
		{`{ } &> { name = "g" }`, "d g"},
		{`{ name = "g" } &<< { name in ("a", "c") }`, "a g"},
		{`{ name = "b" } &~ { }`, "b c"},
		{`{ name = "?" } &>> { }`, ""},
		{`{ } !< { }`, "e f g z x y"}, // leaves
		{`{ } !> { }`, "a z x y"},     // roots
		{`{ name = "b" } !>> { }`, "a b c f z x y"},
		{`{ name = "g" } !<< { }`, "c e f g z x y"},
		{`{ name = "b" } !~ { }`, "a b d e f g z x y"},
		{`{ name = "?" } !>> { name = "a" }`, "a"},
		{`{ span:childCount = 2 }`, "a b"},
		{`{ span:childCount = 0 } && { childCount > 1 }`, "a b e f g z x y"},
		{`{ span:parentID = "" }`, "a z"},
		{`{ rootName = "a" && trace:depth = 4 && trace:spanCount = 10 && name = "e" }`, "e"},
		{`{ } | count() = 10`, "a b c d e f g z x y"},
		{`{ name > "w" } | count() > 3`, ""},
		{`{ name > "w" } | { name < "y" }`, "x"},
		{`{ name > "w" } | { name = "z" } && { name = "y" }`, "z y"},
		{`{ name != "b" } | { } > { }`, "c f g"}, // relations of what is left
		{`({ name = "a" } | count() = 1) > { }`, "b c"},
		{`({ name = "a" } | count() > 1) > { }`, ""},
		{`({ name < "d" } | by(name) | count() = 1) > { name > "c" }`, "d e f"},
		{`{ name = "?" } | count() = 0`, ""},
	}
	spans := family(tree)
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			p := compile(t, test.text)
			assert.Equal(t, test.want, names(spans, p.Match(spans)))
			assert.True(t, p.NeedsTrace() || !strings.ContainsAny(test.text, "|&"))
		})
	}
}

func TestOddFamilies(t *testing.T) {
	tests := []struct {
		name, tree, text, want string
	}{
		{"own parent", "a:a b:a", `{ name = "a" } >> { }`, "b"},
		{"cycle", "a:b b:a c:b", `{ } !> { }`, "a"}, // cut above the first
		{"below a cycle", "a:b b:a c:b", `{ name = "a" } >> { }`, "b c"},
		{"cycle with a tail", "d:c a:c b:a c:b", `{ name = "a" } >> { }`, "d b c"},
		{"duplicate", "a b:a b:a c:b", `{ name = "b" } > { }`, "c"},
		{"both of a duplicate", "a b:a b:a c:b", `{ name = "a" } > { }`, "b b"},
		{"duplicates are one child", "a b:a b:a c:b", `{ span:childCount = 1 }`, "a b b"},
		{"root before orphan", "x:? a b:a", `{ rootName = "a" && name = "x" }`, "x"},
		{"orphan as root", "x:? y:x", `{ rootName = "x" && name = "y" }`, "y"},
		{"cycle as root", "x:y y:x", `{ rootName = "x" && trace:depth = 2 && name = "y" }`, "y"},
		{"nothing", "", `{ }`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			spans := family(test.tree)
			assert.Equal(t, test.want, names(spans, compile(t, test.text).Match(spans)))
		})
	}
	nameless := []trace.Span{{Name: "a"}, {Name: "b"}}
	assert.Equal(t, "a b", names(nameless, compile(t, `{ } !> { }`).Match(nameless)), "spans without ids are roots")
}

func TestTraceFields(t *testing.T) {
	resource := func(name string) *trace.Resource { return &trace.Resource{Attributes: pairs("service.name", name)} }
	spans := family("c a b:a d:b e:a")
	for i := range spans {
		spans[i].Start, spans[i].End = int64(i+1)*1e9, int64(i+3)*1e9
		spans[i].Resource = resource([]string{"web", "web", "shop", "shop", ""}[i])
	}
	spans[2].Kind, spans[3].Kind, spans[4].Kind = trace.Server, trace.Consumer, trace.Server
	spans[3].Status.Code, spans[3].Offset = trace.Error, 10e9
	for text, want := range map[string]bool{
		`{ traceDuration = 15s }`: true, `{ trace:start = 1000000000 && trace:end = 16000000000 }`: true,
		`{ trace:maxDuration = 12s && trace:minDuration = 2s }`: true, `{ trace:spanCount = 5 && trace:serviceCount = 2 && trace:errorCount = 1 }`: true,
		`{ rootName = "c" && rootServiceName = "web" && trace:rootKind = unspecified && trace:rootID = "63" }`:         true,
		`{ trace:entryName = "b" && trace:entryService = "shop" && trace:entryKind = server && trace:entryID = "62" }`: true,
		`{ trace:depth = 3 }`: true, `{ trace:duration > 15s }`: false,
	} {
		p := compile(t, text)
		assert.True(t, p.NeedsTrace(), text)
		assert.Equal(t, want, p.Match(spans) != nil, text)
	}
	extreme := []trace.Span{{Start: math.MinInt64, End: math.MaxInt64}, {Start: math.MaxInt64, End: math.MinInt64}}
	assert.NotNil(t, compile(t, `{ traceDuration = 9223372036854775807 }`).Match(extreme))
	assert.Nil(t, compile(t, `{ trace:entryName != nil || trace:entryKind = server }`).Match(family("a")), "no span that was called")
}

func TestPipelines(t *testing.T) {
	spans := family("a b c d e")
	for i := range spans {
		spans[i].Start, spans[i].End = 0, int64(i+1)*1e9
		spans[i].Attributes = pairs("group", []any{"x", "y", "x", nil, 5}[i], "n", []any{1, 2.5, "3", "none", math.NaN()}[i])
		spans[i].Events = []trace.Event{{Attributes: pairs("k", i)}, {Attributes: pairs("k", i+10)}}[:i%3]
	}
	type row struct {
		by     string
		names  string
		totals []float64
	}
	tests := []struct {
		text string
		want []row
	}{
		{`{ } | count() >= 5`, []row{{"", "a b c d e", []float64{5}}}},
		{`{ } | count() > 4.5`, []row{{"", "a b c d e", []float64{5}}}},
		{`{ } | avg(duration) = 3s`, []row{{"", "a b c d e", []float64{3e9}}}},
		{`{ } | min(duration) < 2s | max(duration) > 4s | sum(duration) = 15s`, []row{{"", "a b c d e", []float64{1e9, 5e9, 15e9}}}},
		{`{ } | sum(.n) = 6.5`, []row{{"", "a b c d e", []float64{6.5}}}},
		{`{ } | avg(.n) > 2.1 | max(.n) = 3 | min(.n) = 1`, []row{{"", "a b c d e", []float64{6.5 / 3, 3, 1}}}},
		{`{ } | sum(event.k) = 19`, []row{{"", "a b c d e", []float64{19}}}}, // 1 of b, 2 and 12 of c, 4 of e
		{`{ name > "c" } | sum(.n) > -1`, nil},                               // none of them has a number
		{`{ } | sum(.missing) != 1`, nil},
		{`{ } | by(.group)`, []row{{`"x"`, "a c", nil}, {`"y"`, "b", nil}, {`null`, "d", nil}, {`5`, "e", nil}}},
		{`{ } | by(.group) | count() > 1`, []row{{`"x"`, "a c", []float64{2}}}},
		{`{ } | count() > 1 | by(.group) | max(duration) >= 4s`, []row{{`null`, "d", []float64{5, 4e9}}, {`5`, "e", []float64{5, 5e9}}}},
		{`{ name < "c" } | by(name) | by(kind)`, []row{{`"a" "unspecified"`, "a", nil}, {`"b" "unspecified"`, "b", nil}}},
		{`{ } | by(.group) | { name < "b" }`, []row{{`"x"`, "a", nil}}},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			var got []row
			for _, m := range compile(t, test.text).Match(spans) {
				var by []string
				for _, v := range m.By {
					by = append(by, string(v.AppendJSON(nil)))
				}
				got = append(got, row{strings.Join(by, " "), names(spans, []query.Match{m}), m.Aggregates})
			}
			assert.Equal(t, test.want, got)
		})
	}
}

func TestLargeSumsAreExact(t *testing.T) {
	spans := make([]trace.Span, 3)
	for i := range spans {
		spans[i].Attributes = pairs("n", int64(1<<60+1))
	}
	assert.NotNil(t, compile(t, `{ } | sum(.n) = 3458764513820540931`).Match(spans))
	assert.Nil(t, compile(t, `{ } | sum(.n) = 3458764513820540928`).Match(spans))
	for i := range spans {
		spans[i].Attributes = pairs("n", int64(math.MaxInt64))
	}
	assert.NotNil(t, compile(t, `{ } | sum(.n) > 2e19`).Match(spans), "beyond 64 bits it is a float")
}

func TestSelect(t *testing.T) {
	span := trace.Span{
		Name: "s", Kind: trace.Client, Status: trace.Status{Code: trace.OK}, End: 5,
		Attributes: pairs("a", 1, "sid", "s1", "gen_ai.conversation.id", "c1", "session.id", "s1"),
		Events:     []trace.Event{{Name: "e1"}, {Name: "e2"}}, Links: []trace.Link{{SpanID: spanID(1)}},
	}
	p := compile(t, `{ } | select(name, .a, kind, status) | select(duration, session, event:name, link:spanID, .missing, trace:spanCount, error)`)
	fields := make([]string, len(p.Fields()))
	for i, f := range p.Fields() {
		fields[i] = f.String()
	}
	assert.Equal(t, "name .a kind status duration session event:name link:spanID .missing trace:spanCount error", strings.Join(fields, " "))
	matches := p.Match([]trace.Span{span})
	require.Len(t, matches, 1)
	want := []trace.Value{
		trace.String("s"), trace.Int(1), trace.String("client"), trace.String("ok"), trace.Int(5),
		trace.List(trace.String("s1"), trace.String("c1")), trace.List(trace.String("e1"), trace.String("e2")),
		trace.String("0000000000000001"), {}, trace.Int(1), trace.Bool(false),
	}
	assert.Equal(t, [][]trace.Value{want}, matches[0].Values)
}

// TestLongChain makes sure that nothing recurses along a trace.
func TestLongChain(t *testing.T) {
	const n = 1_000_000
	spans := make([]trace.Span, n)
	for i := range spans {
		spans[i].ID, spans[i].Parent = spanID(n-i), spanID(n-i-1) // children first
		spans[i].Name = "middle"
	}
	spans[0].Name, spans[n-1].Name = "last", "first"
	p := compile(t, `{ name = "first" && trace:depth = 1000000 } &>> { name = "last" }`)
	m := p.Match(spans)
	require.Len(t, m, 1)
	assert.Equal(t, []int{0, n - 1}, m[0].Spans)
}

// slowly is what relations mean, found by walking up from every span. It holds
// for traces without cycles and with each id once.
func slowly(spans []trace.Span, op string, left, right func(*trace.Span) bool) (found []int) {
	byID := map[trace.SpanID]*trace.Span{}
	for i := range spans {
		byID[spans[i].ID] = &spans[i]
	}
	below := func(s, top *trace.Span, most int) bool {
		for p := byID[s.Parent]; p != nil && most > 0; p, most = byID[p.Parent], most-1 {
			if p == top {
				return true
			}
		}
		return false
	}
	related := func(b, a *trace.Span) bool {
		switch strings.TrimLeft(op, "!&") {
		case ">>":
			return below(b, a, len(spans))
		case ">":
			return below(b, a, 1)
		case "<<":
			return below(a, b, len(spans))
		case "<":
			return below(a, b, 1)
		}
		return a != b && a.Parent == b.Parent && !a.Parent.IsZero()
	}
	for i := range spans {
		s, asRight, asLeft := &spans[i], false, false
		for j := range spans {
			o := &spans[j]
			asRight = asRight || left(o) && related(s, o)
			asLeft = asLeft || right(o) && related(o, s)
		}
		isRight := right(s) && asRight != (op[0] == '!')
		if isRight || op[0] == '&' && left(s) && asLeft {
			found = append(found, i)
		}
	}
	return found
}

func TestRelationsAreWhatTheyMean(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		n := 1 + r.IntN(30)
		spans := make([]trace.Span, n)
		for i := range spans {
			spans[i].ID, spans[i].Attributes = spanID(i+1), pairs("l", r.IntN(3) == 0, "r", r.IntN(3) == 0)
			if parent := r.IntN(i + 2); parent <= i { // also of missing ones
				spans[i].Parent = spanID(parent + r.IntN(2)*1000*r.IntN(2))
			}
		}
		r.Shuffle(n, func(i, j int) { spans[i], spans[j] = spans[j], spans[i] })
		is := func(key string) func(*trace.Span) bool {
			return func(s *trace.Span) bool { v, _ := s.Attribute(key); return v.IsTrue() }
		}
		for _, relation := range []string{">>", ">", "<<", "<", "~"} {
			for _, op := range []string{relation, "&" + relation, "!" + relation} {
				want := slowly(spans, op, is("l"), is("r"))
				var got []int
				if m := compile(t, "{ .l } "+op+" { .r }").Match(spans); m != nil {
					got = m[0].Spans
				}
				if !slices.Equal(want, got) {
					require.Equal(t, want, got, "%s: %+v", op, spans)
				}
			}
		}
	}
}
