package clients

import (
	"context"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/factor"
	passwords "github.com/cardea-auth/cardea/password"
)

// TestSecondFactorInABrowser sets up an app and signs in with it, on a phone whose browser runs no
// script. On each page axe-core finds nothing, nothing is wider than the window, and the tab key
// reaches everything.
func TestSecondFactorInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	t.Parallel()
	axe := readAxe(t)
	s := newSite(t, "", func(c *cardea.Config) {
		factors := factor.New(factor.Options{Remember: 24 * time.Hour})
		c.Features = append(c.Features, factors, account.New(account.Options{}))
	})
	browser := startChromium(t)
	p := browser.newProfile(t)
	signInAtSite(t, p, s)
	var w *tab
	open := func(p *profile, path string) {
		t.Helper()
		w = p.open(t, s.URL+"/api/auth/"+path)
		w.command(t, "Emulation.setDeviceMetricsOverride", map[string]any{
			"width": 320, "height": 800, "deviceScaleFactor": 1, "mobile": true,
		})
	}
	open(p, "account")
	check := func(path, selector string) {
		t.Helper()
		w.waitForPage(t, s.URL+"/api/auth/"+path, selector)
		w.eval(t, axe, nil)
		w.wantJSON(t, findings, "[]")
		w.wantJSON(t, "document.documentElement.scrollWidth <= 320", "true")
		w.checkTabKey(t)
	}
	check("account", "#second-factor form")
	w.click(t, "#second-factor button")
	check("factor/enrol", "svg path")
	a := w.shownApp(t)
	w.enterCode(t, a.code(t, 0))
	check("factor/recovery-codes", "ul.codes li:nth-child(8)")
	w.goTo(t, s.URL+"/api/auth/account")
	check("account", "#second-factor form")
	w.goTo(t, s.URL+"/api/auth/factor/confirm")
	check("factor/confirm", "input[name=code]")

	open(browser.newProfile(t), "signin?callbackUrl=/done")
	w.waitForPage(t, s.URL+"/api/auth/signin", "form[action$='/signin/idp'] button")
	w.click(t, "form[action$='/signin/idp'] button")
	w.waitForPage(t, s.issuer.URL+"/authorize", "li button")
	w.click(t, "li button")
	check("factor/challenge", "input[name=code]")
	w.goTo(t, s.URL+"/api/auth/factor/recovery")
	check("factor/recovery", "input[name=code]")
	w.goTo(t, s.URL+"/api/auth/factor/challenge")
	check("factor/challenge", "input[name=remember]")
	w.enterCode(t, a.next(t))
	w.waitForPage(t, s.URL+"/done", "#root")
}

// TestRequiredFactorInABrowser signs in somebody who must have a second factor, by the keyboard
// alone, in browsers that run no script: small and large, light and dark. Each page on the way, and
// after a mistake, is checked as in [TestBuiltInPagesAreAccessible].
func TestRequiredFactorInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	t.Parallel()
	axe, browser := readAxe(t), startChromium(t)
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int{320, 1280} {
			t.Run(fmt.Sprintf("%s, %d pixels", scheme, width), func(t *testing.T) {
				t.Parallel()
				s := newSite(t, "", func(c *cardea.Config) {
					required := func(context.Context, *cardea.User) bool { return true }
					factors := factor.New(factor.Options{RequiredFor: required, Remember: time.Hour})
					c.Features = append(c.Features, factors, account.New(account.Options{}))
				})
				w := browser.newProfile(t).open(t, s.URL+"/api/auth/signin?callbackUrl=/done")
				w.look(t, scheme, width)
				w.allowScript(t, false)
				keyboard{w, s, axe, width}.signInWithRequiredFactor(t)
			})
		}
	}
}

// keyboard is a visitor who has no pointer.
type keyboard struct {
	*tab
	site  *site
	axe   string
	width int
}

