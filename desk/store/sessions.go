// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sidetrace/sidetrace/desk/store/digest"
)

// of is the session of a trace, "" for none.
func (k SessionKind) of(i *digest.Identity) string {
	switch k {
	case ByChat:
		return i.ChatID
	case ByConversation:
		return i.Conversation
	}
	return i.SID
}

// Sessions are the sessions that have traces in a range, those with the latest
// trace first.
func (s *Store) Sessions(ctx context.Context, r SessionsRequest) (*SessionPage, error) {
	if r.Kind > ByConversation {
		return nil, &RequestError{fmt.Errorf("kind of session %d: want at most %d", r.Kind, ByConversation)}
	}
	v, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	defer v.close()
	f, err := v.newFinder(&SearchRequest{Range: r.Range})
	if err != nil {
		return nil, err
	}
	all := map[string]*Session{}
	for sum := f.next(); sum != nil; sum = f.next() {
		if v.cost.Traces++; v.cost.Traces > cmp.Or(r.Budget, DefaultBudget) {
			v.cost.Truncated = true
			break
		}
		if id := r.Kind.of(&sum.Identity); id != "" {
			if all[id] == nil {
				all[id] = &Session{ID: id, Last: sum.TraceID}
			}
			all[id].add(sum)
		}
	}
	sessions := make([]*Session, 0, len(all))
	for _, one := range all {
		sessions = append(sessions, one)
	}
	return sessionPage(sessions, &r, v.cost), ctx.Err()
}

// add adds a trace; the latest comes first.
func (s *Session) add(sum *digest.Summary) {
	s.Traces++
	s.Start, s.First = sum.Start, sum.TraceID
	s.End = max(s.End, sum.End)
	s.Spans += sum.Spans
	s.Errors += sum.Errors
	s.Tokens.Input += sum.Tokens.Input
	s.Tokens.Output += sum.Tokens.Output
	s.Tokens.Total += sum.Tokens.Total
	s.UID = cmp.Or(s.UID, sum.Identity.UID)
}

// compare puts the session that ended last first.
func (s *Session) compare(t *Session) int {
	return cmp.Or(cmp.Compare(t.End, s.End), strings.Compare(s.ID, t.ID))
}

// sessionPage is a page of sessions. The cursor is the id of the last one on the
// page before, behind its end.
func sessionPage(all []*Session, r *SessionsRequest, cost Cost) *SessionPage {
	slices.SortFunc(all, (*Session).compare)
	page := &SessionPage{Sessions: []Session{}, Total: len(all), Cost: cost}
	var after Session
	if end, id, ok := strings.Cut(r.Cursor, "."); ok {
		if _, err := fmt.Sscanf(end, "%d", &after.End); err == nil {
			after.ID = id
		}
	}
	for _, one := range all {
		if after.ID != "" && after.compare(one) >= 0 {
			continue
		}
		if len(page.Sessions) == limit(r.Limit) {
			last := page.Sessions[len(page.Sessions)-1]
			page.Cursor = fmt.Sprintf("%d.%s", last.End, last.ID)
			break
		}
		page.Sessions = append(page.Sessions, *one)
	}
	return page
}
