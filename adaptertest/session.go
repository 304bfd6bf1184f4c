package adaptertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
)

func createSession() []promise {
	return []promise{
		{"adds s", func(t *testing.T, s store) {
			ada, grace := s.user("ada"), s.user("grace")
			s.session(ada.ID, "one")
			s.session(ada.ID, "two")
			s.session(grace.ID, "three")
			s.hasSession("one", ada.ID, soon)
			s.hasSession("two", ada.ID, soon)
			s.hasSession("three", grace.ID, soon)
		}},
		{"a token that exists is ErrConflict", func(t *testing.T, s store) {
			ada, grace := s.user("ada"), s.user("grace")
			s.session(ada.ID, "token")
			for _, u := range []*cardea.User{ada, grace} {
				err := s.sessions().CreateSession(t.Context(),
					&cardea.Session{Token: "token", UserID: u.ID, Expires: soon.Add(time.Hour)})
				s.want("CreateSession", err, cardea.ErrConflict)
			}
			s.hasSession("token", ada.ID, soon)
		}},
		{"a user who does not exist is ErrNotFound", func(t *testing.T, s store) {
			for _, id := range append(similarIDs(s.user("ada").ID), "nobody") {
				err := s.sessions().CreateSession(t.Context(),
					&cardea.Session{Token: "token", UserID: id, Expires: soon})
				s.want(fmt.Sprintf("CreateSession for %q", id), err, cardea.ErrNotFound)
			}
			s.noSession("token")
		}},
		{"with what describes the sign-in, or without what the store has no place for",
			func(t *testing.T, s store) {
				u := s.user("ada")
				for token, want := range describedSessions(u.ID) {
					given := *want
					s.must(s.sessions().CreateSession(t.Context(), &given))
					s.isDescribed(token, want)
				}
			}},
		{"times are kept to the millisecond and come back in UTC", func(t *testing.T, s store) {
			sessions, u := s.sessions(), s.user("ada")
			for i, at := range moments() {
				token := fmt.Sprint("token ", i)
				s.must(sessions.CreateSession(t.Context(), &cardea.Session{Token: token, UserID: u.ID, Expires: at}))
				s.hasSession(token, u.ID, at)
			}
		}},
	}
}

// describedSessions returns sessions by their tokens. They differ in everything that describes
// their sign-in, and fill the room that a store must have.
func describedSessions(userID string) map[string]*cardea.Session {
	return map[string]*cardea.Session{
		"full": {
			Token: "full", UserID: userID, Expires: soon, Methods: []string{"pwd", "otp"}, Level: 2,
			AuthTime: soon.Add(-time.Hour), CreatedAt: soon.Add(-2 * time.Hour), SeenAt: soon.Add(-time.Minute),
			IP: "203.0.113.7", UserAgent: "Mozilla/5.0 (X11; <b>'\"\\%_`) Firefox/145.0",
		},
		"long": {
			Token: "long", UserID: userID, Expires: soon, Level: 1, CreatedAt: soon,
			Methods: []string{strings.Repeat("m", 31), strings.Repeat("n", 32)},
			IP:      "2001:db8:1111:2222:3333:4444:255.255.255.255", UserAgent: strings.Repeat("x", 255),
		},
		"empty": {Token: "empty", UserID: userID, Expires: soon},
	}
}

// isDescribed checks what a store returns about a sign-in. Each value is the stored one, or the
// zero value if the store never returns it.
func (s store) isDescribed(token string, want *cardea.Session) {
	s.t.Helper()
	got, err := s.sessions().Session(s.t.Context(), token)
	s.want("Session", err, nil)
	list, err := s.sessions().Sessions(s.t.Context(), want.UserID)
	s.want("Sessions", err, nil)
	i := slices.IndexFunc(list, func(listed *cardea.Session) bool { return listed.Token == token })
	if got == nil || i < 0 {
		s.t.Fatalf("session %q is not there", token)
	}
	for _, got := range []*cardea.Session{got, list[i]} {
		if len(got.Methods) > 0 && !slices.Equal(got.Methods, want.Methods) ||
			got.Level != 0 && got.Level != want.Level || got.IP != "" && got.IP != want.IP ||
			got.UserAgent != "" && got.UserAgent != want.UserAgent {
			s.t.Errorf("got session %+v, want %+v", *got, *want)
		}
		for name, times := range map[string][2]time.Time{
			"AuthTime": {got.AuthTime, want.AuthTime}, "CreatedAt": {got.CreatedAt, want.CreatedAt},
			"SeenAt": {got.SeenAt, want.SeenAt},
		} {
			if !times[0].IsZero() {
				s.sameTime(name, times[0], times[1])
			}
		}
	}
}

