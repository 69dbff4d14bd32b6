// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// A vector is a trace with what the original made of it. Its spans are the
// original's documents, with times in µs.
type vector struct {
	Name    string                     `json:"name"`
	Spans   json.RawMessage            `json:"spans"`
	Compare json.RawMessage            `json:"compare"`
	Config  json.RawMessage            `json:"config"`
	Options vectorOptions              `json:"options"`
	Outputs map[string]json.RawMessage `json:"outputs"`
}

type vectorOptions struct {
	Slim     bool     `json:"slim"` // bulky values are left out of the outputs
	Displays []string `json:"displays"`
	Align    bool     `json:"enabled_time_alignment"`
}

// vectorFolders are where vectors are looked for: those of the repository, those
// beside it, and those that SIDETRACE_VECTORS names.
func vectorFolders() []string {
	return []string{"testdata/vectors", "../../../shared/vectors/analysis", os.Getenv("SIDETRACE_VECTORS")}
}

// eachVector runs a test for every vector that has a section of outputs.
func eachVector(t *testing.T, section string, test func(t *testing.T, v *vector)) {
	t.Helper()
	seen := map[string]bool{}
	ran := 0
	for _, folder := range vectorFolders() {
		files, err := filepath.Glob(filepath.Join(folder, "*.json"))
		require.NoError(t, err)
		for _, file := range files {
			v := readVector(t, file)
			if v.Outputs[section] == nil || seen[v.Name] {
				continue
			}
			seen[v.Name] = true
			ran++
			t.Run(v.Name, func(t *testing.T) { test(t, v) })
		}
	}
	require.Greater(t, ran, 2, "vectors with the section %s", section)
}

func readVector(t *testing.T, file string) *vector {
	t.Helper()
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	v := new(vector)
	require.NoError(t, json.Unmarshal(b, v), file)
	return v
}

// spansOf reads documents, and the text of their ids by our ids.
func spansOf(t *testing.T, documents json.RawMessage) ([]trace.Span, map[trace.SpanID]string) {
	t.Helper()
	spans, err := format.Documents(bytes.NewReader(documents))
	require.NoError(t, err)
	var ids []struct {
		ID string `json:"span_id"`
	}
	require.NoError(t, json.Unmarshal(documents, &ids))
	texts := map[trace.SpanID]string{}
	for _, id := range ids {
		texts[trace.SpanIDOf(id.ID)] = id.ID
	}
	return spans, texts
}

// requireOutput compares what the original said with our answer in its form;
// numbers are equal by value, members by name.
func requireOutput(t *testing.T, want json.RawMessage, got any) {
	t.Helper()
	b, err := json.Marshal(got)
	require.NoError(t, err)
	var w, g any
	require.NoError(t, json.Unmarshal(want, &w))
	require.NoError(t, json.Unmarshal(b, &g))
	if diffs := differences(nil, "", w, g); len(diffs) > 0 {
		t.Fatalf("%d values differ:\n%s", len(diffs), strings.Join(diffs[:min(len(diffs), 20)], "\n"))
	}
}

// differences lists where two JSON values differ.
func differences(to []string, path string, want, got any) []string {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			break
		}
		for _, key := range keys(w, g) {
			wv, wok := w[key]
			gv, gok := g[key]
			if wok != gok {
				to = append(to, fmt.Sprintf("%s/%s: wanted %t %.200v, got %t %.200v", path, key, wok, wv, gok, gv))
				continue
			}
			to = differences(to, path+"/"+key, wv, gv)
		}
		return to
	case []any:
		g, ok := got.([]any)
		if !ok {
			break
		}
		if len(w) != len(g) {
			to = append(to, fmt.Sprintf("%s: wanted %d elements, got %d", path, len(w), len(g)))
		}
		for i := range min(len(w), len(g)) {
			to = differences(to, fmt.Sprintf("%s/%d", path, i), w[i], g[i])
		}
		return to
	}
	if !reflect.DeepEqual(want, got) {
		to = append(to, fmt.Sprintf("%s: wanted %.300v, got %.300v", path, want, got))
	}
	return to
}

func keys(a, b map[string]any) (all []string) {
	for k := range a {
		all = append(all, k)
	}
	for k := range b {
		if _, ok := a[k]; !ok {
			all = append(all, k)
		}
	}
	slices.Sort(all)
	return all
}

// micros are the original's unit.
func micros(ns int64) int64 { return ns / 1000 }

// palette and colours are how the original colours services: in the order in
// which a diagram asks for them (S-8), where we leave colours to the page.
var palette = strings.Fields(`#96C989 #F1CE1A #7EC7E7 #E28D68 #5766ED #EC6D93 #8F87E1 #6ECD94 #F6A52C #5ACCCC
	#CC7575 #4185EB #DD6CD2 #8A88C1 #7CB3A3 #DBD84D #8DBAD3 #D38D8D #4E76B1 #BF92CB`)

type colours struct {
	known  map[string]int
	cursor int
}

func (c *colours) of(name string) string {
	if c.known == nil {
		c.known = map[string]int{}
	}
	at, ok := c.known[name]
	if !ok {
		at = c.cursor
		c.known[name] = at
	}
	if at == c.cursor {
		c.cursor = (c.cursor + 1) % len(palette)
	}
	return palette[at]
}

func icon(c Class) string { return "icon:" + string(c) }
