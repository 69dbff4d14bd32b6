// SPDX-License-Identifier: Apache-2.0

// Package agentdemo is a travel agent in three services: a gateway that speaks
// HTTP and server-sent events with the user, an engine that runs the nodes of a
// workflow, and tools and a model behind gRPC. They run in one process here, over
// real connections on loopback, each with a Runtime of its own, as if they were
// three.
//
// The model is a stand-in that needs no network: it streams words that follow
// from the question. Some tools fail at first and are tried again.
package agentdemo

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/sidetrace/sidetrace"
	"github.com/sidetrace/sidetrace/examples/agent/agentpb"
)

// Names of the three services.
const (
	GatewayService = "gateway"
	EngineService  = "engine"
	ToolsService   = "tools"
)

// Services are their names, the outermost first.
func Services() []string { return []string{GatewayService, EngineService, ToolsService} }

// Config says where the demo leaves its files.
type Config struct {
	// Dir gets a folder for each service, with traces.jsonl, logs.jsonl and, unless
	// the environment names an S3 bucket, the large values.
	Dir string
	// Options are added to those that each service is started with.
	Options []sidetrace.Option
}

// Demo is the three services, running.
type Demo struct {
	url      string // of the gateway
	runtimes []*sidetrace.Runtime
	stop     []func(context.Context) error // in the order of calls
}

// Start starts the services. The environment says where their traces go, besides
// the files in cfg.Dir.
func Start(ctx context.Context, cfg Config) (*Demo, error) {
	d := &Demo{}
	if err := d.start(ctx, cfg); err != nil {
		return nil, errors.Join(err, d.Shutdown(ctx))
	}
	return d, nil
}

func (d *Demo) start(ctx context.Context, cfg Config) error {
	toolsAddr, err := d.service(ctx, cfg, ToolsService, func(rt *sidetrace.Runtime, l net.Listener) error {
		s := grpc.NewServer(rt.GRPCServer(), grpc.UnaryInterceptor(rt.UnaryServerInterceptor()), grpc.StreamInterceptor(rt.StreamServerInterceptor()))
		agentpb.RegisterToolsServer(s, tools{})
		agentpb.RegisterModelServer(s, model{})
		d.stop = append(d.stop, func(context.Context) error { s.GracefulStop(); return nil })
		return s.Serve(l)
	})
	if err != nil {
		return err
	}
	engineAddr, err := d.service(ctx, cfg, EngineService, func(rt *sidetrace.Runtime, l net.Listener) error {
		conn, err := grpc.NewClient(toolsAddr, rt.GRPCClient(), grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			return err
		}
		d.stop = append(d.stop, func(context.Context) error { return conn.Close() })
		e := &engine{tools: agentpb.NewToolsClient(conn), model: agentpb.NewModelClient(conn)}
		return d.serveHTTP(rt, l, "POST /run", e)
	})
	if err != nil {
		return err
	}
	gatewayAddr, err := d.service(ctx, cfg, GatewayService, func(rt *sidetrace.Runtime, l net.Listener) error {
		g := &gateway{engine: "http://" + engineAddr + "/run", client: &http.Client{Transport: rt.Transport(nil)}}
		return d.serveHTTP(rt, l, "POST /v1/chat", g)
	})
	d.url = "http://" + gatewayAddr
	return err
}

// service starts a Runtime and a listener, and serve with both.
func (d *Demo) service(ctx context.Context, cfg Config, name string, serve func(*sidetrace.Runtime, net.Listener) error) (addr string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	opts := []sidetrace.Option{
		sidetrace.WithServiceName(name),
		sidetrace.WithStateDir(cfg.Dir),
		sidetrace.WithFileDir(filepath.Join(cfg.Dir, name)),
		sidetrace.WithPort(l.Addr().(*net.TCPAddr).Port),
		sidetrace.WithoutGlobals(), // there are three
	}
	rt, err := sidetrace.Start(ctx, append(opts, cfg.Options...)...)
	if err != nil {
		return "", errors.Join(err, l.Close())
	}
	d.runtimes = append(d.runtimes, rt)
	ready := make(chan error, 1)
	go func() { ready <- serve(rt, readyListener{l, ready}) }()
	if err := <-ready; err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return l.Addr().String(), nil
}

