// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/api"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/source/memory"
	"github.com/sidetrace/sidetrace/desk/source/sourcetest"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// The tests of this file are about the mistakes that the search services which this
// API stands in for are known to make, by their numbers in the list of these.

const ms = int64(time.Millisecond)

// made is a span of the first trace that lasts some milliseconds.
func made(id, parent uint64, from, to int64, set ...func(*trace.Span)) trace.Span {
	s := trace.Span{
		TraceID: sourcetest.TraceID(1), ID: sourcetest.SpanID(id), Name: fmt.Sprintf("span %d", id), Kind: trace.Internal,
		Start: start + from*ms, End: start + to*ms, Resource: service("web"),
	}
	if parent != 0 {
		s.Parent = sourcetest.SpanID(parent)
	}
	for _, f := range set {
		f(&s)
	}
	return s
}

func service(name string) *trace.Resource {
	return &trace.Resource{Attributes: sourcetest.Attributes("service.name", name)}
}

func at(name string) func(*trace.Span) { return func(s *trace.Span) { s.Resource = service(name) } }

func inTrace(n uint64) func(*trace.Span) {
	return func(s *trace.Span) { s.TraceID = sourcetest.TraceID(n) }
}

func of(kind trace.Kind) func(*trace.Span) { return func(s *trace.Span) { s.Kind = kind } }

func with(keysAndValues ...any) func(*trace.Span) {
	return func(s *trace.Span) { s.Attributes = append(s.Attributes, sourcetest.Attributes(keysAndValues...)...) }
}

// over serves spans.
func over(t *testing.T, spans ...trace.Span) (base string) {
	t.Helper()
	return serve(t, api.Config{Source: memory.New(&trace.Batch{Spans: spans})}).URL
}

// want asks for what is there.
func want(t *testing.T, base, path string) string {
	t.Helper()
	got := ask(t, "GET "+path, base)
	require.Equal(t, 200, got.status, "%s: %s", path, got.body)
	return got.body
}

func read[T any](t *testing.T, body string) (v T) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(body), &v), body)
	return v
}

func esc(text string) string { return url.QueryEscape(text) }

// found are the numbers of the traces of an answer of any face.
func found(t *testing.T, base, path string) string {
	t.Helper()
	var all []string
	for _, m := range regexp.MustCompile(`"(?:traceID|traceId)":"0*([0-9a-f]+)"`).FindAllStringSubmatch(want(t, base, path), -1) {
		all = append(all, m[1])
	}
	return strings.Join(slices.Compact(all), " ")
}

// TestTrap1 checks that the least duration is not taken for the greatest.
func TestTrap1(t *testing.T) {
	base := over(t, made(1, 0, 0, 10), made(1, 0, 0, 100, inTrace(2)))
	for _, path := range []string{
		"/api/traces?service=web&start=0&minDuration=50ms", "/api/desk/v1/traces?minDuration=50ms", "/tempo/api/search?minDuration=50ms",
		"/api/v3/trace-summaries?query.startTimeMin=2023-11-14T22:13:00Z&query.startTimeMax=2023-11-14T22:14:00Z&query.durationMin=50ms",
	} {
		assert.Equal(t, "2", found(t, base, path), path)
		assert.Equal(t, "1", found(t, base, strings.NewReplacer("minDuration", "maxDuration", "durationMin", "durationMax").Replace(path)), path)
	}
}

