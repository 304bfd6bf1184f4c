package gormadapter_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/oauth"
)

// The database goes away at each of its requests during an action in turn. Nothing is half written,
// the answer is 503, and after the database is back the action works.
func TestDatabaseGoesAway(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute or more")
	}
	t.Parallel()
	for _, e := range []engine{{"PostgreSQL", postgreSQL}, {"PgBouncer", pgBouncer}, {"MariaDB", mariaDB}} {
		for _, f := range []fault{lost, unanswered, stalled, restarted} {
			t.Run(e.name+", "+string(f), func(t *testing.T) {
				t.Parallel()
				o := newOutage(t, e.empty(t))
				for _, story := range []struct {
					name   string
					tell   func(*outage) bool
					writes bool
				}{
					{"first sign-in", (*outage).firstSignIn, true},
					{"next sign-in", (*outage).nextSignIn, true},
					{"session read", (*outage).readSession, false},
					{"protected page", (*outage).openPage, false},
					{"sign-out", (*outage).signOut, true},
				} {
					o.story, o.fault, o.kept = story.name, f, nil
					const most = 100
					for o.at = 0; o.at < most && story.tell(o); o.at++ {
					}
					if o.at < 2 || o.at == most {
						t.Errorf("%s: the database went away %d times", story.name, o.at)
					}
					if last := o.at - 1; f == unanswered && story.writes && !slices.Equal(o.kept, []int{last}) {
						t.Errorf("%s: kept without an answer at the requests %v, want at %d, which is the commit",
							story.name, o.kept, last)
					}
				}
			})
		}
	}
}

// outage is an application whose database goes away.
type outage struct {
	*testing.T
	*site
	proxy  *proxy
	direct *gormadapter.Adapter // not through the proxy

	story string
	fault fault
	at    int   // the request
	kept  []int // the requests after which everything was written although there was no answer
}

func newOutage(t *testing.T, options gormadapter.Options) *outage {
	o := &outage{T: t, direct: openOn(t, options)}
	o.proxy, options = behind(t, options)
	a := openOn(t, options)
	configured := func(c *cardea.Config) {
		c.Session.UpdateAge = 1 // every read of a session renews it
		c.OnCreateUser = cardea.BeforeCreate(func(ctx context.Context, _ *gormadapter.User, _ *oauth.Profile) error {
			_, err := a.Accounts(ctx, "nobody")
			return err
		})
	}
	o.site = newSite[gormadapter.User](t, a, configured, o.patience)
	return o
}

