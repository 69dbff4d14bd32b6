// SPDX-License-Identifier: Apache-2.0

package store

// Merge merges segments that are small.
func (s *Store) Merge() error { return s.merge() }

// Segments is how many there are.
func (s *Store) Segments() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.segments)
}