func session() []promise {
	return []promise{
		{"returns the session with that token and its user", func(t *testing.T, s store) {
			want := s.user("ada")
			s.session(want.ID, "token")
			s.session(s.user("grace").ID, "other")
			got, err := s.sessions().Session(t.Context(), "token")
			s.must(err)
			s.sameUser(got.User, want)
			s.hasSession("token", want.ID, soon)
		}},
		{"whether it has expired or not", func(t *testing.T, s store) {
			u, past := s.user("ada"), time.Now().Add(-time.Hour)
			s.must(s.sessions().CreateSession(t.Context(),
				&cardea.Session{Token: "token", UserID: u.ID, Expires: past}))
			s.hasSession("token", u.ID, past)
		}},
		{"or ErrNotFound", func(t *testing.T, s store) {
			s.session(s.user("ada").ID, "token")
			for _, token := range append(lookalikes()[1:], "") {
				_, err := s.sessions().Session(t.Context(), token)
				s.want(fmt.Sprintf("Session(%q)", token), err, cardea.ErrNotFound)
			}
		}},
		{"tokens compare byte for byte", func(t *testing.T, s store) {
			owners := map[string]string{}
			for i, token := range lookalikes() {
				u := s.user(fmt.Sprint("user", i))
				err := s.sessions().CreateSession(t.Context(),
					&cardea.Session{Token: token, UserID: u.ID, Expires: soon})
				if errors.Is(err, cardea.ErrConflict) || errors.Is(err, cardea.ErrNotFound) {
					t.Errorf("CreateSession(%q): %v", token, err)
				}
				if err == nil { // a store that cannot keep a NUL byte returns an error
					owners[token] = u.ID
				}
			}
			for token, owner := range owners {
				s.hasSession(token, owner, soon)
			}
		}},
		{"a session without its user counts as not found", func(t *testing.T, s store) {
			u := s.user("ada")
			s.session(u.ID, "token")
			s.whileDeleting(func() error {
				got, err := s.sessions().Session(t.Context(), "token")
				if errors.Is(err, cardea.ErrNotFound) {
					return nil
				}
				if err == nil && (got.User == nil || got.User.ID != u.ID || got.User.Name != u.Name) {
					return fmt.Errorf("got a session with user %+v", got.User)
				}
				return err
			}, func() error { return s.DeleteUser(t.Context(), u.ID) })
			s.noSession("token")
		}},
	}
}

func renewSession() []promise {
	return []promise{
		{"sets the expiry of a session", func(t *testing.T, s store) {
			u := s.user("ada")
			s.session(u.ID, "token")
			s.session(u.ID, "other")
			for _, at := range []time.Time{soon.Add(time.Hour), soon.Add(time.Hour), soon.Add(-time.Hour)} {
				s.must(s.sessions().RenewSession(t.Context(), "token", at))
				s.hasSession("token", u.ID, at)
			}
			s.hasSession("other", u.ID, soon)
		}},
		{"and nothing else", func(t *testing.T, s store) {
			u := s.user("ada")
			for token, want := range describedSessions(u.ID) {
				given := *want
				s.must(s.sessions().CreateSession(t.Context(), &given))
				s.must(s.sessions().RenewSession(t.Context(), token, soon.Add(time.Hour)))
				s.isDescribed(token, want)
				s.hasSession(token, u.ID, soon.Add(time.Hour))
			}
		}},
		{"no such session is ErrNotFound", func(t *testing.T, s store) {
			u := s.user("ada")
			s.session(u.ID, "token")
			for _, token := range append(lookalikes()[1:], "") {
				s.want(fmt.Sprintf("RenewSession(%q)", token),
					s.sessions().RenewSession(t.Context(), token, soon.Add(time.Hour)), cardea.ErrNotFound)
			}
			s.hasSession("token", u.ID, soon)
		}},
		{"it never brings back a deleted one", func(t *testing.T, s store) {
			sessions, u := s.sessions(), s.user("ada")
			s.session(u.ID, "token")
			s.must(sessions.DeleteSession(t.Context(), "token"))
			s.want("RenewSession", sessions.RenewSession(t.Context(), "token", soon), cardea.ErrNotFound)
			s.noSession("token")
			for i := range 10 {
				token := fmt.Sprint("token ", i)
				s.session(u.ID, token)
				s.whileDeleting(func() error {
					if err := sessions.RenewSession(t.Context(), token, soon); !errors.Is(err, cardea.ErrNotFound) {
						return err
					}
					return nil
				}, func() error { return sessions.DeleteSession(t.Context(), token) })
				s.noSession(token)
			}
		}},
		{"of transactions that renew it and then delete it one finds it", func(t *testing.T, s store) {
			u := s.user("ada")
			for i := range 10 {
				token := fmt.Sprint("token ", i)
				s.session(u.ID, token)
				s.winner(race(func(int) error { return s.takeSession(t.Context(), u.ID, token) }), cardea.ErrNotFound)
				s.noSession(token)
			}
		}},
	}
}

