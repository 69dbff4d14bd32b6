// SPDX-License-Identifier: Apache-2.0

package agentrun

import (
	"cmp"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/noderecord"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
)

// A claim is what a span or a record says that was used.
type claim struct {
	usage    Usage
	reported int64 // billionths of US dollars
	added    bool  // as Call.Added
	// Of a record:
	record bool
	model  string
	frame  int64 // to the model's first frame, 0: unknown
}

func (c *claim) isZero() bool { return c.usage.IsZero() && c.reported == 0 }

// claimFields are the attributes that make a claim.
var claimFields = [...]semconv.Field{
	semconv.InputTokens, semconv.OutputTokens, semconv.TotalTokens, semconv.CachedTokens, semconv.CacheWriteTokens, semconv.ReasoningTokens,
	semconv.UsageDetails, semconv.Cost, semconv.CostDetails,
}

func makesClaim(n *analysis.Node) bool {
	for _, f := range claimFields {
		if n.Attrs[f] != 0 {
			return true
		}
	}
	return false
}

// claimOf reads the claim of a span.
func (r *rollup) claimOf(at int32) (c claim) {
	n := &r.tree.Nodes[at]
	if !makesClaim(n) {
		return c
	}
	u := Usage{
		Input:        r.count(at, semconv.InputTokens),
		Output:       r.count(at, semconv.OutputTokens),
		Cached:       r.count(at, semconv.CachedTokens),
		CacheWritten: r.count(at, semconv.CacheWriteTokens),
		Reasoning:    r.count(at, semconv.ReasoningTokens),
		Total:        r.count(at, semconv.TotalTokens),
	}
	separate := isVercelAnthropic(n)
	if n.Attrs[semconv.UsageDetails] != 0 {
		details := r.usageDetails(at)
		if u.isTotal() {
			separate = n.Attrs.Key(n.Span, semconv.UsageDetails) == langfuseUsage
			u.Input, u.Output, u.Total = details.Input, details.Output, max(u.Total, details.Total)
		}
		u.Cached, u.CacheWritten, u.Reasoning = cmp.Or(u.Cached, details.Cached), cmp.Or(u.CacheWritten, details.CacheWritten), cmp.Or(u.Reasoning, details.Reasoning)
	}
	if r.roles[at] == embeddingRole && u.isTotal() {
		u.Input = u.Total
	}
	c.usage, c.added = u.inclusive(separate)
	c.reported = r.reported(at)
	return c
}

// isVercelAnthropic reports whether cached tokens come from the Vercel AI SDK
// before version 6, which has no inputTokenDetails and hands the numbers of
// Anthropic on as they are.
func isVercelAnthropic(n *analysis.Node) bool {
	return n.Attrs.Key(n.Span, semconv.CachedTokens) == "ai.usage.cachedInputTokens" &&
		strings.Contains(strings.ToLower(n.Attrs.Text(n.Span, semconv.Provider)), "anthropic")
}

// count reads a number of tokens.
func (r *rollup) count(at int32, f semconv.Field) int64 {
	n := &r.tree.Nodes[at]
	v, _ := n.Attrs.Value(n.Span, f)
	if v.IsBlank() {
		return 0
	}
	number, ok := v.Number()
	if !ok || number < 0 || number > MaxTokens || number != math.Trunc(number) {
		r.problem(at, f, "a whole number from 0 to 2^40")
		return 0
	}
	return int64(number)
}

// langfuseUsage names counts that are kept apart: input is without what was
// cached, output without reasoning.
const langfuseUsage = "langfuse.observation.usage_details"

// usageDetails reads counts by name, as Langfuse and MLflow have them.
func (r *rollup) usageDetails(at int32) (u Usage) {
	const want = "an object of whole numbers from 0 to 2^40"
	for name, number := range r.details(at, semconv.UsageDetails, want) {
		sum := u.detail(strings.ToLower(name))
		if number > MaxTokens || number != math.Trunc(number) || *sum+int64(number) > MaxTokens {
			r.problem(at, semconv.UsageDetails, want)
			return Usage{}
		}
		*sum += int64(number)
	}
	return u
}

