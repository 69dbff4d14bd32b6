// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"cmp"
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/sidetrace/sidetrace/internal/hostaddr"
)

// ResourceConfig says what a process tells of itself.
type ResourceConfig struct {
	// ServiceName is the name of the service. Empty means that of Attributes or
	// OTEL_RESOURCE_ATTRIBUTES, or else unknown_service: and the name of the
	// program, as the semantic conventions have it.
	ServiceName string
	// Attributes are added; they override the others.
	Attributes []attribute.KeyValue
}

// NewResource describes this process: service.name and its second spelling
// serviceName, service.instance.id, ip, host, process, the SDK, and what
// OTEL_RESOURCE_ATTRIBUTES adds. The command line is left out, since it may hold
// secrets.
func NewResource(cfg ResourceConfig) *resource.Resource {
	detected, err := resource.New(context.Background(),
		resource.WithTelemetrySDK(),
		resource.WithHost(),
		resource.WithOS(),
		resource.WithProcessPID(),
		resource.WithProcessExecutableName(),
		resource.WithProcessRuntimeName(),
		resource.WithProcessRuntimeVersion(),
		resource.WithFromEnv(),
	)
	if err != nil {
		otel.Handle(err) // a detector that fails leaves the others' attributes
	}
	attrs := []attribute.KeyValue{
		semconv.ServiceInstanceID(strings.ToLower(rand.Text())),
		attribute.String("ip", hostaddr.Find().String()),
	}
	attrs = slices.Concat(attrs, detected.Attributes(), cfg.Attributes)
	name := cmp.Or(cfg.ServiceName, last(attrs, semconv.ServiceNameKey), "unknown_service:"+filepath.Base(os.Args[0]))
	attrs = append(attrs, semconv.ServiceName(name), attribute.String("serviceName", name))
	return resource.NewWithAttributes(semconv.SchemaURL, attrs...) // of equal keys the last counts
}

func last(attrs []attribute.KeyValue, key attribute.Key) string {
	for _, a := range slices.Backward(attrs) {
		if a.Key == key {
			return a.Value.AsString()
		}
	}
	return ""
}
