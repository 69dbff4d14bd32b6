// SPDX-License-Identifier: Apache-2.0

package analysis

// FlameGraph lays the baseline out as [Tree.FlameGraph] does. The nodes of its
// frames, and their siblings, are indexes in [Comparison.Nodes]; what only the
// comparison has is not in it.
func (c *Comparison) FlameGraph(o ParallelOptions) *FlameGraph {
	return c.flameGraph(c.Baseline.Parallels(o))
}

func (c *Comparison) flameGraph(p *Parallels) *FlameGraph {
	g := c.Baseline.flameGraph(p)
	of := unset(len(c.Baseline.Nodes))
	for i := range c.Nodes {
		if b := c.Nodes[i].Baseline; b != None {
			of[b] = int32(i)
		}
	}
	for i := range g.Frames {
		f := &g.Frames[i]
		f.Node = of[f.Node]
		if f.Sibling != None {
			f.Sibling = of[f.Sibling]
		}
	}
	return g
}
