// SPDX-License-Identifier: Apache-2.0

package format_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
	"github.com/sidetrace/sidetrace/internal/otlpjson"
)

func read(t *testing.T, text string) *trace.Batch {
	t.Helper()
	b, err := format.Read(strings.NewReader(text))
	require.NoError(t, err)
	return b
}

// line is one span as the file exporter of the SDK writes it.
func line(id int) string {
	return fmt.Sprintf(`{"level":"INFO","resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"web"}}]},"scopeSpans":[{"scope":{"name":"x"},`+
		`"spans":[{"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"%016x","flags":257,"name":"plan","kind":1,"startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000000000000001","status":{}}]}]}]}`, id)
}

const logLine = `{"level":"WARN","resourceLogs":[{"resource":{},"scopeLogs":[{"scope":{"name":""},"logRecords":[{"timeUnixNano":"1","observedTimeUnixNano":"2","severityNumber":13,"severityText":"WARN","body":{"stringValue":"slow"},"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7"}]}]}]}`

// A span is the same span however it is spelled.
func TestSpellingsOfOTLPJSON(t *testing.T) {
	const (
		hexIDs = `"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7"`
		base   = `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"web"}}]},"scopeSpans":[{"scope":{"name":"lib","version":"1"},"spans":[{%s}]}]}]}`
		rest   = `"parentSpanId":"53ce929d0e0e4736","name":"GET","kind":2,"startTimeUnixNano":"1700000000000000001","endTimeUnixNano":"1700000000000000002","attributes":[{"key":"n","value":{"intValue":"7"}},{"key":"d","value":{"bytesValue":"+/8="}}],"status":{"code":2,"message":"no"}`
	)
	want := read(t, fmt.Sprintf(base, hexIDs+","+rest))
	require.Len(t, want.Spans, 1)
	replace := func(old, new string) string {
		return strings.ReplaceAll(fmt.Sprintf(base, hexIDs+","+rest), old, new)
	}
	tests := []struct{ name, in string }{
		{"upper-case ids", replace(hexIDs, `"traceId":"4BF92F3577B34DA6A3CE929D0E0E4736","spanId":"00F067AA0BA902B7"`)},
		{"short span id", replace(`00f067aa0ba902b7`, `f067aa0ba902b7`)},
		{"base64 ids", replace(hexIDs, `"traceId":"S/kvNXezTaajzpKdDg5HNg==","spanId":"APBnqgupArc="`)},
		{"kind as string", replace(`"kind":2`, `"kind":"2"`)},
		{"kind of OTLP", replace(`"kind":2`, `"kind":"SPAN_KIND_SERVER"`)},
		{"kind of Elasticsearch", replace(`"kind":2`, `"kind":"Server"`)},
		{"kind of Jaeger", replace(`"kind":2`, `"kind":"server"`)},
		{"code as string", replace(`"code":2`, `"code":"2"`)},
		{"code of OTLP", replace(`"code":2`, `"code":"STATUS_CODE_ERROR"`)},
		{"code of Elasticsearch", replace(`"code":2`, `"code":"Error"`)},
		{"numbers for times and integers", replace(`"7"`, `7`)},
		{"integers as floats", replace(`"7"`, `7.0e0`)},
		{"numeric times", strings.ReplaceAll(replace(`"1700000000000000001"`, `1700000000000000001`), `"1700000000000000002"`, `1700000000000000002`)},
		{"base64url", replace(`+/8=`, `-_8`)},
		{"snake case", strings.NewReplacer("resourceSpans", "resource_spans", "scopeSpans", "scope_spans", "traceId", "trace_id", "spanId", "span_id", "parentSpanId", "parent_span_id",
			"startTimeUnixNano", "start_time_unix_nano", "endTimeUnixNano", "end_time_unix_nano", "stringValue", "string_value", "intValue", "int_value", "bytesValue", "bytes_value").Replace(replace("", ""))},
		{"old collectors", strings.NewReplacer("scopeSpans", "instrumentationLibrarySpans", `"scope"`, `"instrumentationLibrary"`).Replace(replace("", ""))},
		{"Tempo v1", replace("resourceSpans", "batches")},
		{"Tempo v2", `{"trace":` + replace("", "") + `,"metrics":{"inspectedBytes":"5"},"status":"COMPLETE"}`},
		{"Jaeger v3", `{"result":` + replace("", "") + `}`},
		{"an array", "[" + replace("", "") + "]"},
		{"members in another order", `{"resourceSpans":[{"scopeSpans":[{"spans":[{` + rest + `,` + hexIDs + `}],"scope":{"version":"1","name":"lib"}}],"resource":{"attributes":[{"value":{"stringValue":"web"},"key":"service.name"}]}}]}`},
		{"unknown members", strings.NewReplacer(`"name":"GET"`, `"name":"GET","localRoot":{"a":[1,{"b":null}]}`, `"resourceSpans"`, `"x":[[]],"resourceSpans"`).Replace(replace("", ""))},
		{"a byte order mark", "\ufeff" + replace("", "")},
		{"escapes", replace(`"GET"`, `"\u0047\u0045\u0054"`)},
		{"null members", replace(`"name":"GET"`, `"name":"GET","links":null,"events":null,"traceState":null,"flags":null,"droppedLinksCount":null`)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			requireSame(t, want, read(t, tt.in))
			requireSame(t, want, read(t, strings.NewReplacer(",", " ,\n\t", "{", "{\r\n").Replace(tt.in)+"\n"))
		})
	}
}