// TestTrap2 checks the units of times, face by face.
func TestTrap2(t *testing.T) {
	base := over(t, made(1, 0, 0, 10, func(s *trace.Span) {
		s.Start, s.End = start+1, start+10*ms+2
		s.Events = []trace.Event{{Time: start + 5*ms, Name: "e"}}
	}))
	v1 := want(t, base, "/api/traces/1")
	assert.Contains(t, v1, fmt.Sprintf(`"startTime":%d,"duration":10000`, start/1000), "microseconds")
	assert.Contains(t, v1, fmt.Sprintf(`"timestamp":%d`, (start+5*ms)/1000), "of events too")
	for _, path := range []string{"/api/v3/traces/1", "/tempo/api/v2/traces/1"} {
		assert.Contains(t, strings.ReplaceAll(want(t, base, path), " ", ""), fmt.Sprintf(`"startTimeUnixNano":"%d"`, start+1), "nanoseconds as text")
	}
	assert.Contains(t, want(t, base, "/api/desk/v1/traces"), fmt.Sprintf(`"start":"%d","duration":10000001`, start+1))
	assert.Equal(t, "1", found(t, base, fmt.Sprintf("/api/traces?start=%d&end=%d", start/1000, start/1000+1)), "microseconds")
	assert.Equal(t, "1", found(t, base, fmt.Sprintf("/tempo/api/search?start=%d&end=%[1]d", start/1e9)), "seconds")
	assert.Equal(t, "1", found(t, base, fmt.Sprintf("/api/desk/v1/traces?from=%d&to=%d", start, start+2)), "nanoseconds")
	filters := esc(`[{"key":"elapsed_time","operator":"gte","value":["10000"]},{"key":"elapsed_time","operator":"lt","value":["10001"]}]`)
	assert.Equal(t, "1", found(t, base, "/api/desk/v1/traces?filters="+filters), "microseconds")

	base = serve(t, api.Config{Source: everything()}).URL
	inexact := regexp.MustCompile(`[:,\[]\d{16,}[,}\]]`)
	for _, path := range []string{
		"/traces", "/traces/1?view=summary,tree,waterfall,flame,sequence,topology,services,statistics,findings,path,run", "/traces/2?view=run",
		"/compare?baseline=1&comparison=2", "/scatter", "/sessions", "/sessions/s-1", "/logs", "/statistics?step=1m&from=now-1h", "/status", "/durations", "/map",
	} {
		assert.Empty(t, inexact.FindString(want(t, base, "/api/desk/v1"+path)), "%s: numbers that JavaScript would round", path)
	}
}

// TestTrap3 checks that scattered traces failed or not as they did, and that none
// are left from the last request.
func TestTrap3(t *testing.T) {
	base := over(t, made(1, 0, 0, 10), made(1, 0, 0, 100, inTrace(2), func(s *trace.Span) { s.Status.Code = trace.Error }))
	first := want(t, base, "/api/desk/v1/scatter")
	got := read[struct {
		Traces []struct {
			TraceID string
			Errors  int
		}
		Total, Failed int
	}](t, first)
	require.Len(t, got.Traces, 2)
	for _, tr := range got.Traces {
		assert.Equal(t, strings.HasSuffix(tr.TraceID, "2"), tr.Errors == 1)
	}
	assert.Equal(t, 2, got.Total)
	assert.Equal(t, 1, got.Failed)
	assert.Equal(t, first, want(t, base, "/api/desk/v1/scatter"), "the second answer is the first")
}

// A forest is the view tree.
type forest struct {
	Spans []struct{ ID string }
	Tree  struct {
		Roots, Order []int
		Nodes        []struct {
			Parent, Level int
			Marks         []string
			Badge         *struct{ Failed bool }
			Class         string
		}
		Orphans int
	}
}

// TestTrap4 checks that orphans, spans that are their own parents and cycles are all
// shown.
func TestTrap4(t *testing.T) {
	base := over(t, made(1, 0, 0, 100), made(2, 1, 10, 20), made(3, 77, 30, 40), made(4, 4, 50, 60), made(5, 6, 60, 70), made(6, 5, 61, 69))
	got := read[forest](t, want(t, base, "/api/desk/v1/traces/1?view=tree"))
	require.Len(t, got.Tree.Nodes, 6)
	assert.Len(t, got.Tree.Order, 6, "every span has a place")
	assert.Len(t, got.Tree.Roots, 4)
	assert.Equal(t, 1, got.Tree.Orphans)
	assert.Contains(t, got.Tree.Nodes[2].Marks, "orphan")
	assert.Contains(t, got.Tree.Nodes[3].Marks, "selfParent")
	for _, view := range []string{"waterfall", "flame", "sequence", "topology", "statistics", "findings", "path", "run"} {
		want(t, base, "/api/desk/v1/traces/1?view="+view)
	}
	assert.Equal(t, 6, strings.Count(want(t, base, "/api/traces/1"), `"operationName"`))
}