func (k keyboard) signInWithRequiredFactor(t *testing.T) {
	k.chooseProvider(t)
	k.check(t, "factor/required", "svg path")
	phone := k.shownApp(t)
	k.enter(t, "[name=code]", "000000")
	k.check(t, "factor/required", "[role=alert]")
	k.enter(t, "[name=code]", phone.code(t, 0))
	k.check(t, "factor/recovery-codes", "ul.codes li:nth-child(8)")
	k.press(t, "a[href$='/done']")
	k.waitForPage(t, k.site.URL+"/done", "#root")
	k.wantJSON(t, "document.querySelector('#root').childElementCount", "0") // its script has not run

	k.goTo(t, k.site.URL+"/api/auth/account")
	k.check(t, "account", "#second-factor [action$='/factor/remove']")
	k.press(t, "[action$='/factor/remove'] button")
	k.check(t, "factor/remove", "[role=alert]")
	k.goTo(t, k.site.URL+"/api/auth/account")
	k.press(t, "[action$='/factor/start'] button")
	k.check(t, "factor/enrol", "svg path")
	tablet := k.shownApp(t)
	k.moveTo(t, "[name=name]")
	k.command(t, "Input.insertText", map[string]any{"text": "A tablet whose name is longer than the page is wide"})
	k.enter(t, "[name=code]", tablet.code(t, 0))
	k.waitForPage(t, k.site.URL+"/api/auth/account?success=factor_added#second-factor", "h1")
	k.goTo(t, k.site.URL+"/api/auth/account") // with the fragment, the tab key begins at the section
	k.check(t, "account", "[action$='/factor/remove'] ~ [action$='/factor/remove']")
	k.press(t, "[action$='/factor/recovery-codes'] button")
	k.check(t, "factor/recovery-codes", "ul.codes li:nth-child(8)")
	k.press(t, "a[href$='#second-factor']")
	k.waitForPage(t, k.site.URL+"/api/auth/account?success=recovery_codes_made#second-factor", "h1")

	k.goTo(t, k.site.URL+"/api/auth/signout?callbackUrl=/api/auth/signin%3FcallbackUrl%3D/done")
	k.press(t, "form button")
	k.chooseProvider(t)
	k.check(t, "factor/challenge", "[name=remember]")
	k.wantJSON(t, "document.querySelector('[name=remember]').getBoundingClientRect().width", "20") // a box, not a line
	k.enter(t, "[name=code]", "000000")
	k.check(t, "factor/challenge", "[role=alert]")
	k.press(t, "a[href$='/factor/recovery']")
	k.check(t, "factor/recovery", "[name=code]")
	k.enter(t, "[name=code]", "000000")
	k.check(t, "factor/recovery", "[role=alert]")
	k.press(t, "a[href$='/factor/challenge']")
	k.waitForPage(t, k.site.challenge(), "[name=remember]")
	k.moveTo(t, "[name=remember]")
	k.key(t, " ")
	k.wantJSON(t, "document.querySelector('[name=remember]').checked", "true")
	k.enter(t, "[name=code]", tablet.next(t))
	k.waitForPage(t, k.site.URL+"/done", "#root")

	k.goTo(t, k.site.URL+"/api/auth/signout?callbackUrl=/api/auth/signin%3FcallbackUrl%3D/done")
	k.press(t, "form button")
	k.chooseProvider(t)
	k.waitForPage(t, k.site.URL+"/done", "#root") // the device is remembered
	k.goTo(t, k.site.URL+"/api/auth/factor/confirm")
	k.check(t, "factor/confirm", "[name=code]")
	k.enter(t, "[name=code]", "000000")
	k.check(t, "factor/confirm", "[role=alert]")
}

// chooseProvider signs in at the identity provider, from the sign-in page.
func (k keyboard) chooseProvider(t *testing.T) {
	t.Helper()
	k.waitForPage(t, k.site.URL+"/api/auth/signin", "[action$='/signin/idp'] button")
	k.press(t, "[action$='/signin/idp'] button")
	k.waitForPage(t, k.site.issuer.URL+"/authorize", "li button")
	k.press(t, "li button")
}