// What the SDK writes to files is read back, but for the count of what a resource
// has dropped, which it does not write.
func TestReadsWhatTheSDKWrites(t *testing.T) {
	for seed := range uint64(seeds) {
		want := newSource(seed).batch()
		for i := range want.Spans {
			want.Spans[i].Resource = undropped(want.Spans[i].Resource)
		}
		for i := range want.Logs {
			want.Logs[i].Resource = undropped(want.Logs[i].Resource)
		}
		var file []byte
		for _, rs := range format.ToTraces(want.Spans) {
			for _, ss := range rs.GetScopeSpans() {
				for _, s := range ss.GetSpans() {
					file = append(otlpjson.AppendSpan(file, rs, ss, s), '\n')
				}
			}
		}
		for _, rl := range format.ToLogs(want.Logs) {
			for _, sl := range rl.GetScopeLogs() {
				for _, l := range sl.GetLogRecords() {
					file = append(otlpjson.AppendLog(file, rl, sl, l), '\n')
				}
			}
		}
		got, err := format.Read(bytes.NewReader(file))
		require.NoError(t, err, "seed %d", seed)
		requireSame(t, want, got)
	}
}

func undropped(r *trace.Resource) *trace.Resource {
	if r == nil {
		return nil
	}
	return &trace.Resource{Attributes: r.Attributes, SchemaURL: r.SchemaURL}
}

func TestSeverities(t *testing.T) {
	for in, want := range map[string]int32{
		`0`: 0, `13`: 13, `"13"`: 13, `"SEVERITY_NUMBER_UNSPECIFIED"`: 0, `"SEVERITY_NUMBER_TRACE"`: 1, `"SEVERITY_NUMBER_WARN2"`: 14, `"fatal4"`: 24, `"Info"`: 9,
	} {
		got := read(t, strings.Replace(logLine, `"severityNumber":13`, `"severityNumber":`+in, 1))
		assert.Equal(t, want, got.Logs[0].Severity, in)
	}
}

func TestLines(t *testing.T) {
	want := read(t, "["+line(1)+","+line(2)+","+logLine+"]")
	require.Len(t, want.Spans, 2)
	require.Len(t, want.Logs, 1)
	assert.Same(t, want.Spans[0].Resource, want.Spans[1].Resource)
	assert.Equal(t, "slow", want.Logs[0].Body.Str())
	for name, in := range map[string]string{
		"lines":       line(1) + "\n" + line(2) + "\n" + logLine + "\n",
		"no last end": line(1) + "\n" + line(2) + "\n" + logLine,
		"blank lines": "\n\n" + line(1) + "\n \n\r\n" + line(2) + "\r\n" + logLine + "\n\n",
		"no breaks":   line(1) + line(2) + " " + logLine,
		"metrics":     line(1) + "\n{\"resourceMetrics\":[{\"resource\":{}}]}\n{}\n" + line(2) + "\n" + logLine,
		"lists":       "[" + line(1) + "]\n[" + line(2) + "," + logLine + "]",
		"nested":      "[[" + line(1) + "," + line(2) + "],[],[" + logLine + "]]",
	} {
		t.Run(name, func(t *testing.T) {
			requireSame(t, want, read(t, in))
			got, err := format.Read(iotest.OneByteReader(strings.NewReader(in)))
			require.NoError(t, err)
			requireSame(t, want, got)
		})
	}
}

