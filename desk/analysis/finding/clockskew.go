// SPDX-License-Identifier: Apache-2.0

package finding

import (
	"github.com/sidetrace/sidetrace/desk/units"
)

// ClockSkew is a service whose clock is off that of the service which called it,
// by [Options.Skew] at least: spans that begin before their parents, or serve a
// call that was over. Each pair of services and direction is found once, with the
// greatest shift that puts a span in its place.
//
// It is none for messages that are consumed late, within one process, which has
// one clock, or for a request that was served after its caller had failed, which
// may have waited. It costs no time; every other finding allows for it.
const ClockSkew Kind = "clockSkew"

func (f *finder) clockSkews() {
	for _, s := range f.skews {
		c := candidate{severity: Warning, value: max(s.by, -s.by), shift: s.by, nodes: []int32{s.child, s.parent}}
		c.place = place{f.tree.Nodes[s.parent].Service, f.tree.Nodes[s.child].Service, 1}
		if s.by < 0 {
			c.place[2] = -1
		}
		if c.value >= int64(f.options.Skew) {
			f.add(c)
		}
	}
}

func (f *finder) describeSkew(c *candidate) (title, advice phrase) {
	service, other := say("%s", cut(f.tree.ServiceOf(c.nodes[0]), 60)), say("%s", cut(f.tree.ServiceOf(c.nodes[1]), 60))
	where := say("behind")
	if c.place[2] < 0 {
		where = say("ahead of")
	}
	if service == other {
		service, other = say("one instance of %s", service), say("another")
	}
	return say("the clock of %s is %s %s that of %s", service, units.Duration(c.value), where, other),
		say("Keep the clocks of both hosts by NTP, and compare times of these services with care.")
}