// TestTrap5 checks that services of long ago are listed, and more than a hundred.
func TestTrap5(t *testing.T) {
	var spans []trace.Span
	for n := range uint64(150) {
		spans = append(spans, made(1, 0, 0, 1, inTrace(n+1), at(fmt.Sprintf("service-%03d", n)), func(s *trace.Span) {
			s.Start -= 300 * 24 * int64(time.Hour)
			s.End = s.Start
		}))
	}
	base := over(t, spans...)
	assert.Len(t, read[struct{ Data []string }](t, want(t, base, "/api/services")).Data, 150)
	assert.Len(t, read[struct{ Services []string }](t, want(t, base, "/api/v3/services")).Services, 150)
	assert.Len(t, read[struct{ Services []any }](t, want(t, base, "/api/desk/v1/services")).Services, 150)
	assert.Len(t, read[struct{ TagValues []any }](t, want(t, base, "/tempo/api/v2/search/tag/resource.service.name/values")).TagValues, 150)
}

// TestTrap6 checks services whose names are not made for paths.
func TestTrap6(t *testing.T) {
	for _, name := range []string{"a.b", "team/agent.v2", "..", "a//b", "a?b#c%2F", "服务", "a b+c", "%"} {
		base := over(t, made(1, 0, 0, 1, at(name)))
		assert.Equal(t, []string{"span 1"}, read[struct{ Data []string }](t, want(t, base, "/api/services/"+strings.ReplaceAll(url.PathEscape(name), ".", "%2E")+"/operations")).Data, name)
		assert.Equal(t, "1", found(t, base, "/api/traces?service="+esc(name)), name)
		assert.Equal(t, "1", found(t, base, "/api/desk/v1/traces?service="+esc(name)), name)
	}
}

// TestTrap7 checks that a search keeps its order and says how many there are.
func TestTrap7(t *testing.T) {
	var spans []trace.Span
	for n := range int64(5) {
		spans = append(spans, made(1, 0, n*1000, n*1000+10-n, inTrace(uint64(n)+1)))
	}
	base := over(t, spans...)
	got := read[struct{ Total struct{ Count int } }](t, want(t, base, "/api/desk/v1/traces?limit=2&total=true"))
	assert.Equal(t, 5, got.Total.Count)
	for path, order := range map[string]string{
		"/api/desk/v1/traces": "5 4 3 2 1", "/api/desk/v1/traces?order=oldest": "1 2 3 4 5", "/api/desk/v1/traces?order=longest": "1 2 3 4 5",
		"/api/traces?service=web": "5 4 3 2 1", "/tempo/api/search": "5 4 3 2 1",
	} {
		assert.Equal(t, order, found(t, base, path), path)
	}
}

// TestTrap8 checks that tags have types.
func TestTrap8(t *testing.T) {
	base := over(t, made(1, 0, 0, 1, with("s", "x", "i", 1, "f", 0.5, "b", true, "big", 1<<60, "raw", trace.Bytes([]byte{1}))))
	body := want(t, base, "/api/traces/1")
	for _, tag := range []string{
		`{"key":"s","type":"string","value":"x"}`, `{"key":"i","type":"int64","value":1}`, `{"key":"f","type":"float64","value":0.5}`,
		`{"key":"b","type":"bool","value":true}`, `{"key":"big","type":"int64","value":"1152921504606846976"}`, `{"key":"raw","type":"binary","value":"AQ=="}`,
	} {
		assert.Contains(t, body, tag)
	}
}

// TestTrap9 checks spans without a service.
func TestTrap9(t *testing.T) {
	base := over(t, made(1, 0, 0, 1, func(s *trace.Span) { s.Resource = nil }))
	assert.Contains(t, want(t, base, "/api/services"), `"data":["unknown_service"]`)
	assert.Equal(t, "1", found(t, base, "/api/traces?service=unknown_service"))
	assert.Contains(t, want(t, base, "/api/traces/1"), `"serviceName":"unknown_service"`)
	assert.Contains(t, want(t, base, "/api/services/unknown_service/operations"), "span 1")
}

// filtered are the traces that meet filters of BlueKing's page.
func filtered(t *testing.T, base, filters string) string {
	t.Helper()
	return found(t, base, "/api/desk/v1/traces?filters="+esc(filters))
}

