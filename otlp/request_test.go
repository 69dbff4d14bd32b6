// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/sidetrace/sidetrace/internal/spool"
)

func encodedMessage(t *testing.T, m proto.Message) []byte {
	t.Helper()
	b, err := proto.Marshal(m)
	require.NoError(t, err)
	return b
}

// A request put together from stored bytes is the message that one would make of
// the decoded ones, with each resource and scope once.
func TestRequestFromBytes(t *testing.T) {
	s, err := spool.Open(spool.Config{})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	origin := func(service, scope string) *spool.Origin {
		rs := &tracepb.ResourceSpans{Resource: &resourcepb.Resource{Attributes: []*commonpb.KeyValue{text("service.name", service)}}, SchemaUrl: "schema"}
		return s.Origin(encodedMessage(t, rs), encodedMessage(t, &tracepb.ScopeSpans{Scope: &commonpb.InstrumentationScope{Name: scope}}))
	}
	origins := []*spool.Origin{origin("a", "x"), origin("a", "y"), origin("b", "x")}
	var records []spool.Record
	for i, o := range []int{0, 0, 1, 0, 2, 2, 1, 0} {
		records = append(records, spool.Record{Origin: origins[o], Payload: encodedMessage(t, &tracepb.Span{Name: fmt.Sprint(i)})})
	}
	before := append([]spool.Record{}, records...)
	q := group(records)
	b := q.append(nil)
	assert.Len(t, b, q.size())
	var got coltrace.ExportTraceServiceRequest
	require.NoError(t, proto.Unmarshal(b, &got))
	names := map[string][]string{}
	for _, rs := range got.ResourceSpans {
		assert.Equal(t, "schema", rs.SchemaUrl)
		for _, ss := range rs.ScopeSpans {
			key := rs.Resource.Attributes[0].Value.GetStringValue() + ss.Scope.Name
			assert.NotContains(t, names, key, "once")
			for _, sp := range ss.Spans {
				names[key] = append(names[key], sp.Name)
			}
		}
	}
	assert.Len(t, got.ResourceSpans, 2)
	assert.Equal(t, map[string][]string{"ax": {"0", "1", "3", "7"}, "ay": {"2", "6"}, "bx": {"4", "5"}}, names)
	assert.Equal(t, before, records, "they may be sent again")
}
