// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	statuspb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/sidetrace/sidetrace/internal/spool"
)

const userAgent = "sidetrace-otlp-go"

// maxReply bounds what is read of a reply (OTLP specification, "OTLP/HTTP
// Response": 4 MiB by default).
const maxReply = 4 << 20

type httpClient struct {
	url         string
	headers     map[string]string
	compression string
	timeout     time.Duration
	http        *http.Client
	transport   *http.Transport
}

func newHTTPClient(e *Endpoint, u *url.URL, path string) *httpClient {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 10 * time.Second}
	t.TLSClientConfig = e.tls(u)
	t.MaxIdleConnsPerHost = maxInFlight
	// A redirected POST becomes a GET of something, whose success means nothing, and
	// takes our headers to another host.
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &httpClient{
		url: withPath(u, path), headers: e.Headers, compression: e.Compression, timeout: e.timeout(),
		http: &http.Client{Transport: t, CheckRedirect: stay}, transport: t,
	}
}

func (c *httpClient) close() error {
	c.transport.CloseIdleConnections()
	return nil
}

// send implements [client].
func (c *httpClient) send(ctx context.Context, records []spool.Record) answer {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	q := group(records)
	body, err := compress(c.compression, q.append(make([]byte, 0, q.size())))
	if err != nil {
		return answer{verdict: refused, err: err}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return answer{verdict: refused, err: err}
	}
	r.Header.Set("Content-Type", "application/x-protobuf")
	r.Header.Set("User-Agent", userAgent)
	if c.compression != "" {
		r.Header.Set("Content-Encoding", c.compression)
	}
	for k, v := range c.headers {
		r.Header.Set(k, v)
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return answer{verdict: retry, err: err, slow: errors.Is(ctx.Err(), context.DeadlineExceeded)}
	}
	defer resp.Body.Close()
	reply, err := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	if resp.StatusCode/100 == 2 {
		if err != nil {
			return answer{verdict: accepted, err: err} // it is there
		}
		return partial(reply, len(records))
	}
	return httpAnswer(resp, reply)
}

// httpAnswer says what a status means (OTLP specification, "Failures" of
// OTLP/HTTP).
func httpAnswer(resp *http.Response, reply []byte) answer {
	a := answer{verdict: refused, after: retryAfter(resp.Header.Get("Retry-After"), time.Now()), err: httpError(resp, reply)}
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		a.verdict = retry
	case http.StatusRequestEntityTooLarge:
		a.verdict = tooLarge
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusProxyAuthRequired, http.StatusUnsupportedMediaType:
		a.verdict = retry // see misconfigured
		a.after = max(a.after, misconfigured)
	case http.StatusBadRequest:
		if strings.Contains(string(reply), "HTTPS server") { // says net/http to http://
			a.verdict, a.after = retry, misconfigured
		}
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		a.verdict = unknown
	}
	if location := resp.Header.Get("Location"); resp.StatusCode/100 == 3 {
		a.verdict, a.after = retry, misconfigured
		a.err = fmt.Errorf("%s to %s: want the address itself", resp.Status, location)
	}
	return a
}

// httpError has the message of the reply, a Status in protobuf or some text.
func httpError(resp *http.Response, reply []byte) error {
	text := ""
	var s statuspb.Status
	switch kind := resp.Header.Get("Content-Type"); {
	case strings.HasPrefix(kind, "application/x-protobuf") && proto.Unmarshal(reply, &s) == nil:
		text = s.GetMessage()
	case strings.HasPrefix(kind, "text/plain"), strings.HasPrefix(kind, "application/json"):
		text = string(reply)
	}
	if text = strings.TrimSpace(strings.ToValidUTF8(text, "")); text == "" {
		return errors.New(resp.Status)
	}
	const enough = 500
	return fmt.Errorf("%s: %s", resp.Status, text[:min(len(text), enough)])
}

// retryAfter reads the header, which has seconds or a date (RFC 9110, section
// 10.2.3).
func retryAfter(value string, now time.Time) time.Duration {
	if n, err := strconv.ParseInt(value, 10, 32); err == nil && n > 0 {
		return time.Duration(n) * time.Second
	}
	if t, err := http.ParseTime(value); err == nil {
		return max(t.Sub(now), 0)
	}
	return 0
}

// partial reads the reply to an accepted request of n records, which has the same
// fields for spans and for log records. A reply that cannot be read says nothing
// of the records.
func partial(reply []byte, n int) answer {
	var r collogs.ExportLogsServiceResponse
	if err := proto.Unmarshal(reply, &r); err != nil {
		return answer{}
	}
	p := r.GetPartialSuccess()
	a := answer{rejected: int(min(max(p.GetRejectedLogRecords(), 0), int64(n)))}
	if text := p.GetErrorMessage(); text != "" || a.rejected > 0 {
		a.err = errors.New(cmp.Or(text, "partial success"))
	}
	return a
}
