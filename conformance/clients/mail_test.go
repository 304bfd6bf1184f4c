package clients

import (
	"fmt"
	"testing"
)

// asks asks for a mail and returns the page that waits for it.
func (r *run) asks(t *testing.T, w *tab, address string) string {
	t.Helper()
	page := r.site.URL + "/api/auth/verify-request?provider=email&type=email"
	w.is(t, `client.signIn("email", { email: "`+address+`", redirect: false, callbackUrl: "/inside" })`+answered,
		`[true,200,null,null,"`+page+`"]`)
	return page
}

// link opens the mail's link in a new tab, which the first one follows.
func (r *run) link(t *testing.T) {
	p, w := r.arrive(t, "")
	r.asks(t, w, "link@example.com")
	w.nextMessage(t)
	fromMail := p.open(t, r.site.mails.Last(t, "link@example.com").Link)
	fromMail.arrives(t, r.site.URL+"/inside", "#root h1")
	fromMail.shows(t, "authenticated as link@example.com")
	w.shows(t, "authenticated as link@example.com")
	fromMail.quiet(t)
	r.quiet(t, w)
}

func (r *run) linkElsewhere(t *testing.T) {
	_, w := r.arrive(t, "")
	r.asks(t, w, "elsewhere@example.com")
	other := r.browser.newProfile(t).open(t, r.site.mails.Last(t, "elsewhere@example.com").Link)
	other.arrives(t, r.site.URL+"/api/auth/callback/email?", "form button")
	other.is(t, "document.querySelector('h1').innerText", `"Sign in?"`)
	other.is(t, "document.body.innerText.includes('elsewhere@example.com')", "true")
	other.click(t, "form button")
	other.arrives(t, r.site.URL+"/inside", "#root h1")
	other.shows(t, "authenticated as elsewhere@example.com")
	other.quiet(t)
	w.is(t, "client.getSession()", "null")
	r.quiet(t, w)
}

func (r *run) code(t *testing.T) {
	_, w := r.arrive(t, "")
	page := r.asks(t, w, "code@example.com")
	r.quiet(t, w)
	w.goTo(t, page)
	right := r.site.mails.Last(t, "code@example.com").Code
	wrong := "000000"
	if right == wrong {
		wrong = "000001"
	}
	w.write(t, "[name=code]", wrong)
	w.click(t, "form:has([name=code]) button")
	w.arrives(t, r.site.URL+"/api/auth/verify-request?error=WrongCode", "[role=alert]")
	w.write(t, "[name=code]", right)
	w.click(t, "form:has([name=code]) button")
	w.arrives(t, r.site.URL+"/inside", "#root h1")
	w.shows(t, "authenticated as code@example.com")
	w.quiet(t)
}

func (r *run) unsent(t *testing.T) {
	_, w := r.arrive(t, "")
	for address, code := range map[string]string{"no address": "EmailSignin", unwelcome: "AccessDenied"} {
		w.is(t, fmt.Sprintf(`client.signIn("email", { email: %q, redirect: false })`, address)+answered,
			fmt.Sprintf(`[true,200,%q,null,null]`, code))
	}
	w.is(t, "window.seen", `["loading","unauthenticated"]`)
	r.quiet(t, w)
}
