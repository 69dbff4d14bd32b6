// SPDX-License-Identifier: Apache-2.0

package span

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"

	"github.com/sidetrace/sidetrace/internal/carrier"
)

var baggageHeader = carrier.NewHeader("baggage")

// Bounds of a baggage header, all members together (W3C Baggage, section 3.3.2),
// and of the identity values that are accepted from one.
const (
	maxBaggage  = 8192
	maxIdentity = 256
)

// Propagator carries the identity in the W3C baggage header, as members sid,
// app_id, uid and chat_id beside those of OpenTelemetry's baggage. It takes the
// place of [propagation.Baggage].
//
// Identity is not for everyone: Inject writes it only into carriers that have a
// method CarriesIdentity() bool which returns true, and Extract keeps it apart
// from OpenTelemetry's baggage, so that other instrumentation does not pass it
// on either. Other members travel as usual.
type Propagator struct{}

var _ propagation.TextMapPropagator = Propagator{}

// Fields returns the header's name.
func (Propagator) Fields() []string { return []string{baggageHeader.Name()} }

// Inject sets the baggage header. From a header that the carrier has already, as
// of a request that a proxy passes on, it removes an identity that is not for
// its destination.
func (Propagator) Inject(ctx context.Context, c propagation.TextMapCarrier) {
	other := withoutIdentity(baggage.FromContext(ctx)).String()
	own := ""
	if friend, ok := c.(interface{ CarriesIdentity() bool }); ok && friend.CarriesIdentity() {
		own = IdentityFromContext(ctx).baggage()
	} else if other == "" {
		clean(c)
	}
	switch {
	case own != "" && other != "" && len(own)+1+len(other) <= maxBaggage:
		baggageHeader.Set(c, own+","+other)
	case own != "":
		baggageHeader.Set(c, own)
	case other != "":
		baggageHeader.Set(c, other)
	}
}

// withoutIdentity removes members that somebody has given the names of the
// identity's: they are neither checked nor meant for everybody.
func withoutIdentity(b baggage.Baggage) baggage.Baggage {
	if b.Len() == 0 {
		return b
	}
	for _, m := range new(Identity).members() {
		b = b.DeleteMember(m.key)
	}
	return b
}

func clean(c propagation.TextMapCarrier) {
	header := strings.Join(baggageHeader.Values(c), ",")
	if header == "" {
		return
	}
	id, rest := parseBaggage(header)
	switch h, ok := c.(propagation.HeaderCarrier); {
	case id == (Identity{}):
	case rest == "" && ok:
		http.Header(h).Del(baggageHeader.Name())
	default:
		baggageHeader.Set(c, rest)
	}
}

// member is a field of an identity and its name in a header.
type member struct {
	key   string
	value *string
}

func (id *Identity) members() [4]member {
	return [...]member{
		{string(SIDKey), &id.SID},
		{string(AppIDKey), &id.AppID},
		{string(UIDKey), &id.UID},
		{string(ChatIDKey), &id.ChatID},
	}
}

func (id Identity) baggage() string {
	var b strings.Builder
	for _, m := range id.members() {
		if *m.value == "" || len(*m.value) > maxIdentity {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(m.key)
		b.WriteByte('=')
		b.WriteString(url.PathEscape(*m.value))
	}
	return b.String()
}

// Extract returns ctx with the identity and the baggage of c. Identity
// values that are not text of at most 256 bytes are left out, a header over the
// standard's 8192 bytes is ignored.
func (Propagator) Extract(ctx context.Context, c propagation.TextMapCarrier) context.Context {
	header := strings.Join(baggageHeader.Values(c), ",")
	if header == "" || len(header) > maxBaggage {
		return ctx
	}
	id, other := parseBaggage(header)
	if other != "" {
		ctx = propagation.Baggage{}.Extract(ctx, propagation.MapCarrier{baggageHeader.Name(): other})
	}
	if id != (Identity{}) {
		ctx = ContextWithIdentity(ctx, id)
	}
	return ctx
}

// parseBaggage splits a header into the identity and the rest.
func parseBaggage(header string) (id Identity, other string) {
	var rest []string
	for part := range strings.SplitSeq(header, ",") {
		if !id.take(part) {
			rest = append(rest, part)
		}
	}
	return id, strings.Join(rest, ",")
}

// take reports whether a member of a baggage header is one of id's, good or bad.
func (id *Identity) take(part string) bool {
	key, value, _ := strings.Cut(part, "=")
	key = strings.TrimSpace(key)
	for _, m := range id.members() {
		if m.key != key {
			continue
		}
		value, _, _ = strings.Cut(value, ";") // properties
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if err == nil && *m.value == "" && isIdentity(value) {
			*m.value = value // the first one counts
		}
		return true
	}
	return false
}

func isIdentity(s string) bool {
	return s != "" && len(s) <= maxIdentity && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}
