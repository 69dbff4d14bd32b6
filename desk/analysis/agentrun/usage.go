// SPDX-License-Identifier: Apache-2.0

package agentrun

// MaxTokens is the largest count that is believed of one span. It lets a million
// spans be summed up without overflow.
const MaxTokens = 1 << 40

// Usage is tokens. Cached and CacheWritten are among Input, Reasoning among
// Output; 0 means none or unknown.
type Usage struct {
	Input        int64 `json:"input"`
	Output       int64 `json:"output"`
	Cached       int64 `json:"cached"`       // of Input, read from the provider's cache
	CacheWritten int64 `json:"cacheWritten"` // of Input, written to it
	Reasoning    int64 `json:"reasoning"`    // of Output
	// Total is Input and Output, or more where a provider's own total is.
	Total int64 `json:"total"`
}

// Plus is the sum of both.
func (u Usage) Plus(v Usage) Usage {
	return Usage{
		Input:        u.Input + v.Input,
		Output:       u.Output + v.Output,
		Cached:       u.Cached + v.Cached,
		CacheWritten: u.CacheWritten + v.CacheWritten,
		Reasoning:    u.Reasoning + v.Reasoning,
		Total:        u.Total + v.Total,
	}
}

// IsZero reports whether nothing is known.
func (u Usage) IsZero() bool { return u == Usage{} }

// minus is what u has beyond v.
func (u Usage) minus(v Usage) Usage {
	d := Usage{Input: max(u.Input-v.Input, 0), Output: max(u.Output-v.Output, 0)}
	d.Cached = min(max(u.Cached-v.Cached, 0), d.Input)
	d.CacheWritten = min(max(u.CacheWritten-v.CacheWritten, 0), d.Input-d.Cached)
	d.Reasoning = min(max(u.Reasoning-v.Reasoning, 0), d.Output)
	d.Total = d.Input + d.Output
	if u.isSplit() || u.isTotal() {
		d.Total = max(d.Total, u.Total-v.Total)
	}
	return d
}

// isSplit reports whether input and output are both known, isTotal whether
// neither is.
func (u Usage) isSplit() bool { return u.Input > 0 && u.Output > 0 }
func (u Usage) isTotal() bool { return u.Input == 0 && u.Output == 0 }

// equals reports whether u repeats v: the numbers that u knows are those of v.
func (u Usage) equals(v Usage) bool { return u.within(v) && v.within(u) }

// within reports whether nothing that u knows is more than v's.
func (u Usage) within(v Usage) bool {
	if u.isTotal() {
		return u.Total <= v.Total
	}
	return u.Input <= v.Input && u.Output <= v.Output
}

// covers reports whether nothing that u knows is less than v's.
func (u Usage) covers(v Usage) bool {
	if u.isTotal() {
		return u.Total >= v.Total
	}
	return (u.Input == 0 || u.Input >= v.Input) && (u.Output == 0 || u.Output >= v.Output)
}

// inclusive is u with cached tokens among the input and reasoning tokens among
// the output, and a total; added says whether they had to be added. separate is
// for conventions that keep them apart, and decides where the numbers do not.
func (u Usage) inclusive(separate bool) (v Usage, added bool) {
	cache := u.Cached + u.CacheWritten
	addCache, addReasoning := cache > u.Input, u.Reasoning > u.Output
	switch u.Total - u.Input - u.Output {
	case 0:
	case cache:
		addCache = true
	case u.Reasoning:
		addReasoning = true
	case cache + u.Reasoning:
		addCache, addReasoning = true, true
	default:
		addCache, addReasoning = addCache || separate, addReasoning || separate
	}
	v = u
	if addCache {
		v.Input += cache
	}
	if addReasoning {
		v.Output += u.Reasoning
	}
	v.Total = max(v.Total, v.Input+v.Output)
	return v, v.Input != u.Input || v.Output != u.Output
}