// TestTrap10 checks that conditions beside each other all hold, whatever they are,
// and also if they are on one field.
func TestTrap10(t *testing.T) {
	base := over(t, made(1, 0, 0, 1, with("x", "1", "y", "abc")), made(1, 0, 1, 2, inTrace(2), with("x", "2", "y", "abc")), made(1, 0, 2, 3, inTrace(3), with("x", "1", "y", "z")))
	assert.Equal(t, "1", filtered(t, base, `[{"key":"attributes.x","operator":"equal","value":["1"]},{"key":"attributes.y","operator":"like","value":["b"]}]`))
	assert.Empty(t, filtered(t, base, `[{"key":"attributes.x","operator":"equal","value":["1"]},{"key":"attributes.x","operator":"equal","value":["2"]}]`))
	assert.Equal(t, "3 2 1", filtered(t, base, `[{"key":"attributes.x","operator":"equal","value":["1","2"]}]`))
	assert.Equal(t, "1", filtered(t, base, `[{"key":"attributes.y","operator":"like","value":["a","c"],"options":{"group_relation":"AND"}},{"key":"attributes.x","operator":"equal","value":["1"]}]`))
}

// TestTrap11 checks the ends of ranges: of filters the second is not in it, in query
// strings it is.
func TestTrap11(t *testing.T) {
	base := over(t, made(1, 0, 0, 10), made(1, 0, 1, 21, inTrace(2)))
	assert.Equal(t, "1", filtered(t, base, `[{"key":"elapsed_time","operator":"between","value":["10000","20000"]}]`))
	assert.Equal(t, "2 1", found(t, base, "/api/desk/v1/traces?lucene="+esc("elapsed_time: [10000 TO 20000]")))
	assert.Equal(t, "1", found(t, base, "/api/desk/v1/traces?lucene="+esc("elapsed_time: [10000 TO 20000}")))
}

// TestTrap12 checks that not being the empty text means being there.
func TestTrap12(t *testing.T) {
	base := over(t, made(1, 0, 0, 1, with("x", "")), made(1, 0, 1, 2, inTrace(2), with("x", "1")), made(1, 0, 2, 3, inTrace(3)))
	assert.Equal(t, "2", filtered(t, base, `[{"key":"attributes.x","operator":"not_equal","value":[""]}]`))
	assert.Equal(t, "3 1", filtered(t, base, `[{"key":"attributes.x","operator":"not_equal","value":["1"]}]`))
}

// TestTrap13 checks that a trace which is named is found whatever the range.
func TestTrap13(t *testing.T) {
	base := over(t, made(1, 0, 0, 1))
	for _, path := range []string{
		"/api/desk/v1/traces/1?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z", "/api/traces/1?start=1&end=2",
		"/api/v3/traces/1?startTime=2020-01-01T00:00:00Z&endTime=2020-01-02T00:00:00Z", "/tempo/api/traces/1?start=1&end=2", "/tempo/api/v2/traces/1?start=1&end=2",
	} {
		assert.Contains(t, want(t, base, path), "span 1", path)
	}
	assert.Contains(t, want(t, base, "/api/desk/v1/find?text=1&text=2"), `"found"`)
}

// TestTrap14 checks that traces of clocks that are ahead are found, unless the range
// says otherwise.
func TestTrap14(t *testing.T) {
	ahead := now().Add(time.Hour).UnixNano()
	base := over(t, made(1, 0, 0, 0, func(s *trace.Span) { s.Start, s.End = ahead, ahead+1 }))
	assert.Equal(t, "1", found(t, base, "/api/desk/v1/traces"))
	assert.Equal(t, "1", found(t, base, "/api/desk/v1/traces?from=now&to=now%2B61m"))
	assert.Empty(t, found(t, base, "/api/desk/v1/traces?to=now"))
}

// TestTrap15 checks how many levels there are: a root is one.
func TestTrap15(t *testing.T) {
	var spans []trace.Span
	for levels := range uint64(4) {
		spans = append(spans, made(levels+1, levels, 0, 10))
		base := over(t, spans...)
		row := read[struct{ Traces []struct{ Levels int } }](t, want(t, base, "/api/desk/v1/traces")).Traces[0]
		view := read[struct{ Summary struct{ Levels int } }](t, want(t, base, "/api/desk/v1/traces/1?view=summary")).Summary
		assert.EqualValues(t, levels+1, row.Levels)
		assert.EqualValues(t, levels+1, view.Levels)
	}
}

