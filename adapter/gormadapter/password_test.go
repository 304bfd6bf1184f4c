package gormadapter_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/password"
	"github.com/cardea-auth/cardea/passwordhash"
	"github.com/cardea-auth/cardea/ratelimit"
)

// passwordSite is a process of a site with passwords.
func passwordSite(t *testing.T, store cardea.Adapter, mails *cardeatest.Mailbox) string {
	t.Helper()
	return newPasswordSite(t, store, mails, nil).URL
}

// aPasswordSite is a process of a site with passwords. Its page /me writes all that the application
// has of the user who is signed in, as JSON and as Go prints it.
type aPasswordSite struct {
	*httptest.Server
	*cardea.Auth
	passwords *password.Feature
	log       *logRecorder
}

func newPasswordSite(
	t *testing.T, store cardea.Adapter, mails *cardeatest.Mailbox, change func(*cardea.Config),
) *aPasswordSite {
	t.Helper()
	s := &aPasswordSite{log: &logRecorder{}, passwords: password.New(password.Options{
		From: "Example <no-reply@example.com>", Sender: mails, SignUpLimit: ratelimit.InsecureUnlimited(),
		Hashing: passwordhash.Options{
			Argon2id: passwordhash.Argon2id{Memory: 7168, Time: 1}, Parallel: 8,
			Import: []passwordhash.Verifier{passwordhash.Bcrypt{}, passwordhash.BetterAuth{}},
		},
	})}
	c := cardea.Config{
		Secret: "a secret of at least 32 bytes, only for tests", Adapter: store,
		Logger: slog.New(slog.NewTextHandler(s.log, nil)), Providers: []cardea.Provider{s.passwords},
	}
	if change != nil {
		change(&c)
	}
	var err error
	s.Auth, err = cardea.New(c)
	must(t, err)
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", s.Auth)
	mux.HandleFunc("/", func(http.ResponseWriter, *http.Request) {})
	mux.Handle("/me", s.Auth.Load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u := cardea.SessionFrom(r.Context()).User
		must(t, json.NewEncoder(w).Encode(u.Entity))
		fmt.Fprintf(w, "%+v %+v", u, u.Entity)
		if g, ok := u.Entity.(*guest); ok && g.PasswordHash != nil {
			fmt.Fprint(w, *g.PasswordHash)
		}
	})))
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Server.Close)
	return s
}

// linkTo waits for the n-th mail to an address with a subject, and returns its link, at a process.
// Mails leave after the answer, so those with other subjects may come before it or after it.
func linkTo(t *testing.T, mails *cardeatest.Mailbox, site, to, subject string, n int) string {
	t.Helper()
	for range 5000 {
		left := n
		for _, m := range mails.All() {
			if m.To != to || !strings.HasPrefix(m.Subject, subject) {
				continue
			}
			if left--; left == 0 {
				return site + regexp.MustCompile(`http://[^/]+(/\S+)`).FindStringSubmatch(m.Text)[1]
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	t.Fatalf("mail %d %q to %s was not sent", n, subject, to)
	return ""
}

// Class 1: on every database, of many requests at once in two processes one uses the link of a
// mail: of 10, one user signs up with one password, and of 50, one stores a new password.
func TestProcessesUseALinkForAPasswordOnce(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			o, mails := e.empty(t), &cardeatest.Mailbox{}
			store := openOn(t, o)
			sites := []string{passwordSite(t, store, mails), passwordSite(t, openExisting(t, o), mails)}
			subjects := []string{"Sign up at", "A new password"}
			for n, path := range []string{"/password/signup", "/password/forgot"} {
				ask := cardeatest.NewBrowser(t, sites[0])
				must(t, ask.Post(path, url.Values{"email": {"ada@example.com"}}).Body.Close())
				all := []int{10, 50}[n] // together as many as one client may send in an hour
				ends := make([]string, all)
				var wait sync.WaitGroup
				for i := range all {
					b := cardeatest.NewBrowser(t, sites[i%2])
					res, err := b.Get(linkTo(t, mails, sites[i%2], "ada@example.com", subjects[n], 1))
					must(t, err)
					must(t, res.Body.Close())
					wait.Go(func() {
						form := url.Values{"password": {path + " of ada, number " + strconv.Itoa(i)}}
						res := b.Post("/password/choose", form)
						_, _ = io.Copy(io.Discard, res.Body)
						res.Body.Close()
						ends[i] = res.Request.URL.RequestURI()
					})
				}
				wait.Wait()
				won := -1
				for i, at := range ends {
					switch {
					case strings.Contains(at, "Verification"):
					case won >= 0:
						t.Errorf("%s: %d and %d have won: %v", path, won, i, ends)
					default:
						won = i
					}
				}
				if won < 0 {
					t.Fatalf("%s: nobody has won: %v", path, ends)
				}
				for i := range all {
					b := cardeatest.NewBrowser(t, sites[i%2])
					form := url.Values{
						"email": {"ada@example.com"}, "password": {path + " of ada, number " + strconv.Itoa(i)},
					}
					if i < 2 || i == won {
						must(t, b.Post("/callback/password", form).Body.Close())
						if signedIn := b.Session() != nil; signedIn != (i == won) {
							t.Errorf("%s: %d has won, and password %d signs in: %v", path, won, i, signedIn)
						}
					}
				}
			}
			var users []gormadapter.User
			must(t, store.DB().Find(&users).Error)
			if len(users) != 1 || users[0].EmailVerified == nil {
				t.Errorf("got %+v", users)
			}
		})
	}
}
