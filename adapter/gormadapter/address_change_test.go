package gormadapter_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/cardeatest"
)

// addressSite is two processes that serve one site in turn.
type addressSite struct {
	*httptest.Server
	store *gormadapter.Adapter
	mails *cardeatest.Mailbox
}

func newAddressSite(t *testing.T, e engine) *addressSite {
	t.Helper()
	o := e.empty(t)
	s := &addressSite{mails: &cardeatest.Mailbox{}}
	both := make([]*cardea.Auth, 2)
	for i := range both {
		s.store = openOn(t, o)
		var err error
		both[i], err = cardea.New(cardea.Config{
			Secret: "a secret of at least 32 bytes, only for tests", Adapter: s.store,
			Logger:   slog.New(slog.DiscardHandler),
			Features: []cardea.Feature{account.New(account.Options{From: "no-reply@example.com", Sender: s.mails})},
		})
		must(t, err)
	}
	var requests atomic.Int32
	mux := http.NewServeMux()
	mux.HandleFunc("/api/auth/", func(w http.ResponseWriter, r *http.Request) {
		both[requests.Add(1)%2].ServeHTTP(w, r)
	})
	mux.HandleFunc("/enter", func(w http.ResponseWriter, r *http.Request) {
		proof := cardea.Proof{UserID: r.FormValue("user"), Methods: []string{"fed"}}
		if _, err := both[0].SignIn(w, r, proof); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// enter returns a browser in which a user is signed in.
func (s *addressSite) enter(t *testing.T, id string) *cardeatest.Browser {
	t.Helper()
	b := cardeatest.NewBrowser(t, s.URL)
	res, err := b.Get(s.URL + "/enter?user=" + id)
	must(t, err)
	must(t, res.Body.Close())
	return b
}

// mail waits for the n-th mail to an address with a subject, and returns the link in it.
func (s *addressSite) mail(t *testing.T, to, subject string, n int) string {
	t.Helper()
	for range 5000 {
		if all := s.sent(to, subject); len(all) >= n {
			return regexp.MustCompile(`https?://\S+`).FindString(all[n-1].Text)
		}
		time.Sleep(2 * time.Millisecond) // mails leave after the answer
	}
	t.Fatalf("no mail %q to %s", subject, to)
	return ""
}

func (s *addressSite) sent(to, subject string) (found []cardeatest.Mail) {
	for _, m := range s.mails.All() {
		if m.To == to && strings.Contains(m.Subject, subject) {
			found = append(found, m)
		}
	}
	return found
}

// open asks for another address, and opens the link to it.
func (s *addressSite) open(t *testing.T, b *cardeatest.Browser, to string, n int) {
	t.Helper()
	b.Post("/account/address", url.Values{"email": {to}})
	s.follow(t, b, s.mail(t, to, "Confirm", n))
}

func (s *addressSite) follow(t *testing.T, b *cardeatest.Browser, link string) {
	t.Helper()
	res, err := b.Get(link)
	must(t, err)
	must(t, res.Body.Close())
	b.CSRFToken()
}

// In two processes, a link to a new address and one to take the old one back are used once, and of
// two users who want the same address one gets it, on every database.
func TestProcessesChangeAnAddressOnce(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			s := newAddressSite(t, e)
			ctx := t.Context()
			for _, name := range []string{"ada", "bob"} {
				must(t, s.store.CreateUser(ctx, &cardea.User{
					ID: name, Email: name + "@example.com", EmailVerified: time.Now(),
				}))
			}
			old := "ada@example.com"
			for round := range 3 {
				b, to := s.enter(t, "ada"), fmt.Sprintf("ada%d@example.com", round)
				s.open(t, b, to, 1)
				inParallel(16, func(int) { b.Post("/account/address/confirm", nil) })
				s.mail(t, old, "was changed", 1)
				s.mail(t, to, "was changed", 1)
				u, err := s.store.UserByID(ctx, "ada")
				must(t, err)
				if u.Email != to || len(s.sent(to, "was changed")) != 1 {
					t.Fatalf("round %d: the address is %s, %d mails", round, u.Email, len(s.sent(to, "was changed")))
				}
				old = to
			}

			both := []*cardeatest.Browser{s.enter(t, "ada"), s.enter(t, "bob")}
			for i, b := range both {
				s.open(t, b, "wanted@example.com", i+1)
			}
			inParallel(2, func(i int) { both[i].Post("/account/address/confirm", nil) })
			ada, err := s.store.UserByID(ctx, "ada")
			must(t, err)
			bob, err := s.store.UserByID(ctx, "bob")
			must(t, err)
			if (ada.Email == "wanted@example.com") == (bob.Email == "wanted@example.com") {
				t.Errorf("the addresses are %s and %s", ada.Email, bob.Email)
			}

			first := s.enter(t, "ada")
			s.follow(t, first, s.mail(t, "ada@example.com", "was changed", 1))
			inParallel(16, func(int) { first.Post("/account/address/undo", nil) })
			s.mail(t, "ada@example.com", "the old one again", 1)
			u, err := s.store.UserByID(ctx, "ada")
			must(t, err)
			sessions, err := s.store.Sessions(ctx, "ada")
			must(t, err)
			if u.Email != "ada@example.com" || len(sessions) != 0 ||
				len(s.sent("ada@example.com", "the old one again")) != 1 {
				t.Errorf("the address is %s, with %d sessions", u.Email, len(sessions))
			}
		})
	}
}

func inParallel(n int, do func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { do(i) })
	}
	all.Wait()
}
