// SPDX-License-Identifier: Apache-2.0

package receive

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
)

// methods are those of OTLP/gRPC, by their paths.
var methods = map[string]Signal{
	"/opentelemetry.proto.collector.trace.v1.TraceService/Export": Traces,
	"/opentelemetry.proto.collector.logs.v1.LogsService/Export":   Logs,
}

// grpcType is the type of bodies of gRPC, which may be followed by that of its
// messages (gRPC over HTTP2, "Content-Type").
const grpcType = "application/grpc"

// isGRPC reports whether a request is one of gRPC: browsers cannot send those, as
// they speak no HTTP/2 without TLS.
func isGRPC(r *http.Request) bool {
	kind := r.Header.Get("Content-Type")
	rest, ok := strings.CutPrefix(kind, grpcType)
	return ok && r.ProtoMajor == 2 && r.Method == http.MethodPost && (rest == "" || rest[0] == '+' || rest[0] == ';')
}

// serveGRPC answers a request over gRPC.
func (s *Server) serveGRPC(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", grpcType)
	w.Header().Set("Grpc-Accept-Encoding", "gzip,zstd,identity")
	if serve, ok := healthMethods[r.URL.Path]; ok {
		serve(s, w, r)
		return
	}
	ctx, cancel, err := grpcContext(r)
	if err != nil {
		finish(w, err)
		return
	}
	defer cancel()
	in, err := s.incomingGRPC(r)
	if err != nil {
		s.stats.refused(refusalOf(err).reason)
		finish(w, err)
		return
	}
	o, err := s.export(ctx, in)
	if err == nil {
		reply(w, o.proto(in.signal))
	}
	finish(w, err)
}

// grpcContext has the time that the client gives the request (gRPC over HTTP2,
// "Timeout").
func grpcContext(r *http.Request) (context.Context, context.CancelFunc, error) {
	text := r.Header.Get("Grpc-Timeout")
	if text == "" {
		return r.Context(), func() {}, nil
	}
	units := map[byte]time.Duration{'H': time.Hour, 'M': time.Minute, 'S': time.Second, 'm': time.Millisecond, 'u': time.Microsecond, 'n': time.Nanosecond}
	unit, ok := units[text[len(text)-1]]
	n, err := strconv.ParseUint(text[:len(text)-1], 10, 32)
	const digits = 8
	if !ok || err != nil || len(text) > digits+1 {
		return nil, nil, refuse(Malformed, "the timeout is %.20q: want at most %d digits and one of H, M, S, m, u, n", text, digits)
	}
	const longest = 24 * time.Hour
	timeout := longest
	if n < uint64(longest/unit) {
		timeout = time.Duration(n) * unit
	}
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	return ctx, cancel, nil
}

// incomingGRPC checks everything but the message, and finds out how long that is.
func (s *Server) incomingGRPC(r *http.Request) (*incoming, error) {
	if err := errors.Join(s.guard.CheckOrigin(r), s.guard.CheckToken(r)); err != nil {
		return nil, err
	}
	signal, ok := methods[r.URL.Path]
	if !ok {
		return nil, refuse(Unsupported, "the method %.200q is not served: want the Export of traces or logs", r.URL.Path)
	}
	if kind := r.Header.Get("Content-Type"); kind != grpcType && kind != grpcType+"+proto" {
		return nil, refuse(Unsupported, "the content type is %.100q: want %s", kind, grpcType)
	}
	compressed, length, err := messageHead(r.Body)
	if err != nil {
		return nil, err
	}
	in := &incoming{signal: signal, body: r.Body, length: length}
	if !compressed {
		return in, nil
	}
	name := r.Header.Get("Grpc-Encoding")
	if in.encoding, ok = encodingOf(name); !ok || in.encoding == "" {
		return nil, refuse(Unsupported, "the encoding is %.100q: want gzip or zstd", name)
	}
	return in, nil
}

// messageHead reads what stands before a message: whether it is compressed, and
// its length (gRPC over HTTP2, "Length-Prefixed-Message").
func messageHead(body io.Reader) (compressed bool, length int64, err error) {
	var head [5]byte
	if _, err := io.ReadFull(body, head[:]); err != nil {
		return false, 0, brokenOff(err)
	}
	if head[0] > 1 {
		return false, 0, refuse(Malformed, "the message has the flags %#x: want 0 or 1", head[0])
	}
	return head[0] == 1, int64(binary.BigEndian.Uint32(head[1:])), nil
}

// reply writes a message that is not compressed.
func reply(w io.Writer, message []byte) {
	b := make([]byte, 5, 5+len(message))
	binary.BigEndian.PutUint32(b[1:], uint32(len(message)))
	_, _ = w.Write(append(b, message...)) // a client that is gone needs no answer
}

// finish ends an answer with its status, in trailers (gRPC over HTTP2,
// "Responses").
func finish(w http.ResponseWriter, err error) {
	code, h := codes.OK, w.Header()
	if err != nil {
		r := refusalOf(err)
		_, code, _ = r.codes()
		h.Set(http.TrailerPrefix+"Grpc-Message", percentEncoded(r.message))
		if details, err := proto.Marshal(r.proto()); err == nil {
			h.Set(http.TrailerPrefix+"Grpc-Status-Details-Bin", base64.RawStdEncoding.EncodeToString(details))
		}
	}
	h.Set(http.TrailerPrefix+"Grpc-Status", strconv.Itoa(int(code)))
}

// percentEncoded is a text as the header of a status has it (gRPC over HTTP2,
// "Status-Message").
func percentEncoded(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' || c == '%' {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
