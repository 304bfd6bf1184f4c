package account_test

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/oauth"
)

// told returns the subjects of the mails, with whom they were sent to, after the last one of which
// the subject is. The mails leave in the order in which they were asked for.
func told(t *testing.T, mails *cardeatest.Mailbox, last string) (all []string) {
	t.Helper()
	for range 5000 {
		all = nil
		for _, m := range mails.All() {
			all = append(all, m.To+": "+m.Subject)
		}
		if slices.Contains(all, last) {
			slices.Sort(all)
			return all
		}
		time.Sleep(2 * time.Millisecond) // mails leave after the answer
	}
	t.Fatalf("no mail %q, but %q", last, all)
	return nil
}

// mailAbout returns the mail with a subject.
func mailAbout(t *testing.T, mails *cardeatest.Mailbox, subject string) string {
	t.Helper()
	for _, m := range mails.All() {
		if strings.Contains(m.Subject, subject) {
			return m.Text
		}
	}
	t.Fatalf("no mail %q", subject)
	return ""
}

// An account at a provider is a way in. Its owner hears of each that is linked and removed, and of
// nothing that has not happened: the first account of a new user, one that is the last way in, and
// one of somebody else.
func TestOwnerHearsOfEveryAccount(t *testing.T) {
	t.Parallel()
	for _, strategy := range []cardea.Strategy{cardea.StrategyDatabase, cardea.StrategyJWT} {
		s, mails := newAddressSite(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
		site := s.URL[len("http://"):]
		linked, unlinked := annsOld+": New way to sign in at "+site, annsOld+": Way to sign in removed at "+site
		ann, ben := s.signIn(t, firefox, "idp-1"), s.signIn(t, firefox, "idp-2")
		posted(ann, "/account/unlink", url.Values{"provider": {"idp"}, "providerAccountId": {"idp-1"}}) // the last
		posted(ben, "/account/unlink", url.Values{"provider": {"idp"}, "providerAccountId": {"idp-1"}})
		posted(ann, "/account/unlink", url.Values{"provider": {"idp"}, "providerAccountId": {"no such"}})
		ann.SignIn("other", "other-1")
		if got := told(t, mails, linked); !slices.Equal(got, []string{linked}) {
			t.Errorf("%s: after the link: %q", strategy, got)
		}
		wants(t, mailAbout(t, mails, "New way"),
			"An account at OTHER can now be used to sign in to your account at "+site,
			s.URL+"/api/auth/account#sign-ins")
		ann.SignIn("other", "other-1") // is linked already
		posted(ann, "/account/unlink", url.Values{"provider": {"other"}, "providerAccountId": {"other-1"}})
		if got := told(t, mails, unlinked); !slices.Equal(got, []string{linked, unlinked}) {
			t.Errorf("%s: after the removal: %q", strategy, got)
		}
		wants(t, mailAbout(t, mails, "removed"), "The account at OTHER can no longer be used")
	}
}

// Somebody with an account at another provider, which has verified the address of a user, shares
// the user. The application has said so, and the owner hears of it.
func TestOwnerHearsOfAnAccountThatIsLinkedByItsAddress(t *testing.T) {
	t.Parallel()
	s, mails := newAddressSite(t, func(c *cardea.Config) {
		c.Providers[1].(*oauth.Provider).LinkByVerifiedEmail = true
	})
	s.signIn(t, firefox, "idp-1")
	cardeatest.SignIn(t, s.URL, "other", "other-1")
	if accounts, err := s.auth.Accounts(t.Context(), userID(t, s, annsOld)); err != nil || len(accounts) != 2 {
		t.Fatal(accounts, err)
	}
	site := s.URL[len("http://"):]
	if got := told(t, mails, annsOld+": New way to sign in at "+site); len(got) != 1 {
		t.Errorf("mails %q", got)
	}
}

// A link is stored before the token of the session is made. If that fails, there is a link all the
// same, and its owner hears of it.
func TestOwnerHearsOfALinkWithoutASession(t *testing.T) {
	t.Parallel()
	var isBroken atomic.Bool
	s, mails := newAddressSite(t, func(c *cardea.Config) {
		c.Session.Strategy = cardea.StrategyJWT
		c.Providers[1].(*oauth.Provider).LinkByVerifiedEmail = true
		c.Callbacks.JWT = func(_ context.Context, t *cardea.TokenChange) (oauth.Claims, error) {
			if isBroken.Load() {
				return nil, errors.New("the claims are not to be had")
			}
			return t.Claims, nil
		}
	})
	s.signIn(t, firefox, "idp-1")
	isBroken.Store(true)
	b := cardeatest.NewBrowser(t, s.URL)
	posted(b, "/signin/other?login_hint=other-1", nil)
	if b.Session() != nil {
		t.Fatal("signed in")
	}
	told(t, mails, annsOld+": New way to sign in at "+s.URL[len("http://"):])
}

// Without a Sender no mail is even written.
func TestNoMailsAboutAccountsWithoutASender(t *testing.T) {
	t.Parallel()
	composed := make(chan account.Mail, 2)
	s := newSite(t, account.Options{Compose: func(_ context.Context, m account.Mail) (email.Message, error) {
		composed <- m
		return account.Compose(m), nil
	}})
	ann := s.signIn(t, firefox, "idp-1")
	ann.SignIn("other", "other-1")
	at := posted(ann, "/account/unlink", url.Values{"provider": {"idp"}, "providerAccountId": {"idp-1"}})
	if !strings.Contains(at, "success="+account.SuccessUnlinked) {
		t.Errorf("ended at %s", at)
	}
	select {
	case m := <-composed:
		t.Errorf("composed %q", m.Kind)
	case <-time.After(200 * time.Millisecond): // mails begin 50 ms after the answer
	}
}