// TestTrap16 checks that nothing depends on the order in which spans come.
func TestTrap16(t *testing.T) {
	spans := []trace.Span{
		made(1, 0, 5, 100, of(trace.Server)), made(2, 1, 6, 50), made(3, 2, 7, 40, at("pay"), of(trace.Server)), made(4, 9, 0, 3, at("cron"), of(trace.Server)),
	}
	rows, summaries := map[string]bool{}, map[string]bool{}
	random := rand.New(rand.NewPCG(1, 2))
	for range 10 {
		random.Shuffle(len(spans), func(i, j int) { spans[i], spans[j] = spans[j], spans[i] })
		base := over(t, spans...)
		rows[want(t, base, "/api/desk/v1/traces")] = true
		summaries[read[struct{ Summary struct{ RootName string } }](t, want(t, base, "/api/desk/v1/traces/1?view=summary")).Summary.RootName] = true
	}
	assert.Len(t, rows, 1)
	assert.Equal(t, map[string]bool{"span 1": true}, summaries, "a root without a parent goes before an orphan")
}

// TestTrap17 checks that spans of no category are counted as such.
func TestTrap17(t *testing.T) {
	base := over(t, made(1, 0, 0, 10, of(trace.Server), with("http.request.method", "GET")), made(2, 1, 1, 2), made(3, 1, 3, 4))
	got := read[struct {
		Summary struct{ Categories map[string]int }
	}](t, want(t, base, "/api/desk/v1/traces/1?view=summary"))
	assert.Equal(t, 2, got.Summary.Categories["other"])
	assert.Equal(t, 1, got.Summary.Categories["http"])
}

// TestTrap18 checks that a redirect is no failure.
func TestTrap18(t *testing.T) {
	for status, failed := range map[int]bool{200: false, 204: false, 302: false, 304: false, 404: true, 500: true} {
		base := over(t, made(1, 0, 0, 10, of(trace.Server), with("http.request.method", "GET", "http.response.status_code", status)))
		got := read[forest](t, want(t, base, "/api/desk/v1/traces/1?view=tree"))
		require.NotNil(t, got.Tree.Nodes[0].Badge)
		assert.Equal(t, failed, got.Tree.Nodes[0].Badge.Failed, status)
	}
}

// TestTrap19And21 checks that a callee is inferred only where none is, and that its
// id is one.
func TestTrap19And21(t *testing.T) {
	call := with("http.request.method", "GET", "http.url", "http://pay/x", "peer.service", "pay", "net.peer.name", "pay")
	base := over(t, made(1, 0, 0, 100, of(trace.Client), call), made(2, 1, 10, 90, at("pay"), of(trace.Server)), made(3, 0, 200, 300, of(trace.Client), call))
	got := read[forest](t, want(t, base, "/api/desk/v1/traces/1?view=tree&inferred=true"))
	require.Len(t, got.Tree.Nodes, 4, "one callee recorded itself, the other is inferred")
	inferred := 0
	for i, n := range got.Tree.Nodes {
		assert.Regexp(t, "^[0-9a-f]{16}$", got.Spans[i].ID)
		if slices.Contains(n.Marks, "inferred") {
			inferred++
			assert.Equal(t, "0000000000000003", got.Spans[n.Parent].ID)
		}
	}
	assert.Equal(t, 1, inferred)
	assert.Len(t, read[forest](t, want(t, base, "/api/desk/v1/traces/1?view=tree")).Tree.Nodes, 3)
}

// TestTrap20 checks that a span whose clock is behind is moved with all below it,
// and that the trace lasts as long as what is then shown.
func TestTrap20(t *testing.T) {
	base := over(t, made(1, 0, 0, 100, of(trace.Client)), made(2, 1, -50, 40, at("pay"), of(trace.Server)), made(3, 2, -40, 30, at("pay")))
	type waterfall struct {
		Waterfall struct {
			Start, End string
			Rows       []struct{ Offset, Duration, Shift int64 }
		}
	}
	got := read[waterfall](t, want(t, base, "/api/desk/v1/traces/1?view=waterfall")).Waterfall
	require.Len(t, got.Rows, 3)
	assert.Equal(t, 50*ms, got.Rows[1].Shift)
	assert.Equal(t, 50*ms, got.Rows[2].Shift, "what is below moves with it")
	assert.Equal(t, fmt.Sprint(start), got.Start)
	assert.Equal(t, fmt.Sprint(start+100*ms), got.End)
	raw := read[waterfall](t, want(t, base, "/api/desk/v1/traces/1?view=waterfall&align=false")).Waterfall
	assert.Zero(t, raw.Rows[1].Shift)
	assert.Equal(t, fmt.Sprint(start-50*ms), raw.Start)
}

