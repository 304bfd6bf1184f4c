package gormadapter_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/ratelimit"
)

// provingSites are two servers of one site, each with a connection pool of its own. The application
// trusts the provider "good" with addresses, and neither "idp" nor "weak".
type provingSites struct {
	sites [2]*site
	first *observed // the adapter of sites[0]
	store *gormadapter.Adapter
	mails *cardeatest.Mailbox
}

func newProvingSites(t *testing.T, e engine, strategy cardea.Strategy) *provingSites {
	t.Helper()
	o, s := e.empty(t), &provingSites{mails: new(cardeatest.Mailbox)}
	for i := range s.sites {
		s.store = openOn(t, o)
		s.sites[i] = newSite[gormadapter.User](t, s.store, func(c *cardea.Config) {
			c.Session.Strategy = strategy
			if i == 0 {
				s.first = &observed{Adapter: s.store}
				c.Adapter = s.first
			}
			weak := *c.Providers[0].(*oauth.Provider)
			good := weak
			weak.ID, good.ID, good.LinkByVerifiedEmail = "weak", "good", true
			limit := ratelimit.Rate{Count: 1_000_000, Within: time.Hour}
			c.Providers = append(c.Providers, &weak, &good, email.New(email.Options{
				From: "no-reply@example.com", Sender: s.mails, AddressLimit: limit, ClientLimit: limit,
			}))
		}, nil)
	}
	return s
}

// callback begins a sign-in in a browser, and returns the callback URL.
func (s *provingSites) callback(
	t *testing.T, server int, b *cardeatest.Browser, provider string, p cardeatest.Person,
) string {
	t.Helper()
	s.sites[server].issuer.Next(p)
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res := b.Post("/signin/"+provider+"?login_hint="+url.QueryEscape(p.Subject),
		url.Values{"callbackUrl": {"/api/auth/csrf"}})
	res, err := b.Get(res.Header.Get("Location"))
	must(t, err)
	must(t, res.Body.Close())
	return res.Header.Get("Location")
}

// signIn makes a whole sign-in at a server, in a new browser.
func (s *provingSites) signIn(t *testing.T, server int, provider string, p cardeatest.Person) *cardeatest.Browser {
	t.Helper()
	b := cardeatest.NewBrowser(t, s.sites[server].URL)
	text(t, open200(t, b, s.callback(t, server, b, provider, p)))
	return b
}

// open200 opens a URL, follows redirects, and returns the answer.
func open200(t *testing.T, b *cardeatest.Browser, to string) *http.Response {
	t.Helper()
	b.CheckRedirect = nil
	res, err := b.Get(to)
	must(t, err)
	return res
}

// owner returns the id of the user with an account, "" if nobody has it.
func (s *provingSites) owner(t *testing.T, provider, subject string) string {
	t.Helper()
	u, err := s.store.UserByAccount(t.Context(), provider, subject)
	if errors.Is(err, cardea.ErrNotFound) {
		return ""
	}
	must(t, err)
	return u.ID
}

// Sudhodanan and Paverd, "Pre-hijacked accounts" (USENIX Security 2022): an attacker signs in as
// the owner of an address at a provider that the application does not trust. The owner comes at
// another server, and gets a user of their own.
func TestWordOfAProviderWithoutTrustSharesNoUser(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		for _, strategy := range []cardea.Strategy{cardea.StrategyDatabase, cardea.StrategyJWT} {
			t.Run(e.name+" "+string(strategy), func(t *testing.T) {
				t.Parallel()
				s := newProvingSites(t, e, strategy)
				for _, way := range []string{"good", "mail"} {
					address := way + "@example.com"
					attacker := cardeatest.Person{Subject: "a-" + way, Email: address, EmailVerified: true}
					first := s.signIn(t, 0, "weak", attacker)
					before := s.owner(t, "weak", attacker.Subject)
					var victim *cardeatest.Browser
					if way == "good" {
						victim = s.signIn(t, 1, "good",
							cardeatest.Person{Subject: "v", Email: address, EmailVerified: true})
					} else {
						victim = cardeatest.NewBrowser(t, s.sites[1].URL)
						victim.Post("/signin/email", url.Values{"email": {address}, "callbackUrl": {"/api/auth/csrf"}})
						text(t, open200(t, victim, s.mails.Last(t, address).Link))
					}
					u, err := s.store.UserByEmail(t.Context(), address)
					if err != nil || before == "" || u.ID == before || u.EmailVerified.IsZero() ||
						victim.Session() == nil {
						t.Errorf("%s: %+v, %v; the attacker's user is %q", way, u, err, before)
						continue
					}
					again := s.signIn(t, 1, "weak", attacker)
					if got := s.owner(t, "weak", attacker.Subject); got != before || again.Session() == nil {
						t.Errorf("%s: the attacker's account belongs to %q, want %q", way, got, before)
					}
					if first.Session() == nil {
						t.Errorf("%s: the attacker is not signed in as the old user any more", way)
					}
				}
			})
		}
	}
}

