// SPDX-License-Identifier: Apache-2.0

package sid

import (
	"sync"
	"time"
)

// indexes is how many ids one millisecond has room for.
const indexes = 1 << 16

// clock is shared by all Generators: two of them may be made of the same parts,
// and their ids must differ all the same.
var clock = sequence{now: time.Now}

// sequence hands out pairs of millisecond and index that never repeat.
//
// The index runs on across milliseconds. A pair can only come back when 65 536
// of them were taken within one value of ms; the next one then gets a later ms.
type sequence struct {
	now func() time.Time

	mu    sync.Mutex // guards what follows
	ms    int64      // the millisecond of the last pair
	taken int        // how many pairs have it
	index uint16     // of the next pair
}

func (s *sequence) next() (ms int64, index uint16) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.now().UnixMilli(); now > s.ms {
		s.ms, s.taken = now, 0
	} else if s.taken == indexes {
		s.advance(now)
	}
	s.taken++
	index = s.index
	s.index++
	return s.ms, index
}

// advance moves on from a millisecond that is used up: by waiting when the clock
// is there too, and ahead of the clock when that was set back, since the wait
// could then take hours.
func (s *sequence) advance(now int64) {
	for now == s.ms {
		time.Sleep(time.UnixMilli(s.ms + 1).Sub(s.now()))
		now = s.now().UnixMilli()
	}
	s.ms, s.taken = max(s.ms+1, now), 0
}