// patience is a middleware that every application should have: it gives up a request that waits too
// long for the database. The length does not matter here, so it gives up when the wait begins.
func (o *outage) patience(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if o.fault != stalled {
			next.ServeHTTP(w, r)
			return
		}
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		go func() {
			select {
			case <-o.proxy.struck():
				cancel()
			case <-ctx.Done():
			}
		}()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func (o *outage) what() string { return fmt.Sprintf("%s, request %d", o.story, o.at) }

// during makes the database go away in the middle of step, and brings it back. The answer of step
// must be 503, unless a new connection could repeat everything. It reports whether the database
// went away, and whether step worked.
func (o *outage) during(step func() *http.Response) (away, worked bool) {
	o.Helper()
	o.proxy.arm(o.fault, o.at)
	res := step()
	away = o.proxy.restore()
	switch {
	case res.StatusCode == http.StatusOK && (!away || o.fault == restarted):
		return away, true
	case !away:
		o.Errorf("%s: %s at %s with the database there", o.what(), res.Status, res.Request.URL.Path)
	default:
		checkUnavailable(o.T, o.what(), res)
	}
	return away, false
}

// checkWritten checks that an action that failed has written nothing. It may have if the database's
// answer was lost.
func (o *outage) checkWritten(written, worked bool) {
	o.Helper()
	if written && !worked && o.fault == unanswered {
		o.kept = append(o.kept, o.at)
	} else if written != worked {
		o.Errorf("%s: written %t, worked %t", o.what(), written, worked)
	}
}

func (o *outage) firstSignIn() bool {
	name, earlier := fmt.Sprintf("first%d", o.at), fmt.Sprintf("earlier%d", o.at)
	o.issuer.Next(visitor(name))
	o.issuer.Next(visitor(earlier))
	cardeatest.SignIn(o, o.URL, "idp", earlier) // so that each time the same statements are prepared
	before := countRows(o, o.direct)
	b := cardeatest.NewBrowser(o, o.URL)
	away, worked := o.during(func() *http.Response { return enter(b, name) })
	after := countRows(o, o.direct)
	whole := rows{before.users + 1, before.accounts + 1, before.sessions + 1}
	if after != whole && after != before {
		o.Errorf("%s: had %+v, have %+v", o.what(), before, after)
	}
	o.checkWritten(after == whole, worked)
	o.again("sign in", func() *http.Response { return enter(b, name) })
	if b.Session() == nil {
		o.Errorf("%s: no session after the retry", o.what())
	}
	if now := countRows(o, o.direct); now.users != whole.users || now.accounts != whole.accounts {
		o.Errorf("%s: had %+v, have %+v after the retry", o.what(), before, now)
	}
	return away
}

// signedIn returns a visitor with a session.
func (o *outage) signedIn() *cardeatest.Browser {
	o.issuer.Next(visitor("ann"))
	return cardeatest.SignIn(o, o.URL, "idp", "ann")
}

func (o *outage) nextSignIn() bool {
	b := o.signedIn()
	enter(b, "ann") // so that each time the same statements are prepared
	before, token := countRows(o, o.direct), sessionToken(o, b)
	away, worked := o.during(func() *http.Response { return enter(b, "ann") })
	if after := countRows(o, o.direct); after != before { // a new session replaces the old one
		o.Errorf("%s: had %+v, have %+v", o.what(), before, after)
	}
	if !worked && sessionToken(o, b) != token {
		o.Errorf("%s: the session of the browser has changed", o.what())
	}
	_, err := o.direct.Session(o.Context(), fmt.Sprintf("%x", sha256.Sum256([]byte(token))))
	if err != nil && !errors.Is(err, cardea.ErrNotFound) {
		o.Fatal(err)
	}
	o.checkWritten(err != nil, worked)
	o.again("sign in", func() *http.Response { return enter(b, "ann") })
	if b.Session() == nil {
		o.Errorf("%s: no session after the retry", o.what())
	}
	return away
}

func (o *outage) readSession() bool { return o.read("/api/auth/session", "ann@example.com") }

func (o *outage) openPage() bool { return o.read("/page", secretPage) }

// read requests a page that needs a session.
func (o *outage) read(path, want string) bool {
	b := o.signedIn()
	before := countRows(o, o.direct)
	open := func() *http.Response {
		res, err := b.Get(b.Site + path)
		if err != nil {
			o.Fatal(err)
		}
		return res
	}
	away, _ := o.during(open)
	if after := countRows(o, o.direct); after != before {
		o.Errorf("%s: had %+v, have %+v", o.what(), before, after)
	}
	if body := text(o, o.again(path, open)); !strings.Contains(body, want) {
		o.Errorf("%s: afterwards %s answers %q", o.what(), path, body)
	}
	return away
}

func (o *outage) signOut() bool {
	b := o.signedIn()
	before := countRows(o, o.direct)
	away, worked := o.during(func() *http.Response { return b.Post("/signout", nil) })
	after := countRows(o, o.direct)
	gone := rows{before.users, before.accounts, before.sessions - 1}
	if after != gone && after != before {
		o.Errorf("%s: had %+v, have %+v", o.what(), before, after)
	}
	o.checkWritten(after == gone, worked)
	if sessionToken(o, b) != "" {
		o.Errorf("%s: the browser still has its session", o.what())
	}
	o.again("sign out", func() *http.Response { return b.Post("/signout", nil) })
	if b.Session() != nil {
		o.Errorf("%s: a session after the retry", o.what())
	}
	return away
}

// again repeats what failed, after the database is back. It works at once: the dead connections of
// the pool are nobody's concern.
func (o *outage) again(what string, step func() *http.Response) *http.Response {
	o.Helper()
	res := step()
	if res.StatusCode != http.StatusOK {
		o.Fatalf("%s: to %s again answers %s; the log says %s", o.what(), what, res.Status, o.log.take())
	}
	o.log.take()
	return res
}
