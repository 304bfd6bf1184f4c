package password_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/password"
	"github.com/cardea-auth/cardea/passwordhash"
)

// event is a change that ends sessions and links. It is the table of docs/passwords.md.
type event struct {
	name     string
	has      bool // whether the user has a password before
	goesOn   bool // the own session goes on
	frees    bool // nobody has the address afterwards
	happens  func(t *testing.T, s *site, own *cardeatest.Browser, u *cardea.User)
	password string // what signs in afterwards; "" for nothing
}

const third = "the third long sentence"

var events = []event{
	{
		name: "changed on the account page", has: true, goesOn: true, password: second,
		happens: func(t *testing.T, _ *site, own *cardeatest.Browser, _ *cardea.User) {
			wantEnd(t, post(t, own, "/password/change", url.Values{"current": {first}, "password": {second}}),
				accountPage+"password_changed")
		},
	},
	{
		name: "set on the account page", goesOn: true, password: second,
		happens: func(t *testing.T, _ *site, own *cardeatest.Browser, _ *cardea.User) {
			wantEnd(t, post(t, own, "/password/set", url.Values{"password": {second}}), accountPage+"password_set")
		},
	},
	{
		name: "removed on the account page", has: true, goesOn: true,
		happens: func(t *testing.T, s *site, own *cardeatest.Browser, _ *cardea.User) {
			wantEnd(t, post(t, own, "/password/remove", nil), accountPage+"password_removed")
			s.mail(t, ann, "was removed")
		},
	},
	{
		name: "address changed", has: true, goesOn: true, frees: true,
		happens: func(t *testing.T, s *site, own *cardeatest.Browser, _ *cardea.User) {
			s.move(t, own, "ann@new.example")
		},
	},
	{
		name: "change of the address undone", has: true,
		happens: func(t *testing.T, s *site, own *cardeatest.Browser, _ *cardea.User) {
			s.move(t, own, "ann@new.example")
			open(t, own, s.mail(t, ann, "was changed"))
			own.Post("/account/address/undo", nil)
			s.mail(t, ann, "the old one again")
		},
	},
	{
		name: "new password by mail", has: true, password: second,
		happens: func(t *testing.T, s *site, own *cardeatest.Browser, _ *cardea.User) {
			post(t, own, "/password/forgot", url.Values{"email": {ann}})
			open(t, own, s.nthMail(t, ann, "A new password", 2))
			wantEnd(t, post(t, own, "/password/choose", url.Values{"password": {second}}), signInPage+"password_reset")
		},
	},
	{
		name: "Feature.Set", has: true, password: second,
		happens: func(t *testing.T, s *site, _ *cardeatest.Browser, u *cardea.User) {
			if err := s.passwords.Set(t.Context(), u.ID, second); err != nil {
				t.Fatal(err)
			}
		},
	},
	{
		name: "Feature.SetHash", has: true, password: first,
		happens: func(t *testing.T, s *site, _ *cardeatest.Browser, u *cardea.User) {
			hash, _, err := s.store.PasswordHash(t.Context(), u.ID)
			if err == nil {
				err = s.passwords.SetHash(t.Context(), u.ID, hash)
			}
			if err != nil {
				t.Fatal(err)
			}
		},
	},
	{
		name: "user deleted", has: true, frees: true,
		happens: func(t *testing.T, s *site, _ *cardeatest.Browser, u *cardea.User) {
			if err := s.DeleteUser(t.Context(), u.ID); err != nil {
				t.Fatal(err)
			}
		},
	},
}

func wantEnd(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Fatalf("ended at %s, want %s", got, want)
	}
}

