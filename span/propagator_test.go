// SPDX-License-Identifier: Apache-2.0

package span_test

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"

	"github.com/sidetrace/sidetrace/span"
)

// friend is a carrier to a trusted place.
type friend struct{ propagation.MapCarrier }

func (friend) CarriesIdentity() bool { return true }

func TestPropagatorRoundTrip(t *testing.T) {
	id := span.Identity{SID: "svc002b0007@hf18bcfe568000203802", AppID: "a b,c;d=e%", UID: "用户\"\\", ChatID: "c1"}
	bag, err := baggage.Parse("tenant=t1;ttl=3,region=eu")
	require.NoError(t, err)
	ctx := baggage.ContextWithBaggage(span.ContextWithIdentity(t.Context(), id), bag)
	c := friend{propagation.MapCarrier{}}
	span.Propagator{}.Inject(ctx, c)
	require.NotContains(t, c.Get("baggage"), `"`)

	got := span.Propagator{}.Extract(t.Context(), c)
	assert.Equal(t, id, span.IdentityFromContext(got))
	assert.Equal(t, "t1", baggage.FromContext(got).Member("tenant").Value())
	assert.Equal(t, 2, baggage.FromContext(got).Len(), "the identity is not in OpenTelemetry's baggage, which goes to everybody")
	assert.Equal(t, []string{"baggage"}, span.Propagator{}.Fields())
}

// Members of OpenTelemetry's baggage that bear the identity's names are not it.
func TestPropagatorForeignMembers(t *testing.T) {
	bag, err := baggage.Parse("uid=mallory,tenant=t1,sid=forged")
	require.NoError(t, err)
	ctx := baggage.ContextWithBaggage(span.ContextWithIdentity(t.Context(), span.Identity{SID: "s1"}), bag)
	trusted, stranger := friend{propagation.MapCarrier{}}, propagation.MapCarrier{}
	span.Propagator{}.Inject(ctx, trusted)
	span.Propagator{}.Inject(ctx, stranger)
	assert.Equal(t, "sid=s1,tenant=t1", trusted.Get("baggage"))
	assert.Equal(t, "tenant=t1", stranger.Get("baggage"))

	got := span.Propagator{}.Extract(t.Context(), propagation.MapCarrier{"baggage": "sid=s1,uid=alice,uid=mallory,sid=forged"})
	assert.Equal(t, span.Identity{SID: "s1", UID: "alice"}, span.IdentityFromContext(got), "the first one counts")
}

func TestPropagatorKeepsIdentityFromStrangers(t *testing.T) {
	bag, err := baggage.Parse("tenant=t1")
	require.NoError(t, err)
	ctx := baggage.ContextWithBaggage(span.ContextWithIdentity(t.Context(), alice), bag)
	c := propagation.MapCarrier{}
	span.Propagator{}.Inject(ctx, c)
	assert.Equal(t, "tenant=t1", c.Get("baggage"))
	c = propagation.MapCarrier{}
	span.Propagator{}.Inject(span.ContextWithIdentity(t.Context(), alice), c)
	assert.Empty(t, c)
}

// A proxy passes the headers of a request on; the identity in them is not for
// everybody either.
func TestPropagatorCleansHeaders(t *testing.T) {
	inject := func(values ...string) http.Header {
		h := http.Header{}
		for _, v := range values {
			h.Add("Baggage", v)
		}
		span.Propagator{}.Inject(t.Context(), propagation.HeaderCarrier(h))
		return h
	}
	assert.Empty(t, inject("sid=s1,uid=u1"))
	assert.Equal(t, []string{"k=v,l=w"}, inject("sid=s1,k=v", "uid=u1,l=w")["Baggage"])
	assert.Equal(t, []string{"k=v"}, inject("k=v")["Baggage"])
	assert.Empty(t, inject())
	m := propagation.MapCarrier{"baggage": "sid=s1"}
	span.Propagator{}.Inject(t.Context(), m)
	assert.Empty(t, m["baggage"])
}

func TestPropagatorExtract(t *testing.T) {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {})) // the standard parser reports garbage
	for _, tt := range []struct {
		name    string
		headers []string
		want    span.Identity
		other   string
	}{
		{"none", nil, span.Identity{}, ""},
		{"spaces and properties", []string{" sid = s1 ;p=1 , uid=u1"}, span.Identity{SID: "s1", UID: "u1"}, ""},
		{"several headers", []string{"sid=s1,k=v", "uid=u1"}, span.Identity{SID: "s1", UID: "u1"}, "k=v"},
		{"too long a value", []string{"sid=" + strings.Repeat("x", 257) + ",uid=u1"}, span.Identity{UID: "u1"}, ""},
		{"control characters", []string{"sid=a%0Ab,uid=u1"}, span.Identity{UID: "u1"}, ""},
		{"no UTF-8", []string{"sid=%FF,uid=u1"}, span.Identity{UID: "u1"}, ""},
		{"bad escape", []string{"sid=%zz,uid=u1"}, span.Identity{UID: "u1"}, ""},
		{"too long altogether", []string{"sid=s1,k=" + strings.Repeat("x", 8192)}, span.Identity{}, ""},
		{"garbage", []string{",,=,;sid,=sid=,sid"}, span.Identity{}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{}
			for _, v := range tt.headers {
				h.Add("Baggage", v)
			}
			ctx := span.Propagator{}.Extract(t.Context(), propagation.HeaderCarrier(h))
			assert.Equal(t, tt.want, span.IdentityFromContext(ctx))
			assert.Equal(t, tt.other, baggage.FromContext(ctx).String())
		})
	}
}

// What does not fit into one header is left out; the identity comes first.
func TestPropagatorLimit(t *testing.T) {
	var members []baggage.Member
	for _, k := range []string{"a", "b"} {
		m, err := baggage.NewMember(k, strings.Repeat("x", 4050))
		require.NoError(t, err)
		members = append(members, m)
	}
	bag, err := baggage.New(members...)
	require.NoError(t, err)
	ctx := baggage.ContextWithBaggage(span.ContextWithIdentity(t.Context(), span.Identity{SID: strings.Repeat("s", 200)}), bag)
	c := friend{propagation.MapCarrier{}}
	span.Propagator{}.Inject(ctx, c)
	assert.LessOrEqual(t, len(c.Get("baggage")), 8192)
	assert.Equal(t, 200, len(span.IdentityFromContext(span.Propagator{}.Extract(t.Context(), c)).SID))
}

func FuzzPropagator(f *testing.F) {
	f.Add("sid=s1,app_id=%E6%8F%90;p=q,tenant=t")
	f.Add(",=;,sid=%,")
	f.Fuzz(func(t *testing.T, header string) {
		ctx := span.Propagator{}.Extract(t.Context(), propagation.MapCarrier{"baggage": header})
		id := span.IdentityFromContext(ctx)
		for _, s := range []string{id.SID, id.AppID, id.UID, id.ChatID} {
			require.True(t, utf8.ValidString(s))
			require.LessOrEqual(t, len(s), 256)
		}
		c := friend{propagation.MapCarrier{}}
		span.Propagator{}.Inject(span.ContextWithIdentity(t.Context(), id), c)
		require.Equal(t, id, span.IdentityFromContext(span.Propagator{}.Extract(t.Context(), c)))
	})
}