// TestTrap22 checks that a trace of more than 10,000 spans is whole in every face.
func TestTrap22(t *testing.T) {
	const n = 12_000
	spans := make([]trace.Span, n)
	for i := range spans {
		spans[i] = made(uint64(i)+1, uint64(i/2), int64(i), int64(i)+1)
	}
	base := over(t, spans...)
	for path, mark := range map[string]string{
		"/api/traces/1": `"operationName"`, "/api/v3/traces/1": `"spanId"`, "/tempo/api/traces/1": `"spanId"`, "/api/desk/v1/traces/1": `"spanId"`,
		"/api/traces?service=web": `"operationName"`,
	} {
		assert.Equal(t, n, strings.Count(want(t, base, path), mark), path)
	}
	got := read[struct{ Traces []struct{ Spans int } }](t, want(t, base, "/api/desk/v1/traces"))
	assert.Equal(t, n, got.Traces[0].Spans)
	assert.Len(t, read[forest](t, want(t, base, "/api/desk/v1/traces/1?view=tree")).Tree.Nodes, n)
}

// TestTrap23 checks that conditions hold for one span, not each for any of a trace.
func TestTrap23(t *testing.T) {
	base := over(t, made(1, 0, 0, 10, with("a", "1")), made(2, 1, 1, 2, with("b", "1")), made(1, 0, 1, 2, inTrace(2), with("a", "1", "b", "1")))
	for _, path := range []string{
		"/api/desk/v1/traces?filters=" + esc(`[{"key":"attributes.a","operator":"equal","value":["1"]},{"key":"attributes.b","operator":"equal","value":["1"]}]`),
		"/api/desk/v1/traces?lucene=" + esc(`attributes.a: "1" AND attributes.b: "1"`), "/api/desk/v1/traces?q=" + esc(`{ span.a = "1" && span.b = "1" }`),
		"/api/traces?tags=" + esc(`{"a":"1","b":"1"}`), "/tempo/api/search?tags=" + esc("a=1 b=1"),
	} {
		assert.Equal(t, "2", found(t, base, path), path)
	}
	assert.Equal(t, "2 1", found(t, base, "/api/desk/v1/traces?q="+esc(`{ span.a = "1" } && { span.b = "1" }`)), "where that is what is meant")
}

// TestTrap24 checks that conditions on events, and on links, hold for one of them.
func TestTrap24(t *testing.T) {
	event := func(name, key, value string) trace.Event {
		return trace.Event{Name: name, Attributes: sourcetest.Attributes(key, value)}
	}
	base := over(t, made(1, 0, 0, 10, func(s *trace.Span) {
		s.Events = []trace.Event{event("retry", "n", "1"), event("exception", "n", "2")}
		s.Links = []trace.Link{{TraceID: sourcetest.TraceID(8), SpanID: sourcetest.SpanID(1)}, {TraceID: sourcetest.TraceID(9), SpanID: sourcetest.SpanID(2)}}
	}))
	for condition, want := range map[string]string{
		`event:name = "retry" && event.n = "1"`: "1", `event:name = "retry" && event.n = "2"`: "",
		`link:traceID = "8" && link:spanID = "1"`: "1", `link:traceID = "8" && link:spanID = "2"`: "",
	} {
		assert.Equal(t, want, found(t, base, "/api/desk/v1/traces?q="+esc("{ "+condition+" }")), condition)
	}
	assert.Empty(t, filtered(t, base, `[{"key":"events.name","operator":"equal","value":["retry"]},{"key":"events.attributes.n","operator":"equal","value":["2"]}]`))
}

// counted counts what a source is asked, and how much of it at a time.
type counted struct {
	source.Source
	searches, traces, underWay, most atomic.Int64
}

func (c *counted) Search(ctx context.Context, s *source.Search) (*source.Page, error) {
	c.searches.Add(1)
	return c.Source.Search(ctx, s)
}

func (c *counted) Trace(ctx context.Context, id trace.TraceID, hint source.Range) (*trace.Trace, error) {
	c.traces.Add(1)
	if n := c.underWay.Add(1); n > c.most.Load() {
		c.most.Store(n)
	}
	defer c.underWay.Add(-1)
	return c.Source.Trace(ctx, id, hint)
}

