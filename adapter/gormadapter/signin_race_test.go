package gormadapter_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/provider"
	"github.com/cardea-auth/cardea/ratelimit"
)

// racingSite is a site of two processes, each with its own connection pool. Sign-ins run in one,
// what happens at the same time in the other.
type racingSite struct {
	*httptest.Server
	other *cardea.Auth
	store *gormadapter.Adapter // of other
	idp   *cardeatest.Issuer
	mails *cardeatest.Mailbox
}

func newRacingSite(t *testing.T, e engine) *racingSite {
	t.Helper()
	o := e.empty(t)
	s := &racingSite{idp: cardeatest.NewIssuer(t), mails: new(cardeatest.Mailbox)}
	first := provider.OIDC("idp", "IdP",
		provider.Client{ID: s.idp.ClientID, Secret: s.idp.ClientSecret, Issuer: s.idp.URL})
	second := *first
	second.ID = "other"
	process := func() *cardea.Auth {
		s.store = openOn(t, o)
		auth, err := cardea.New(cardea.Config{
			Secret: "a secret of at least 32 bytes, only for tests", Adapter: s.store,
			Logger: slog.New(slog.DiscardHandler),
			Providers: []cardea.Provider{first, &second, email.New(email.Options{
				From: "Example <no-reply@example.com>", Sender: s.mails,
				ClientLimit: ratelimit.Rate{Count: 10000, Within: time.Hour},
				Adopt:       func(context.Context, *cardea.User) (bool, error) { return true, nil },
			})},
		})
		must(t, err)
		return auth
	}
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", process())
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Server.Close)
	s.other = process()
	return s
}

// atOnce opens a page in a browser while fn runs.
func atOnce(t *testing.T, send request, fn func() error) {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		res, err := send()
		if err == nil {
			err = res.Body.Close()
		}
		if err == nil && res.StatusCode == http.StatusServiceUnavailable {
			err = fmt.Errorf("the sign-in was answered with %s", res.Status)
		}
		done <- err
	}()
	must(t, fn())
	must(t, <-done)
}

// request is what a browser sends at a time that the test chooses.
type request func() (*http.Response, error)

// opening returns the request that opens a page.
func opening(b *cardeatest.Browser, page string) request {
	return func() (*http.Response, error) { return b.Get(page) }
}

// linking opens the callback of a sign-in while somebody is signed in, and returns the request that
// answers the question of that page with yes.
func linking(t *testing.T, b *cardeatest.Browser, callback string) request {
	t.Helper()
	res, err := b.Get(callback)
	must(t, err)
	question := regexp.MustCompile(`name="question" value="([A-Za-z0-9_.-]+)"`).FindStringSubmatch(text(t, res))
	if question == nil {
		t.Fatalf("%s does not ask whether to link the account", res.Request.URL.Path)
	}
	form := url.Values{"question": {question[1]}, "answer": {"link"}, "csrfToken": {b.CSRFToken()}}
	return func() (*http.Response, error) { return b.PostForm(b.Site+b.BasePath+"/link", form) }
}

// mailLink returns the link of a mail that the browser has requested.
func (s *racingSite) mailLink(t *testing.T, b *cardeatest.Browser, address string) string {
	t.Helper()
	b.Post("/signin/email", url.Values{"email": {address}, "callbackUrl": {"/api/auth/csrf"}})
	return s.mails.Last(t, address).Link
}

// callback begins a sign-in at a provider as a person, and returns the callback URL.
func (s *racingSite) callback(t *testing.T, b *cardeatest.Browser, provider string, p cardeatest.Person) string {
	t.Helper()
	s.idp.Next(p)
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	defer func() { b.CheckRedirect = nil }()
	res := b.Post("/signin/"+provider+"?login_hint="+url.QueryEscape(p.Subject),
		url.Values{"callbackUrl": {"/api/auth/csrf"}})
	res, err := b.Get(res.Header.Get("Location"))
	must(t, err)
	must(t, res.Body.Close())
	return res.Header.Get("Location")
}

// owner returns the ID of the user who has an account, "" if nobody has it.
func (s *racingSite) owner(t *testing.T, provider, subject string) string {
	t.Helper()
	u, err := s.store.UserByAccount(t.Context(), provider, subject)
	if errors.Is(err, cardea.ErrNotFound) {
		return ""
	}
	must(t, err)
	return u.ID
}

