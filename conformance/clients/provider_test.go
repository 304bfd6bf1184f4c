package clients

import (
	"testing"

	"github.com/cardea-auth/cardea"
)

func (r *run) provider(t *testing.T) {
	_, w := r.openSignedOut(t, "")
	r.checkConsole(t, w)
	w.evalAndLeave(t, `client.signIn("idp", { callbackUrl: "/inside?a=b&c=%26#d" })`)
	w.waitForPage(t, r.site.issuer.URL+"/authorize", "li button")
	w.click(t, "li button")
	w.waitForPage(t, r.site.URL+"/inside?a=b&c=%26#d", "#root h1")
	w.waitForText(t, "authenticated as Ann Example")
	w.wantJSON(t, "window.seen", `["loading","authenticated as Ann Example"]`)
	w.wantJSON(t, "window.session.data.user", `{"email":"ann@example.com","image":null,"name":"Ann Example"}`)
	w.checkConsole(t)
}

func (r *run) cancelled(t *testing.T) {
	_, w := r.openSignedOut(t, "")
	r.checkConsole(t, w)
	w.evalAndLeave(t, `client.signIn("idp", { callbackUrl: "/inside" })`)
	w.waitForPage(t, r.site.issuer.URL+"/authorize", "button.back")
	w.click(t, "button.back")
	code := "OAuthCallbackError"
	if r.protocol == cardea.ProtocolV4 {
		code = "Callback"
	}
	w.waitForPage(t, r.site.URL+"/api/auth/signin?error="+code, "[role=status]")
	w.checkConsole(t)
	w.goTo(t, r.site.URL)
	w.waitForText(t, "unauthenticated")
	r.checkConsole(t, w)
}

// denied signs in somebody whom the identity provider knows and the application does not admit.
func (r *run) denied(t *testing.T) {
	_, w := r.openSignedOut(t, "")
	r.checkConsole(t, w)
	w.evalAndLeave(t, `client.signIn("idp", { callbackUrl: "/inside" })`)
	w.waitForPage(t, r.site.issuer.URL+"/authorize", "[name=email]")
	w.write(t, "[name=email]", deniedEmail)
	w.click(t, "button.go")
	w.waitForPage(t, r.site.URL+"/api/auth/error?error=AccessDenied", "[role=alert]")
	w.checkConsole(t, "status of 403") // of the page itself
}