// The file of a process that was killed while it wrote: everything before is read,
// and what its successor appended.
func TestCutFiles(t *testing.T) {
	tests := []struct {
		name, in string
		spans    int
		skipped  int
		eof      bool
		want     string
	}{
		{"the last line", line(1) + "\n" + line(2) + "\n" + line(3)[:100], 2, 1, true, "line 3: the input ends in the middle of a value"},
		{"in a text", line(1) + "\n" + line(2) + "\n" + line(3)[:115], 2, 1, true, "line 3: "},
		{"only the beginning", line(1)[:50], 0, 1, true, "line 1: "},
		{"one bracket", "{", 0, 1, true, "line 1: "},
		{"an array", "[" + line(1) + ",\n" + line(2) + ",", 2, 1, true, "line 2: "},
		{"appended on the same line", line(1) + "\n" + line(2)[:100] + line(3) + "\n" + line(4) + "\n", 3, 1, false, "line 2: the line ends in the middle of a value"},
		{"appended in a text", line(1) + "\n" + line(2)[:115] + line(3) + "\n" + line(4), 3, 1, false, "line 2: "},
		{"a line without an end", line(1) + "\n" + line(2)[:100] + "\n" + line(3), 2, 1, false, "line 2: "},
		{"a line too many", line(1) + "\nhalf\n" + line(3), 2, 1, false, `line 2: `},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := format.Read(strings.NewReader(tt.in))
			assert.Len(t, got.Spans, tt.spans)
			assert.Equal(t, tt.eof, errors.Is(err, io.ErrUnexpectedEOF), "%v", err)
			assert.ErrorContains(t, err, tt.want)
			if tt.spans > 0 {
				partial, ok := errors.AsType[*format.PartialError](err)
				require.True(t, ok)
				assert.Equal(t, tt.skipped, partial.Skipped)
			}
		})
	}
}