func (s *racingSite) sessions(t *testing.T, user string) int {
	t.Helper()
	list, err := s.store.Sessions(t.Context(), user)
	must(t, err)
	return len(list)
}

// raceRounds is how often a race is run. With -short a few rounds show that the test works.
func raceRounds() int {
	if testing.Short() {
		return 10
	}
	return 100
}

// races runs the rounds of a test on each database. Each must have what it needs for one attempt.
func races(t *testing.T, rounds int, round func(t *testing.T, s *racingSite, i int)) {
	t.Helper()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			s := newRacingSite(t, e)
			for i := range rounds {
				round(t, s, i)
			}
		})
	}
}

// OWASP ASVS 5.0, 6.4.4 and 7.4.3: somebody who has lost a mailbox changes the address and ends all
// sessions, while somebody else follows a link in that mailbox. Whichever is first: the change
// stays, the new address is not proven by the old mailbox, and nobody is signed in as the user.
func TestSignInByMailWhileTheAddressChanges(t *testing.T) {
	t.Parallel()
	races(t, raceRounds(), func(t *testing.T, s *racingSite, i int) {
		u := &cardea.User{Name: "old name", Email: fmt.Sprintf("old%d@example.com", i)}
		if i%2 == 0 {
			u.EmailVerified = expiry
		}
		must(t, s.store.CreateUser(t.Context(), u))
		b := cardeatest.NewBrowser(t, s.URL)
		link := s.mailLink(t, b, u.Email)
		changed := &cardea.User{
			ID: u.ID, Name: "new name", Email: fmt.Sprintf("new%d@example.com", i), Image: "https://example.com/new",
		}
		atOnce(t, opening(b, link), func() error {
			if err := s.store.UpdateUser(t.Context(), changed); err != nil {
				return err
			}
			_, err := s.other.EndSessions(t.Context(), u.ID, nil)
			return err
		})
		got, err := s.store.UserByID(t.Context(), u.ID)
		must(t, err)
		if got.Name != changed.Name || got.Email != changed.Email || got.Image != changed.Image ||
			!got.EmailVerified.IsZero() {
			t.Fatalf("round %d: the user is %+v, want the change as it was made", i, *got)
		}
		if n := s.sessions(t, u.ID); n > 0 {
			t.Fatalf("round %d: the old mailbox is signed in as the user", i)
		}
	})
}

// OWASP ASVS 5.0, 7.4.1: all sessions of a user are ended while one of them links an account.
// Whichever is first, no session of the user is left, neither the old one nor the one of the
// sign-in, and exactly one was ended.
func TestSessionsEndedWhileAnAccountIsLinked(t *testing.T) {
	t.Parallel()
	races(t, raceRounds(), func(t *testing.T, s *racingSite, i int) {
		b := cardeatest.SignIn(t, s.URL, "idp", "1001")
		ann := s.owner(t, "idp", "1001")
		subject := fmt.Sprint("late", i)
		link := linking(t, b, s.callback(t, b, "other", cardeatest.Person{Subject: subject}))
		ended := 0
		atOnce(t, link, func() (err error) {
			ended, err = s.other.EndSessions(t.Context(), ann, nil)
			return err
		})
		if left := s.sessions(t, ann); left > 0 || ended != 1 {
			t.Fatalf("round %d: %d sessions of the user are left, and %d were ended; the account is linked: %t", i,
				left, ended, s.owner(t, "other", subject) == ann)
		}
	})
}

// The application deletes the rows of the sessions itself, without a lock on the user. If it has
// deleted the session of the browser, the account is not linked.
func TestSessionDeletedWhileAnAccountIsLinked(t *testing.T) {
	t.Parallel()
	races(t, raceRounds(), func(t *testing.T, s *racingSite, i int) {
		b := cardeatest.SignIn(t, s.URL, "idp", "1001")
		ann := s.owner(t, "idp", "1001")
		subject := fmt.Sprint("late", i)
		link := linking(t, b, s.callback(t, b, "other", cardeatest.Person{Subject: subject}))
		deleted := 0
		atOnce(t, link, func() (err error) {
			deleted, err = s.store.DeleteSessions(t.Context(), ann, "")
			return err
		})
		linked, left := s.owner(t, "other", subject) == ann, s.sessions(t, ann)
		if linked && deleted == 1 && left > 0 || !linked && deleted == 0 {
			t.Fatalf("round %d: linked: %t; %d sessions were deleted, and %d of the user are left", i, linked, deleted,
				left)
		}
		_, err := s.other.EndSessions(t.Context(), ann, nil)
		must(t, err)
	})
}

