package account_test

import (
	"context"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/memadapter"
)

const grace = 30 * 24 * time.Hour

// laterSite is a site on which a deletion can be taken back.
type laterSite struct {
	*site
	page  *account.Feature
	mails *cardeatest.Mailbox
}

func newLaterSite(t *testing.T, strategy cardea.Strategy) *laterSite {
	t.Helper()
	s := &laterSite{mails: &cardeatest.Mailbox{}}
	o := account.Options{From: "Example <no-reply@example.com>", Sender: s.mails, DeleteAfter: grace}
	s.page = account.New(o)
	s.site = newSite(t, o, func(c *cardea.Config) {
		c.Session.Strategy, c.Features = strategy, []cardea.Feature{s.page}
	})
	return s
}

// askFor asks for the deletion of the account of whoever is signed in.
func askFor(t *testing.T, b *cardeatest.Browser) {
	t.Helper()
	at := posted(b, "/account/delete", url.Values{"confirm": {"ann@example.com"}})
	if at != "/api/auth/account?success=deletion_asked" {
		t.Fatalf("asked: ended at %s", at)
	}
}

// waiting returns the deletions that wait.
func (s *laterSite) waiting(t *testing.T) []*cardea.VerificationToken {
	t.Helper()
	list, err := s.store.VerificationTokensBefore(t.Context(), "account-deletion:", time.Now().AddDate(100, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// age makes the deletions older.
func (s *laterSite) age(t *testing.T, by time.Duration) {
	t.Helper()
	for _, row := range s.waiting(t) {
		if _, err := s.store.ConsumeVerificationToken(t.Context(), row.Identifier, row.Token); err != nil {
			t.Fatal(err)
		}
		row.Expires = row.Expires.Add(-by)
		if err := s.store.CreateVerificationToken(t.Context(), row); err != nil {
			t.Fatal(err)
		}
	}
}

func (s *laterSite) purge(t *testing.T, want int) {
	t.Helper()
	if n, err := s.page.PurgeDeleted(t.Context()); n != want || err != nil {
		t.Errorf("PurgeDeleted: %d, %v, want %d", n, err, want)
	}
}

// A deletion waits. The person can sign in meanwhile and take it back, and hears of both by mail.
// Other devices are signed out, and no change of a credential or of time puts the deletion off.
func TestDeletionIsTakenBack(t *testing.T) {
	t.Parallel()
	for _, strategy := range []cardea.Strategy{cardea.StrategyDatabase, cardea.StrategyJWT} {
		s := newLaterSite(t, strategy)
		ann, phone := s.signIn(t, firefox, "idp-1"), s.signIn(t, safari, "idp-1")
		s.signIn(t, firefox, "idp-2")
		wants(t, show(t, ann), "after 30 days")
		wrong := ann.Post("/account/delete", url.Values{"confirm": {"no"}})
		wants(t, body(t, wrong), "Nothing was deleted", "after 30 days")
		asked := time.Now()
		askFor(t, ann)
		if ann.Session() == nil || phone.Session() != nil {
			t.Errorf("%s: signed in here %t, elsewhere %t", strategy, ann.Session() != nil, phone.Session() != nil)
		}
		page := show(t, ann)
		wants(t, page, "Your account will be deleted on", "Keep the account")
		dayAfter := func(begin time.Time) string { return begin.Add(grace).UTC().Format("2 January 2006") }
		if !strings.Contains(page, dayAfter(asked)) && !strings.Contains(page, dayAfter(time.Now())) {
			t.Errorf("the page lacks %s", dayAfter(asked))
		}
		link := mailTo(t, s.mails, "ann@example.com", "will be deleted", 1)
		if link != s.URL+"/api/auth/account" {
			t.Errorf("the link of the mail: %s", link)
		}
		due := s.waiting(t)[0].Expires
		s.age(t, time.Hour)
		askFor(t, ann)
		mailTo(t, s.mails, "ann@example.com", "will be deleted", 2)
		if list := s.waiting(t); len(list) != 1 || !list[0].Expires.Equal(due.Add(-time.Hour)) {
			t.Errorf("asked twice: %v", list)
		}
		_, err := s.auth.EndSessions(t.Context(), userID(t, s.site, "ann@example.com"), nil)
		if err != nil && strategy == cardea.StrategyDatabase {
			t.Fatal(err)
		}
		if _, err := s.auth.PurgeExpired(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.purge(t, 0)

		other := s.signIn(t, firefox, "idp-2")
		posted(other, "/account/keep", nil)
		if len(s.waiting(t)) != 1 {
			t.Error("somebody else has taken it back")
		}
		back := s.signIn(t, firefox, "idp-1")
		wants(t, show(t, back), "Keep the account")
		if at := posted(back, "/account/keep", nil); at != "/api/auth/account?success=deletion_ended" {
			t.Errorf("taken back: ended at %s", at)
		}
		mailTo(t, s.mails, "ann@example.com", "stays", 1)
		wants(t, show(t, back), "after 30 days", "Type ann@example.com to confirm")
		posted(back, "/account/keep", nil) // there is nothing to take back
		s.age(t, grace)
		s.purge(t, 0)
		if userID(t, s.site, "ann@example.com") == "" {
			t.Error("the user is deleted")
		}
		for _, m := range s.mails.All() {
			if m.To != "ann@example.com" {
				t.Errorf("a mail to %s", m.To)
			}
		}
	}
}

// Who does not take it back is deleted, with everything, when it is due and not before.
func TestDeletionThatIsDue(t *testing.T) {
	t.Parallel()
	for _, strategy := range []cardea.Strategy{cardea.StrategyDatabase, cardea.StrategyJWT} {
		s := newLaterSite(t, strategy)
		ann, ben := s.signIn(t, firefox, "idp-1"), s.signIn(t, firefox, "idp-2")
		askFor(t, ann)
		s.age(t, grace-time.Hour)
		s.purge(t, 0)
		s.age(t, 2*time.Hour)
		if _, err := s.auth.PurgeExpired(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.purge(t, 1)
		s.purge(t, 0)
		if userID(t, s.site, "ann@example.com") != "" || ann.Session() != nil || len(s.waiting(t)) != 0 {
			t.Errorf("%s: left are signed in %t, %d deletions", strategy, ann.Session() != nil, len(s.waiting(t)))
		}
		if ben.Session() == nil || userID(t, s.site, "ben@example.com") == "" {
			t.Error("another user is deleted")
		}
		// A new user with the same address has asked for nothing.
		again := s.signIn(t, firefox, "idp-1")
		wants(t, show(t, again), "Type ann@example.com to confirm")
	}
}

// A stranger in the account asks for the deletion, and the owner takes the account back.
func TestDeletionEndsWhenTheAccountIsTakenBack(t *testing.T) {
	t.Parallel()
	s := newLaterSite(t, cardea.StrategyDatabase)
	stranger := s.signIn(t, firefox, "idp-1")
	u, err := s.store.UserByEmail(t.Context(), "ann@example.com")
	if err != nil {
		t.Fatal(err)
	}
	u.EmailVerified = time.Now()
	if err := s.store.UpdateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	ask(t, stranger, s.mails, "stranger@example.com")
	askFor(t, stranger)
	owner := cardeatest.NewBrowser(t, s.URL)
	follow(t, owner, mailTo(t, s.mails, "ann@example.com", "Request to change", 1))
	posted(owner, undoPath, nil)
	if n := len(s.waiting(t)); n != 0 {
		t.Errorf("%d deletions wait", n)
	}
	if err := s.auth.DeleteUser(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
}

// Of a deletion that is due and somebody who takes it back at the same time, one wins, and nothing
// is left of the other.
func TestDeletionTakenBackWhileItIsMade(t *testing.T) {
	t.Parallel()
	for i := range 40 {
		s := newLaterSite(t, cardea.StrategyDatabase)
		ann := s.signIn(t, firefox, "idp-1")
		askFor(t, ann)
		s.age(t, 2*grace)
		ann.CSRFToken()
		var wg sync.WaitGroup
		wg.Go(func() { posted(ann, "/account/keep", nil) })
		n := 0
		wg.Go(func() {
			var err error
			if n, err = s.page.PurgeDeleted(t.Context()); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		if left := userID(t, s.site, "ann@example.com") != ""; left != (n == 0) || len(s.waiting(t)) != 0 {
			t.Fatalf("round %d: deleted %d, the user is left: %t", i, n, left)
		}
	}
}

// bare is an adapter that cannot list tokens.
type bare struct {
	cardea.Adapter
	cardea.TokenStore
}

// New says if the adapter cannot store a deletion that waits.
func TestDeletionNeedsAStore(t *testing.T) {
	t.Parallel()
	store := memadapter.New()
	for want, try := range map[string]struct {
		adapter cardea.Adapter
		wait    time.Duration
	}{
		"is an account.DeletionStore": {bare{store, store}, grace},
		"want 0 or a minute or more":  {store, time.Second},
	} {
		_, err := cardea.New(cardea.Config{
			Secret: strings.Repeat("secret", 8), Adapter: try.adapter, Logger: slog.New(slog.DiscardHandler),
			Session:  cardea.SessionConfig{Strategy: cardea.StrategyJWT},
			Features: []cardea.Feature{account.New(account.Options{DeleteAfter: try.wait})},
		})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "Options.DeleteAfter") {
			t.Errorf("%s: %v", want, err)
		}
	}
	if n, err := account.New(account.Options{}).PurgeDeleted(context.Background()); n != 0 || err != nil {
		t.Errorf("without DeleteAfter: %d, %v", n, err)
	}
}
