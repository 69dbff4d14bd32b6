// SPDX-License-Identifier: Apache-2.0

package receive

import (
	"encoding/json"
	"io"
	"maps"
	"math"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// Types of bodies (OTLP specification, "OTLP/HTTP").
const (
	protobufType = "application/x-protobuf"
	jsonType     = "application/json"
)

// paths are those of OTLP/HTTP.
var paths = map[string]Signal{"/v1/traces": Traces, "/v1/logs": Logs}

// handler tells the protocols apart.
func (s *Server) handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isGRPC(r) {
			s.serveGRPC(w, r)
			return
		}
		s.serveHTTP(w, r)
	})
}

// serveHTTP answers a request over HTTP, in the type that it has.
func (s *Server) serveHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	isJSON := mediaType(r) != protobufType
	in, err := s.incomingHTTP(r)
	if err != nil {
		s.stats.refused(refusalOf(err).reason)
		s.refuseHTTP(w, r, err)
		return
	}
	o, err := s.export(r.Context(), in)
	if err != nil {
		s.refuseHTTP(w, r, err)
		return
	}
	answer := o.proto(in.signal)
	if isJSON {
		answer = o.json(in.signal)
	}
	write(w, http.StatusOK, isJSON, answer)
}

func mediaType(r *http.Request) string {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return kind
}

// incomingHTTP checks everything but the body.
func (s *Server) incomingHTTP(r *http.Request) (*incoming, error) {
	if err := s.guard.Check(r); err != nil {
		return nil, err
	}
	signal, ok := paths[r.URL.Path]
	if !ok {
		return nil, refuse(Unsupported, "nothing is taken at %.100q: want /v1/traces or /v1/logs", r.URL.Path)
	}
	if r.Method != http.MethodPost {
		return nil, unsupported(http.StatusMethodNotAllowed, "Allow", http.MethodPost, "the method is %.20q: want POST", r.Method)
	}
	in := &incoming{signal: signal, body: r.Body, length: r.ContentLength}
	switch kind := mediaType(r); kind {
	case protobufType:
	case jsonType:
		in.isJSON = true
	default:
		return nil, unsupported(http.StatusUnsupportedMediaType, "Accept", protobufType+", "+jsonType,
			"the content type is %.100q: want %s or %s", r.Header.Get("Content-Type"), protobufType, jsonType)
	}
	encoding := strings.ToLower(strings.Join(r.Header.Values("Content-Encoding"), ", "))
	if in.encoding, ok = encodingOf(encoding); !ok {
		return nil, unsupported(http.StatusUnsupportedMediaType, "Accept-Encoding", "gzip, zstd", "the content encoding is %.100q: want gzip, zstd or none", encoding)
	}
	return in, nil
}

// encodingOf is an encoding by its name in a header.
func encodingOf(name string) (encoding string, ok bool) {
	if name == "" || name == "identity" {
		return "", true
	}
	_, ok = decompressors[name]
	return name, ok
}

// unsupported is a refusal with a status of its own, and a header that says what
// is wanted instead.
func unsupported(status int, header, value, format string, args ...any) *refusal {
	r := refuse(Unsupported, format, args...)
	r.status, r.header = status, http.Header{header: {value}}
	return r
}

// refuseHTTP answers with a Status message in the type of the request, or in JSON
// if that has none of ours.
func (s *Server) refuseHTTP(w http.ResponseWriter, r *http.Request, err error) {
	refusal := refusalOf(err)
	status, _, after := refusal.codes()
	maps.Copy(w.Header(), refusal.header)
	if after > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(after.Seconds()))))
	}
	isJSON := mediaType(r) != protobufType
	marshal := proto.Marshal
	if isJSON {
		marshal = protojson.Marshal
	}
	body, err := marshal(refusal.proto())
	if err != nil {
		body = nil // a message that is no UTF-8, of which there is none
	}
	drain(r)
	write(w, status, isJSON, body)
}

// maxDrain is how much of a request that is refused is read all the same: more
// than any that is taken, and than most that are too large.
const maxDrain = 64 << 20

// drain reads what has not been read of a request. A client of HTTP/1 that is
// still sending would not see the answer, but a connection that breaks off, and so
// not learn when to come again. One that waits to be asked for its body has not
// sent it, and HTTP/2 has ways to say that the rest is not wanted.
func drain(r *http.Request) {
	if r.ProtoMajor == 1 && r.Header.Get("Expect") == "" {
		_, _ = io.CopyN(io.Discard, r.Body, maxDrain) // whatever ends it, the answer comes next
	}
}

func write(w http.ResponseWriter, status int, isJSON bool, body []byte) {
	kind := protobufType
	if isJSON {
		kind = jsonType
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that is gone needs no answer
}

// json is the answer in JSON: numbers of 64 bits are strings there.
func (o *outcome) json(signal Signal) []byte {
	text := o.message(signal)
	if text == "" {
		return []byte("{}")
	}
	type partial struct {
		Spans   int64  `json:"rejectedSpans,string,omitempty"`
		Records int64  `json:"rejectedLogRecords,string,omitempty"`
		Message string `json:"errorMessage"`
	}
	p := partial{Message: text}
	if signal == Logs {
		p.Records = int64(o.lost())
	} else {
		p.Spans = int64(o.lost())
	}
	b, err := json.Marshal(map[string]partial{"partialSuccess": p})
	if err != nil { // strings and numbers always can be
		return []byte("{}")
	}
	return b
}