// takeSession renews a session and then deletes it. Before that it reads the user, so that a
// database may have fixed what the transaction sees.
func (s store) takeSession(ctx context.Context, userID, token string) error {
	return s.Transact(ctx, func(ctx context.Context) error {
		if _, err := s.UserByID(ctx, userID); err != nil {
			return err
		}
		if err := s.sessions().RenewSession(ctx, token, soon.Add(time.Hour)); err != nil {
			return err
		}
		return s.sessions().DeleteSession(ctx, token)
	})
}

func touchSession() []promise {
	return []promise{
		{"stores seen if SeenAt is not stored or not later than before", func(t *testing.T, s store) {
			u := s.user("ada")
			s.tracked(&cardea.Session{Token: "token", UserID: u.ID, Expires: soon, CreatedAt: soon})
			s.tracked(&cardea.Session{Token: "other", UserID: u.ID, Expires: soon, SeenAt: soon, CreatedAt: soon})
			at := func(minutes int) time.Time { return soon.Add(time.Duration(minutes) * time.Minute) }
			for _, step := range []struct{ before, seen, want time.Time }{
				{at(-60), at(0), at(0)}, // not stored yet
				{at(-1), at(59), at(0)},
				{at(0), at(60), at(60)},
				{at(60), at(60), at(60)},
				{at(-60), at(0), at(60)}, // an earlier use
				{at(90), at(150), at(150)},
			} {
				s.must(trackerOf(s).TouchSession(t.Context(), "token", step.before, step.seen, soon.Add(-time.Hour)))
				s.seen("token", step.want, soon)
			}
			s.seen("other", soon, soon)
			s.hasSession("token", u.ID, soon)
		}},
		{"of concurrent callers each leaves a use that was stored", func(t *testing.T, s store) {
			u := s.user("ada")
			s.tracked(&cardea.Session{Token: "token", UserID: u.ID, Expires: soon, SeenAt: soon, CreatedAt: soon})
			for i, err := range race(func(i int) error {
				seen := soon.Add(time.Hour + time.Duration(i)*time.Millisecond)
				return trackerOf(s).TouchSession(t.Context(), "token", seen.Add(-time.Hour), seen, soon)
			}) {
				s.want(fmt.Sprint("caller ", i), err, nil)
			}
			got, err := s.sessions().Session(t.Context(), "token")
			s.must(err)
			if d := got.SeenAt.Sub(soon) - time.Hour; d < 0 || d > parallel*time.Millisecond {
				t.Errorf("SeenAt: got %v", got.SeenAt)
			}
		}},
		{"stores created in the same step if CreatedAt is not stored", func(t *testing.T, s store) {
			u := s.user("ada")
			s.tracked(&cardea.Session{Token: "token", UserID: u.ID, Expires: soon})
			s.must(trackerOf(s).TouchSession(t.Context(), "token", soon, soon, soon.Add(-time.Hour)))
			s.seen("token", soon, soon.Add(-time.Hour))
			s.must(trackerOf(s).TouchSession(t.Context(), "token", soon, soon.Add(time.Minute), soon))
			s.seen("token", soon.Add(time.Minute), soon.Add(-time.Hour))
		}},
		{"changes nothing else", func(t *testing.T, s store) {
			u := s.user("ada")
			for token, want := range describedSessions(u.ID) {
				s.tracked(want)
				s.must(trackerOf(s).TouchSession(t.Context(), token, soon.Add(time.Hour), soon.Add(time.Hour), soon))
				touched := *want
				touched.SeenAt = soon.Add(time.Hour)
				if touched.CreatedAt.IsZero() {
					touched.CreatedAt = soon
				}
				s.isDescribed(token, &touched)
				s.hasSession(token, u.ID, soon)
			}
		}},
		{"no such session is no error, and it never restores one", func(t *testing.T, s store) {
			u := s.user("ada")
			s.tracked(&cardea.Session{Token: "token", UserID: u.ID, Expires: soon, SeenAt: soon, CreatedAt: soon})
			later := soon.Add(time.Hour)
			for _, token := range append(lookalikes()[1:], "") {
				s.want(fmt.Sprintf("TouchSession(%q)", token),
					trackerOf(s).TouchSession(t.Context(), token, later, later, later), nil)
			}
			s.seen("token", soon, soon)
			s.must(s.sessions().DeleteSession(t.Context(), "token"))
			s.want("TouchSession", trackerOf(s).TouchSession(t.Context(), "token", later, later, later), nil)
			s.noSession("token")
		}},
	}
}