// An account of a trusted provider proves the address of its only user if no other credential
// exists. Meanwhile somebody else, in an older session of the user, links an account. Whichever is
// first: a user with a proven address has no account of somebody else.
func TestFirstProofWhileAnAccountIsLinked(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			s := newProvingSites(t, e, cardea.StrategyDatabase)
			for i := range 25 {
				u := &cardea.User{Email: fmt.Sprintf("u%d@example.com", i)}
				must(t, s.store.CreateUser(t.Context(), u))
				subject := fmt.Sprint("s", i)
				for _, provider := range []string{"idp", "good"} {
					must(t, s.store.LinkAccount(t.Context(), &cardea.Account{
						UserID: u.ID, Type: cardea.TypeOIDC, Provider: provider, ProviderAccountID: subject,
					}))
				}
				older := s.signIn(t, 1, "idp", cardeatest.Person{Subject: subject})
				answer := linking(t, older, s.callback(t, 1, older, "weak", cardeatest.Person{Subject: subject}))
				must(t, s.store.UnlinkAccount(t.Context(), "idp", subject))
				owner := cardeatest.NewBrowser(t, s.sites[0].URL)
				prove := s.callback(t, 0, owner, "good",
					cardeatest.Person{Subject: subject, Email: u.Email, EmailVerified: true})
				link := func() error {
					res, err := answer()
					if err == nil {
						err = res.Body.Close()
					}
					return err
				}
				if i%2 == 0 {
					atOnce(t, opening(owner, prove), link)
				} else {
					s.betweenReadAndWrite(t, link, func() { text(t, open200(t, owner, prove)) })
				}
				row, err := s.store.UserByID(t.Context(), u.ID)
				must(t, err)
				proven, linked := !row.EmailVerified.IsZero(), s.owner(t, "weak", subject) == u.ID
				if proven == linked {
					t.Fatalf("round %d: the address is proven: %t, the account is linked: %t", i, proven, linked)
				}
			}
		})
	}
}

// betweenReadAndWrite runs signIn at the first server, and fn when the transaction of the sign-in
// has read the accounts of the user. The transaction goes on when fn is done, or soon, because fn
// may have to wait for it.
func (s *provingSites) betweenReadAndWrite(t *testing.T, fn func() error, signIn func()) {
	t.Helper()
	done, calls := make(chan error, 1), 0
	s.first.afterAccounts = func() {
		if calls++; calls != 1 {
			return
		}
		finished := make(chan struct{})
		go func() {
			defer close(finished)
			done <- fn()
		}()
		select {
		case <-finished:
		case <-time.After(100 * time.Millisecond):
		}
	}
	signIn()
	s.first.afterAccounts = nil
	if calls == 0 {
		t.Fatal("no transaction has read the accounts")
	}
	must(t, <-done)
}

// observed is an adapter that calls a function after a transaction has read the accounts of a user.
type observed struct {
	*gormadapter.Adapter
	afterAccounts func() // may be nil
}

type observedKey struct{}

func (o *observed) Transact(ctx context.Context, fn func(ctx context.Context) error) error {
	return o.Adapter.Transact(ctx, func(ctx context.Context) error {
		return fn(context.WithValue(ctx, observedKey{}, true))
	})
}

func (o *observed) Accounts(ctx context.Context, userID string) ([]*cardea.Account, error) {
	list, err := o.Adapter.Accounts(ctx, userID)
	if o.afterAccounts != nil && ctx.Value(observedKey{}) != nil {
		o.afterAccounts()
	}
	return list, err
}

// The statement of CHANGELOG.md clears what earlier versions have stored for providers without
// trust, on each database, and nothing else.
func TestChangelogClearsOldProofs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../CHANGELOG.md")
	must(t, err)
	statement := regexp.MustCompile(`UPDATE "user" SET email_verified = NULL.*\n.*\)\)`).FindString(string(page))
	if statement == "" {
		t.Fatal("CHANGELOG.md has no statement")
	}
	for _, e := range databases() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			o := e.empty(t)
			a, sql := openOn(t, o), statement
			if kind := kindOf(t, o); kind == "mysql" || kind == "mariadb" {
				sql = strings.ReplaceAll(sql, `"`, "")
			}
			at := time.UnixMilli(1_700_000_000_123)
			for id, providers := range map[string][]string{
				"mail": nil, "trusted": {"google"}, "both": {"google", "forum"}, "old1": {"forum"},
				"old2": {"other", "company"},
			} {
				must(t, a.CreateUser(t.Context(), &cardea.User{ID: id, Email: id + "@example.com", EmailVerified: at}))
				for _, p := range providers {
					must(t, a.LinkAccount(t.Context(), &cardea.Account{
						UserID: id, Type: cardea.TypeOIDC, Provider: p, ProviderAccountID: id,
					}))
				}
			}
			must(t, a.DB().Exec(sql).Error)
			for id, want := range map[string]bool{
				"mail": true, "trusted": true, "both": false, "old1": false, "old2": false,
			} {
				u, err := a.UserByID(t.Context(), id)
				if err != nil || u.EmailVerified.Equal(at) != want || u.EmailVerified.IsZero() == want {
					t.Errorf("%s: %+v, %v; want it verified: %t", id, u, err, want)
				}
			}
		})
	}
}