// check waits for a page of the site and checks it.
func (k keyboard) check(t *testing.T, path, selector string) {
	t.Helper()
	k.waitForPage(t, k.site.URL+"/api/auth/"+path, selector)
	k.allowScript(t, true) // axe-core waits by timers
	k.eval(t, k.axe, nil)
	k.wantJSON(t, findings, "[]")
	k.allowScript(t, false)
	k.wantJSON(t, fmt.Sprintf("document.documentElement.scrollWidth <= %d", k.width), "true")
	k.checkTabKey(t)
	k.checkConsole(t)
}

// allowScript says whether pages may run scripts.
func (w *tab) allowScript(t *testing.T, allow bool) {
	t.Helper()
	w.command(t, "Emulation.setScriptExecutionDisabled", map[string]any{"value": !allow})
}

// moveTo presses the tab key until an element has the focus.
func (k keyboard) moveTo(t *testing.T, selector string) {
	t.Helper()
	k.waitUntil(t, fmt.Sprintf("document.readyState === 'complete' && document.querySelector(%q)", selector))
	k.command(t, "Page.bringToFront", nil)
	k.eval(t, "document.activeElement.blur()", nil)
	for range 100 {
		k.key(t, "Tab")
		var there bool
		k.eval(t, fmt.Sprintf("document.activeElement === document.querySelector(%q)", selector), &there)
		if there {
			return
		}
	}
	t.Fatalf("the tab key does not reach %s", selector)
}

// press moves to a button or a link, and presses Enter.
func (k keyboard) press(t *testing.T, selector string) {
	t.Helper()
	k.moveTo(t, selector)
	k.key(t, "Enter")
}

// enter moves to an input, types, and presses Enter.
func (k keyboard) enter(t *testing.T, selector, text string) {
	t.Helper()
	k.moveTo(t, selector)
	k.command(t, "Input.insertText", map[string]any{"text": text})
	k.eval(t, "(document.documentElement.dataset.sent = true)", nil)
	k.key(t, "Enter")
	k.waitUntil(t, "!document.documentElement.dataset.sent")
}