// tracked creates a session. The store must have a place for when it was used.
func (s store) tracked(session *cardea.Session) {
	s.t.Helper()
	trackerOf(s)
	probe := &cardea.Session{
		Token: "probe of " + session.Token, UserID: session.UserID, Expires: soon, SeenAt: soon, CreatedAt: soon,
	}
	given := *session
	for _, create := range []*cardea.Session{probe, &given} {
		s.must(s.sessions().CreateSession(s.t.Context(), create))
	}
	got, err := s.sessions().Session(s.t.Context(), probe.Token)
	s.must(err)
	if got.SeenAt.IsZero() || got.CreatedAt.IsZero() {
		s.t.Skip("the store has no place for SeenAt or CreatedAt")
	}
}

func (s store) seen(token string, seen, created time.Time) {
	s.t.Helper()
	got, err := s.sessions().Session(s.t.Context(), token)
	s.must(err)
	s.sameTime("SeenAt", got.SeenAt, seen)
	s.sameTime("CreatedAt", got.CreatedAt, created)
}

func deleteSession() []promise {
	return []promise{
		{"removes the session", func(t *testing.T, s store) {
			u := s.user("ada")
			s.session(u.ID, "token")
			s.session(u.ID, "kept")
			s.must(s.sessions().DeleteSession(t.Context(), "token"))
			s.noSession("token")
			s.hasSession("kept", u.ID, soon)
			s.findsUser(u)
		}},
		{"no such session is no error", func(t *testing.T, s store) {
			u := s.user("ada")
			s.session(u.ID, "token")
			for _, token := range append(lookalikes()[1:], "") {
				s.want(fmt.Sprintf("DeleteSession(%q)", token), s.sessions().DeleteSession(t.Context(), token), nil)
			}
			s.hasSession("token", u.ID, soon)
			for range 2 {
				s.want("DeleteSession", s.sessions().DeleteSession(t.Context(), "token"), nil)
			}
		}},
	}
}

// hasSessions compares all sessions of a user.
func (s store) hasSessions(userID string, want ...string) {
	s.t.Helper()
	list, err := s.sessions().Sessions(s.t.Context(), userID)
	s.want("Sessions", err, nil)
	var got []string
	for _, session := range list {
		got = append(got, session.Token)
		if session.UserID != userID || session.User != nil {
			s.t.Errorf("got session %+v, want user id %q and no user", *session, userID)
		}
		s.sameTime("Expires", session.Expires, soon)
	}
	if !slices.Equal(got, want) {
		s.t.Errorf("got sessions %q, want %q", got, want)
	}
}

