// SPDX-License-Identifier: Apache-2.0

// Package otelstate tells whether OpenTelemetry's global providers have been set.
package otelstate

import "reflect"

// IsDefault reports whether a provider stands for 'none': it is of
// OpenTelemetry's API rather than of an SDK. A global provider is of that kind
// until somebody sets one; its API has no other way to ask.
func IsDefault(provider any) bool {
	t := reflect.TypeOf(provider)
	if t == nil {
		return true
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.PkgPath() {
	case "go.opentelemetry.io/otel/internal/global",
		"go.opentelemetry.io/otel/trace", "go.opentelemetry.io/otel/trace/noop",
		"go.opentelemetry.io/otel/metric/noop", "go.opentelemetry.io/otel/log/noop":
		return true
	}
	return false
}
