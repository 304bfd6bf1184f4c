package clients

import (
	"testing"

	"github.com/cardea-auth/cardea"
)

func (r *run) provider(t *testing.T) {
	_, w := r.arrive(t, "")
	r.quiet(t, w)
	w.leave(t, `client.signIn("idp", { callbackUrl: "/inside?a=b&c=%26#d" })`)
	w.arrives(t, r.site.issuer.URL+"/authorize", "li button")
	w.click(t, "li button")
	w.arrives(t, r.site.URL+"/inside?a=b&c=%26#d", "#root h1")
	w.shows(t, "authenticated as Ann Example")
	w.is(t, "window.seen", `["loading","authenticated as Ann Example"]`)
	w.is(t, "window.session.data.user", `{"email":"ann@example.com","image":null,"name":"Ann Example"}`)
	w.quiet(t)
}

func (r *run) cancelled(t *testing.T) {
	_, w := r.arrive(t, "")
	r.quiet(t, w)
	w.leave(t, `client.signIn("idp", { callbackUrl: "/inside" })`)
	w.arrives(t, r.site.issuer.URL+"/authorize", "button.back")
	w.click(t, "button.back")
	code := map[cardea.Protocol]string{cardea.ProtocolV5: "OAuthCallbackError", cardea.ProtocolV4: "Callback"}[r.protocol]
	w.arrives(t, r.site.URL+"/api/auth/signin?error="+code, "[role=alert]")
	w.quiet(t)
	w.goTo(t, r.site.URL)
	w.shows(t, "unauthenticated")
	r.quiet(t, w)
}

// denied is known to the identity provider, and not welcome.
func (r *run) denied(t *testing.T) {
	_, w := r.arrive(t, "")
	r.quiet(t, w)
	w.leave(t, `client.signIn("idp", { callbackUrl: "/inside" })`)
	w.arrives(t, r.site.issuer.URL+"/authorize", "[name=email]")
	w.write(t, "[name=email]", unwelcome)
	w.click(t, "button.go")
	w.arrives(t, r.site.URL+"/api/auth/error?error=AccessDenied", "[role=alert]")
	w.quiet(t, "status of 403") // of the page itself
}
