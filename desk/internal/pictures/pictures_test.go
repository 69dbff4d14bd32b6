// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/show"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestParse(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		want       screen
	}{
		{"nothing", "", nil},
		{"plain", "ab\n\nc", screen{{{text: "a"}, {text: "b"}}, nil, {{text: "c"}}}},
		{"styles", "\x1b[1ma\x1b[2mb\x1b[22mc\x1b[0md", screen{{
			{"a", look{bold: true}}, {"b", look{bold: true, faint: true}}, {"c", look{}}, {"d", look{}},
		}}},
		{"16 colours", "\x1b[31ma\x1b[39mb\x1b[92;44mc\x1b[49md\x1b[me", screen{{
			{"a", look{ink: "#ff7b72"}}, {"b", look{}}, {"c", look{ink: "#56d364", paper: "#58a6ff"}}, {"d", look{ink: "#56d364"}}, {"e", look{}},
		}}},
		{"256 colours", "\x1b[38;5;33;48;5;16ma\x1b[38;5;255mb\x1b[38;5;1mc", screen{{
			{"a", look{ink: "#0087ff", paper: "#000000"}}, {"b", look{ink: "#eeeeee", paper: "#000000"}}, {"c", look{ink: "#ff7b72", paper: "#000000"}},
		}}},
		{"colours that are none", "\x1b[38;5;999ma\x1b[38;2;1;2;3mb\x1b[38mc\x1b[38;5mz", screen{{{text: "a"}, {text: "b"}, {text: "c"}, {text: "z"}}}},
		{"a style over lines", "\x1b[1ma\nb", screen{{{"a", look{bold: true}}}, {{"b", look{bold: true}}}}},
		{"wide", "界e\u0301x", screen{{{text: "界"}, {}, {text: "e\u0301"}, {text: "x"}}}},
		{"other sequences", "a\x1b[2Jb\x1b[10;20Hc\a\x7fd\x1b[3", screen{{{text: "a"}, {text: "b"}, {text: "c"}, {text: "d"}}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			assert.Equal(t, tc.want, parse(tc.text))
		})
	}
}

// texts are the words of a picture, after a check that it is well-formed XML.
func texts(t testing.TB, picture string) (words []string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(picture))
	in := ""
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return words
		}
		require.NoError(t, err)
		switch token := token.(type) {
		case xml.StartElement:
			in = token.Name.Local
		case xml.EndElement:
			in = ""
		case xml.CharData:
			if in == "text" {
				words = append(words, string(token))
			}
		}
	}
}

func TestSVG(t *testing.T) {
	picture := svg("$ desk & <co>", parse("\x1b[1mbold\x1b[0m and plain  far\n\x1b[31m╶━━╸\x1b[0m ├ x │ ►\n\x1b[38;5;16;48;5;33m▏block \x1b[0m<b>&amp;"))
	assert.Equal(t, []string{"$ desk & <co>", "bold", "and plain", "far", "x", "block", "<b>&amp;"}, texts(t, picture))
	assert.Contains(t, picture, `class="b"`)
	assert.Equal(t, 1, strings.Count(picture, `stroke-width="7"`), "a bar is one line")
	assert.Contains(t, picture, `fill="#0087ff"`, "the background of a block")
	file := filepath.Join("testdata", "sample.svg")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, []byte(picture), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "go test -update writes it")
	assert.Equal(t, string(want), picture)
}

// TestEveryCharacter checks that what desk show draws with is drawn, not written
// in a font that may lack it.
func TestEveryCharacter(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "..", "testdata", "agent.jsonl"))
	require.NoError(t, err)
	batch, err := format.Read(bytes.NewReader(b))
	require.NoError(t, err)
	tree := analysis.Build(analysis.Arrange(batch.Traces()[1].Spans))
	view, out := show.View{Color: true}, &strings.Builder{}
	for _, draw := range []func(io.Writer, *analysis.Tree) error{view.Tree, view.Flame, view.Sequence, view.Topology, view.Services} {
		require.NoError(t, draw(out, tree))
	}
	for _, word := range texts(t, svg("all", parse(out.String()))) {
		for _, r := range word {
			assert.False(t, r >= 0x2500 && r < 0x25a0, "%c in %q", r, word)
		}
	}
}

func FuzzSVG(f *testing.F) {
	f.Add("$ desk", "\x1b[1ma\x1b[38;5;1mb<>&\"'\n界\x1b[")
	f.Fuzz(func(t *testing.T, title, text string) {
		texts(t, svg(title, parse(text)))
	})
}