// readyListener tells when a server begins to accept, and so has been set up.
type readyListener struct {
	net.Listener
	ready chan error
}

// Accept implements [net.Listener].
func (l readyListener) Accept() (net.Conn, error) {
	select {
	case l.ready <- nil:
	default:
	}
	return l.Listener.Accept()
}

func (d *Demo) serveHTTP(rt *sidetrace.Runtime, l net.Listener, pattern string, h http.Handler) error {
	mux := http.NewServeMux()
	mux.Handle(pattern, h)
	s := &http.Server{Handler: rt.HTTP(mux)}
	d.stop = append(d.stop, s.Shutdown)
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// URL is the address of the gateway. POST /v1/chat takes a [Question].
func (d *Demo) URL() string { return d.url }

// Question is what a user asks.
type Question struct {
	City   string `json:"city"` // [Nowhere] cannot be answered
	UID    string `json:"uid"`
	ChatID string `json:"chat_id"`
	// Days is how long the journey is: three days if it is 0. The longer, the more
	// is read and said.
	Days int `json:"days,omitempty"`
	// Model is who answers: [Model] if it is empty.
	Model string `json:"model,omitempty"`
}

// Nowhere is a city to which nobody flies.
const Nowhere = "Atlantis"

// The models: the large one is slower, and dearer.
const (
	Model      = "demo-1"
	LargeModel = "demo-1-large"
)

// usualDays is how long journeys are of which nothing is said.
const usualDays = 3

func (q Question) days() int { return max(cmp.Or(q.Days, usualDays), 1) }

// Text is the question in words.
func (q Question) Text() string {
	days := "three days"
	switch n := q.days(); {
	case n == 1:
		days = "a day"
	case n != usualDays:
		days = fmt.Sprintf("%d days", n)
	}
	return fmt.Sprintf("What should I pack for %s in %s?", days, q.City)
}

// Answer is what the user gets.
type Answer struct {
	Text string
	// SID and TraceID are what the gateway says it can be found by.
	SID, TraceID string
}

// Ask asks the gateway as a user's browser would.
func (d *Demo) Ask(ctx context.Context, q Question) (Answer, error) {
	body, err := json.Marshal(q)
	if err != nil {
		return Answer{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url+"/v1/chat", bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer resp.Body.Close()
	a := Answer{SID: resp.Header.Get("X-Sid")}
	if parts := strings.Split(resp.Header.Get("traceresponse"), "-"); len(parts) > 1 {
		a.TraceID = parts[1]
	}
	if resp.StatusCode != http.StatusOK {
		return a, fmt.Errorf("ask: %s", resp.Status)
	}
	var words []string
	err = readEvents(resp.Body, func(word string) error {
		words = append(words, word)
		return nil
	})
	a.Text = strings.Join(words, " ")
	return a, err
}

// Shutdown stops the services, the outermost first, and flushes their traces. The
// error says what was not delivered.
func (d *Demo) Shutdown(ctx context.Context) error {
	var errs []error
	for i := len(d.stop) - 1; i >= 0; i-- {
		errs = append(errs, d.stop[i](ctx))
	}
	for _, rt := range d.runtimes {
		errs = append(errs, rt.Shutdown(ctx))
	}
	return errors.Join(errs...)
}

// The two functions below are server-sent events as far as the demo needs them
// (WHATWG HTML, section 9.2): one line of data an event.

func writeEvent(w http.ResponseWriter, data string) error {
	if _, err := fmt.Fprintf(w, "data: %s\n\n", data); err != nil {
		return err
	}
	return http.NewResponseController(w).Flush()
}

func readEvents(r interface{ Read([]byte) (int, error) }, each func(data string) error) error {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			if err := each(data); err != nil {
				return err
			}
		}
	}
	return lines.Err()
}
