// SPDX-License-Identifier: Apache-2.0

package native_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/api/internal/native"
	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/receive"
	"github.com/sidetrace/sidetrace/desk/source/sourcetest"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
	pages "github.com/sidetrace/sidetrace/desk/web"
)

// kept is a sink that reads what it is given.
type kept struct {
	t  *testing.T
	mu sync.Mutex // guards all below
	trace.Batch
	requests int
	largest  int
	err      error
}

func (k *kept) Append(_ context.Context, signal receive.Signal, body []byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err != nil {
		return k.err
	}
	k.requests++
	k.largest = max(k.largest, len(body))
	var err error
	if signal == receive.Traces {
		var spans []trace.Span
		spans, err = format.UnmarshalTraces(body)
		k.Spans = append(k.Spans, spans...)
	} else {
		var logs []trace.Log
		logs, err = format.UnmarshalLogs(body)
		k.Logs = append(k.Logs, logs...)
	}
	assert.NoError(k.t, err, "everything in a request can be read")
	return nil
}

const importLimit = 1 << 20

// importer answers, and keeps in a sink.
func importer(k *kept) http.Handler {
	c := native.Config{Source: sample(), Now: time.Now, ImportBytes: importLimit}
	if k != nil {
		c.Sink = k
	}
	return native.Handler(web.NewGate(web.GateConfig{Requests: 4, Timeout: time.Minute}), c)
}

func post(t *testing.T, h http.Handler, body io.Reader) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, native.Base+"/import", body)
	r.Header.Set("Content-Type", "application/octet-stream")
	return check(t, h, r)
}

func gzipped(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, err := z.Write(b)
	require.NoError(t, errors.Join(err, z.Close()))
	return out.Bytes()
}

func zstded(t *testing.T, b []byte) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	return z.EncodeAll(b, nil)
}