// detail is the count that a name of Langfuse or MLflow stands for, such as
// input_cache_read, cache_creation_input_tokens or output_reasoning_tokens.
func (u *Usage) detail(name string) *int64 {
	switch {
	case strings.Contains(name, "cache") && (strings.Contains(name, "creation") || strings.Contains(name, "write")):
		return &u.CacheWritten
	case strings.Contains(name, "cache"):
		return &u.Cached
	case strings.Contains(name, "reasoning"):
		return &u.Reasoning
	case strings.HasPrefix(name, "input"), strings.HasPrefix(name, "prompt"):
		return &u.Input
	case strings.HasPrefix(name, "output"), strings.HasPrefix(name, "completion"):
		return &u.Output
	case strings.HasPrefix(name, "total"):
		return &u.Total
	}
	return new(int64)
}

// reported reads the cost that a span gives.
func (r *rollup) reported(at int32) int64 {
	const want = "an amount from 0 to 10^9"
	n := &r.tree.Nodes[at]
	v, _ := n.Attrs.Value(n.Span, semconv.Cost)
	if v.IsBlank() {
		return r.costDetails(at, want)
	}
	amount, ok := v.Number()
	if !ok || amount < 0 || amount > 1e9 {
		r.problem(at, semconv.Cost, want)
		return 0
	}
	return int64(math.Round(amount * 1e9))
}

func (r *rollup) costDetails(at int32, want string) int64 {
	var sum float64
	details := r.details(at, semconv.CostDetails, "an object of amounts")
	for _, amount := range details {
		sum += amount
	}
	if total, ok := details["total"]; ok {
		sum = total
	}
	if sum > 1e9 {
		r.problem(at, semconv.CostDetails, want)
		return 0
	}
	return int64(math.Round(sum * 1e9))
}

// maxDetails bounds the text that is read as numbers by name.
const maxDetails = 16 << 10

// details reads an attribute that is an object of numbers that are not negative,
// as a map or as JSON. What is missing is nil.
func (r *rollup) details(at int32, f semconv.Field, want string) map[string]float64 {
	n := &r.tree.Nodes[at]
	v, _ := n.Attrs.Value(n.Span, f)
	if v.IsBlank() {
		return nil
	}
	numbers, ok := numbersOf(v)
	for _, number := range numbers {
		ok = ok && number >= 0
	}
	if !ok {
		r.problem(at, f, want)
		return nil
	}
	return numbers
}

func numbersOf(v trace.Value) (numbers map[string]float64, ok bool) {
	numbers = map[string]float64{}
	if v.Kind() != trace.MapValue {
		text := v.Str()
		return numbers, len(text) <= maxDetails && json.Unmarshal([]byte(text), &numbers) == nil
	}
	for _, pair := range v.Pairs() {
		if numbers[pair.Key], ok = pair.Value.Number(); !ok {
			return nil, false
		}
	}
	return numbers, true
}

// problem notes an attribute that could not be read.
func (r *rollup) problem(at int32, f semconv.Field, want string) {
	if len(r.run.Problems) == MaxProblems {
		r.run.MoreProblems++
		return
	}
	n := &r.tree.Nodes[at]
	value := n.Attrs.Text(n.Span, f)
	if len(value) > 80 {
		value = strconv.QuoteToASCII(value[:80])
	}
	r.run.Problems = append(r.run.Problems, Problem{Span: at, Key: n.Attrs.Key(n.Span, f), Value: value, Want: want})
}

// claimOfRecord is what a record says of a request.
func claimOfRecord(u noderecord.Usage) (c claim) {
	c.record = true
	c.usage, _ = Usage{Input: u.Prompt, Output: u.Completion, Total: u.Total}.inclusive(false)
	return c
}

// claimOfNode is what a record says of a node.
func claimOfNode(n *noderecord.Node) claim {
	c := claimOfRecord(n.Usage)
	c.frame = max(n.ModelFirstFrame, 0)
	if !c.isZero() {
		c.model = modelOfRecord(n)
	}
	return c
}

// modelOfRecord is what the configuration of a node calls its model.
func modelOfRecord(n *noderecord.Node) string {
	var config struct {
		Model string `json:"model"`
	}
	if len(n.Config) == 0 || json.Unmarshal(n.Config, &config) != nil {
		return ""
	}
	return config.Model
}
