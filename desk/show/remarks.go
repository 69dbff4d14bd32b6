// SPDX-License-Identifier: Apache-2.0

package show

import (
	"strings"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
	"github.com/sidetrace/sidetrace/desk/units"
)

func spanName(n *analysis.Node) string {
	if name := clean(n.Span.Name); strings.TrimSpace(name) != "" {
		return name
	}
	return "(no name)"
}

// remarks are what is worth knowing beside a name.
func remarks(n *analysis.Node) (all []string) {
	if n.Class() == analysis.ClassModel {
		all = modelRemarks(all, n)
	}
	for _, m := range markRemarks {
		if n.Mark&m.mark != 0 {
			all = append(all, m.text)
		}
	}
	if n.Span.Inferred {
		all = append(all, "inferred")
	}
	return all
}

var markRemarks = []struct {
	mark analysis.Mark
	text string
}{
	{analysis.Orphan, "⚠ parent missing"},
	{analysis.SelfParent, "⚠ its own parent"},
	{analysis.CycleCut, "⚠ parents in a circle"},
	{analysis.Duplicate, "⚠ id used twice"},
}

// modelRemarks are the model and the tokens that went in and came out.
func modelRemarks(all []string, n *analysis.Node) []string {
	model := n.Attrs.Text(n.Span, semconv.ResponseModel)
	if model == "" {
		model = n.Attrs.Text(n.Span, semconv.RequestModel)
	}
	if model != "" {
		all = append(all, clean(model))
	}
	in, knowIn := n.Attrs.Number(n.Span, semconv.InputTokens)
	out, knowOut := n.Attrs.Number(n.Span, semconv.OutputTokens)
	if knowIn || knowOut {
		all = append(all, tokensOr(in, knowIn)+"→"+tokensOr(out, knowOut))
	}
	return all
}

func tokensOr(n float64, known bool) string {
	if !known {
		return units.Unknown
	}
	return units.Tokens(n)
}
