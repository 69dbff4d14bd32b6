// SPDX-License-Identifier: Apache-2.0

package export

import (
	"bufio"
	"encoding/json"
	"io"
	"strconv"

	"github.com/sidetrace/sidetrace/desk/analysis"
)

// speedscopeSchema is where the format is described.
const speedscopeSchema = "https://www.speedscope.app/file-format-schema.json"

// Speedscope writes a trace as evented profiles for https://www.speedscope.app,
// in its own format (file-format-schema.json; src/lib/file-format-spec.ts of
// jlfwong/speedscope). The first profile begins with the first root; spans that
// overlap what is there, such as concurrent siblings, are in further profiles,
// of the same length, so that in each of them frames lie properly within each
// other. The name of a frame is the operation, its file the service. Times are
// nanoseconds from the start of the trace.
func Speedscope(w io.Writer, t *analysis.Tree) error {
	all := slicesOf(t)
	of, count := lanes(t, all)
	profiles := make([]speedscopeProfile, max(count, 1))
	var end int64
	for _, s := range all {
		end = max(end, s.end)
	}
	for i := range profiles {
		profiles[i] = speedscopeProfile{Type: "evented", Name: "empty trace", Unit: "nanoseconds", End: end, Events: []speedscopeEvent{}}
	}
	frames, numbers := speedscopeFrames(t)
	for i, s := range all {
		p := &profiles[of[i]]
		if len(p.Events) == 0 {
			p.name(t.Nodes[s.node].Span.Name, int(of[i]))
		}
		p.add(s, numbers[s.node])
	}
	for i := range profiles {
		profiles[i].closeUntil(end)
	}
	file := speedscopeFile{Schema: speedscopeSchema, Shared: speedscopeShared{frames}, Profiles: profiles, Name: profiles[0].Name, Exporter: "sidetrace desk"}
	out := bufio.NewWriter(w)
	if err := json.NewEncoder(out).Encode(file); err != nil {
		return err
	}
	return out.Flush()
}

type speedscopeFile struct {
	Schema   string              `json:"$schema"`
	Shared   speedscopeShared    `json:"shared"`
	Profiles []speedscopeProfile `json:"profiles"`
	Name     string              `json:"name"`
	Exporter string              `json:"exporter"`
}

type speedscopeShared struct {
	Frames []speedscopeFrame `json:"frames"`
}

type speedscopeFrame struct {
	Name string `json:"name"`
	File string `json:"file,omitempty"`
}

type speedscopeProfile struct {
	Type   string            `json:"type"`
	Name   string            `json:"name"`
	Unit   string            `json:"unit"`
	Start  int64             `json:"startValue"`
	End    int64             `json:"endValue"`
	Events []speedscopeEvent `json:"events"`

	open []openFrame
}

// openFrame is a frame that is not closed yet.
type openFrame struct {
	frame int32
	end   int64
}

type speedscopeEvent struct {
	Type  string `json:"type"`
	Frame int32  `json:"frame"`
	At    int64  `json:"at"`
}

func (p *speedscopeProfile) name(first string, lane int) {
	p.Name = first
	if lane > 0 {
		p.Name = "concurrent " + strconv.Itoa(lane) + ": " + first
	}
}

// add opens the frame of a slice, which comes after those that were added.
func (p *speedscopeProfile) add(s slice, frame int32) {
	p.closeUntil(s.start)
	p.Events = append(p.Events, speedscopeEvent{"O", frame, s.start})
	p.open = append(p.open, openFrame{frame, s.end})
}

// closeUntil closes the frames that end at a moment or before it.
func (p *speedscopeProfile) closeUntil(moment int64) {
	for len(p.open) > 0 && p.open[len(p.open)-1].end <= moment {
		last := p.open[len(p.open)-1]
		p.open = p.open[:len(p.open)-1]
		p.Events = append(p.Events, speedscopeEvent{"C", last.frame, last.end})
	}
}

// speedscopeFrames are the operations, and that of each node.
func speedscopeFrames(t *analysis.Tree) (frames []speedscopeFrame, numbers []int32) {
	frames, numbers = []speedscopeFrame{}, make([]int32, len(t.Nodes))
	known := map[int32]int32{}
	for i := range t.Nodes {
		n := &t.Nodes[i]
		at, ok := known[n.Similar]
		if !ok {
			at = int32(len(frames))
			known[n.Similar] = at
			frames = append(frames, speedscopeFrame{n.Span.Name, t.ServiceOf(int32(i))})
		}
		numbers[i] = at
	}
	return frames, numbers
}
