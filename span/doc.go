// SPDX-License-Identifier: Apache-2.0

// Package span records spans: what a service did, for whom, and how it went.
//
//	ctx, s := span.Start(ctx, "plan", attribute.Int("steps", 3))
//	defer s.End()
//	s.Info("asking the model")
//	if err != nil {
//		s.Fail(err)
//	}
//
// A [Span] is an OpenTelemetry span with a few abilities on top: levelled
// events, business identity, errors with their whole chain, large values in
// object storage, and a [nodelog.NodeLog] where it stands for a node of an agent
// run. Spans of this package and of any other OpenTelemetry instrumentation nest
// as usual.
//
// # Where spans go
//
// A span belongs to the TracerProvider of the span that it is started under. A
// root span belongs to the one that [ContextWithProvider] put into the context,
// otherwise to OpenTelemetry's global one. [Bind] tells the package how to treat
// the spans of a provider; sidetrace.Start does so for its own.
//
// # What costs nothing
//
// Without a provider, and under a local span that is not sampled, Start returns
// a nil *Span, on which every method does nothing; neither it nor its
// methods allocate. Such a span is not started whatever the sampler: a trace is
// recorded whole or not at all. Only where the context holds a node log is
// there a Span nonetheless, since records are not sampled.
//
// # Concurrency
//
// All functions and methods may be called from several goroutines at once.
// Methods that record return nothing, do not wait for I/O and do not panic.
package span
