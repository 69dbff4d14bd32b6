// SPDX-License-Identifier: Apache-2.0

// Command pictures makes the pictures of desk show in docs: it runs the demo,
// shows what the demo left in several ways, and writes each as SVG. Times and
// ids differ from run to run, so it is run on demand only:
//
//	go generate ./internal/pictures
package main

//go:generate go run . -root ../../..

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// columns is the width of the pictures. GitHub shows them at their full size.
const columns = 100

// shots are the names of the pictures and the flags of what they show. DIR is the
// folder of the demo, FAILED the trace with the most errors, and OTHER the one
// without errors that is most like it.
var shots = []struct {
	name string
	args []string
}{
	{"list", []string{"--view", "list"}},
	{"tree", nil}, // the newest, which is one that failed
	{"flame", []string{"--trace", "FAILED", "--view", "flame"}},
	{"sequence", []string{"--trace", "FAILED", "--view", "sequence"}},
	{"topology", []string{"--trace", "FAILED", "--view", "topology"}},
	{"services", []string{"--trace", "FAILED", "--view", "services"}},
	{"run", []string{"--trace", "FAILED", "--view", "run"}},
	{"findings", []string{"--trace", "FAILED", "--view", "findings"}},
	{"diff", []string{"--trace", "FAILED", "--with", "OTHER"}},
}

func main() {
	root := flag.String("root", ".", "`folder` of the repository")
	flag.Parse()
	if err := run(*root); err != nil {
		log.Fatal(err)
	}
}

func run(root string) error {
	temp, err := os.MkdirTemp("", "pictures")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(temp) }() // it is in the system's folder for such things
	demo, desk := filepath.Join(temp, "sidetrace-demo"), filepath.Join(temp, "desk")
	if _, err := command(root, "go", "run", "./examples/agent", "-n", "5", "-dir", demo); err != nil {
		return err
	}
	if err := relocate(demo); err != nil {
		return err
	}
	if _, err := command(filepath.Join(root, "desk"), "go", "build", "-o", desk, "."); err != nil {
		return err
	}
	ids, err := choose(temp, desk)
	if err != nil {
		return err
	}
	docs := filepath.Join(root, "docs")
	if err := os.MkdirAll(docs, 0o755); err != nil {
		return err
	}
	for _, s := range shots {
		picture, err := shoot(temp, desk, replaced(s.args, ids))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(docs, "show-"+s.name+".svg"), []byte(picture), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// shoot is a picture of what desk show prints of the demo in a folder.
func shoot(dir, desk string, flags []string) (string, error) {
	args := append([]string{"show", "sidetrace-demo", "--color", "always", "--width", strconv.Itoa(columns)}, flags...)
	text, err := command(dir, desk, args...)
	if err != nil {
		return "", err
	}
	title := append([]string{"$ go run ./desk show sidetrace-demo"}, flags...)
	return svg(strings.Join(title, " "), parse(string(text))), nil
}

func replaced(args []string, by map[string]string) []string {
	args = slices.Clone(args)
	for i, arg := range args {
		if id, ok := by[arg]; ok {
			args[i] = id
		}
	}
	return args
}

// relocate makes the links in the files of the demo lead to a folder that is not
// that of this run.
func relocate(demo string) error {
	files, err := filepath.Glob(filepath.Join(demo, "*", "*.jsonl"))
	if err != nil {
		return err
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(file, bytes.ReplaceAll(b, []byte(demo), []byte("/sidetrace-demo")), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// shortID is how many digits of an id are shown.
const shortID = 8

// listed is a trace in the list.
type listed struct {
	TraceID string `json:"traceId"`
	Errors  int    `json:"errors"`
}

// choose finds the traces that the pictures show.
func choose(dir, desk string) (map[string]string, error) {
	var traces []listed
	if err := decoded(&traces, dir, desk, "show", "sidetrace-demo", "--view", "list", "--format", "json"); err != nil {
		return nil, err
	}
	if len(traces) < 2 {
		return nil, errors.New("the demo left fewer than two traces")
	}
	failed := slices.MaxFunc(traces, func(a, b listed) int { return cmp.Compare(a.Errors, b.Errors) }).TraceID
	other, least := "", math.MaxInt
	for _, t := range traces {
		if t.Errors > 0 {
			continue
		}
		n, err := differences(dir, desk, failed, t.TraceID)
		if err != nil {
			return nil, err
		}
		if n < least {
			other, least = t.TraceID, n
		}
	}
	if other == "" {
		return nil, errors.New("the demo left no trace without errors")
	}
	return map[string]string{"FAILED": failed[:shortID], "OTHER": other[:shortID]}, nil
}

// differences counts the spans that only one of two traces has.
func differences(dir, desk, a, b string) (n int, err error) {
	var view struct {
		Diff struct {
			Nodes []struct {
				Change string `json:"change"`
			} `json:"nodes"`
		} `json:"diff"`
	}
	if err := decoded(&view, dir, desk, "show", "sidetrace-demo", "--view", "diff", "--format", "json", "--trace", a, "--with", b); err != nil {
		return 0, err
	}
	for _, node := range view.Diff.Nodes {
		if node.Change == "added" || node.Change == "removed" {
			n++
		}
	}
	return n, nil
}

// decoded runs a program and decodes the JSON that it prints.
func decoded(into any, dir, name string, args ...string) error {
	b, err := command(dir, name, args...)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}

// command runs a program and returns what it prints.
func command(dir, name string, args ...string) ([]byte, error) {
	c := exec.Command(name, args...)
	c.Dir = dir
	c.Env = append(os.Environ(), "TZ=UTC")
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %v: %w: %s", name, args, err, stderr.String())
	}
	return out, nil
}