// What is wrong in one span costs that span.
func TestWrongMembers(t *testing.T) {
	deep := func(levels int) string {
		return strings.Repeat(`{"arrayValue":{"values":[`, levels) + `{"intValue":1}` + strings.Repeat(`]}}`, levels)
	}
	tests := []struct{ name, old, new, want string }{
		{"no trace id", `"traceId":"4bf92f3577b34da6a3ce929d0e0e4736",`, ``, `line 2: resourceSpans[0].scopeSpans[0].spans[0]: traceId is missing`},
		{"zero span id", `"spanId":"0000000000000002"`, `"spanId":"0000000000000000"`, `spans[0]: spanId is missing`},
		{"an id that is none", `"0000000000000002"`, `"xyz"`, `line 2: resourceSpans[0].scopeSpans[0].spans[0].spanId: trace: span id "xyz": want `},
		{"an id that is a list", `"0000000000000002"`, `[]`, `spanId: want a string, got an array`},
		{"a kind", `"kind":1`, `"kind":"SPAN_KIND_CLOUD"`, `kind: want a number, or one of`},
		{"a large kind", `"kind":1`, `"kind":5000000000`, `kind: want a number, or one of`},
		{"a status", `"status":{}`, `"status":"bad"`, `status: want an object, got a string`},
		{"a code", `"status":{}`, `"status":{"code":"bad"}`, `status.code: want a number, or one of unset, ok, error`},
		{"a time", `"1700000000000000000"`, `"yesterday"`, `startTimeUnixNano: want an integer of 64 bits, got "yesterday"`},
		{"a time of half a nanosecond", `"1700000000000000000"`, `0.5`, `startTimeUnixNano: want an integer of 64 bits`},
		{"a time beyond 64 bits", `"1700000000000000000"`, `"99999999999999999999"`, `startTimeUnixNano: want an integer`},
		{"flags", `"flags":257`, `"flags":-1`, `flags: want an integer from 0 to 4294967295, got -1`},
		{"events", `"status":{}`, `"events":7`, `events: want an array, got a number`},
		{"an event", `"status":{}`, `"events":[{"timeUnixNano":true}]`, `events[0].timeUnixNano: want an integer, got a boolean`},
		{"a value", `"status":{}`, `"attributes":[{"key":"k","value":"v"}]`, `attributes[0].value: want an object, got a string`},
		{"a boolean", `"status":{}`, `"attributes":[{"key":"k","value":{"boolValue":"maybe"}}]`, `boolValue: want true or false, got "maybe"`},
		{"bytes", `"status":{}`, `"attributes":[{"key":"k","value":{"bytesValue":"%"}}]`, `bytesValue: want base64`},
		{"a number", `"status":{}`, `"attributes":[{"key":"k","value":{"doubleValue":"x"}}]`, `doubleValue: want a number`},
		{"65 levels", `"status":{}`, `"attributes":[{"key":"k","value":` + deep(65) + `}]`, `values are nested in more than 64 levels`},
		{"a million levels", `"status":{}`, `"attributes":[{"key":"k","value":` + deep(1_000_000) + `}]`, `values are nested in more than 64 levels`},
		{"a million levels of nothing", `"status":{}`, `"x":` + strings.Repeat("[", 1_000_000) + strings.Repeat("]", 1_000_000), `want at most 1000 levels`},
		{"syntax", `"status":{}`, `"status":{]}`, `want the name of a member, got "]}`},
		{"a number of JSON", `"kind":1`, `"kind":01`, `want a comma`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			broken := strings.Replace(line(2), tt.old, tt.new, 1)
			require.NotEqual(t, line(2), broken)
			got, err := format.Read(strings.NewReader(line(1) + "\n" + broken + "\n" + line(3)))
			assert.Len(t, got.Spans, 2)
			require.ErrorContains(t, err, tt.want)
			assert.Less(t, len(err.Error()), 400)
		})
	}
	got := read(t, strings.Replace(line(2), `"status":{}`, `"attributes":[{"key":"k","value":`+deep(64)+`}]`, 1))
	assert.Equal(t, trace.ListValue, got.Spans[0].Attributes[0].Value.Kind())
}

func TestInputThatIsNone(t *testing.T) {
	for _, in := range []string{"", " \n\t\n", "\ufeff", "\ufeff\n"} {
		b, err := format.Read(strings.NewReader(in))
		require.ErrorIs(t, err, format.ErrEmpty, "%q", in)
		assert.NotNil(t, b)
	}
	for _, in := range []string{
		"hello", "<html>", "5", "null", `"text"`, `[1,2]`, `{"a":1}`, `[{"a":1}]`, "\x00\x01", "\x0a\x02zz", "a,b\n1,2", "{}x", "}", "]", "[]]", "[,]", `{"a"`, "\x1f\x8b", "\x28\xb5\x2f\xfd",
	} {
		b, err := format.Read(strings.NewReader(in))
		require.Error(t, err, "%q", in)
		assert.NotNil(t, b)
		assert.Empty(t, b.Spans)
	}
	for _, in := range []string{"hello", "<html>", `{"a":1}`, `[1]`, "\x0a\x02zz"} {
		_, err := format.Read(strings.NewReader(in))
		for _, word := range []string{"OTLP", "Jaeger", "Zipkin", "BlueKing", "gzip", "zstd"} {
			assert.ErrorContains(t, err, word, "%q: what is allowed", in)
		}
	}
	broken := errors.New("disk")
	_, err := format.Read(iotest.ErrReader(broken))
	require.ErrorIs(t, err, broken)
	_, err = format.Read(io.MultiReader(strings.NewReader(line(1)+"\n{"), iotest.ErrReader(broken)))
	require.ErrorIs(t, err, broken)
}

