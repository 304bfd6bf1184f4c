package cardea_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
)

// A sign-in by a link is one transaction. Only if somebody is asked about it, or nobody knows
// whether the link was ever mailed, the link is used up before.
func TestTransactionsOfALink(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		how  string
		asks func(context.Context, *cardea.SignIn) (string, error)
		want int
	}{
		"the browser that has asked": {how: "the link in the browser that asked", want: 1},
		"another browser":            {how: "the link elsewhere", want: 2},
		"a callback": {
			how: "the link in the browser that asked", want: 2,
			asks: func(context.Context, *cardea.SignIn) (string, error) { return "", nil },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var store *recordingStore
			s := newMailSite(t, func(c *cardea.Config, _ *email.Options) {
				store, c.Callbacks.SignIn = recordCalls(c), tc.asks
			})
			for _, who := range []string{"a new user", "the same user again"} {
				u := s.askAnn(t)
				store.failOnly()
				checkRedirect(t, who, waysToUse[tc.how](t, u), s.URL+"/")
				transactions := 0
				for _, call := range store.seen() {
					if call == "Transact" {
						transactions++
					}
				}
				if transactions != tc.want {
					t.Errorf("%s: %d transactions, want %d: %q", who, transactions, tc.want, store.seen())
				}
			}
		})
	}
}

// askAnn asks for a mail in a new browser.
func (s mailSite) askAnn(t *testing.T) sentMail {
	t.Helper()
	b := newBrowser(t, s.URL)
	return sentMail{s, b, s.ask(t, b, "ann@example.com", "/")}
}

// checkUsed checks that a link is used up, in the browser that has asked and elsewhere.
func (u sentMail) checkUsed(t *testing.T, cookies cookies) {
	t.Helper()
	if c := setCookie(send(t, u.mail.Link, cookies, nil), sessionCookie); c != nil {
		t.Error("the link works a second time in the same browser")
	}
	u.checkDeadLink(t, "the link, a second time", confirm(t, newBrowser(t, u.URL), u.mail.Link))
}

// If the store fails in the middle of a sign-in, its link works once more, and in the browser that
// has asked for the mail without a question.
func TestLinkOfASignInThatFailed(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"UserByEmail", "Transact", "LockUser", "CreateSession"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			var store *recordingStore
			s := newMailSite(t, func(c *cardea.Config, _ *email.Options) { store = recordCalls(c) })
			first := s.askAnn(t) // without a user nobody is locked
			visit(t, first.browser, first.mail.Link)
			u := s.askAnn(t)
			before := cookiesOf(u.browser)
			store.failOnly(method)
			res := visit(t, u.browser, u.mail.Link)
			if res.StatusCode != http.StatusServiceUnavailable || u.browser.Session() != nil {
				t.Errorf("with a broken store: %s", res.Status)
			}
			store.failOnly()
			checkRedirect(t, "the link", visit(t, u.browser, u.mail.Link), s.URL+"/")
			u.checkUsed(t, before)
		})
	}
}

// The same if the link was used up before the application was asked. It is stored again.
func TestLinkOfAnAllowedSignInThatFailed(t *testing.T) {
	t.Parallel()
	var store *recordingStore
	s := newMailSite(t, func(c *cardea.Config, _ *email.Options) {
		store = recordCalls(c)
		c.Callbacks.SignIn = func(context.Context, *cardea.SignIn) (string, error) { return "", nil }
	})
	u := s.askAnn(t)
	before := cookiesOf(u.browser)
	store.failOnly("CreateSession")
	if res := visit(t, u.browser, u.mail.Link); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("with a broken store: %s", res.Status)
	}
	store.failOnly()
	checkRedirect(t, "the link", confirm(t, u.browser, u.mail.Link), s.URL+"/")
	u.checkUsed(t, before)
}

// What the application, or the visitor, hears of a link is said after it was used up. So one mail
// is told once, and whoever is refused needs another one.
func TestLinkIsUsedBeforeAnybodyIsAsked(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func() (string, error){
		"allowed":    func() (string, error) { return "", nil },
		"refused":    func() (string, error) { return "", errors.New("not today") },
		"redirected": func() (string, error) { return "/", nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			s := newMailSite(t, func(c *cardea.Config, _ *email.Options) {
				c.Callbacks.SignIn = func(_ context.Context, in *cardea.SignIn) (string, error) {
					if in.VerificationRequest {
						return "", nil
					}
					asked.Add(1)
					return answer()
				}
			})
			u := s.askAnn(t)
			before := cookiesOf(u.browser)
			var all sync.WaitGroup
			for range 20 {
				all.Go(func() { send(t, u.mail.Link, before, nil) })
			}
			all.Wait()
			u.checkUsed(t, before)
			if n := asked.Load(); n != 1 {
				t.Errorf("the application was asked %d times about one link, want once", n)
			}
		})
	}
}

// The same for the question to a visitor: from then on its form is the proof.
func TestLinkIsUsedBeforeTheQuestion(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	s.issuer.Next(cardeatest.Person{Subject: "2", Name: "Ann", Email: "ann@example.com"}) // the address is not verified
	b := cardeatest.SignIn(t, s.URL, "idp", "")
	b.CheckRedirect = stopAtRedirect
	u := sentMail{s, b, s.ask(t, b, "ann@example.com", "/")}
	before := cookiesOf(b)
	form := questionOf(t, text(t, visit(t, b, u.mail.Link)))
	u.checkUsed(t, before)
	form.Set("answer", "link")
	checkRedirect(t, "the answer", b.Post("/link", form), s.URL+"/")
}