func sessions() []promise {
	return []promise{
		{"returns the sessions of a user, ordered by token", func(t *testing.T, s store) {
			ada, grace := s.user("ada"), s.user("grace")
			for _, token := range []string{"b", "B", "a", "10", "9"} {
				s.session(ada.ID, token)
			}
			s.session(grace.ID, "grace")
			s.hasSessions(ada.ID, "10", "9", "B", "a", "b")
			s.hasSessions(grace.ID, "grace")
		}},
		{"expired or not", func(t *testing.T, s store) {
			sessions, u, past := s.sessions(), s.user("ada"), time.Now().Add(-time.Hour)
			s.must(sessions.CreateSession(t.Context(), &cardea.Session{Token: "token", UserID: u.ID, Expires: past}))
			list, err := sessions.Sessions(t.Context(), u.ID)
			s.must(err)
			if len(list) != 1 {
				t.Fatalf("got %d sessions, want 1", len(list))
			}
			s.sameTime("Expires", list[0].Expires, past)
		}},
		{"an empty list if the user has none or does not exist", func(t *testing.T, s store) {
			u := s.user("ada")
			s.hasSessions(u.ID)
			s.session(u.ID, "token")
			for _, id := range append(similarIDs(u.ID), "nobody") {
				s.hasSessions(id)
			}
		}},
	}
}

func deleteSessions() []promise {
	return []promise{
		{"removes the sessions of a user, all but the one with the token except, and returns how many",
			func(t *testing.T, s store) {
				ada, grace := s.user("ada"), s.user("grace")
				for _, token := range []string{"token", "Token", "token2"} {
					s.session(ada.ID, token)
				}
				s.session(grace.ID, "kept")
				s.deletesSessions(ada.ID, "token", 2)
				s.hasSessions(ada.ID, "token")
				s.deletesSessions(ada.ID, "token", 0)
				s.hasSessions(grace.ID, "kept")
			}},
		{"an except that is empty or another user's token keeps none", func(t *testing.T, s store) {
			ada, grace := s.user("ada"), s.user("grace")
			s.session(grace.ID, "kept")
			for _, except := range append(lookalikes()[1:], "", "kept") {
				s.session(ada.ID, "token")
				s.deletesSessions(ada.ID, except, 1)
				s.hasSessions(ada.ID)
			}
			s.hasSessions(grace.ID, "kept")
		}},
		{"no sessions is no error", func(t *testing.T, s store) {
			ada, grace := s.user("ada"), s.user("grace")
			s.session(grace.ID, "kept")
			for _, id := range append(similarIDs(grace.ID), ada.ID, "nobody", "%") {
				s.deletesSessions(id, "", 0)
				s.deletesSessions(id, "kept", 0)
			}
			s.hasSessions(grace.ID, "kept")
		}},
	}
}

func (s store) deletesSessions(userID, except string, want int) {
	s.t.Helper()
	got, err := s.sessions().DeleteSessions(s.t.Context(), userID, except)
	s.want(fmt.Sprintf("DeleteSessions(%q, %q)", userID, except), err, nil)
	if got != want {
		s.t.Errorf("DeleteSessions(%q, %q): got %d removed, want %d", userID, except, got, want)
	}
}

func deleteExpiredSessions() []promise {
	return []promise{
		{"removes at most limit sessions that expired before the given time, and returns how many",
			func(t *testing.T, s store) {
				sessions, u := s.sessions(), s.user("ada")
				for i := range 5 {
					old := &cardea.Session{
						Token: fmt.Sprint("old ", i), UserID: u.ID, Expires: soon.Add(-time.Millisecond),
					}
					s.must(sessions.CreateSession(t.Context(), old))
				}
				s.session(u.ID, "now")
				s.deletesExpired(func(limit int) (int, error) {
					return sessions.DeleteExpiredSessions(t.Context(), soon.UTC(), limit)
				})
				for i := range 5 {
					s.noSession(fmt.Sprint("old ", i))
				}
				s.hasSession("now", u.ID, soon)
				s.findsUser(u)
			}},
	}
}

// deletesExpired runs del on a store in which exactly five rows have expired.
func (s store) deletesExpired(del func(limit int) (int, error)) {
	s.t.Helper()
	for _, step := range []struct{ limit, want int }{{0, 0}, {2, 2}, {2, 2}, {2, 1}, {2, 0}, {1000, 0}} {
		got, err := del(step.limit)
		s.want("delete expired rows", err, nil)
		if got != step.want {
			s.t.Errorf("limit %d: got %d removed, want %d", step.limit, got, step.want)
		}
	}
}
