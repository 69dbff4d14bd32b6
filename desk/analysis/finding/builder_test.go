// SPDX-License-Identifier: Apache-2.0

package finding_test

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/analysis/finding"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// epoch is when the traces of the tests begin.
const epoch = 1_800_000_000_000_000_000

// A drawing makes spans of lines, each a span:
//
//	name [start end] word …
//
// Times are in ms. A span lies below the last one that is less indented, by two
// blanks. Words are
//
//	server, client, producer, consumer   the kind; else internal
//	@service or @service/instance        who made it; else as the parent
//	fail or fail:text, ok                the status; _ in a text is a blank
//	*n+ms                                n such spans, each ms after the other, with all below them
//	!name+ms                             an event, ms after the start
//	missing, self, linked                the parent: not there, itself, linked to as well
//	key=value                            an attribute; # is the number of the copy
//
// and these for several attributes: sql= a query, get= or post= a URL, tool= a
// name, model= a name, tokens= of prompt and answer. Values with blanks stand between
// tildes.
type drawing struct {
	t         *testing.T
	spans     []trace.Span
	resources map[string]*trace.Resource
	above     [][]copied // the spans of the last line of each depth
}

// A copied span is one of those that a line stands for.
type copied struct {
	index  int
	number int
	shift  float64 // ms later than the line says
}

func draw(t *testing.T, lines string) []trace.Span {
	t.Helper()
	d := &drawing{t: t, resources: map[string]*trace.Resource{}}
	for line := range strings.Lines(lines) {
		if strings.TrimSpace(line) != "" {
			d.line(strings.TrimRight(line, "\n"))
		}
	}
	return d.spans
}

func (d *drawing) line(line string) {
	trimmed := strings.TrimLeft(line, "\t ")
	depth := strings.Count(line[:len(line)-len(trimmed)], "  ")
	name, rest, ok := strings.Cut(trimmed, " [")
	require.True(d.t, ok, line)
	interval, words, ok := strings.Cut(rest, "]")
	require.True(d.t, ok, line)
	var from, to float64
	_, err := fmt.Sscanf(interval, "%g %g", &from, &to)
	require.NoError(d.t, err, line)
	copies, every := 0, 0.0
	for _, w := range fields(words) {
		if strings.HasPrefix(w, "*") {
			_, err := fmt.Sscanf(w, "*%d+%g", &copies, &every)
			require.NoError(d.t, err, line)
		}
	}
	parents := []copied{{index: -1}}
	if depth > 0 {
		parents = d.above[depth-1]
	}
	d.above = append(d.above[:depth], nil)
	for _, p := range parents {
		for i := range max(copies, 1) {
			c := copied{index: len(d.spans), number: i, shift: p.shift + float64(i)*every}
			if copies == 0 {
				c.number = p.number
			}
			number := strconv.Itoa(c.number)
			d.span(p.index, strings.ReplaceAll(name, "#", number), from+c.shift, to+c.shift)
			for _, w := range fields(words) {
				d.word(&d.spans[c.index], strings.ReplaceAll(w, "#", number))
			}
			d.above[depth] = append(d.above[depth], c)
		}
	}
}

// fields are words, those between tildes with their blanks.
func fields(text string) (words []string) {
	quoted := false
	for part := range strings.SplitSeq(text, "~") {
		if quoted {
			words[len(words)-1] += part
		} else {
			words = append(words, strings.Fields(part)...)
		}
		quoted = !quoted
	}
	return words
}

func (d *drawing) span(parent int, name string, from, to float64) {
	s := trace.Span{Name: name, Kind: trace.Internal, Start: epoch + int64(from*1e6), End: epoch + int64(to*1e6)}
	s.TraceID[0] = 1
	binary.BigEndian.PutUint64(s.ID[:], uint64(len(d.spans)+1))
	if parent >= 0 {
		s.Parent, s.Resource = d.spans[parent].ID, d.spans[parent].Resource
	}
	d.spans = append(d.spans, s)
}

var kinds = map[string]trace.Kind{"server": trace.Server, "client": trace.Client, "producer": trace.Producer, "consumer": trace.Consumer}

func (d *drawing) word(s *trace.Span, word string) {
	key, value, _ := strings.Cut(word, "=")
	switch {
	case kinds[word] != 0:
		s.Kind = kinds[word]
	case word[0] == '@':
		s.Resource = d.resource(word[1:])
	case word == "ok":
		s.Status.Code = trace.OK
	case strings.HasPrefix(word, "fail"):
		s.Status = trace.Status{Code: trace.Error, Message: strings.ReplaceAll(strings.TrimPrefix(word[4:], ":"), "_", " ")}
	case word[0] == '!':
		name, after, _ := strings.Cut(word[1:], "+")
		ms, err := strconv.ParseFloat(after, 64)
		require.NoError(d.t, err, word)
		s.Events = append(s.Events, trace.Event{Name: name, Time: s.Start + int64(ms*1e6)})
	case word == "missing":
		s.Parent = trace.SpanID{0xff}
	case word == "self":
		s.Parent = s.ID
	case word == "linked":
		s.Links = append(s.Links, trace.Link{TraceID: s.TraceID, SpanID: s.Parent})
	case word[0] != '*':
		d.attribute(s, key, value)
	}
}

