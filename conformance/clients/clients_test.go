// Package clients tests Cardea with the React clients of next-auth, which are taken as they are, in
// a browser.
package clients

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
)

func TestNextAuth5(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute or more")
	}
	t.Parallel()
	behaves(t, "v5", run{next: 5, strategy: cardea.StrategyDatabase}, run{next: 5, strategy: cardea.StrategyJWT})
}

func TestNextAuth4(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute or more")
	}
	t.Parallel()
	behaves(t, "v4",
		run{next: 4, strategy: cardea.StrategyDatabase},
		run{next: 4, strategy: cardea.StrategyDatabase, protocol: cardea.ProtocolV4},
		run{next: 4, strategy: cardea.StrategyJWT, protocol: cardea.ProtocolV4})
}

// run is a client, and how Cardea is set.
type run struct {
	next     int // the client's generation
	protocol cardea.Protocol
	strategy cardea.Strategy

	browser *chromium
	script  string
	site    *site
}

func behaves(t *testing.T, folder string, runs ...run) {
	t.Helper()
	script, browser := bundle(t, folder), startChromium(t)
	for _, r := range runs {
		t.Run(fmt.Sprintf("%s, %s", map[cardea.Protocol]string{cardea.ProtocolV5: "V5", cardea.ProtocolV4: "V4"}[r.protocol],
			r.strategy), func(t *testing.T) {
			t.Parallel()
			r.browser, r.script = browser, script
			r.site = r.newSite(t, func(*cardea.Config) {})
			t.Run("a stranger", r.stranger)
			t.Run("a page for those who are signed in", r.required)
			t.Run("sign-in with a provider", r.provider)
			t.Run("sign-in that the visitor cancels", r.cancelled)
			t.Run("sign-in that the application denies", r.denied)
			t.Run("sign-in with credentials", r.credentials)
			t.Run("sign-in with wrong credentials", r.wrongCredentials)
			t.Run("the link of a mail", r.link)
			t.Run("the link of a mail in another browser", r.linkElsewhere)
			t.Run("the code of a mail", r.code)
			t.Run("a mail that is not sent", r.unsent)
			t.Run("update", r.update)
			t.Run("tabs follow each other", r.tabs)
			t.Run("sign-out", r.signOut)
			t.Run("a tab that comes to the front", r.comesToFront)
			t.Run("a session that expires", r.expires)
		})
	}
}

func (r *run) newSite(t *testing.T, change func(*cardea.Config)) *site {
	t.Helper()
	return newSite(t, r.script, func(c *cardea.Config) {
		c.Protocol, c.Session.Strategy = r.protocol, r.strategy
		change(c)
	})
}

// arrive opens a page of the application in a browser of somebody who is not signed in.
func (r *run) arrive(t *testing.T, path string) (*profile, *tab) {
	t.Helper()
	p := r.browser.newProfile(t)
	return p, r.open(t, p, path, "unauthenticated")
}

// open opens a page of the application, and waits until the client has asked for the session as
// often as it does when it begins: that of next-auth 5 hears its own message to the other tabs, and
// asks again.
func (r *run) open(t *testing.T, p *profile, path, shown string) *tab {
	t.Helper()
	w := p.open(t, r.site.URL+path)
	w.shows(t, shown)
	w.until(t, fmt.Sprintf("performance.getEntriesByType('resource').filter(e => "+
		"e.name.endsWith('/api/auth/session')).length >= %d", r.next-3))
	return w
}

// enter signs Bob in, without leaving the page.
func (w *tab) enter(t *testing.T) {
	t.Helper()
	w.eval(t, `client.signIn("credentials", { username: "bob", password: "`+password+`", redirect: false })`, nil)
	w.shows(t, "authenticated as Bob")
}

// leave evaluates what leads to another page. What it promises is not waited for.
func (w *tab) leave(t *testing.T, expression string) {
	t.Helper()
	w.eval(t, "void "+expression, nil)
}

// shows waits until useSession has returned that, and the page shows it.
func (w *tab) shows(t *testing.T, want string) {
	t.Helper()
	w.until(t, fmt.Sprintf("document.querySelector('#root h1')?.innerText === %q", want))
}

// quiet is tab.quiet for a tab in which the client was told that nobody is signed in. For the
// client of next-auth 4 null is an error, which it writes to the console, and goes on.
func (r *run) quiet(t *testing.T, w *tab, words ...string) {
	t.Helper()
	if r.next == 4 && r.protocol == cardea.ProtocolV5 {
		words = append(words, "CLIENT_FETCH_ERROR")
	}
	w.quiet(t, words...)
}

// answered is what the promise of signIn is fulfilled with, as a list in which what one client
// leaves undefined is null as in the other.
const answered = ".then(a => [a.ok, a.status, a.error ?? null, a.code ?? null, a.url])"

func (r *run) stranger(t *testing.T) {
	_, w := r.arrive(t, "")
	w.is(t, "window.seen", `["loading","unauthenticated"]`)
	w.is(t, "client.getSession()", "null")
	w.is(t, "client.getCsrfToken().then(token => /^[0-9a-f]{64}$/.test(token))", "true")
	kind := map[cardea.Protocol]string{cardea.ProtocolV5: "oidc", cardea.ProtocolV4: "oauth"}[r.protocol]
	var list []string
	for _, p := range [][3]string{
		{"idp", "Identity Provider", kind}, {"email", "Email", "email"}, {"credentials", "Credentials", "credentials"},
	} {
		list = append(list, fmt.Sprintf(`%q:{"id":%[1]q,"name":%[2]q,"type":%[3]q,"signinUrl":"%[4]s/signin/%[1]s","callbackUrl":"%[4]s/callback/%[1]s"}`,
			p[0], p[1], p[2], r.site.URL+"/api/auth"))
	}
	w.is(t, "client.getProviders()", "{"+strings.Join(list, ",")+"}")
	r.quiet(t, w)
}

func (r *run) required(t *testing.T) {
	w := r.browser.newProfile(t).open(t, r.site.URL+"/inside?required=true")
	w.arrives(t, r.site.URL+"/api/auth/signin?", "[role=alert]")
	w.is(t, "new URLSearchParams(location.search).get('error')", `"SessionRequired"`)
	w.is(t, "document.querySelector('[role=alert]').innerText.trim()", `"Please sign in to see this page."`)
	r.quiet(t, w)
	w.write(t, "[name=username]", "bob")
	w.write(t, "[name=password]", password)
	w.click(t, "form:has([name=password]) button")
	w.arrives(t, r.site.URL+"/inside?required=true", "#root h1")
	w.shows(t, "authenticated as Bob")
	w.quiet(t)
}
