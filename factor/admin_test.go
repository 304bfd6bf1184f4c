package factor_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/cardeatest"
)

// An administrator takes the factors from a user who has lost them. The user then signs in without.
func TestRemoveAll(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	ann, ben := s.user(t, annAddress), s.user(t, "ben@example.com")
	own := s.enter(t, ann, "pwd")
	a, _ := own.enrol()
	s.enter(t, ben, "pwd").enrol()
	waits := s.waits(t, ann)
	if has, err := s.factor.Has(t.Context(), ann.ID); !has || err != nil {
		t.Errorf("Has before: %t, %v", has, err)
	}
	if err := s.factor.RemoveAll(t.Context(), ann.ID); err != nil {
		t.Fatal(err)
	}
	if has, err := s.factor.Has(t.Context(), ann.ID); has || err != nil || s.countRecoveryCodes(t, ann) != 0 {
		t.Errorf("Has afterwards: %t, %v", has, err)
	}
	if own.isSignedIn() {
		t.Error("a session goes on")
	}
	if p := waits.post("/factor/challenge", "code", a.next()); !strings.Contains(p.at, isSpent) {
		t.Errorf("a sign-in that waits: ended at %s", p.at)
	}
	if v := s.enter(t, ann, "pwd"); !v.isSignedIn() {
		t.Error("the user cannot sign in")
	}
	if len(s.factors(t, ben)) != 1 {
		t.Error("another user has lost the factor")
	}
	for _, id := range []string{ann.ID, "nobody"} {
		if err := s.factor.RemoveAll(t.Context(), id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// A stranger in the account asks for another address and sets up an app. The owner takes the
// account back with the link in the old mailbox, and is not asked for the stranger's app. An app
// that is older than a week stays.
func TestOwnerWhoTakesTheAccountBack(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]int{"without an app": 0, "with an app": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, nil)
			u := s.userProven(t, annAddress, 365*day)
			stranger := s.enter(t, u, "pwd")
			var own *app
			if before > 0 {
				s.clock.advance(-8 * day)
				own, _ = stranger.enrol()
				s.clock.advance(8 * day)
			}
			stranger.post("/account/address", "email", "stranger@example.com")
			link := s.linkTo(t, annAddress, "Request to change")
			added := s.appOf(t, stranger.start())
			stranger.post("/factor/enrol", "code", added.code(0))
			stranger.post("/factor/codes")
			if n := len(s.factors(t, u)); n != before+1 || s.countRecoveryCodes(t, u) == 0 {
				t.Fatalf("the stranger has not added an app: %d apps", n)
			}

			owner := s.visitor(t)
			owner.get(strings.TrimPrefix(link, s.URL))
			if p := owner.post("/account/address/undo"); p.status != 200 {
				t.Fatalf("undo: %d %s", p.status, p.body)
			}
			if n := len(s.factors(t, u)); n != before || s.countRecoveryCodes(t, u) != 0 {
				t.Errorf("%d apps and %d recovery codes are left", n, s.countRecoveryCodes(t, u))
			}
			if stranger.isSignedIn() {
				t.Error("the stranger is still signed in")
			}
			if before == 0 {
				if !s.enter(t, u, "pwd").isSignedIn() {
					t.Error("the owner is asked for the stranger's app")
				}
				return
			}
			waits := s.waits(t, u)
			if waits.post("/factor/challenge", "code", added.next()); waits.isSignedIn() {
				t.Error("the stranger's app still counts")
			}
			if waits.post("/factor/challenge", "code", own.next()); !waits.isSignedIn() {
				t.Error("the owner's app does not count any more")
			}
		})
	}
}

// linkTo waits for a mail, and returns its link.
func (s *site) linkTo(t *testing.T, to, subject string) string {
	t.Helper()
	return regexp.MustCompile(`https?://\S+`).FindString(s.mailTo(t, to, subject).Text)
}

// mailTo waits for a mail, and returns it. The last mail to an address may be another one: a notice
// of before, which leaves after the answer.
func (s *site) mailTo(t *testing.T, to, subject string) cardeatest.Mail {
	t.Helper()
	for range 5000 {
		for _, m := range s.mails.All() {
			if m.To == to && strings.Contains(m.Subject, subject) {
				return m
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	t.Fatalf("no mail %q to %s", subject, to)
	return cardeatest.Mail{}
}