// TestImport has files of all formats kept.
func TestImport(t *testing.T) {
	checkout, agent := sourcetest.Checkout(1, began), sourcetest.Agent(2, began-minute, "s-1")
	both := &trace.Batch{Spans: append(checkout.Spans, agent.Spans...), Logs: agent.Logs}
	traces, err := format.MarshalTraces(both.Spans)
	require.NoError(t, err)
	logs, err := format.MarshalLogs(both.Logs)
	require.NoError(t, err)
	otlp := format.AppendOTLPJSON(nil, both)
	list := func(logs int) string {
		return fmt.Sprintf(`"traces":[{"traceId":"00000000000000000000000000000002","start":"%d","spans":4,"logs":%d},{"traceId":"00000000000000000000000000000001","start":"%d","spans":5,"logs":0}],"spans":9`, began-minute, logs, began)
	}
	agentLogs := len(agent.Logs)
	for _, tt := range []struct {
		name        string
		file        []byte
		spans, logs int
		want        string
	}{
		{"OTLP in protobuf", traces, 9, 0, `{` + list(0) + `,"logs":0}`},
		{"its logs", logs, 0, agentLogs, fmt.Sprintf(`{"traces":[{"traceId":"00000000000000000000000000000002","spans":0,"logs":1}],"spans":0,"logs":%d}`, agentLogs)},
		{"OTLP in JSON", otlp, 9, agentLogs, fmt.Sprintf(`{%s,"logs":%d}`, list(1), agentLogs)},
		{"gzip", gzipped(t, otlp), 9, agentLogs, fmt.Sprintf(`{%s,"logs":%d}`, list(1), agentLogs)},
		{"zstd in gzip", gzipped(t, zstded(t, otlp)), 9, agentLogs, fmt.Sprintf(`{%s,"logs":%d}`, list(1), agentLogs)},
		{"Jaeger", format.AppendJaeger(nil, both.Spans), 9, 0, `{` + list(0) + `,"logs":0}`},
		{"Zipkin", []byte(`[{"traceId":"1","id":"2","name":"get","timestamp":1700000000000000,"duration":5}]`), 1, 0,
			`{"traces":[{"traceId":"00000000000000000000000000000001","start":"1700000000000000000","spans":1,"logs":0}],"spans":1,"logs":0}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := &kept{t: t}
			w := post(t, importer(k), bytes.NewReader(tt.file))
			require.Equal(t, http.StatusOK, w.Code, w.Body)
			assert.JSONEq(t, tt.want, w.Body.String())
			assert.Len(t, k.Spans, tt.spans)
			assert.Len(t, k.Logs, tt.logs)
		})
	}
}

// TestImportAgain checks that log records which are there are not kept again, and
// that equal ones which are in a file twice are.
func TestImportAgain(t *testing.T) {
	known := sourcetest.Agent(2, began+10*minute, "s-1").Logs[0]
	other := known
	other.Body = trace.String("something else")
	k := &kept{t: t}
	w := post(t, importer(k), bytes.NewReader(format.AppendOTLPJSON(nil, &trace.Batch{Logs: []trace.Log{known, other, other}})))
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.Len(t, k.Logs, 2)
	assert.Equal(t, "something else", k.Logs[0].Body.Str())
	assert.Equal(t, 3, decoded[struct{ Logs int }](t, w.Body.String()).Logs, "so many are there")

	many := &trace.Batch{}
	for n := range uint64(1001) {
		l := known
		l.TraceID = sourcetest.TraceID(n + 1)
		many.Logs = append(many.Logs, l)
	}
	k = &kept{t: t}
	w = post(t, importer(k), bytes.NewReader(format.AppendOTLPJSON(nil, many)))
	assert.Contains(t, w.Body.String(), "there are log records of more than 1000 traces")
	assert.Len(t, k.Logs, 1001)
}

// TestImportInParts checks that no request to the sink is long.
func TestImportInParts(t *testing.T) {
	batch := &trace.Batch{}
	for i := range uint64(2500) {
		batch.Spans = append(batch.Spans, trace.Span{TraceID: sourcetest.TraceID(i/2 + 1), ID: sourcetest.SpanID(i + 1), Name: "x", Start: began + int64(i)})
	}
	k := &kept{t: t}
	got := decoded[struct {
		Traces      []struct{ TraceID string }
		More, Spans int
	}](t, post(t, importer(k), bytes.NewReader(format.AppendOTLPJSON(nil, batch))).Body.String())
	assert.Equal(t, 3, k.requests)
	assert.Len(t, k.Spans, 2500)
	assert.Len(t, got.Traces, 1000)
	assert.Equal(t, 250, got.More)
	assert.Equal(t, 2500, got.Spans)

	for i := range batch.Spans {
		batch.Spans[i].Attributes = sourcetest.Attributes("text", strings.Repeat("x", 20_000))
	}
	k = &kept{t: t}
	h := native.Handler(web.NewGate(web.GateConfig{Requests: 4, Timeout: time.Minute}), native.Config{Source: sample(), Now: time.Now, ImportBytes: 64 << 20, Sink: k})
	require.Equal(t, http.StatusOK, post(t, h, bytes.NewReader(format.AppendOTLPJSON(nil, batch))).Code)
	assert.Len(t, k.Spans, 2500)
	assert.LessOrEqual(t, k.largest, 8<<20)
}

// TestImportInPart checks that what can be read of a damaged file is kept, and the
// rest is told of.
func TestImportInPart(t *testing.T) {
	batch := sourcetest.Checkout(1, began)
	line := format.AppendOTLPJSON(nil, &batch)
	k := &kept{t: t}
	w := post(t, importer(k), bytes.NewReader(append(append(line, '\n'), line[:len(line)/2]...)))
	require.Equal(t, http.StatusOK, w.Code)
	got := decoded[struct {
		Spans, Skipped int
		Warnings       []string
	}](t, w.Body.String())
	assert.GreaterOrEqual(t, got.Spans, 5)
	assert.Len(t, k.Spans, got.Spans)
	assert.Positive(t, got.Skipped)
	require.Len(t, got.Warnings, 1)
	assert.Contains(t, got.Warnings[0], "what could not be read was left out")
}

// fullError is back pressure.
type fullError struct{}

func (fullError) Error() string { return "the disk is full" }

func (fullError) RetryAfter() time.Duration { return 1500 * time.Millisecond }

func TestImportRefused(t *testing.T) {
	batch := sourcetest.Checkout(1, began)
	good := format.AppendOTLPJSON(nil, &batch)
	bomb := zstded(t, bytes.Repeat([]byte(" "), 64<<20))
	long := append(bytes.Repeat([]byte(" "), importLimit), good...)
	full := &kept{t: t, err: fmt.Errorf("sink: %w", fullError{})}
	broken := &kept{t: t, err: errors.New("secret path")}
	for _, tt := range []struct {
		name   string
		sink   *kept
		body   io.Reader
		status int
		want   string
	}{
		{"empty", &kept{}, strings.NewReader(""), 400, "bad_file: the file is empty"},
		{"white space", &kept{}, strings.NewReader(" \n"), 400, "bad_file: the file is empty"},
		{"something else", &kept{}, strings.NewReader("hello"), 400, "bad_file: the file cannot be read: format: the input begins with"},
		{"protobuf of something else", &kept{}, strings.NewReader("\n\xff\xff"), 400, "bad_file: the file cannot be read"},
		{"too long", &kept{}, bytes.NewReader(long), 413, "too_large: the file is longer than 1048576 bytes"},
		{"too long, of unknown length", &kept{}, io.MultiReader(bytes.NewReader(long)), 413, "too_large: the file is longer than 1048576 bytes"},
		{"a bomb", &kept{}, bytes.NewReader(bomb), 413, "too_large: the file is longer decompressed than 1048576 bytes"},
		{"a bomb in a bomb", &kept{}, bytes.NewReader(gzipped(t, bomb)), 413, "too_large: the file is longer decompressed than"},
		{"compressed thrice", &kept{}, bytes.NewReader(gzipped(t, gzipped(t, gzipped(t, good)))), 400, "compressed more than twice"},
		{"broken compression", &kept{}, bytes.NewReader(gzipped(t, good)[:3]), 400, "bad_file"},
		{"cut compression", &kept{}, bytes.NewReader(gzipped(t, good)[:12]), 400, "bad_file"},
		{"nothing is kept here", nil, bytes.NewReader(good), 501, "unsupported: this desk keeps nothing"},
		{"no room", full, bytes.NewReader(good), 429, "no_room: there is no room at the moment: of the traces, 0 were kept"},
		{"a broken sink", broken, bytes.NewReader(good), 500, "internal: the traces could not be kept"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := post(t, importer(tt.sink), tt.body)
			got := failure(t, w, tt.status)
			assert.Contains(t, got, tt.want)
			assert.NotContains(t, got, "secret")
			if tt.status == http.StatusTooManyRequests {
				assert.Equal(t, "2", w.Header().Get("Retry-After"))
			}
		})
	}
	w := check(t, importer(&kept{}), httptest.NewRequest(http.MethodPost, native.Base+"/import?name=x", nil))
	assert.Contains(t, failure(t, w, 400), "there is no parameter")
}

// FuzzImport checks that no file is answered with an error of the server.
func FuzzImport(f *testing.F) {
	batch := sourcetest.Checkout(1, began)
	f.Add(format.AppendOTLPJSON(nil, &batch))
	f.Add([]byte("\x1f\x8b\x08"))
	f.Add([]byte("\x28\xb5\x2f\xfd"))
	f.Fuzz(func(t *testing.T, file []byte) {
		w := httptest.NewRecorder()
		importer(&kept{t: t}).ServeHTTP(w, httptest.NewRequest(http.MethodPost, native.Base+"/import", bytes.NewReader(file)))
		assert.Less(t, w.Code, 500, w.Body)
	})
}

// TestImportPage: what was saved as a page can be read again.
func TestImportPage(t *testing.T) {
	agent := sourcetest.Agent(1, began, "s-1")
	answers := map[string]string{"/api/desk/v1/traces/" + sourcetest.TraceID(1).String(): string(format.AppendOTLPJSON(nil, &agent)), "s3://b/k": "x"}
	var page bytes.Buffer
	require.NoError(t, pages.WriteStandalone(&page, "run", answers))
	k := &kept{t: t}
	require.Equal(t, http.StatusOK, post(t, importer(k), bytes.NewReader(page.Bytes())).Code)
	assert.Len(t, k.Spans, len(agent.Spans))

	page.Reset()
	for name := range answers {
		answers[name] = strings.Repeat(" ", importLimit+1)
	}
	require.NoError(t, pages.WriteStandalone(&page, "run", answers))
	assert.Contains(t, post(t, importer(k), &page).Body.String(), "longer than")
	assert.Contains(t, post(t, importer(k), strings.NewReader("<!doctype html><p>hello")).Body.String(), "want one that a desk has saved")
}
