// SPDX-License-Identifier: Apache-2.0

package middleware

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"

	"github.com/sidetrace/sidetrace/internal/carrier"
	"github.com/sidetrace/sidetrace/span"
)

// The functions of this file carry a context in the headers of messages. They
// use OpenTelemetry's global propagator, which sidetrace.Start sets, or W3C
// trace context when there is none. The identity goes along: a broker is part
// of the system.

// messagePropagator returns what carries a context in messages.
func messagePropagator() propagation.TextMapPropagator {
	p := otel.GetTextMapPropagator()
	if len(p.Fields()) == 0 {
		return propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, span.Propagator{})
	}
	return p
}

// InjectMap sets what carries ctx to the receiver of a message in headers, which
// must not be nil.
func InjectMap(ctx context.Context, headers map[string]string) {
	messagePropagator().Inject(ctx, carrier.Map(headers))
}

// ExtractMap returns ctx with what [InjectMap] has set in headers, whatever has
// become of the case of their names. Start the receiver's span under it.
func ExtractMap(ctx context.Context, headers map[string]string) context.Context {
	return messagePropagator().Extract(ctx, carrier.Map(headers))
}

// BytesHeader is the shape of a message header with a value of bytes, as
// kafka.Header of segmentio/kafka-go and kgo.RecordHeader of twmb/franz-go have
// it.
type BytesHeader interface {
	~struct {
		Key   string
		Value []byte
	}
}

// InjectHeaders returns headers with what carries ctx to the receiver of a
// message.
func InjectHeaders[H BytesHeader](ctx context.Context, headers []H) []H {
	c := bytesCarrier[H]{&headers}
	messagePropagator().Inject(ctx, trustedCarrier{c})
	return headers
}

// ExtractHeaders returns ctx with what [InjectHeaders] has put into headers.
func ExtractHeaders[H BytesHeader](ctx context.Context, headers []H) context.Context {
	return messagePropagator().Extract(ctx, bytesCarrier[H]{&headers})
}

// field is the underlying type of a BytesHeader.
type field = struct {
	Key   string
	Value []byte
}

// bytesCarrier is a list of headers as a carrier. Keys are compared without
// regard to case.
type bytesCarrier[H BytesHeader] struct{ headers *[]H }

// Get implements [propagation.TextMapCarrier].
func (c bytesCarrier[H]) Get(key string) string {
	if values := c.Values(key); len(values) > 0 {
		return values[0]
	}
	return ""
}

// Values implements [propagation.ValuesGetter].
func (c bytesCarrier[H]) Values(key string) (values []string) {
	for _, h := range *c.headers {
		if f := field(h); strings.EqualFold(f.Key, key) {
			values = append(values, string(f.Value))
		}
	}
	return values
}

// Set implements [propagation.TextMapCarrier].
func (c bytesCarrier[H]) Set(key, value string) {
	for i, h := range *c.headers {
		if strings.EqualFold(field(h).Key, key) {
			(*c.headers)[i] = H(field{key, []byte(value)})
			return
		}
	}
	*c.headers = append(*c.headers, H(field{key, []byte(value)}))
}

// Keys implements [propagation.TextMapCarrier].
func (c bytesCarrier[H]) Keys() (keys []string) {
	for _, h := range *c.headers {
		keys = append(keys, field(h).Key)
	}
	return keys
}
