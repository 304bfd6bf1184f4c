package clients

import (
	"fmt"
	"testing"
)

// requestMail asks for a mail and returns the URL of the page that says so.
func (r *run) requestMail(t *testing.T, w *tab, address string) string {
	t.Helper()
	page := r.site.URL + "/api/auth/verify-request?provider=email&type=email"
	w.wantJSON(t, `client.signIn("email", { email: "`+address+`", redirect: false, callbackUrl: "/inside" })`+asList,
		`[true,200,null,null,"`+page+`"]`)
	return page
}

// link opens the link of the mail in a new tab. The first tab notices the sign-in.
func (r *run) link(t *testing.T) {
	p, w := r.openSignedOut(t, "")
	r.requestMail(t, w, "link@example.com")
	w.nextMessage(t)
	fromMail := p.open(t, r.site.mails.Last(t, "link@example.com").Link)
	fromMail.waitForPage(t, r.site.URL+"/inside", "#root h1")
	fromMail.waitForText(t, "authenticated as link@example.com")
	w.waitForText(t, "authenticated as link@example.com")
	fromMail.checkConsole(t)
	r.checkConsole(t, w)
}

func (r *run) linkElsewhere(t *testing.T) {
	_, w := r.openSignedOut(t, "")
	r.requestMail(t, w, "elsewhere@example.com")
	other := r.browser.newProfile(t).open(t, r.site.mails.Last(t, "elsewhere@example.com").Link)
	other.waitForPage(t, r.site.URL+"/api/auth/callback/email?", "form button")
	other.wantJSON(t, "document.querySelector('h1').innerText", `"Sign in?"`)
	other.wantJSON(t, "document.body.innerText.includes('elsewhere@example.com')", "true")
	other.click(t, "form button")
	other.waitForPage(t, r.site.URL+"/inside", "#root h1")
	other.waitForText(t, "authenticated as elsewhere@example.com")
	other.checkConsole(t)
	w.wantJSON(t, "client.getSession()", "null")
	r.checkConsole(t, w)
}

func (r *run) code(t *testing.T) {
	_, w := r.openSignedOut(t, "")
	page := r.requestMail(t, w, "code@example.com")
	r.checkConsole(t, w)
	w.goTo(t, page)
	right := r.site.mails.Last(t, "code@example.com").Code
	wrong := "000000"
	if right == wrong {
		wrong = "000001"
	}
	w.write(t, "[name=code]", wrong)
	w.click(t, "form:has([name=code]) button")
	w.waitForPage(t, r.site.URL+"/api/auth/verify-request?error=WrongCode", "[role=alert]")
	w.write(t, "[name=code]", right)
	w.click(t, "form:has([name=code]) button")
	w.waitForPage(t, r.site.URL+"/inside", "#root h1")
	w.waitForText(t, "authenticated as code@example.com")
	w.checkConsole(t)
}

func (r *run) mailNotSent(t *testing.T) {
	_, w := r.openSignedOut(t, "")
	for address, code := range map[string]string{"no address": "EmailSignin", deniedEmail: "AccessDenied"} {
		w.wantJSON(t, fmt.Sprintf(`client.signIn("email", { email: %q, redirect: false })`, address)+asList,
			fmt.Sprintf(`[true,200,%q,null,null]`, code))
	}
	w.wantJSON(t, "window.seen", `["loading","unauthenticated"]`)
	r.checkConsole(t, w)
}