func TestCompressed(t *testing.T) {
	want := newSource(7).batch()
	message, err := format.MarshalTraces(want.Spans)
	require.NoError(t, err)
	for name, plain := range map[string][]byte{"protobuf": message, "JSON": format.AppendOTLPJSON(nil, &trace.Batch{Spans: want.Spans})} {
		t.Run(name, func(t *testing.T) {
			twice := gzipped(t, zstandard(t, plain))
			for _, in := range [][]byte{plain, gzipped(t, plain), zstandard(t, plain), twice} {
				got, err := format.Read(bytes.NewReader(in))
				require.NoError(t, err)
				requireSame(t, &trace.Batch{Spans: want.Spans}, got)
			}
		})
	}
	many := gzipped(t, []byte(strings.Repeat(line(1)+"\n", 1000)))
	got, err := format.Read(bytes.NewReader(many[:len(many)-9]))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.NotEmpty(t, got.Spans)
}

func gzipped(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(b)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

func zstandard(t *testing.T, b []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	return w.EncodeAll(b, nil)
}

// A message of protobuf whose first bytes are those of JSON is told from it.
func TestProtobufThatLooksLikeJSON(t *testing.T) {
	for _, size := range []int{'{', '['} {
		found := false
		for n := range 200 {
			rs := &tracepb.ResourceSpans{ScopeSpans: []*tracepb.ScopeSpans{{Spans: []*tracepb.Span{{
				TraceId: bytes.Repeat([]byte{1}, 16), SpanId: bytes.Repeat([]byte{1}, 8), Name: strings.Repeat("x", n),
			}}}}}
			if proto.Size(rs) != size {
				continue
			}
			found = true
			b, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{rs}})
			require.NoError(t, err)
			got, err := format.Read(bytes.NewReader(b))
			require.NoError(t, err)
			assert.Len(t, got.Spans, 1)
		}
		assert.True(t, found)
	}
}

// Large files are read in time that grows with their size.
func TestLargeInput(t *testing.T) {
	big := strings.Repeat("x", 1<<20)
	got := read(t, strings.Replace(line(1), `"name":"plan"`, `"name":"`+big+`"`, 1))
	assert.Len(t, got.Spans[0].Name, 1<<20)

	const n = 100_000
	var lines strings.Builder
	for i := range n {
		lines.WriteString(line(i + 1))
		lines.WriteByte('\n')
	}
	got = read(t, lines.String())
	assert.Len(t, got.Spans, n)

	again := read(t, string(format.AppendOTLPJSON(nil, got)))
	assert.Len(t, again.Spans, n)
}

func FuzzRead(f *testing.F) {
	message, err := format.MarshalTraces(newSource(1).batch().Spans)
	require.NoError(f, err)
	for _, in := range []string{"", "{", line(1), line(1) + "\n" + logLine, line(1) + "\n" + line(2)[:100] + line(3), "[" + line(1) + ",", "\x1f\x8b", string(message), "[[],[{}]]"} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := format.Read(bytes.NewReader(b))
		require.NotNil(t, got)
		if err != nil {
			require.True(t, strings.HasPrefix(err.Error(), "format: "), "%v", err)
		}
		requireWhole(t, got)
	})
}

func FuzzOTLPJSON(f *testing.F) {
	for _, file := range []string{"testdata/tempo.json", "testdata/otlp.jsonl"} {
		golden, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(golden)
	}
	f.Add(format.AppendOTLPJSON(nil, newSource(2).batch()))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := format.OTLPJSON(bytes.NewReader(b))
		if err != nil {
			require.True(t, strings.HasPrefix(err.Error(), "format: "), "%v", err)
		}
		requireWhole(t, got)
	})
}

// requireWhole checks that spans have ids, and survive being written and read.
func requireWhole(t *testing.T, b *trace.Batch) {
	t.Helper()
	for i := range b.Spans {
		require.False(t, b.Spans[i].TraceID.IsZero() || b.Spans[i].ID.IsZero())
		b.Spans[i].Offset, b.Spans[i].Inferred = 0, false // OTLP has no place for them
	}
	text := format.AppendOTLPJSON(nil, b)
	again, err := format.Read(bytes.NewReader(text))
	require.NoError(t, err, "%s", text)
	requireSame(t, again, mustRead(t, format.AppendOTLPJSON(nil, again)))
	require.Len(t, again.Spans, len(b.Spans))
	require.Len(t, again.Logs, len(b.Logs))
}

func mustRead(t *testing.T, text []byte) *trace.Batch {
	t.Helper()
	b, err := format.Read(bytes.NewReader(text))
	require.NoError(t, err)
	return b
}
