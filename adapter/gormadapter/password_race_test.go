package gormadapter_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/ratelimit"
)

// twoPasswordSites are two processes of a site with passwords on one database, without limits.
func twoPasswordSites(
	t *testing.T, o gormadapter.Options, mails *cardeatest.Mailbox, change func(*cardea.Config),
) (store *gormadapter.Adapter, sites [2]*aPasswordSite) {
	t.Helper()
	store = openOn(t, o)
	for i, s := range []*gormadapter.Adapter{store, openExisting(t, o)} {
		sites[i] = newPasswordSite(t, s, mails, func(c *cardea.Config) {
			none := ratelimit.InsecureUnlimited()
			c.Limits.Mail, c.Limits.MailClient, c.Limits.Client = none, none, none
			c.Limits.Account, c.Limits.AccountClient = none, none
			change(c)
		})
	}
	return store, sites
}

// Class 14: on every database, of 20 sign-ups at once in two processes, each with a link of its
// own, one makes the user, and its password is the one that counts.
func TestProcessesSignUpAnAddressOnce(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			mails := &cardeatest.Mailbox{}
			store, sites := twoPasswordSites(t, e.empty(t), mails, func(*cardea.Config) {})
			const all = 20
			browsers := make([]*cardeatest.Browser, all)
			for i := range browsers {
				b := cardeatest.NewBrowser(t, sites[i%2].URL)
				must(t, b.Post("/password/signup", url.Values{"email": {"ada@example.com"}}).Body.Close())
				res, err := b.Get(linkTo(t, mails, b.Site, "ada@example.com", "Sign up at", i+1))
				must(t, err)
				must(t, res.Body.Close())
				browsers[i] = b
			}
			ends := make([]string, all)
			var wait sync.WaitGroup
			for i, b := range browsers {
				b.CSRFToken()
				wait.Go(func() {
					form := url.Values{"password": {fmt.Sprintf("the long sentence with the number %d", i)}}
					res := b.Post("/password/choose", form)
					res.Body.Close()
					ends[i] = res.Request.URL.RequestURI()
				})
			}
			wait.Wait()
			var users []gormadapter.User
			must(t, store.DB().Find(&users).Error)
			if len(users) != 1 || users[0].EmailVerified == nil {
				t.Fatalf("got %+v", users)
			}
			won := 0
			for i, b := range browsers {
				signedIn := b.Session() != nil
				if signedIn {
					won++
				} else if !strings.Contains(ends[i], "Verification") {
					t.Errorf("%d ended at %s", i, ends[i])
				}
				if i > 2 && !signedIn {
					continue
				}
				form := url.Values{
					"email": {"ada@example.com"}, "password": {fmt.Sprintf("the long sentence with the number %d", i)},
				}
				again := cardeatest.NewBrowser(t, sites[(i+1)%2].URL)
				must(t, again.Post("/callback/password", form).Body.Close())
				if (again.Session() != nil) != signedIn {
					t.Errorf("%d is signed in: %v, and its password signs in: %v", i, signedIn, !signedIn)
				}
			}
			if won != 1 {
				t.Errorf("%d have won: %v", won, ends)
			}
		})
	}
}

// Class 16: on every database, a new password is stored in one process while a sign-in with the old
// one, whose hash may be replaced, goes on in another. The new one wins, whichever is first.
func TestProcessesReplaceAHashAndChangeThePassword(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			r := passwordRace{}
			r.store, r.sites = twoPasswordSites(t, e.empty(t), &cardeatest.Mailbox{}, func(c *cardea.Config) {
				c.Callbacks.SignIn = func(context.Context, *cardea.SignIn) (string, error) {
					if r.between != nil {
						r.between()
					}
					return "", nil
				}
			})
			hash := ""
			for i := range 12 {
				r.run(t, i, i%2 == 0, i%4 < 2, hash)
				if i == 7 { // then another program writes the hash, and ends no sessions
					hash = storedHash(t, r.store, "ada7")
				}
			}
		})
	}
}

// passwordRace is a change of a password in the first process during a sign-in in the second one.
type passwordRace struct {
	store   *gormadapter.Adapter
	sites   [2]*aPasswordSite
	between func() // runs after the password is checked and before the sign-in is stored; may be nil
}

// run runs one round: with a hash of the site or an imported one, and with the change between the
// check of the old password and the end of the sign-in, or at about the same time as that end. If
// hash is not empty, the change is that of another program, between the two.
func (r *passwordRace) run(t *testing.T, round int, imported, between bool, hash string) {
	t.Helper()
	u := &cardea.User{ID: fmt.Sprint("ada", round), Email: fmt.Sprintf("ada%d@example.com", round)}
	u.EmailVerified = time.Now()
	must(t, r.store.CreateUser(t.Context(), u))
	if imported {
		must(t, r.sites[0].passwords.SetHash(t.Context(), u.ID, adasBcrypt))
	} else {
		must(t, r.sites[0].passwords.Set(t.Context(), u.ID, adasPassword))
	}
	var change sync.WaitGroup
	r.between = sync.OnceFunc(func() {
		change.Go(func() {
			if hash != "" {
				must(t, r.store.SetPasswordHash(t.Context(), u.ID, hash, time.Now()))
			} else {
				must(t, r.sites[0].passwords.Set(t.Context(), u.ID, bensPassword))
			}
		})
		if between || hash != "" {
			change.Wait()
		}
	})
	form := func(text string) url.Values { return url.Values{"email": {u.Email}, "password": {text}} }
	b := cardeatest.NewBrowser(t, r.sites[1].URL)
	must(t, b.Post("/callback/password", form(adasPassword)).Body.Close())
	change.Wait()
	r.between = nil
	if b.Session() != nil {
		t.Errorf("round %d: a session of the old password goes on", round)
	}
	for text, want := range map[string]bool{adasPassword: false, bensPassword: true} {
		b := cardeatest.NewBrowser(t, r.sites[1].URL)
		must(t, b.Post("/callback/password", form(text)).Body.Close())
		if (b.Session() != nil) != want {
			t.Errorf("round %d: %q signs in: %v", round, text, !want)
		}
	}
}