// secondFactor signs people in who have an app. After the first proof, whatever it is, the client
// has the URL of the challenge and no session; after the code it has the session. r is a copy,
// because the site is another one.
func (r run) secondFactor(t *testing.T) {
	feature := passwords.New(passwords.Options{
		From: "Example <no-reply@example.com>", Sender: &cardeatest.Mailbox{},
	})
	r.site = r.newSite(t, func(c *cardea.Config) {
		c.Providers = append(c.Providers, feature)
		c.Features = append(c.Features, factor.New(factor.Options{}), account.New(account.Options{}))
	})
	if err := feature.Set(t.Context(), "bob", password); err != nil {
		t.Fatal(err)
	}
	b := cardeatest.NewBrowser(t, r.site.URL)
	b.Post("/callback/password", url.Values{"email": {"bob@example.com"}, "password": {password}})
	bob := enrol(t, b)
	t.Run("a password, redirect: false", func(t *testing.T) {
		p, w := r.openSignedOut(t, "/door")
		w.wantJSON(t, `client.signIn("password", { email: "bob@example.com", password: "`+password+
			`", redirect: false, callbackUrl: "/inside?a=b&c=%26#d" }).then(a => window.answer = a)`+asList,
			`[true,200,null,null,"`+r.site.challenge()+`"]`)
		w.wantJSON(t, "client.getSession()", "null")
		w.wantJSON(t, "window.seen", `["loading","unauthenticated"]`)
		r.checkConsole(t, w)
		w.evalAndLeave(t, "(location.href = answer.url)") // as an application does
		w.waitForPage(t, r.site.challenge(), "[name=code]")
		held := r.open(t, p, "/held", "unauthenticated")
		r.checkConsole(t, held)
		w.enterCode(t, "000000")
		w.waitForPage(t, r.site.challenge(), "[role=alert]")
		w.enterCode(t, bob.next(t))
		r.wantInside(t, w, "Bob")
		held.wantJSON(t, "client.getSession().then(s => s.user.name)", `"Bob"`)
		held.checkConsole(t)
	})
	t.Run("a password, redirect: true, and a recovery code", func(t *testing.T) {
		w := r.openDoor(t)
		w.evalAndLeave(t, `client.signIn("password", { email: "bob@example.com", password: "`+password+
			`", callbackUrl: "/inside?a=b&c=%26#d" })`)
		w.waitForPage(t, r.site.challenge(), "[name=code]")
		w.click(t, "a[href$='/factor/recovery']")
		w.waitForPage(t, r.site.URL+"/api/auth/factor/recovery", "[name=code]")
		w.enterCode(t, bob.recovery[0])
		r.wantInside(t, w, "Bob")
	})
	t.Run("credentials", func(t *testing.T) {
		w := r.openDoor(t)
		w.evalAndLeave(t, `client.signIn("credentials", { username: "bob", password: "`+password+
			`", callbackUrl: "/inside?a=b&c=%26#d" })`)
		w.waitForPage(t, r.site.challenge(), "[name=code]")
		w.goTo(t, r.site.URL+"/api/auth/factor/recovery")
		w.enterCode(t, bob.recovery[1])
		r.wantInside(t, w, "Bob")
	})
	t.Run("a provider", func(t *testing.T) {
		b := cardeatest.NewBrowser(t, r.site.URL)
		r.site.signInAtIssuer(t, b)
		ann := enrol(t, b)
		w := r.openDoor(t)
		w.evalAndLeave(t, `client.signIn("idp", { callbackUrl: "/inside?a=b&c=%26#d" })`)
		w.waitForPage(t, r.site.issuer.URL+"/authorize", "li button")
		w.click(t, "li button")
		w.waitForPage(t, r.site.challenge(), "[name=code]")
		w.enterCode(t, ann.next(t))
		r.wantInside(t, w, "Ann Example")
	})
	t.Run("the link of a mail", func(t *testing.T) {
		const address = "link@example.com"
		b := cardeatest.NewBrowser(t, r.site.URL)
		r.site.signInByMail(t, b, address)
		tim := enrol(t, b)
		_, w := r.openSignedOut(t, "/door")
		r.requestMail(t, w, address)
		r.checkConsole(t, w)
		w.goTo(t, r.site.mails.Last(t, address, "Sign in").Link)
		w.waitForPage(t, r.site.challenge(), "[name=code]")
		w.enterCode(t, tim.next(t))
		w.waitForPage(t, r.site.URL+"/inside", "#root h1")
		w.waitForText(t, "authenticated as "+address)
		w.checkConsole(t)
	})
	t.Run("the code of a mail", func(t *testing.T) {
		const address = "code@example.com"
		b := cardeatest.NewBrowser(t, r.site.URL)
		r.site.signInByMail(t, b, address)
		tom := enrol(t, b)
		_, w := r.openSignedOut(t, "/door")
		page := r.requestMail(t, w, address)
		r.checkConsole(t, w)
		w.goTo(t, page)
		w.enterCode(t, r.site.mails.Last(t, address, "Sign in").Code)
		w.waitForPage(t, r.site.challenge(), "[name=code]")
		w.enterCode(t, tom.next(t))
		w.waitForPage(t, r.site.URL+"/inside", "#root h1")
		w.waitForText(t, "authenticated as "+address)
		w.checkConsole(t)
	})
}

// openDoor opens a page of the application in a new profile, and is done with its console.
func (r *run) openDoor(t *testing.T) *tab {
	t.Helper()
	_, w := r.openSignedOut(t, "/door")
	r.checkConsole(t, w)
	return w
}

// wantInside waits until the visitor is where the sign-in was to end, with a session.
func (r *run) wantInside(t *testing.T, w *tab, name string) {
	t.Helper()
	w.waitForPage(t, r.site.URL+"/inside?a=b&c=%26#d", "#root h1")
	w.waitForText(t, "authenticated as "+name)
	w.wantJSON(t, "window.seen", `["loading","authenticated as `+name+`"]`)
	w.checkConsole(t)
}

// challenge is the URL of the page that asks for the second factor.
func (s *site) challenge() string { return s.URL + "/api/auth/factor/challenge" }
