// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// documents are spans in the original's form, each written as
// "id parent name kind start end code".
func documents(spans ...string) json.RawMessage {
	list := make([]string, len(spans))
	for i, s := range spans {
		var id, parent, name string
		var kind, start, end, code int
		if _, err := fmt.Sscan(s, &id, &parent, &name, &kind, &start, &end, &code); err != nil {
			panic(err)
		}
		list[i] = fmt.Sprintf(`{"trace_id": "1", "span_id": %q, "parent_span_id": %q, "span_name": %q, "kind": %d, "start_time": %d, "end_time": %d,
			"elapsed_time": %d, "status": {"code": %d}, "attributes": {}, "resource": {"service.name": "web"}, "events": []}`,
			id, strings.Trim(parent, "-"), name, kind, start, end, end-start, code)
	}
	return json.RawMessage("[" + strings.Join(list, ",") + "]")
}

// repeated are a call whose child fails and one whose child does not.
func repeated() json.RawMessage {
	return documents("r - r 1 0 90 0", "a r get 1 10 20 0", "a1 a row 1 11 12 2", "b r get 1 30 40 0", "b1 b row 1 31 32 0")
}

func TestCompatReturnOfFailedChild(t *testing.T) {
	for _, test := range []struct {
		name string
		c    treeConfig
		want [][]string
	}{
		{"without returns", treeConfig{Group: true}, [][]string{}},
		{"with returns", treeConfig{Group: true, Return: true}, [][]string{{"~a", "b", "~b"}}},
		{"anywhere", treeConfig{Group: true, Return: true, IgnoreSequence: true}, [][]string{{"~a", "b", "~b"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			o, problem := originalOf(t, repeated(), test.c)
			require.Empty(t, problem)
			groups := [][]string{}
			for i := range o.groups.List {
				if g := &o.groups.List[i]; len(g.Members) > 1 {
					groups = append(groups, o.marks(g.steps))
				}
			}
			assert.Equal(t, test.want, groups)
		})
	}
}

func TestCompatSettingsOfZero(t *testing.T) {
	spans := documents("r - r 1 0 90 0", "a r a 1 10 20 0", "b r b 1 20 30 0", "c r c 1 25 28 0")
	for config, want := range map[string][][]string{
		`{"with_parallel_detection": true}`:                                                     {{"a", "b", "c"}},
		`{"with_parallel_detection": true, "min_parallel_gap": 0}`:                              {{"b", "c"}},
		`{"with_parallel_detection": true, "min_parallel_gap": 0, "min_parallel_members": 0}`:   {{"a"}, {"b", "c"}},
		`{"with_parallel_detection": true, "min_parallel_gap": 11, "min_parallel_members": 4}`:  {},
		`{"with_parallel_detection": true, "min_parallel_gap": 11, "min_group_spans_count": 0}`: {{"a", "b", "c"}},
	} {
		var c treeConfig
		require.NoError(t, json.Unmarshal([]byte(config), &c))
		o, problem := originalOf(t, spans, c)
		require.Empty(t, problem)
		parallels := [][]string{}
		for _, p := range o.parallels.List {
			parallels = append(parallels, o.idsOf(p))
		}
		assert.Equal(t, want, parallels, config)
	}
}

func TestCompatStartOfUnreachable(t *testing.T) {
	cycle := []string{"x y x 2 10 20 0", "y x y 1 10 20 0"}
	for root, want := range map[string]bool{"r - r 1 0 90 0": false, "r - r 2 0 90 0": true} {
		o, problem := originalOf(t, documents(append(cycle, root)...), treeConfig{Group: true, Return: true, Parallel: true})
		require.Empty(t, problem)
		assert.Equal(t, want, o.hasStart(), root)
	}
}

func TestCompatReturnsInDiagrams(t *testing.T) {
	spans := documents("r - r 1 0 90 0", "a r get 1 10 20 0", "a1 a row 1 11 12 0", "b r get 1 30 40 0", "b1 b row 1 31 32 0")
	o, problem := originalOf(t, spans, treeConfig{Group: true, Return: true})
	require.Empty(t, problem)
	var boxes []string
	for _, n := range o.topologyOutput()["nodes"].([]any) {
		boxes = append(boxes, fmt.Sprint(n.(object)["spans"]))
	}
	assert.Equal(t, []string{"[a1 a1 b1 b1]", "[a a b b]", "[r]"}, boxes)

	var flames func(frames []any) string
	flames = func(frames []any) (text string) {
		for _, f := range frames {
			text += f.(object)["id"].(string) + "(" + flames(f.(object)["children"].([]any)) + ")"
		}
		return text
	}
	call := func(id string) string { return strings.Repeat(id+"("+id+"1()"+id+"1())", 2) }
	assert.Equal(t, strings.Repeat("r("+call("a")+call("b")+")", 2), flames(o.flameOutput()))
}
