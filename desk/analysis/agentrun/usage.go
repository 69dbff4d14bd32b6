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
