package clients

import (
	"fmt"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
)

// update changes Bob's name, so it uses another site. r is a copy, for the same reason.
func (r run) update(t *testing.T) {
	r.site = r.newSite(t, func(*cardea.Config) {})
	p, w := r.openSignedOut(t, "")
	w.signInBob(t)
	w.eval(t, `window.session.update({ name: "Robert" })`, nil)
	w.waitForText(t, "authenticated as Robert")
	w.wantJSON(t, "window.seen.slice(2)", `["authenticated as Bob","loading as Bob","authenticated as Robert"]`)
	other := r.open(t, p, "", "authenticated as Robert")
	w.nextMessage(t)
	w.eval(t, `window.session.update({ name: "Rob" })`, nil)
	other.waitForText(t, "authenticated as Rob")
	w.goTo(t, r.site.URL+"/later")
	w.waitForText(t, "authenticated as Rob")
	other.checkConsole(t)
	r.checkConsole(t, w)
}

// tabs signs in and out in one tab, while another tab shows the same site and is not reloaded.
func (r *run) tabs(t *testing.T) {
	p, w := r.openSignedOut(t, "")
	other := r.open(t, p, "", "unauthenticated")
	w.nextMessage(t)
	w.evalAndLeave(t, `client.signIn("credentials", { username: "bob", password: "`+password+
		`", callbackUrl: "/inside" })`)
	w.waitForPage(t, r.site.URL+"/inside", "#root h1")
	w.waitForText(t, "authenticated as Bob")
	other.waitForText(t, "authenticated as Bob")
	w.eval(t, "client.signOut({ redirect: false })", nil)
	other.waitForText(t, "unauthenticated")
	other.wantJSON(t, "window.seen", `["loading","unauthenticated","authenticated as Bob","unauthenticated"]`)
	r.checkConsole(t, other)
	r.checkConsole(t, w)
}

// nextMessage waits until the client's next message to the other tabs will differ from its last
// one. The client of next-auth 4 sends messages by changing a storage item that holds the time in
// seconds, so two messages within a second are one.
func (w *tab) nextMessage(t *testing.T) {
	t.Helper()
	w.waitUntil(t, "Date.now() / 1000 >= (JSON.parse(localStorage.getItem('nextauth.message'))?.timestamp ?? 0) + 1")
}

func (r *run) signOut(t *testing.T) {
	t.Run("redirect: false", func(t *testing.T) {
		_, w := r.openSignedOut(t, "")
		w.signInBob(t)
		w.wantJSON(t, `client.signOut({ redirect: false, callbackUrl: "/outside" })`,
			`{"url":"`+r.site.URL+`/outside"}`)
		w.waitForText(t, "unauthenticated")
		w.wantJSON(t, "location.pathname", `"/"`)
		w.wantJSON(t, "client.getSession()", "null")
		r.checkConsole(t, w)
	})
	t.Run("redirect: true", func(t *testing.T) {
		_, w := r.openSignedOut(t, "")
		w.signInBob(t)
		w.evalAndLeave(t, `client.signOut({ callbackUrl: "/outside" })`)
		w.waitForPage(t, r.site.URL+"/outside", "#root h1")
		w.waitForText(t, "unauthenticated")
		r.checkConsole(t, w)
	})
	t.Run("built-in page", func(t *testing.T) {
		_, w := r.openSignedOut(t, "")
		w.signInBob(t)
		w.goTo(t, r.site.URL+"/api/auth/signout")
		w.waitForPage(t, r.site.URL+"/api/auth/signout", "form button")
		w.click(t, "form button")
		w.waitForPage(t, r.site.URL+"/", "#root h1")
		w.waitForText(t, "unauthenticated")
		r.checkConsole(t, w)
	})
}

// tabShownAgain ends a session without the client's knowledge. The client asks for the session
// again when its tab is shown.
func (r *run) tabShownAgain(t *testing.T) {
	for _, refetch := range []bool{true, false} {
		t.Run(fmt.Sprint("refetchOnWindowFocus: ", refetch), func(t *testing.T) {
			p, w := r.openSignedOut(t, fmt.Sprint("/?refetchOnWindowFocus=", refetch))
			w.signInBob(t)
			r.endSession(t, p)
			before := w.sessionRequests()
			p.open(t, r.site.URL+"/api/auth/csrf")
			w.waitUntil(t, "document.hidden")
			w.command(t, "Page.bringToFront", nil)
			w.waitUntil(t, "!document.hidden")
			if refetch {
				w.waitForText(t, "unauthenticated")
			} else if got := w.sessionRequests(); got != before {
				t.Errorf("%d more requests", got-before)
			}
			r.checkConsole(t, w)
		})
	}
}

// endSession ends all sessions: in the database, or, if they are JWTs, in the browser.
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

// expires asks for the session too seldom to keep it alive, at another site.
func (r run) expires(t *testing.T) {
	t.Parallel()
	r.site = r.newSite(t, func(c *cardea.Config) { c.Session.MaxAge = 5 * time.Second })
	_, w := r.openSignedOut(t, "/?refetchInterval=7")
	w.eval(t, `client.signIn("credentials", { username: "bob", password: "`+password+`", redirect: false })`, nil)
	w.waitUntil(t, "window.seen.length === 4")
	w.wantJSON(t, "window.seen", `["loading","unauthenticated","authenticated as Bob","unauthenticated"]`)
	r.checkConsole(t, w)
}