// TestTrap26 checks that lists do not read whole traces, and that those who want
// them get them a few at a time.
func TestTrap26(t *testing.T) {
	batch := &trace.Batch{}
	for n := range uint64(50) {
		batch.Spans = append(batch.Spans, made(1, 0, 0, 1, inTrace(n+1)))
	}
	c := &counted{Source: memory.New(batch)}
	base := serve(t, api.Config{Source: c}).URL
	for _, path := range []string{
		"/api/desk/v1/traces?limit=50", "/tempo/api/search?limit=50",
		"/api/v3/trace-summaries?query.startTimeMin=2023-11-14T22:13:00Z&query.startTimeMax=2023-11-14T22:14:00Z",
	} {
		c.searches.Store(0)
		want(t, base, path)
		assert.EqualValues(t, 1, c.searches.Load(), path)
		assert.Zero(t, c.traces.Load(), path)
	}
	assert.Len(t, strings.Fields(found(t, base, "/api/traces?service=web&limit=50")), 50)
	assert.EqualValues(t, 50, c.traces.Load())
	assert.LessOrEqual(t, c.most.Load(), int64(4))
}

// TestTrap27 checks how a kind that is not known is written.
func TestTrap27(t *testing.T) {
	base := over(t, made(1, 0, 0, 1, of(trace.Unspecified)))
	assert.NotContains(t, want(t, base, "/api/traces/1"), "span.kind")
	assert.Contains(t, want(t, base, "/api/desk/v1/spans"), `"kind":"unspecified"`)
	assert.Equal(t, "1", found(t, base, "/api/desk/v1/traces?kind=unspecified"))
}

// TestTrap28And29 checks every spelling of an id, in paths and in queries.
func TestTrap28And29(t *testing.T) {
	base := over(t, made(0xabc, 0, 0, 1, inTrace(0xdef)))
	id, span := sourcetest.TraceID(0xdef), sourcetest.SpanID(0xabc)
	for _, spelling := range []string{
		id.String(), strings.ToUpper(id.String()), id.String()[16:], "def", "DEF", base64.StdEncoding.EncodeToString(id[:]),
	} {
		for _, path := range []string{"/api/traces/", "/api/v3/traces/", "/tempo/api/traces/", "/api/desk/v1/traces/"} {
			assert.Contains(t, want(t, base, path+url.PathEscape(spelling)), "span 2748", path+spelling)
		}
	}
	assert.Contains(t, want(t, base, "/api/traces/DEF"), `"traceID":"`+id.String()+`"`, "answers have one spelling")
	for _, query := range []string{
		"lucene=" + id.String(), "lucene=" + strings.ToUpper(id.String()), "lucene=" + esc(`trace_id: "`+strings.ToUpper(id.String())+`"`), "lucene=" + strings.ToUpper(span.String()),
		"q=" + esc(`{ trace:id = "DEF" }`), "q=" + esc(`{ span:id = "`+strings.ToUpper(span.String())+`" }`),
	} {
		assert.Equal(t, "def", found(t, base, "/api/desk/v1/traces?"+query), query)
	}
	assert.Contains(t, want(t, base, "/api/desk/v1/find?text="+strings.ToUpper(id.String())), `"found":true`)
}

// partly is a source some of which cannot be read.
type partly struct{ source.Source }

func (p partly) Values(ctx context.Context, s *source.ValueSearch) (*source.Values, error) {
	if s.Field.Name == "kind" {
		return nil, errors.New("a page is damaged")
	}
	return p.Source.Values(ctx, s)
}

// TestTrap30 checks that an answer which lacks something says so.
func TestTrap30(t *testing.T) {
	base := serve(t, api.Config{Source: partly{everything()}}).URL
	got := read[struct {
		Fields []struct {
			Field    string
			Partial  bool
			Warnings []string
			Values   []any
		}
	}](t, want(t, base, "/api/desk/v1/fields/top?field=name&field=kind"))
	require.Len(t, got.Fields, 2)
	assert.Empty(t, got.Fields[0].Warnings)
	assert.NotEmpty(t, got.Fields[0].Values)
	assert.True(t, got.Fields[1].Partial)
	assert.Equal(t, []string{"the traces could not be read"}, got.Fields[1].Warnings)
	assert.Equal(t, 500, ask(t, "GET /api/desk/v1/fields/values?field=kind", base).status, "where it was all that was asked for")
}