// lateWays are what the person who registered a stranger's address does while the owner of the
// address adopts the user.
var lateWays = []struct {
	name string
	send func(t *testing.T, s *racingSite, attacker *cardeatest.Browser, p cardeatest.Person) request
}{
	{"links one more account", func(
		t *testing.T, s *racingSite, attacker *cardeatest.Browser, p cardeatest.Person,
	) request {
		return linking(t, attacker, s.callback(t, attacker, "other", cardeatest.Person{Subject: p.Subject + "b"}))
	}},
	{"signs in once more", func(t *testing.T, s *racingSite, _ *cardeatest.Browser, p cardeatest.Person) request {
		b := cardeatest.NewBrowser(t, s.URL)
		return opening(b, s.callback(t, b, "idp", p))
	}},
	{"signs in with a second account", func(
		t *testing.T, s *racingSite, attacker *cardeatest.Browser, p cardeatest.Person,
	) request {
		second := cardeatest.Person{Subject: p.Subject + "b"}
		res, err := linking(t, attacker, s.callback(t, attacker, "other", second))()
		must(t, err)
		must(t, res.Body.Close())
		b := cardeatest.NewBrowser(t, s.URL)
		return opening(b, s.callback(t, b, "other", second))
	}},
	{"links accounts in two browsers", func(
		t *testing.T, s *racingSite, attacker *cardeatest.Browser, p cardeatest.Person,
	) request {
		b := cardeatest.SignIn(t, s.URL, "idp", p.Subject)
		one := linking(t, attacker, s.callback(t, attacker, "other", cardeatest.Person{Subject: p.Subject + "b"}))
		two := linking(t, b, s.callback(t, b, "other", cardeatest.Person{Subject: p.Subject + "c"}))
		return func() (*http.Response, error) {
			done := make(chan error, 1)
			go func() {
				res, err := two()
				if err == nil {
					err = res.Body.Close()
				}
				done <- err
			}()
			res, err := one()
			return res, errors.Join(err, <-done)
		}
	}},
}

// Pre-hijacking (Sudhodanan and Paverd 2022): the person who registered a stranger's address adds a
// way in while the owner of the address adopts the user. Whichever is first, only the owner is
// left.
func TestAccountLinkedWhileTheUserIsAdopted(t *testing.T) {
	t.Parallel()
	// Without the lock on the user one of the first five rounds fails.
	races(t, raceRounds()*2/5, func(t *testing.T, s *racingSite, i int) {
		way := lateWays[i%len(lateWays)]
		address := fmt.Sprintf("victim%d@example.com", i)
		p := cardeatest.Person{Subject: fmt.Sprint("attacker", i), Email: address}
		s.idp.Next(p)
		attacker := cardeatest.SignIn(t, s.URL, "idp", p.Subject)
		user := s.owner(t, "idp", p.Subject)
		late := way.send(t, s, attacker, p)
		victim := cardeatest.NewBrowser(t, s.URL)
		link := s.mailLink(t, victim, address)
		atOnce(t, late, func() error {
			res, err := victim.Get(link)
			if err == nil {
				err = res.Body.Close()
			}
			return err
		})
		accounts, err := s.store.Accounts(t.Context(), user)
		must(t, err)
		u, err := s.store.UserByEmail(t.Context(), address)
		must(t, err)
		if len(accounts) > 0 || s.sessions(t, user) != 1 || u.ID != user || u.EmailVerified.IsZero() {
			t.Fatalf("round %d, %s: the adopted user has %d accounts and %d sessions; %s has the address", i, way.name,
				len(accounts), s.sessions(t, user), u.ID)
		}
	})
}
