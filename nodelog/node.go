// SPDX-License-Identifier: Apache-2.0

package nodelog

import (
	"encoding/binary"
	"encoding/hex"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// NodeLog is the record of one executed node. [TraceLog.StartNode] makes them.
type NodeLog struct {
	id    string
	node  Node
	start time.Time
	large int // length in bytes above which a string may be offloaded

	mu         sync.Mutex // guards what follows
	end        time.Time  // zero until the node has ended
	next       []string
	firstFrame time.Duration // negative until it came
	modelFirst time.Duration // likewise
	llmOutput  string
	failed     bool
	input      fields
	output     fields
	config     fields
	usage      Usage
	logs       value // the elements of the JSON array, with commas
	lines      int
	dropped    int // lines beyond maxLogs
	droppedAt  time.Time
}

func newNode(n Node, start time.Time, large int) *NodeLog {
	if n.FuncID == "" {
		n.FuncID = n.ID
	}
	if n.FuncType == "" {
		n.FuncType = n.Type
	}
	if n.FuncName == "" {
		n.FuncName = n.Name
	}
	return &NodeLog{id: newID(), node: n, start: start, large: large, firstFrame: -1, modelFirst: -1}
}

// newID returns 32 random hex digits.
func newID() string {
	var b [16]byte
	binary.NativeEndian.PutUint64(b[:8], rand.Uint64())
	binary.NativeEndian.PutUint64(b[8:], rand.Uint64())
	return hex.EncodeToString(b[:])
}

// ID returns the id of this log: 32 hex digits, new for every execution.
func (n *NodeLog) ID() string {
	if n == nil {
		return ""
	}
	return n.id
}

// Node returns what the log was started with, the function's names filled in.
func (n *NodeLog) Node() Node {
	if n == nil {
		return Node{}
	}
	return n.node
}

// Input records what the node was given under key. A later value for the same
// key takes the place of the earlier one.
func (n *NodeLog) Input(key string, v any) {
	if n != nil {
		n.set(&n.input, key, v)
	}
}

// Output records what the node returned under key, like [NodeLog.Input].
func (n *NodeLog) Output(key string, v any) {
	if n != nil {
		n.set(&n.output, key, v)
	}
}

// Config records a setting of the node under key, like [NodeLog.Input].
func (n *NodeLog) Config(key string, v any) {
	if n != nil {
		n.set(&n.config, key, v)
	}
}

func (n *NodeLog) set(f *fields, key string, v any) {
	captured := capture(v, n.large)
	n.mu.Lock()
	defer n.mu.Unlock()
	f.set(key, captured)
}

// Usage records the tokens of the node's model call, in place of those recorded
// before: calling it again with the running total of a stream counts once.
func (n *NodeLog) Usage(u Usage) {
	if n == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.usage = u.totalled()
}

// AddUsage adds the tokens of one more model call of the node.
func (n *NodeLog) AddUsage(u Usage) {
	if n == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.usage = n.usage.plus(u.totalled())
}

// Tokens returns the usage recorded so far.
func (n *NodeLog) Tokens() Usage {
	if n == nil {
		return Usage{}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.usage
}

// FirstFrame records that a streaming node has produced its first frame now.
// Only the first call counts.
func (n *NodeLog) FirstFrame() {
	if n == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.firstFrame < 0 {
		n.firstFrame = time.Since(n.start)
	}
}

// FirstFrameDuration returns how long the node took to its first frame, or
// ok = false when there was none.
func (n *NodeLog) FirstFrameDuration() (d time.Duration, ok bool) {
	if n == nil {
		return 0, false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return max(n.firstFrame, 0), n.firstFrame >= 0
}

// ModelFirstFrame records the time to the first frame that an external model
// reports of itself.
func (n *NodeLog) ModelFirstFrame(d time.Duration) {
	if n == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.modelFirst = d
}

// LLMOutput records the raw output of the node's model.
func (n *NodeLog) LLMOutput(text string) {
	if n == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.llmOutput = text
}

// Log adds a line.
func (n *NodeLog) Log(level slog.Level, msg string) {
	if n == nil {
		return
	}
	now := time.Now()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.logLocked(now, level, msg)
}

func (n *NodeLog) logLocked(now time.Time, level slog.Level, msg string) {
	if n.lines == maxLogs {
		n.dropped++
		n.droppedAt = now
		return
	}
	n.lines++
	n.logs = appendLine(n.logs, now, level, msg, n.large)
}

// Next records that the nodes of others ran after this one.
func (n *NodeLog) Next(others ...*NodeLog) {
	if n == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, o := range others {
		if o == nil {
			continue
		}
		// Kept sorted, as a set, the way it is written.
		if i, found := slices.BinarySearch(n.next, o.id); !found {
			n.next = slices.Insert(n.next, i, o.id)
		}
	}
}

// Fail adds an ERROR line, marks the node as failed and ends it.
func (n *NodeLog) Fail(msg string) {
	if n == nil {
		return
	}
	now := time.Now()
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.failed {
		n.lines = min(n.lines, maxLogs-1) // the reason is kept in any case
	}
	n.failed = true
	n.logLocked(now, slog.LevelError, msg)
	n.endLocked(now)
}

// End marks the end of the node. Only the first end counts; inputs, outputs,
// usage and lines may still come until the TraceLog ends.
func (n *NodeLog) End() {
	if n == nil {
		return
	}
	now := time.Now()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.endLocked(now)
}

func (n *NodeLog) endLocked(now time.Time) {
	if n.end.IsZero() {
		n.end = now
	}
}

// fields is a JSON object under construction, in the order of its keys' first
// appearance.
type fields struct {
	keys   []string
	values []value
}

func (f *fields) set(key string, v value) {
	if i := slices.Index(f.keys, key); i >= 0 {
		f.values[i] = v
		return
	}
	f.keys = append(f.keys, key)
	f.values = append(f.values, v)
}

func (f *fields) size() int {
	n := 0
	for i := range f.keys {
		n += len(f.keys[i]) + f.values[i].size() + 4
	}
	return n
}
