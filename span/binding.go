// SPDX-License-Identifier: Apache-2.0

package span

import (
	"cmp"
	"errors"
	"log/slog"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/trace"

	"github.com/sidetrace/sidetrace/internal/otelstate"
	"github.com/sidetrace/sidetrace/nodelog"
)

// ScopeName is the instrumentation scope of the spans of this package.
const ScopeName = "github.com/sidetrace/sidetrace/span"

// Config says how the spans of a provider are treated.
type Config struct {
	// Level is the lowest level of events that are recorded. It may be a
	// [slog.LevelVar]. Nil means [slog.LevelDebug]: all.
	Level slog.Leveler
	// Offloader takes values longer than Threshold. Nil means that they stay
	// on the span.
	Offloader nodelog.Offloader
	// Threshold is in bytes. Zero means [nodelog.DefaultThreshold].
	Threshold int
	// NewSID makes the session id of a span that starts without one. Nil means
	// that its sid stays empty.
	NewSID func() string
}

// binding is a provider with its Config.
type binding struct {
	Config
	provider trace.TracerProvider
	tracer   trace.Tracer
}

func newBinding(p trace.TracerProvider, cfg Config) *binding {
	if cfg.Level == nil {
		cfg.Level = slog.LevelDebug
	}
	cfg.Threshold = cmp.Or(max(cfg.Threshold, 0), nodelog.DefaultThreshold)
	b := &binding{Config: cfg, provider: p}
	if p != nil {
		b.tracer = p.Tracer(ScopeName)
	}
	return b
}

// unbound serves spans that are only mirrored into a node log.
var unbound = newBinding(nil, Config{})

// The bindings are looked up by provider, since a provider is what spans and
// OpenTelemetry's global state know.
var (
	bindMu   sync.Mutex                 // serialises changes of bindings
	bindings atomic.Pointer[[]*binding] // of Bind
	stranger atomic.Pointer[binding]    // the provider looked up last that nobody has bound
)

// Bind says how the spans of p are treated until unbind is called. Spans of a
// provider that is not bound are treated as by a zero Config. It is an error if
// p is bound already.
func Bind(p trace.TracerProvider, cfg Config) (unbind func(), err error) {
	if p == nil || !reflect.TypeOf(p).Comparable() {
		return nil, errors.New("span: Bind: want a provider that can be compared, such as a pointer")
	}
	b := newBinding(p, cfg)
	bindMu.Lock()
	defer bindMu.Unlock()
	list := boundList()
	if slices.ContainsFunc(list, func(o *binding) bool { return o.provider == p }) {
		return nil, errors.New("span: Bind: the provider is bound already")
	}
	list = append(slices.Clip(list), b)
	bindings.Store(&list)
	return func() { unbindOne(b) }, nil
}

func unbindOne(b *binding) {
	bindMu.Lock()
	defer bindMu.Unlock()
	list := slices.DeleteFunc(slices.Clone(boundList()), func(o *binding) bool { return o == b })
	bindings.Store(&list)
	stranger.Store(nil)
}

func boundList() []*binding {
	if list := bindings.Load(); list != nil {
		return *list
	}
	return nil
}

// bindingOf returns the binding of p, nil when p makes no spans.
func bindingOf(p trace.TracerProvider) *binding {
	// What is kept here can be compared. A p that cannot is of another type,
	// and values of different types are not equal.
	for _, b := range boundList() {
		if b.provider == p {
			return b
		}
	}
	b := stranger.Load()
	if b == nil || b.provider != p {
		b = meet(p)
	}
	if b.tracer == nil {
		return nil
	}
	return b
}

// meet makes the binding of a provider that nobody has bound, and remembers it
// if it can be recognised.
func meet(p trace.TracerProvider) *binding {
	typ := reflect.TypeOf(p)
	if typ == nil {
		return unbound
	}
	if !typ.Comparable() {
		return newBinding(p, Config{})
	}
	b := newStranger(p)
	stranger.Store(b)
	return b
}

// newStranger returns a binding without a tracer for the providers that stand
// for 'no SDK'.
func newStranger(p trace.TracerProvider) *binding {
	if otelstate.IsDefault(p) {
		return &binding{provider: p}
	}
	return newBinding(p, Config{})
}
