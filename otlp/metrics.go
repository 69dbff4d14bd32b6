// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"errors"
	"net/url"
	"strconv"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/sidetrace/sidetrace/internal/spool"
)

// Names of the OpenTelemetry semantic conventions for SDKs
// (docs/otel/sdk-metrics.md, development).
const (
	processorMetrics = "otel.sdk.processor."
	exporterMetrics  = "otel.sdk.exporter."

	componentType = attribute.Key("otel.component.type")
	componentName = attribute.Key("otel.component.name")
	errorType     = attribute.Key("error.type")
	serverAddress = attribute.Key("server.address")
	serverPort    = attribute.Key("server.port")
)

// instruments are those of one signal.
type instruments struct {
	processed, exported metric.Int64ObservableCounter
	queue, inFlight     metric.Int64ObservableUpDownCounter
}

// measure makes the accounts metrics, until Shutdown.
func (p *Pipeline) measure(provider metric.MeterProvider) error {
	if len(p.senders) == 0 {
		return nil
	}
	if provider == nil {
		provider = otel.GetMeterProvider()
	}
	m := provider.Meter("github.com/sidetrace/sidetrace/otlp")
	var all []metric.Observable
	byKind := map[spool.Kind]*instruments{}
	for kind, name := range map[spool.Kind]string{spool.Span: "span", spool.Log: "log"} {
		i, err := newInstruments(m, name)
		if err != nil {
			return err
		}
		byKind[kind] = i
		all = append(all, i.processed, i.exported, i.queue, i.inFlight)
	}
	r, err := m.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		for i, s := range p.senders {
			s.observe(o, byKind[s.kind], i)
		}
		return nil
	}, all...)
	if err == nil {
		p.close = append(p.close, r.Unregister)
	}
	return err
}

func newInstruments(m metric.Meter, signal string) (*instruments, error) {
	unit := metric.WithUnit("{" + map[string]string{"span": "span", "log": "log_record"}[signal] + "}")
	var i instruments
	var errs [4]error
	i.processed, errs[0] = m.Int64ObservableCounter(processorMetrics+signal+".processed", unit,
		metric.WithDescription("Records that have left the spool for a destination, or with error.type were given up."))
	i.queue, errs[1] = m.Int64ObservableUpDownCounter(processorMetrics+signal+".queue.size", unit,
		metric.WithDescription("Records that wait in the spool for a destination."))
	i.exported, errs[2] = m.Int64ObservableCounter(exporterMetrics+signal+".exported", unit,
		metric.WithDescription("Records that a destination has confirmed, or with error.type not taken."))
	i.inFlight, errs[3] = m.Int64ObservableUpDownCounter(exporterMetrics+signal+".inflight", unit,
		metric.WithDescription("Records in requests that are under way."))
	return &i, errors.Join(errs[:]...)
}

// observe reports the account of s, the sender with a number. What the spool has
// given up counts for the processor, what the destination did not take for the
// exporter.
func (s *sender) observe(o metric.Observer, i *instruments, number int) {
	n := s.cursor.Counts()
	processor := []attribute.KeyValue{componentType.String("sidetrace_spool"), componentName.String("sidetrace_spool/" + strconv.Itoa(number))}
	exporter := s.component(number)
	var lost int64
	for why, count := range n.Dropped {
		kind := errorType.String(string(why))
		switch why {
		case dropRejected, dropPartial, dropTooLarge:
			o.ObserveInt64(i.exported, count, metric.WithAttributes(append(exporter[:len(exporter):len(exporter)], kind)...))
		default:
			lost += count
			o.ObserveInt64(i.processed, count, metric.WithAttributes(append(processor[:len(processor):len(processor)], kind)...))
		}
	}
	o.ObserveInt64(i.processed, n.Made-n.Waiting+n.Taken-lost, metric.WithAttributes(processor...))
	o.ObserveInt64(i.queue, n.Waiting-n.Taken, metric.WithAttributes(processor...))
	o.ObserveInt64(i.exported, n.Delivered, metric.WithAttributes(exporter...))
	o.ObserveInt64(i.inFlight, n.Taken, metric.WithAttributes(exporter...))
}

// component describes the exporter as the semantic conventions do.
func (s *sender) component(number int) []attribute.KeyValue {
	kind := "sidetrace_file_exporter"
	switch s.client.(type) {
	case *grpcClient:
		kind = "otlp_grpc_" + s.kind.Signal() + "_exporter"
	case *httpClient:
		kind = "otlp_http_" + s.kind.Signal() + "_exporter"
	}
	attrs := []attribute.KeyValue{componentType.String(kind), componentName.String(kind + "/" + strconv.Itoa(number))}
	u, err := url.Parse(s.to)
	if err != nil || u.Host == "" {
		return attrs
	}
	attrs = append(attrs, serverAddress.String(u.Hostname()))
	if port, err := strconv.Atoi(u.Port()); err == nil {
		attrs = append(attrs, serverPort.Int(port))
	}
	return attrs
}
