// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// traces are the traces of a batch that have spans, the newest first.
func traces(b *trace.Batch) []trace.Trace {
	all := slices.DeleteFunc(b.Traces(), func(t trace.Trace) bool { return len(t.Spans) == 0 })
	starts := make(map[trace.TraceID]int64, len(all))
	for i := range all {
		starts[all[i].ID] = start(&all[i])
	}
	slices.SortStableFunc(all, func(a, b trace.Trace) int { return -cmp.Compare(starts[a.ID], starts[b.ID]) })
	return all
}

// start is when the first span of a trace starts.
func start(t *trace.Trace) int64 {
	first := int64(math.MaxInt64)
	for i := range t.Spans {
		first = min(first, t.Spans[i].Start)
	}
	return first
}

// mostListed is how many ids a message names.
const mostListed = 5

// pick is the one trace whose id begins with some digits.
func pick(all []trace.Trace, prefix string) (*trace.Trace, error) {
	digits := strings.ToLower(strings.ReplaceAll(prefix, "-", ""))
	if digits == "" || len(digits) > 32 || strings.Trim(digits, "0123456789abcdef") != "" {
		return nil, usagef("trace id %q: want up to 32 hexadecimal digits, or the first of them", prefix)
	}
	var found []*trace.Trace
	for i := range all {
		if strings.HasPrefix(idText(all[i].ID), digits) {
			found = append(found, &all[i])
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return nil, fmt.Errorf("trace %s: not among the %d traces that were read: %s", prefix, len(all), listIDs(all))
	}
	several := make([]trace.Trace, len(found))
	for i, t := range found {
		several[i] = *t
	}
	return nil, fmt.Errorf("trace %s: %d ids begin like that: %s", prefix, len(found), listIDs(several))
}

// idText is a trace id in digits, those of the zero id too.
func idText(id trace.TraceID) string { return fmt.Sprintf("%x", id[:]) }

func listIDs(all []trace.Trace) string {
	ids := make([]string, 0, mostListed)
	for i := range all[:min(len(all), mostListed)] {
		ids = append(ids, idText(all[i].ID))
	}
	text := strings.Join(ids, ", ")
	if len(all) > mostListed {
		text += fmt.Sprintf(" and %d more", len(all)-mostListed)
	}
	return text + " (--view list shows all)"
}
