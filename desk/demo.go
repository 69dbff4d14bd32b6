// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sidetrace/sidetrace"
	"github.com/sidetrace/sidetrace/examples/agent/agentdemo"
	"github.com/sidetrace/sidetrace/otlp"
)

// demoOptions are the flags of demo.
type demoOptions struct {
	settings
	questions int
	every     time.Duration
}

func demoFlags(o *demoOptions) *flag.FlagSet {
	f := quiet("demo")
	f.IntVar(&o.questions, "questions", 24, "`number` of questions that are asked at once")
	f.DurationVar(&o.every, "every", 3*time.Second, "`time` between those that follow; 0: none follow")
	o.where(f)
	o.receiving(f)
	o.what(f)
	f.Lookup("data").Usage = "`folder` of what is kept (default a temporary one)"
	return f
}

func demoUsage() string {
	var b strings.Builder
	b.WriteString("Usage: desk demo [flags]\n\n" +
		"Runs a server, and against it an agent in three services that answers questions: some at\n" +
		"once, and then one after the other until it is told to end.\n\nFlags:\n")
	writeFlags(&b, demoFlags(new(demoOptions)))
	return b.String()
}

// demo runs a server, and an agent that sends to it.
func demo(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	o := &demoOptions{}
	f := demoFlags(o)
	rest, err := parseFlags(f, args, os.Getenv)
	if errors.Is(err, flag.ErrHelp) {
		return help([]string{"demo"}, stdout)
	}
	if err == nil {
		err = o.check(rest)
	}
	if err != nil {
		return err
	}
	o.priced = demoPrices
	folder, err := os.MkdirTemp("", "sidetrace-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	if o.data == "" {
		o.data = filepath.Join(folder, "desk")
	}
	o.services = filepath.Join(folder, "agent")
	o.dodge(f)
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	d, err := o.start(ctx, reporter(stderr))
	if err != nil {
		return err
	}
	return errors.Join(o.show(ctx, d, stdout), d.close())
}

func (o *demoOptions) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return usagef("demo: %q: want flags only", rest)
	case o.questions < 1 || o.questions > 10_000:
		return usagef("demo: --questions %d: want 1 to 10000", o.questions)
	case o.every < 0:
		return usagef("demo: --every %s: want a time, or 0 for none", o.every)
	case o.grpc == "off":
		return usagef("demo: --grpc off: the agent sends over gRPC")
	case o.tls.Cert != "" || o.ingestTokenFile != "":
		return usagef("demo: the agent of the demo has neither certificates nor tokens: want none of --tls-cert, --ingest-token-file")
	}
	return nil
}

// dodge takes other ports where the usual ones are taken: a demo beside a desk is
// no mistake.
func (o *demoOptions) dodge(f *flag.FlagSet) {
	for _, name := range []string{"listen", "grpc", "http"} {
		one := f.Lookup(name)
		if addr := one.Value.String(); addr == one.DefValue && taken(addr) {
			_ = f.Set(name, "127.0.0.1:0") // a text can be set to any
		}
	}
}

func taken(addr string) bool {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return true
	}
	return l.Close() != nil
}

// show runs the agent until the context is done.
func (o *demoOptions) show(ctx context.Context, d *server, stdout io.Writer) (err error) {
	grpc, _ := d.receive.Addrs()
	agent, err := agentdemo.Start(ctx, agentdemo.Config{Dir: o.services, Options: []sidetrace.Option{
		sidetrace.WithGetenv(func(name string) string { return demoEnv[name] }),
		sidetrace.WithEndpoints(otlp.Endpoint{URL: "http://" + grpc, Protocol: otlp.ProtocolGRPC}),
	}})
	if err != nil {
		return err
	}
	defer func() {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		err = errors.Join(err, agent.Shutdown(stop))
	}()
	if _, err := fmt.Fprintln(stdout, d.line()); err != nil {
		return err
	}
	if err := o.ask(ctx, agent); err != nil && ctx.Err() == nil {
		return err
	}
	if _, err := fmt.Fprintf(stdout, "desk: asked %d questions; Ctrl-C ends the demo\n", o.questions); err != nil {
		return err
	}
	return o.goOn(ctx, d, agent)
}

// demoPrices are those of the demo's models, in US dollars for a million tokens.
const demoPrices = `{"currency": "USD", "prices": [
	{"model": "` + agentdemo.Model + `", "input": 0.4, "output": 1.6},
	{"model": "` + agentdemo.LargeModel + `", "input": 2.5, "output": 10}
]}`

// demoEnv is the environment of the agent, for which what is set for real services
// is not meant. It sends soon, for who is watching.
var demoEnv = map[string]string{"OTEL_BSP_SCHEDULE_DELAY": "200", "OTEL_BLRP_SCHEDULE_DELAY": "200"}

var cities = []string{"Hangzhou", "Lisbon", "Nairobi", "Kyoto", "Valparaíso", "Tromsø", "Montréal", "Hồ Chí Minh"}

// question is one of a few users, who have a few conversations each. Some are
// dearer than others, and one in twelve cannot be answered.
func question(i int) agentdemo.Question {
	q := agentdemo.Question{City: cities[i%len(cities)], UID: "user-" + strconv.Itoa(i%3+1), ChatID: "chat-" + strconv.Itoa(i%5+1), Days: 1 + i*5%9}
	if i%7 == 3 {
		q.Model = agentdemo.LargeModel
	}
	if i%12 == 7 {
		q.City = agentdemo.Nowhere
	}
	return q
}

// together is how many questions are under way at a time.
const together = 4

// ask asks some questions, several at a time.
func (o *demoOptions) ask(ctx context.Context, agent *agentdemo.Demo) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(together)
	for i := range o.questions {
		g.Go(func() error {
			_, err := agent.Ask(ctx, question(i))
			return err
		})
	}
	return g.Wait()
}

// goOn asks one question after the other.
func (o *demoOptions) goOn(ctx context.Context, d *server, agent *agentdemo.Demo) error {
	if o.every == 0 {
		return d.wait(ctx)
	}
	tick := time.NewTicker(o.every)
	defer tick.Stop()
	for i := o.questions; ; i++ {
		select {
		case <-ctx.Done():
			return nil
		case err := <-d.ended:
			return err
		case <-tick.C:
		}
		if _, err := agent.Ask(ctx, question(i)); err != nil && ctx.Err() == nil {
			return err
		}
	}
}
