// SPDX-License-Identifier: Apache-2.0

// Command agent runs a travel agent in three services and shows what was
// recorded of them, read back from the files that they exported.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/sidetrace/sidetrace/examples/agent/agentdemo"
)

var cities = []string{"Hangzhou", "Lisbon", "Nairobi", "Kyoto", "Valparaíso"}

func main() {
	n := flag.Int("n", 3, "number of `questions`")
	dir := flag.String("dir", "sidetrace-demo", "`folder` for the files of the services")
	flag.Parse()
	if *n < 1 {
		log.Fatalf("-n %d: want at least 1", *n)
	}
	if err := run(context.Background(), *n, *dir); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, n int, dir string) error {
	demo, err := agentdemo.Start(ctx, agentdemo.Config{Dir: dir})
	if err != nil {
		return err
	}
	questions, answers := make([]agentdemo.Question, n), make([]agentdemo.Answer, n)
	for i := range n {
		questions[i] = agentdemo.Question{City: cities[i%len(cities)], UID: "user-" + strconv.Itoa(i%2+1), ChatID: "chat-" + strconv.Itoa(i+1)}
		if answers[i], err = demo.Ask(ctx, questions[i]); err != nil {
			return err
		}
	}
	stop, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := demo.Shutdown(stop); err != nil {
		fmt.Fprintln(os.Stderr, err) // a collector may be away; the files are there
	}
	return show(dir, questions, answers)
}
