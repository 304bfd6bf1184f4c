// Package clients tests Cardea with the unchanged React clients of next-auth 4 and 5, in a browser.
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
	testClient(t, "v5", run{next: 5, strategy: cardea.StrategyDatabase}, run{next: 5, strategy: cardea.StrategyJWT})
}

func TestNextAuth4(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute or more")
	}
	t.Parallel()
	testClient(t, "v4",
		run{next: 4, strategy: cardea.StrategyDatabase},
		run{next: 4, strategy: cardea.StrategyDatabase, protocol: cardea.ProtocolV4},
		run{next: 4, strategy: cardea.StrategyJWT, protocol: cardea.ProtocolV4})
}

// run is one client with one configuration of Cardea.
type run struct {
	next     int // the version of the client: 4 or 5
	protocol cardea.Protocol
	strategy cardea.Strategy

	browser *chromium
	script  string
	site    *site
}

func (r *run) String() string {
	protocol := "V5"
	if r.protocol == cardea.ProtocolV4 {
		protocol = "V4"
	}
	return protocol + ", " + string(r.strategy)
}

func testClient(t *testing.T, folder string, runs ...run) {
	t.Helper()
	script, browser := bundle(t, folder), startChromium(t)
	for _, r := range runs {
		t.Run(r.String(), func(t *testing.T) {
			t.Parallel()
			r.browser, r.script = browser, script
			r.site = r.newSite(t, func(*cardea.Config) {})
			t.Run("a visitor who is not signed in", r.signedOut)
			t.Run("a page that requires a session", r.required)
			t.Run("sign-in with a provider", r.provider)
			t.Run("sign-in that the visitor cancels", r.cancelled)
			t.Run("sign-in that the application denies", r.denied)
			t.Run("sign-in with credentials", r.credentials)
			t.Run("sign-in with wrong credentials", r.wrongCredentials)
			t.Run("sign-in with a password", r.passwords)
			t.Run("the forms of package password", r.passwordForms)
			t.Run("sign-in with a second factor", r.secondFactor)
			t.Run("the link of a mail", r.link)
			t.Run("the link of a mail in another browser", r.linkElsewhere)
			t.Run("the code of a mail", r.code)
			t.Run("a mail that cannot be sent", r.mailNotSent)
			t.Run("session update", r.update)
			t.Run("sign-in and sign-out in another tab", r.tabs)
			t.Run("sign-out", r.signOut)
			t.Run("a tab that is shown again", r.tabShownAgain)
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

// openSignedOut opens a page of the application in a new profile, in which nobody is signed in.
func (r *run) openSignedOut(t *testing.T, path string) (*profile, *tab) {
	t.Helper()
	p := r.browser.newProfile(t)
	return p, r.open(t, p, path, "unauthenticated")
}

// open opens a page of the application and waits until the client has sent its first requests for
// the session: one by next-auth 4, two by next-auth 5, which also receives its own message to the
// other tabs and then asks again.
func (r *run) open(t *testing.T, p *profile, path, shown string) *tab {
	t.Helper()
	w := p.open(t, r.site.URL+path)
	w.waitForText(t, shown)
	w.waitUntil(t, fmt.Sprintf("performance.getEntriesByType('resource').filter(e => "+
		"e.name.endsWith('/api/auth/session')).length >= %d", r.next-3))
	return w
}

// signInBob signs Bob in without leaving the page.
func (w *tab) signInBob(t *testing.T) {
	t.Helper()
	w.eval(t, `client.signIn("credentials", { username: "bob", password: "`+password+`", redirect: false })`, nil)
	w.waitForText(t, "authenticated as Bob")
}

// evalAndLeave evaluates an expression that leads to another page. It does not wait for the
// promise.
func (w *tab) evalAndLeave(t *testing.T, expression string) {
	t.Helper()
	w.eval(t, "void "+expression, nil)
}

// waitForText waits until the page shows a text, which it makes of what useSession returned.
func (w *tab) waitForText(t *testing.T, want string) {
	t.Helper()
	w.waitUntil(t, fmt.Sprintf("document.querySelector('#root h1')?.innerText === %q", want))
}

// checkConsole is tab.checkConsole for a tab in which the client learned that nobody is signed in.
// The client of next-auth 4 takes the answer null for an error, writes it to the console and goes
// on.
func (r *run) checkConsole(t *testing.T, w *tab, words ...string) {
	t.Helper()
	if r.next == 4 && r.protocol == cardea.ProtocolV5 {
		words = append(words, "CLIENT_FETCH_ERROR")
	}
	w.checkConsole(t, words...)
}

// asList makes a list of the result of signIn. What one client leaves undefined and the other sets
// to null is null in it.
const asList = ".then(a => [a.ok, a.status, a.error ?? null, a.code ?? null, a.url])"

func (r *run) signedOut(t *testing.T) {
	_, w := r.openSignedOut(t, "")
	w.wantJSON(t, "window.seen", `["loading","unauthenticated"]`)
	w.wantJSON(t, "client.getSession()", "null")
	w.wantJSON(t, "client.getCsrfToken().then(token => /^[0-9a-f]{64}$/.test(token))", "true")
	kind := "oidc"
	if r.protocol == cardea.ProtocolV4 {
		kind = "oauth"
	}
	var list []string
	for _, p := range [][3]string{
		{"idp", "Identity Provider", kind}, {"email", "Email", "email"}, {"credentials", "Credentials", "credentials"},
	} {
		list = append(list, fmt.Sprintf(`%q:{"id":%[1]q,"name":%[2]q,"type":%[3]q,`+
			`"signinUrl":"%[4]s/signin/%[1]s","callbackUrl":"%[4]s/callback/%[1]s"}`,
			p[0], p[1], p[2], r.site.URL+"/api/auth"))
	}
	w.wantJSON(t, "client.getProviders()", "{"+strings.Join(list, ",")+"}")
	r.checkConsole(t, w)
}

func (r *run) required(t *testing.T) {
	w := r.browser.newProfile(t).open(t, r.site.URL+"/inside?required=true")
	w.waitForPage(t, r.site.URL+"/api/auth/signin?", "[role=status]")
	w.wantJSON(t, "new URLSearchParams(location.search).get('error')", `"SessionRequired"`)
	w.wantJSON(t, "document.querySelector('[role=status]').innerText.trim()", `"Please sign in to see this page."`)
	r.checkConsole(t, w)
	w.write(t, "[name=username]", "bob")
	w.write(t, "[name=password]", password)
	w.click(t, "form:has([name=password]) button")
	w.waitForPage(t, r.site.URL+"/inside?required=true", "#root h1")
	w.waitForText(t, "authenticated as Bob")
	w.checkConsole(t)
}
