// SPDX-License-Identifier: Apache-2.0

package show

import (
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"github.com/sidetrace/sidetrace/desk/units"
)

// A style is the parameters of an SGR sequence (ECMA-48, section 8.3.117).
type style string

// hasPaper reports whether the style has a background.
func (s style) hasPaper() bool {
	return strings.Contains(string(s), ";48;") || s == failedBlock
}

// Colours that mean something are those of the terminal's own theme.
const (
	plain  style = ""
	bold   style = "1"
	faint  style = "2"
	failed style = "31"
	notice style = "33"
	good   style = "32"

	failedBlock style = "38;5;16;41" // black on red
)

// hues are colours of the 256-colour palette that can be told apart with the
// common kinds of colour blindness, and from red, and that have a contrast of
// about 3:1 on white and on black.
var hues = [12]uint8{33, 36, 104, 67, 170, 137, 31, 99, 132, 70, 65, 135}

// A palette gives services their colours: by a hash of the name, so that a
// service has the same one in every trace, but the next free one if another
// service of the trace has it.
type palette map[string]uint8

func newPalette(services []string) palette {
	p := palette{}
	var taken [len(hues)]bool
	names := slices.Sorted(slices.Values(services))
	for i, name := range slices.Compact(names) {
		h := fnv.New32a()
		_, _ = h.Write([]byte(name)) // a hash takes everything
		at := int(h.Sum32() % uint32(len(hues)))
		for i < len(hues) && taken[at] {
			at = (at + 1) % len(hues)
		}
		taken[at] = true
		p[name] = hues[at]
	}
	return p
}

func (p palette) text(service string) style {
	return style("38;5;" + strconv.Itoa(int(p[service])))
}

// value is the name of a service, in its colour.
func (p palette) value(service string) value {
	v := textValue(service)
	if v.text != units.Unknown {
		v.style = p.text(service)
	}
	return v
}

// block is for black text on the colour of a service.
func (p palette) block(service string) style {
	return style("38;5;16;48;5;" + strconv.Itoa(int(p[service])))
}
