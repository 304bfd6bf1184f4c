package cardea_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
)

// OWASP ASVS 5.0, 7.4: a session that has ended cannot be used. A sign-in links an account to the
// user of the browser's session. If the session ends while the sign-in runs, however it ends, the
// visitor is nobody: the account is a new user's. HackerOne #1229012 (a session that outlives a
// change of the password) is the same kind.
func TestSessionThatEndsDuringASignInLinksNothing(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*testing.T, *site, *cardeatest.Browser, string){
		"signed out in another tab": func(t *testing.T, s *site, b *cardeatest.Browser, _ string) { signOut(t, s, b) },
		"ended on the page of sessions": func(t *testing.T, s *site, _ *cardeatest.Browser, user string) {
			for _, session := range sessionsOf(t, s, user) {
				must(t, s.auth.EndSession(t.Context(), user, session.ID()))
			}
		},
		"ended after a change of the password": func(t *testing.T, s *site, _ *cardeatest.Browser, user string) {
			_, err := s.auth.EndSessions(t.Context(), user, nil)
			must(t, err)
		},
		"removed from the store": func(t *testing.T, s *site, _ *cardeatest.Browser, user string) {
			for _, session := range sessionsOf(t, s, user) {
				must(t, s.store.DeleteSession(t.Context(), session.Token))
			}
		},
		"the user was deleted": func(t *testing.T, s *site, _ *cardeatest.Browser, user string) {
			must(t, s.auth.DeleteUser(t.Context(), user))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkEndedSession(t, cardea.StrategyDatabase, end)
		})
	}
	t.Run("signed out, JWT", func(t *testing.T) {
		t.Parallel()
		checkEndedSession(t, cardea.StrategyJWT,
			func(t *testing.T, s *site, b *cardeatest.Browser, _ string) { signOut(t, s, b) })
	})
	t.Run("the user was deleted, JWT", func(t *testing.T) {
		t.Parallel()
		checkEndedSession(t, cardea.StrategyJWT, func(t *testing.T, s *site, _ *cardeatest.Browser, user string) {
			must(t, s.auth.DeleteUser(t.Context(), user))
		})
	})
}

// checkEndedSession ends the session of a visitor after it was decided that the account is linked
// to the user, and before anything is written.
func checkEndedSession(
	t *testing.T, strategy cardea.Strategy, end func(*testing.T, *site, *cardeatest.Browser, string),
) {
	var asked []cardea.SignIn
	var during func()
	s := newSite(t, func(c *cardea.Config) {
		addSecondProvider(c)
		c.Session.Strategy = strategy
		c.Callbacks.SignIn = func(_ context.Context, in *cardea.SignIn) (string, error) {
			asked = append(asked, *in)
			if during != nil {
				during()
			}
			return "", nil
		}
	})
	s.issuer.Next(bob)
	b := s.signedIn(t, "1001")
	ann := s.accountOwner(t, "idp", "1001")
	callback := beginAs(t, b, "other", bob.Subject, "/")
	asked, during = nil, func() { during = nil; end(t, s, b, ann) }
	openCallback(t, b, callback)

	if got := s.accountOwner(t, "other", bob.Subject); got == "" || got == ann {
		t.Errorf("the account is linked to %q; the user whose session has ended is %q", got, ann)
	}
	if got := signedInEmail(b); got != bob.Email {
		t.Errorf("signed in as %q", got)
	}
	if len(asked) != 2 || !asked[0].Linking || asked[0].Current == nil || asked[0].User.ID != ann ||
		asked[1].Linking || asked[1].Current != nil || !asked[1].IsNewUser {
		t.Errorf("the application was asked about %+v", asked)
	}
}

// signOut signs out with the browser's cookie, in a client of its own.
func signOut(t *testing.T, s *site, b *cardeatest.Browser) {
	t.Helper()
	jar := cookiesOf(b)
	res := send(t, s.URL+"/api/auth/signout", jar, map[string][]string{"csrfToken": {b.CSRFToken()}})
	if res.StatusCode != http.StatusFound && res.StatusCode != http.StatusSeeOther && res.StatusCode != http.StatusOK {
		t.Fatalf("sign out: %s", res.Status)
	}
}

func sessionsOf(t *testing.T, s *site, user string) []*cardea.Session {
	t.Helper()
	list, err := s.store.Sessions(t.Context(), user)
	must(t, err)
	return list
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A sign-in that the store refuses ends no session, and one that succeeds ends exactly the old one.
func TestFailedSignInKeepsTheSession(t *testing.T) {
	t.Parallel()
	for _, broken := range []string{"LinkAccount", "CreateSession", "DeleteSession", "RenewSession", "LockUser"} {
		t.Run(broken, func(t *testing.T) {
			t.Parallel()
			var store *recordingStore
			s := newSite(t, func(c *cardea.Config) {
				addSecondProvider(c)
				store = recordCalls(c)
			})
			s.issuer.Next(bob)
			b := s.signedIn(t, "1001")
			question := visit(t, b, beginAs(t, b, "other", bob.Subject, "/"))
			store.failOnly(broken)
			res := answerLink(t, b, question, "link")
			store.failOnly()
			if res.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("got %s, want 503", res.Status)
			}
			if signedInEmail(b) != "ann@example.com" || s.accountOwner(t, "other", bob.Subject) != "" {
				t.Errorf("signed in as %q; the account belongs to %q", signedInEmail(b),
					s.accountOwner(t, "other", bob.Subject))
			}
		})
	}
}

// Plain concurrent requests in memory: whichever is first, no session of the user is left.
func TestEndingSessionsWhileLinking(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { addSecondProvider(c) })
	for round := range 100 {
		subject := newPerson("r"+string(rune('A'+round%26))+string(rune('A'+round/26)), "")
		s.issuer.Next(subject)
		b := s.signedIn(t, "1001")
		ann := s.accountOwner(t, "idp", "1001")
		question := visit(t, b, beginAs(t, b, "other", subject.Subject, "/"))
		var ended atomic.Int32
		done := make(chan error)
		go func() {
			n, err := s.auth.EndSessions(t.Context(), ann, nil)
			ended.Store(int32(n))
			done <- err
		}()
		res := answerLink(t, b, question, "link")
		must(t, <-done)
		if left := sessionsOf(t, s, ann); len(left) > 0 || ended.Load() != 1 {
			t.Fatalf("round %d: %d sessions are left, %d were ended", round, len(left), ended.Load())
		}
		refused := strings.Contains(res.Header.Get("Location"), "error=InvalidCheck") // the session had ended before
		if owner := s.accountOwner(t, "other", subject.Subject); (owner == "") != refused {
			t.Fatalf("the account belongs to %q, and the answer leads to %s", owner, res.Header.Get("Location"))
		}
	}
	if got := s.accounts(t, "ann@example.com"); !slices.Contains(got, "idp:1001") {
		t.Errorf("accounts = %v", got)
	}
}
