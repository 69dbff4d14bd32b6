// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"fmt"
	"strings"

	"go.opentelemetry.io/contrib/propagators/autoprop"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
)

// PropagatorNames are the names that [NewPropagator] knows.
func PropagatorNames() []string {
	return []string{"tracecontext", "baggage", "b3", "b3multi", "jaeger", "xray", "ottrace", "none"}
}

// NewPropagator returns the propagators of these names, as OTEL_PROPAGATORS has
// them, in one. "baggage" means bag, and [propagation.Baggage] if that is nil.
func NewPropagator(names []string, bag propagation.TextMapPropagator) (propagation.TextMapPropagator, error) {
	if bag == nil {
		bag = propagation.Baggage{}
	}
	var all []propagation.TextMapPropagator
	for _, name := range names {
		switch name {
		case "tracecontext":
			all = append(all, TraceContext{})
		case "baggage":
			all = append(all, bag)
		case "none":
		default:
			p, err := autoprop.TextMapPropagator(name)
			if err != nil {
				return nil, fmt.Errorf("otlp: propagator %q: want one of %s", name, strings.Join(PropagatorNames(), ", "))
			}
			all = append(all, p)
		}
	}
	return propagation.NewCompositeTextMapPropagator(all...), nil
}

func defaultPropagator() propagation.TextMapPropagator {
	return propagation.NewCompositeTextMapPropagator(TraceContext{}, propagation.Baggage{})
}

// propagator returns OpenTelemetry's global one, or W3C trace context and baggage
// when none is set.
func propagator() propagation.TextMapPropagator {
	if p := otel.GetTextMapPropagator(); len(p.Fields()) > 0 {
		return p
	}
	return defaultPropagator()
}

// Inject returns what carries ctx to another service, as a map for the headers
// of a request or the attributes of a message. The identity goes with it: give
// the map to services that you trust.
//
// It uses OpenTelemetry's global propagator, which sidetrace.Start sets, and W3C
// trace context and baggage when there is none.
func Inject(ctx context.Context) map[string]string {
	carrier := mapCarrier{}
	propagator().Inject(ctx, carrier)
	return carrier
}

// Extract returns ctx with what [Inject] put into carrier. Upper and lower case
// of its keys do not matter.
func Extract(ctx context.Context, carrier map[string]string) context.Context {
	return propagator().Extract(ctx, mapCarrier(carrier))
}

// mapCarrier is a map as a carrier, to a trusted place.
type mapCarrier map[string]string

// CarriesIdentity lets the span package's propagator add the identity.
func (mapCarrier) CarriesIdentity() bool { return true }

func (c mapCarrier) Get(key string) string {
	if v, ok := c[key]; ok {
		return v
	}
	for k, v := range c {
		if strings.EqualFold(k, key) {
			return v
		}
	}
	return ""
}

func (c mapCarrier) Set(key, value string) { c[key] = value }

func (c mapCarrier) Keys() []string {
	keys := make([]string, 0, len(c))
	for k := range c {
		keys = append(keys, k)
	}
	return keys
}
