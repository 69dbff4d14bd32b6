// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"encoding/hex"
	"strings"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/sidetrace/sidetrace/internal/carrier"
)

// The W3C headers.
var (
	traceparentHeader = carrier.NewHeader("traceparent")
	tracestateHeader  = carrier.NewHeader("tracestate")
)

// TraceContext carries a trace in the headers of W3C Trace Context, Level 2
// (https://www.w3.org/TR/trace-context-2/). Where it differs from
// [propagation.TraceContext]: it refuses two traceparent headers, joins several
// tracestate headers, takes keys by the grammar of Level 2, and ignores flags it
// does not know, as the text demands, rather than the whole header.
type TraceContext struct{}

var _ propagation.TextMapPropagator = TraceContext{}

// Fields returns the headers' names.
func (TraceContext) Fields() []string {
	return []string{traceparentHeader.Name(), tracestateHeader.Name()}
}

// knownFlags are the flags of Level 2: sampled and random.
const knownFlags = trace.FlagsSampled | trace.FlagsRandom

// Positions in a traceparent of version 00: vv-tttttttttttttttttttttttttttttttt-pppppppppppppppp-ff
const (
	traceIDAt      = 3
	parentIDAt     = 36
	flagsAt        = 53
	traceparentLen = 55
)

// Inject sets the headers for the span that is current in ctx.
func (TraceContext) Inject(ctx context.Context, c propagation.TextMapCarrier) {
	sc := trace.SpanContextFromContext(ctx)
	if !sc.IsValid() {
		return
	}
	traceID, spanID := sc.TraceID(), sc.SpanID()
	var b [traceparentLen]byte
	copy(b[:], "00-")
	hex.Encode(b[traceIDAt:], traceID[:])
	b[parentIDAt-1] = '-'
	hex.Encode(b[parentIDAt:], spanID[:])
	b[flagsAt-1] = '-'
	hex.Encode(b[flagsAt:], []byte{byte(sc.TraceFlags() & knownFlags)})
	traceparentHeader.Set(c, string(b[:]))
	if state := outgoingState(ctx, sc); state != "" {
		tracestateHeader.Set(c, state)
	}
}

// Extract returns ctx with the span context of c as a remote one, or ctx
// where there is none that is valid.
func (TraceContext) Extract(ctx context.Context, c propagation.TextMapCarrier) context.Context {
	values := traceparentHeader.Values(c)
	if len(values) != 1 {
		return ctx
	}
	cfg, ok := parseTraceparent(strings.Trim(values[0], " \t"))
	if !ok {
		return ctx
	}
	state, ok := parseState(tracestateHeader.Values(c))
	if ok {
		cfg.TraceState = state.known
		if state.members != nil {
			state.traceID = cfg.TraceID
			ctx = context.WithValue(ctx, stateKey{}, state)
		}
	}
	return trace.ContextWithRemoteSpanContext(ctx, trace.NewSpanContext(cfg))
}

// parseTraceparent reads version 00, and of later versions the part that they
// must share with it (section 3.2.4).
func parseTraceparent(s string) (cfg trace.SpanContextConfig, ok bool) {
	if len(s) < traceparentLen || s[traceIDAt-1] != '-' || s[parentIDAt-1] != '-' || s[flagsAt-1] != '-' {
		return cfg, false
	}
	var version, flags [1]byte
	ok = decodeHex(version[:], s[:2]) && version[0] != 0xff &&
		decodeHex(cfg.TraceID[:], s[traceIDAt:parentIDAt-1]) && cfg.TraceID.IsValid() &&
		decodeHex(cfg.SpanID[:], s[parentIDAt:flagsAt-1]) && cfg.SpanID.IsValid() &&
		decodeHex(flags[:], s[flagsAt:traceparentLen])
	if rest := s[traceparentLen:]; rest != "" {
		ok = ok && version[0] > 0 && rest[0] == '-'
	}
	cfg.TraceFlags = trace.TraceFlags(flags[0]) & knownFlags
	return cfg, ok
}

// decodeHex takes lower-case digits only.
func decodeHex(dst []byte, s string) bool {
	for i := range len(s) {
		if s[i] >= 'A' && s[i] <= 'F' {
			return false
		}
	}
	_, err := hex.Decode(dst, []byte(s))
	return err == nil
}

// state is an incoming tracestate. OpenTelemetry's type takes the keys of Level
// 1 only; when there are others, members has all and travels in the context.
type state struct {
	known   trace.TraceState
	traceID trace.TraceID
	members []string
}

type stateKey struct{}

// maxMembers is how many members a tracestate has at most (section 3.3.1.1).
const maxMembers = 32

// parseState reads the values of all tracestate headers. When anything is wrong
// with them all are discarded.
func parseState(values []string) (state, bool) {
	var members, known []string
	seen := map[string]bool{}
	for _, v := range values {
		for m := range strings.SplitSeq(v, ",") {
			if m = strings.Trim(m, " \t"); m == "" {
				continue
			}
			key, value, _ := strings.Cut(m, "=")
			if !validKey(key) || !validValue(value) || seen[key] || len(members) == maxMembers {
				return state{}, false
			}
			seen[key] = true
			members = append(members, m)
			if _, err := trace.ParseTraceState(m); err == nil {
				known = append(known, m)
			}
		}
	}
	ts, err := trace.ParseTraceState(strings.Join(known, ","))
	if err != nil {
		return state{}, false
	}
	if len(known) == len(members) {
		members = nil
	}
	return state{known: ts, members: members}, true
}

// validKey checks the grammar of Level 2 (section 3.3.1.3.1):
//
//	key = ( lcalpha / DIGIT ) 0*255 ( lcalpha / DIGIT / "_" / "-" / "*" / "/" / "@" )
func validKey(key string) bool {
	for i := range len(key) {
		switch c := key[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
		case i > 0 && strings.IndexByte("_-*/@", c) >= 0:
		default:
			return false
		}
	}
	return key != "" && len(key) <= 256
}

// validValue checks section 3.3.1.3.2: up to 256 printable ASCII characters but
// comma and equals sign, the last of them no space.
func validValue(v string) bool {
	if v == "" || len(v) > 256 || v[len(v)-1] == ' ' {
		return false
	}
	for i := range len(v) {
		if c := v[i]; c < ' ' || c > '~' || c == ',' || c == '=' {
			return false
		}
	}
	return true
}

// outgoingState returns the tracestate of sc. What came in with its trace and
// did not fit into OpenTelemetry's type follows what did.
func outgoingState(ctx context.Context, sc trace.SpanContext) string {
	now := sc.TraceState().String()
	in, ok := ctx.Value(stateKey{}).(state)
	if !ok || in.traceID != sc.TraceID() {
		return now
	}
	if now == in.known.String() {
		return strings.Join(in.members, ",")
	}
	var all []string
	if now != "" {
		all = strings.Split(now, ",")
	}
	for _, m := range in.members {
		key, _, _ := strings.Cut(m, "=")
		if in.known.Get(key) == "" && len(all) < maxMembers {
			all = append(all, m)
		}
	}
	return strings.Join(all, ",")
}