// Classes 2, 4 and 5: GO-2026-4551, -4888, -4991, -5222, -5414, GO-2025-4127: what ends with a
// password, with sessions in the database and in cookies. A program has a session like a browser,
// so it ends too, for a route of the application as for Cardea.
func TestWhatEndsWithAPassword(t *testing.T) {
	t.Parallel()
	for _, strategy := range []cardea.Strategy{cardea.StrategyDatabase, cardea.StrategyJWT} {
		for _, e := range events {
			t.Run(string(strategy)+" "+e.name, func(t *testing.T) {
				t.Parallel()
				e.test(t, strategy)
			})
		}
	}
}

func (e event) test(t *testing.T, strategy cardea.Strategy) {
	t.Helper()
	s := newSite(t, func(c *cardea.Config, o *password.Options) {
		c.Session.Strategy = strategy
		withAccount(c, o)
		c.Callbacks.HasOtherCredential = func(context.Context, *cardea.User) (bool, error) { return true, nil }
	})
	signUp, reset := s.browser(t), s.browser(t)
	post(t, signUp, "/password/signup", url.Values{"email": {ann}})
	open(t, signUp, s.mail(t, ann, "Sign up"))
	u := &cardea.User{Name: "Ann", Email: ann, EmailVerified: time.Now()}
	if err := s.store.CreateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	if e.has {
		h, err := passwordhash.New(passwordhash.Options{Argon2id: passwordhash.Argon2id{Memory: 7168, Time: 1}})
		hash := ""
		if err == nil {
			hash, err = h.Hash(t.Context(), first)
		}
		if err == nil { // an hour ago, so that the link for the sign-up has not ended with it
			err = s.store.SetPasswordHash(t.Context(), u.ID, hash, time.Now().Add(-time.Hour))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	own, other, program := s.browser(t), s.browser(t), s.browser(t)
	for _, b := range []*cardeatest.Browser{own, other, program} {
		s.enter(t, b, u.ID)
	}
	if status, _, _ := open(t, program, s.URL+"/private"); status != http.StatusOK {
		t.Fatalf("a program that is signed in gets status %d", status)
	}
	post(t, reset, "/password/forgot", url.Values{"email": {ann}})
	open(t, reset, s.mail(t, ann, "A new password"))
	old := own.Jar.Cookies(mustParse(t, s.URL))

	e.happens(t, s, own, u)

	if isSignedIn(other) {
		t.Error("the other session goes on")
	}
	if status, _, _ := open(t, program, s.URL+"/private"); status != http.StatusUnauthorized {
		t.Errorf("a program goes on, with status %d", status)
	}
	if isSignedIn(own) != e.goesOn {
		t.Errorf("the own session goes on: %v", !e.goesOn)
	}
	thief := s.browser(t)
	thief.Jar.SetCookies(mustParse(t, s.URL), old)
	if isSignedIn(thief) {
		t.Error("the key that the own session had before still counts")
	}
	at := post(t, reset, "/password/choose", url.Values{"password": {third}})
	if !strings.Contains(at, "Verification") {
		t.Errorf("the link for a new password: ended at %s", at)
	}
	at = post(t, signUp, "/password/choose", url.Values{"password": {third}})
	if e.frees { // nobody has the address, so its owner can sign up
		if now, err := s.store.UserByEmail(t.Context(), ann); err != nil || now.ID == u.ID {
			t.Errorf("the link for a sign-up: ended at %s, %+v, %v", at, now, err)
		}
		return
	}
	if !strings.Contains(at, "Verification") {
		t.Errorf("the link for a sign-up: ended at %s", at)
	}
	for _, text := range []string{first, second, third} {
		if at := signIn(t, s.browser(t), ann, text); (at == "/") != (text == e.password) {
			t.Errorf("%q: ended at %s", text, at)
		}
	}
}

func mustParse(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// enter signs a user in as an application does after a check of its own.
func (s *site) enter(t *testing.T, b *cardeatest.Browser, userID string) {
	t.Helper()
	res, err := b.Get(s.URL + "/enter?user=" + url.QueryEscape(userID))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK || !isSignedIn(b) {
		t.Fatalf("enter: %s", res.Status)
	}
}
