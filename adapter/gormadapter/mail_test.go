package gormadapter_test

import (
	"net/url"
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
// is left of the others. No server waits for a deadlock to be noticed.
func TestParallelUseOfLinks(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			sites, mails, store := mailSites(t, e)
			for round := range raceRounds() / 4 {
				var links []func() bool
				for i := range 4 {
					links = append(links, linkOf(t, sites[i%2], mails))
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

// linkOf asks for a mail, and returns a function that uses its link in another browser and reports
// whether that is signed in then.
func linkOf(t *testing.T, s *site, mails *cardeatest.Mailbox) func() bool {
	t.Helper()
	const address = "ann@example.com"
	there := s.URL + "/api/auth/csrf"
	cardeatest.NewBrowser(t, s.URL).Post("/signin/email", url.Values{"email": {address}, "callbackUrl": {there}})
	link, err := url.Parse(mails.Last(t, address).Link)
	must(t, err)
	b := cardeatest.NewBrowser(t, s.URL)
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
