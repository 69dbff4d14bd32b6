// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"fmt"
	"strings"

	"go.opentelemetry.io/contrib/propagators/autoprop"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"

	"github.com/sidetrace/sidetrace/internal/carrier"
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
// of a request or the attributes of a message.
//
// It uses OpenTelemetry's global propagator. With that of sidetrace.Start the
// identity goes along: give the map to services that you trust. When none is set
// it is W3C trace context and baggage, without the identity.
func Inject(ctx context.Context) map[string]string {
	headers := carrier.Map{}
	propagator().Inject(ctx, headers)
	return headers
}

// Extract returns ctx with what [Inject] put into headers. Upper and lower case
// of its keys do not matter.
func Extract(ctx context.Context, headers map[string]string) context.Context {
	return propagator().Extract(ctx, carrier.Map(headers))
}
