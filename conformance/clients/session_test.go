package clients

import (
	"fmt"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
)

// update has a site of its own, as r is a copy: there Bob gets other names.
func (r run) update(t *testing.T) {
	r.site = r.newSite(t, func(*cardea.Config) {})
	p, w := r.arrive(t, "")
	w.enter(t)
	w.eval(t, `window.session.update({ name: "Robert" })`, nil)
	w.shows(t, "authenticated as Robert")
	w.is(t, "window.seen.slice(2)", `["authenticated as Bob","loading as Bob","authenticated as Robert"]`)
	other := r.open(t, p, "", "authenticated as Robert")
	w.nextMessage(t)
	w.eval(t, `window.session.update({ name: "Rob" })`, nil)
	other.shows(t, "authenticated as Rob")
	w.goTo(t, r.site.URL+"/later")
	w.shows(t, "authenticated as Rob")
	other.quiet(t)
	r.quiet(t, w)
}

// tabs signs in and out in one tab while another one, which is not loaded again, shows the same
// site.
func (r *run) tabs(t *testing.T) {
	p, w := r.arrive(t, "")
	other := r.open(t, p, "", "unauthenticated")
	w.nextMessage(t)
	w.leave(t, `client.signIn("credentials", { username: "bob", password: "`+password+`", callbackUrl: "/inside" })`)
	w.arrives(t, r.site.URL+"/inside", "#root h1")
	w.shows(t, "authenticated as Bob")
	other.shows(t, "authenticated as Bob")
	w.eval(t, "client.signOut({ redirect: false })", nil)
	other.shows(t, "unauthenticated")
	other.is(t, "window.seen", `["loading","unauthenticated","authenticated as Bob","unauthenticated"]`)
	r.quiet(t, other)
	r.quiet(t, w)
}

// nextMessage waits until a message of the client to the other tabs is not the same as the last
// one. Those of next-auth 4 go by what changes in a storage, and hold the time in seconds.
func (w *tab) nextMessage(t *testing.T) {
	t.Helper()
	w.until(t, "Date.now() / 1000 >= (JSON.parse(localStorage.getItem('nextauth.message'))?.timestamp ?? 0) + 1")
}

func (r *run) signOut(t *testing.T) {
	t.Run("redirect: false", func(t *testing.T) {
		_, w := r.arrive(t, "")
		w.enter(t)
		w.is(t, `client.signOut({ redirect: false, callbackUrl: "/outside" })`, `{"url":"`+r.site.URL+`/outside"}`)
		w.shows(t, "unauthenticated")
		w.is(t, "location.pathname", `"/"`)
		w.is(t, "client.getSession()", "null")
		r.quiet(t, w)
	})
	t.Run("redirect: true", func(t *testing.T) {
		_, w := r.arrive(t, "")
		w.enter(t)
		w.leave(t, `client.signOut({ callbackUrl: "/outside" })`)
		w.arrives(t, r.site.URL+"/outside", "#root h1")
		w.shows(t, "unauthenticated")
		r.quiet(t, w)
	})
	t.Run("built-in page", func(t *testing.T) {
		_, w := r.arrive(t, "")
		w.enter(t)
		w.goTo(t, r.site.URL+"/api/auth/signout")
		w.arrives(t, r.site.URL+"/api/auth/signout", "form button")
		w.click(t, "form button")
		w.arrives(t, r.site.URL+"/", "#root h1")
		w.shows(t, "unauthenticated")
		r.quiet(t, w)
	})
}

// comesToFront ends a session behind the client's back, which asks for it again when somebody looks
// at its tab.
func (r *run) comesToFront(t *testing.T) {
	for _, refetch := range []bool{true, false} {
		t.Run(fmt.Sprint("refetchOnWindowFocus: ", refetch), func(t *testing.T) {
			p, w := r.arrive(t, fmt.Sprint("/?refetchOnWindowFocus=", refetch))
			w.enter(t)
			r.endSession(t, p)
			before := w.sessionRequests()
			p.open(t, r.site.URL+"/api/auth/csrf")
			w.until(t, "document.hidden")
			w.command(t, "Page.bringToFront", nil)
			w.until(t, "!document.hidden")
			if refetch {
				w.shows(t, "unauthenticated")
			} else if got := w.sessionRequests(); got != before {
				t.Errorf("%d more requests", got-before)
			}
			r.quiet(t, w)
		})
	}
}

// endSession ends what sessions there are: where they are stored, or in the browser.
func (r *run) endSession(t *testing.T, p *profile) {
	t.Helper()
	if r.strategy == cardea.StrategyJWT {
		if err := p.do("", "Storage.clearCookies", map[string]any{"browserContextId": p.id}, nil); err != nil {
			t.Fatal(err)
		}
		return
	}
	if err := r.site.adapter.DB().Where("true").Delete(&gormadapter.Session{}).Error; err != nil {
		t.Fatal(err)
	}
}

// expires asks for a session less often than would keep it alive, at a site of its own.
func (r run) expires(t *testing.T) {
	t.Parallel()
	r.site = r.newSite(t, func(c *cardea.Config) { c.Session.MaxAge = 5 * time.Second })
	_, w := r.arrive(t, "/?refetchInterval=7")
	w.eval(t, `client.signIn("credentials", { username: "bob", password: "`+password+`", redirect: false })`, nil)
	w.until(t, "window.seen.length === 4")
	w.is(t, "window.seen", `["loading","unauthenticated","authenticated as Bob","unauthenticated"]`)
	r.quiet(t, w)
}
