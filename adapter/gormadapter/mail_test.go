package gormadapter_test

import (
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/ratelimit"
)

// mailSites are two servers of one site with sign-in by mail, each with a connection pool of its
// own.
func mailSites(t *testing.T, e engine) (sites [2]*site, mails *cardeatest.Mailbox, store *gormadapter.Adapter) {
	t.Helper()
	o, mails := e.empty(t), new(cardeatest.Mailbox)
	for i := range sites {
		store = openOn(t, o)
		sites[i] = newSite[gormadapter.User](t, store, func(c *cardea.Config) {
			limit := ratelimit.Rate{Count: 1_000_000, Within: time.Hour}
			c.Providers = append(c.Providers, email.New(email.Options{
				From: "no-reply@example.com", Sender: mails, AddressLimit: limit, ClientLimit: limit,
			}))
		}, nil)
	}
	return sites, mails, store
}

// Of several links of one address that are used at once at two servers, one signs in, and nothing
// is left of the others. No server waits for a deadlock to be noticed. Half of the links are opened
// in the browsers that have asked for them, and so used up in the transaction of the sign-in. Every
// second time the address is that of a new user.
func TestParallelUseOfLinks(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			sites, mails, store := mailSites(t, e)
			for round := range raceRounds() / 4 {
				var links []func() bool
				for i := range 4 {
					address := fmt.Sprintf("ann%d@example.com", round/2)
					links = append(links, linkOf(t, sites[i%2], mails, address, i < 2))
				}
				if n := signedInBy(links); n != 1 {
					t.Fatalf("round %d: %d links signed in, want 1", round, n)
				}
				if n := count(t, store, "verification_token"); n != 0 {
					t.Fatalf("round %d: %d verification tokens are left", round, n)
				}
			}
		})
	}
}

// linkOf asks for a mail, and returns a function that uses its link, in the same browser or in
// another one, and reports whether that is signed in then.
func linkOf(t *testing.T, s *site, mails *cardeatest.Mailbox, address string, inSameBrowser bool) func() bool {
	t.Helper()
	there := s.URL + "/api/auth/csrf"
	b := cardeatest.NewBrowser(t, s.URL)
	b.Post("/signin/email", url.Values{"email": {address}, "callbackUrl": {there}})
	link, err := url.Parse(mails.Last(t, address).Link)
	must(t, err)
	if inSameBrowser {
		return func() bool {
			get(t, b, strings.TrimPrefix(link.String(), s.URL))
			return b.Session() != nil
		}
	}
	b = cardeatest.NewBrowser(t, s.URL)
	b.CSRFToken()
	return func() bool {
		b.Post("/callback/email", link.Query())
		return b.Session() != nil
	}
}

// signedInBy uses all links at once, and returns how many have signed in.
func signedInBy(links []func() bool) int32 {
	var n atomic.Int32
	var all sync.WaitGroup
	for _, use := range links {
		all.Go(func() {
			if use() {
				n.Add(1)
			}
		})
	}
	all.Wait()
	return n.Load()
}
