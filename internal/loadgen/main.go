// SPDX-License-Identifier: Apache-2.0

// Command loadgen makes spans, or counts them, as a process of its own: for tests
// that kill processes, and for benchmarks that measure what one costs.
//
//	loadgen load -impl sidetrace -endpoint http://127.0.0.1:4317 -n 100000
//	loadgen collect
//
// They end when their standard input does, or with the last span, and print a line
// of JSON then.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
)

func main() {
	if len(os.Args) < 2 {
		log.Fatal("want load or collect")
	}
	stopped, stop := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	var result any
	var err error
	switch os.Args[1] {
	case "load":
		result, err = runLoad(stopped, os.Args[2:])
	case "collect":
		result, err = collect(stopped)
	default:
		err = fmt.Errorf("want load or collect, not %q", os.Args[1])
	}
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(result)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func runLoad(ctx context.Context, args []string) (*report, error) {
	l := &load{}
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	flags.StringVar(&l.impl, "impl", "sidetrace", "sidetrace, stock, stock-blocking or none")
	flags.StringVar(&l.endpoint, "endpoint", "", "`URL` of a gRPC collector")
	flags.StringVar(&l.spool, "spool", "", "`folder` of the spool; empty keeps it in memory")
	flags.Int64Var(&l.n, "n", 0, "`number` of spans; 0 for as many as there can be until standard input ends")
	flags.IntVar(&l.rate, "rate", 0, "spans a `second`; 0 for as many as can be")
	flags.IntVar(&l.goroutines, "goroutines", 1, "`number` of goroutines")
	flags.BoolVar(&l.print, "print", false, "print the id of each span that has ended")
	flags.BoolVar(&l.latency, "latency", false, "measure how long End takes")
	flags.BoolVar(&l.keep, "keep", false, "go on until standard input ends, also after the last span")
	flags.DurationVar(&l.timeout, "timeout", 0, "bound of Shutdown; 0 for none")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	return l.run(ctx)
}

// counted is what a collector has got.
type counted struct {
	Spans int64 `json:"spans"`
}
