package cardea_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
)

// sessionOf returns a browser's session as the application's handlers get it.
func (s *site) sessionOf(t *testing.T, b *cardeatest.Browser) *cardea.Session {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, s.URL+"/", nil)
	r.Header.Set("Cookie", cookiesOf(b).String())
	var found *cardea.Session
	s.auth.Load(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		found = cardea.SessionFrom(r.Context())
	})).ServeHTTP(httptest.NewRecorder(), r)
	return found
}

func (s *site) sessionIDs(t *testing.T, userID string) []string {
	t.Helper()
	list, err := s.auth.Sessions(t.Context(), userID)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, session := range list {
		if session.UserID != userID {
			t.Errorf("the list has a session of %q", session.UserID)
		}
		ids = append(ids, session.ID())
	}
	return ids
}

// OWASP ASVS 5.0: users can list their sessions, and end one of them or all others. Nobody can list
// or end another user's.
func TestSessionsOfAUser(t *testing.T) {
	t.Parallel()
	for _, raw := range []bool{false, true} {
		t.Run(fmt.Sprintf("raw tokens %t", raw), func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *cardea.Config) { c.Session.InsecureStoreRawTokens = raw })
			now := s.setClock()
			s.issuer.SetClock(now.now)
			var browsers []*cardeatest.Browser
			for range 4 {
				browsers = append(browsers, s.signedIn(t, "1001"))
				now.advance(time.Hour)
			}
			s.issuer.Next(bob)
			other := s.signedIn(t, bob.Subject)
			ann, bobID := s.accountOwner(t, "idp", "1001"), s.accountOwner(t, "idp", bob.Subject)

			var want []string
			for _, b := range browsers {
				session, token := s.sessionOf(t, b), sessionToken(b)
				if id := session.ID(); len(id) != 64 || id == token || id == session.Token || id == hashOf(token) {
					t.Errorf("the id has %d characters, want 64, or it is the token or its hash", len(id))
				}
				want = append([]string{session.ID()}, want...)
			}
			if got := s.sessionIDs(t, ann); !slices.Equal(got, want) {
				t.Errorf("sessions = %q, want %q: the latest first", got, want)
			}
			if got := s.sessionIDs(t, bobID); !slices.Equal(got, []string{s.sessionOf(t, other).ID()}) {
				t.Errorf("Bob's sessions = %q", got)
			}

			for _, id := range []string{
				s.sessionOf(t, other).ID(), "", "nothing", s.sessionOf(t, browsers[1]).Token, sessionToken(browsers[1]),
			} {
				if err := s.auth.EndSession(t.Context(), ann, id); err != nil {
					t.Error(err)
				}
			}
			if got := s.sessionIDs(t, ann); len(got) != 4 || signedInEmail(other) != bob.Email {
				t.Errorf("Ann has %d sessions left, want 4; Bob is signed in as %q", len(got), signedInEmail(other))
			}
			if err := s.auth.EndSession(t.Context(), ann, want[3]); err != nil || browsers[0].Session() != nil ||
				signedInEmail(browsers[1]) == "" {
				t.Errorf("EndSession: %v, or it ended the wrong session", err)
			}
			s.endSessions(t, ann, s.sessionOf(t, browsers[2]), 2)
			if browsers[1].Session() != nil || browsers[3].Session() != nil || signedInEmail(browsers[2]) == "" {
				t.Error("the excepted session has ended, or another one has not")
			}
			s.endSessions(t, ann, s.sessionOf(t, other), 1)
			s.endSessions(t, ann, nil, 0)
			if browsers[2].Session() != nil || signedInEmail(other) != bob.Email {
				t.Error("Bob's session spared one of Ann's, or has ended")
			}
			s.signedIn(t, bob.Subject)
			s.endSessions(t, bobID, nil, 2)
		})
	}
}

func (s *site) endSessions(t *testing.T, userID string, except *cardea.Session, want int) {
	t.Helper()
	if got, err := s.auth.EndSessions(t.Context(), userID, except); err != nil || got != want {
		t.Errorf("EndSessions = %d, %v; want %d", got, err, want)
	}
}

func TestExpiredSessionsAreNotListed(t *testing.T) {
	t.Parallel()
	s := newSite(t, shortSessions)
	now := s.setClock()
	s.issuer.SetClock(now.now)
	s.signedIn(t, "1001")
	now.advance(time.Hour)
	b := s.signedIn(t, "1001")
	if got := s.sessionIDs(t, s.accountOwner(t, "idp", "1001")); !slices.Equal(got, []string{s.sessionOf(t, b).ID()}) {
		t.Errorf("%d sessions, want only the one that has not expired", len(got))
	}
	if got := s.sessionIDs(t, "nobody"); got != nil {
		t.Errorf("an unknown user has %d sessions", len(got))
	}
}

func TestJWTSessionsAreNotListed(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { c.Session.Strategy = cardea.StrategyJWT })
	b := s.signedIn(t, "1001")
	ann, session := s.accountOwner(t, "idp", "1001"), s.sessionOf(t, b)
	_, list := s.auth.Sessions(t.Context(), ann)
	_, all := s.auth.EndSessions(t.Context(), ann, session)
	for what, err := range map[string]error{
		"Sessions": list, "EndSession": s.auth.EndSession(t.Context(), ann, session.ID()), "EndSessions": all,
	} {
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: got %v, want ErrUnsupported", what, err)
		}
	}
	if session.ID() != "" || signedInEmail(b) != "ann@example.com" {
		t.Errorf("id = %q, want none; signed in as %q", session.ID(), signedInEmail(b))
	}
}