func (d *drawing) resource(name string) *trace.Resource {
	if d.resources[name] == nil {
		service, instance, _ := strings.Cut(name, "/")
		d.resources[name] = &trace.Resource{Attributes: []trace.KeyValue{
			{Key: "service.name", Value: trace.String(service)}, {Key: "service.instance.id", Value: trace.String(instance)},
		}}
	}
	return d.resources[name]
}

func (d *drawing) attribute(s *trace.Span, key, value string) {
	set := func(key, value string) {
		v := trace.String(value)
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			v = trace.Int(n)
		} else if f, err := strconv.ParseFloat(value, 64); err == nil {
			v = trace.Float(f)
		}
		s.Attributes = append(s.Attributes, trace.KeyValue{Key: key, Value: v})
	}
	switch key {
	case "sql":
		s.Kind = trace.Client
		set("db.system.name", "postgresql")
		set("db.query.text", value)
	case "get", "post":
		s.Kind = trace.Client
		set("http.request.method", strings.ToUpper(key))
		set("url.full", value)
	case "tool":
		set("gen_ai.operation.name", "execute_tool")
		set("gen_ai.tool.name", value)
	case "args":
		set("gen_ai.tool.call.arguments", value)
	case "result":
		set("gen_ai.tool.call.result", value)
	case "model":
		set("gen_ai.operation.name", "chat")
		set("gen_ai.request.model", value)
	case "tokens":
		in, out, _ := strings.Cut(value, "+")
		set("gen_ai.usage.input_tokens", in)
		set("gen_ai.usage.output_tokens", out)
	default:
		require.NotEmpty(d.t, value, "a word that is no attribute: %s", key)
		set(key, value)
	}
}

// A drawn case is a trace and the findings of one kind that it has, written
// by summary.
type drawn struct {
	name    string
	trace   string
	options finding.Options
	want    []string
}

// checkKind compares the findings of one kind, and checks those of all others as
// well as far as they hold for any trace.
func checkKind(t *testing.T, kind finding.Kind, cases []drawn) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			tree := analysis.Build(draw(t, c.trace))
			var got []string
			for _, f := range finding.Find(tree, c.options) {
				checkSound(t, tree, f)
				if f.Kind == kind {
					got = append(got, summary(tree, f))
				}
			}
			assert.Equal(t, c.want, got)
		})
	}
}

// summary is severity, costs, title, and the names of the nodes.
func summary(tree *analysis.Tree, f finding.Finding) string {
	var names []string
	for _, at := range f.Nodes {
		names = append(names, tree.Nodes[at].Span.Name)
	}
	cost := f.Cost.Round(time.Microsecond).String()
	if f.Tokens > 0 {
		cost += fmt.Sprintf(" %d tokens", f.Tokens)
	}
	if f.Shift != 0 {
		cost += fmt.Sprintf(" shift %v", f.Shift)
	}
	return fmt.Sprintf("%s %s: %s | %s", f.Severity, cost, f.Title, strings.Join(runs(names), ", "))
}

// runs writes equal neighbours once.
func runs(names []string) (short []string) {
	for i := 0; i < len(names); {
		n := 1
		for i+n < len(names) && names[i+n] == names[i] {
			n++
		}
		if n > 1 {
			short = append(short, fmt.Sprintf("%s ×%d", names[i], n))
		} else {
			short = append(short, names[i])
		}
		i += n
	}
	return short
}

// checkSound checks what holds for every finding.
func checkSound(t require.TestingT, tree *analysis.Tree, f finding.Finding) {
	require.NotEmpty(t, f.Kind)
	require.NotEmpty(t, f.Title)
	require.NotContains(t, f.Title, "\n")
	require.True(t, strings.HasSuffix(f.Advice, "."), f.Advice)
	require.Equal(t, 1, strings.Count(f.Advice, "."), "one sentence: %s", f.Advice)
	checkChinese(t, f.Translations.Chinese)
	require.NotEmpty(t, f.Nodes)
	require.LessOrEqual(t, len(f.Nodes), 1000)
	require.GreaterOrEqual(t, f.Count, len(f.Nodes))
	require.GreaterOrEqual(t, f.Places, 1)
	require.GreaterOrEqual(t, f.Cost, time.Duration(0))
	require.GreaterOrEqual(t, f.Tokens, int64(0))
	for _, at := range f.Nodes {
		require.Less(t, at, int32(len(tree.Nodes)))
		require.GreaterOrEqual(t, at, int32(0))
	}
}

// checkChinese checks that nothing but names is left in English.
func checkChinese(t require.TestingT, w finding.Wording) {
	for _, text := range []string{w.Title, w.Advice} {
		require.Regexp(t, `\p{Han}`, text)
		require.NotRegexp(t, ` (of|after|at|with|which|and|times|spans?) |twice|%!|\n`, text)
	}
	require.True(t, strings.HasSuffix(w.Advice, "。"), w.Advice)
}
