package cardea

import (
	"cmp"
	"fmt"
	"time"

	"github.com/cardea-auth/cardea/internal/redirect"
	"github.com/cardea-auth/cardea/ratelimit"
)

// sender checks who has sent a request.
type sender struct{ *exchange }

// check returns a failure unless a page of this site, or of one of Config.TrustedOrigins, sent the
// request: it repeats the CSRF token of the browser's cookie and, as far as the browser says, comes
// from such an origin. The token alone is not enough where a sibling domain can set cookies; the
// origin alone is not enough where a browser sends none.
func (e sender) check() error {
	if fault := cmp.Or(e.cookieFault(), e.tokenFault(), e.originFault()); fault != "" {
		return fail(CodeMissingCSRF, "POST %s: %s%s", e.route.action, fault, frontEndFault(e))
	}
	return nil
}

// frontEndFault says why a script of one of Config.TrustedOrigins may have sent no cookie or an old
// token, "" if the request is of none.
func frontEndFault(e sender) string {
	got := redirect.HeaderOrigin(e.r.Header.Get("Origin"))
	if got == nil || got.String() == e.origin.String() || !e.auth.origins.trustsOrigin(got) {
		return ""
	}
	if p, err := redirect.ParseOrigin(got.String()); err == nil && p.IsOtherSite(e.origin) {
		return fmt.Sprintf("; the script is of %s, which is another site than %s, so the browser sends no cookies "+
			"with its requests (SameSite): see docs/origins.md", got, e.origin)
	}
	return fmt.Sprintf("; a script of another origin, such as %s, must send both GET %s and the form with "+
		"credentials: \"include\"", got, e.auth.config.BasePath+"/csrf")
}

// cookieFault says what is wrong with the cookie of the CSRF token, "" if nothing is.
func (e sender) cookieFault() string {
	if e.csrfKnown {
		return ""
	}
	name, other := e.names.CSRF, e.auth.httpCookies.CSRF
	if e.names == &e.auth.httpCookies {
		other = e.auth.httpsCookies.CSRF
	}
	switch {
	case e.jar.Get(name) != "":
		return fmt.Sprintf("the cookie %s was not made with Config.Secret or one of Config.PreviousSecrets", name)
	case e.jar.Get(other) != "":
		return fmt.Sprintf("got the cookie %s, want %s, because the request counts as %s; if browsers use another "+
			"scheme, set Config.BaseURL or, behind a proxy, Config.TrustedProxies", other, name, e.origin.Scheme)
	}
	return fmt.Sprintf("got no cookie %s; the browser keeps no cookies, or the client did not send back that of GET %s",
		name, e.auth.config.BasePath+"/csrf")
}

// tokenFault says what is wrong with the CSRF token of the form, "" if nothing is. It never
// contains a token.
func (e sender) tokenFault() string {
	token := e.form["csrfToken"]
	switch {
	case equalSecrets(token, e.csrfToken):
		return ""
	case e.form == nil:
		return fmt.Sprintf("got a body of the Content-Type %q, want application/x-www-form-urlencoded or "+
			"application/json with a member csrfToken", truncate(e.r.Header.Get("Content-Type"), 100))
	case token == "":
		return fmt.Sprintf("got no csrfToken in the body, want that of GET %s", e.auth.config.BasePath+"/csrf")
	}
	return fmt.Sprintf("the csrfToken is not that of the cookie %s; the page is older than the last sign-in or "+
		"sign-out of this browser, or a cache has kept it", e.names.CSRF)
}

// sameOrigin reports whether the request comes from this site, or from one of
// Config.TrustedOrigins, as far as the browser says.
func (e sender) sameOrigin() bool { return e.originFault() == "" }

// originFault says what is wrong with the headers by which a browser says where a request comes
// from, "" if nothing is.
//
// A form of a page with the Referrer-Policy no-referrer has Origin: null (Fetch Standard, "append a
// request Origin header"), and so have those of sandboxed frames. Sec-Fetch-Site tells them apart:
// no page can set it, and to a sandboxed frame every site is another.
func (e sender) originFault() string {
	got, want, site := e.r.Header.Get("Origin"), e.origin.String(), e.r.Header.Get("Sec-Fetch-Site")
	switch {
	case got == "null" && site == "same-origin":
		return ""
	case e.auth.origins.trustsOrigin(redirect.HeaderOrigin(got)): // no page can write it
		return ""
	case got == "null":
		return fmt.Sprintf("the header Origin is null and Sec-Fetch-Site is %q, want %s or same-origin; the page of "+
			"the form needs another Referrer-Policy than no-referrer, or is in a sandboxed frame", truncate(site, 20),
			want)
	case got != "" && got != want:
		return fmt.Sprintf("the header Origin is %q, want %s; if browsers use the former, set Config.BaseURL or, "+
			"behind a proxy, Config.TrustedProxies and Config.TrustedHosts; if it is a front end of its own, add "+
			"it to Config.TrustedOrigins", truncate(got, 100), want)
	case e.checkCrossOrigin() != nil:
		return fmt.Sprintf("the header Sec-Fetch-Site is %q, want same-origin: a page of another site sent the form",
			truncate(site, 20))
	}
	return ""
}

// unreadLimit is how often it is logged that a browser cannot read an answer: any site can cause
// it.
var unreadLimit = ratelimit.Rate{Count: 1, Within: time.Hour}

// warnOfUnread logs that a script of another origin cannot read the session or the CSRF token,
// which the browser tells nobody but the developer of the front end.
func (e sender) warnOfUnread() {
	got := redirect.HeaderOrigin(e.r.Header.Get("Origin"))
	if got == nil || got.String() == e.origin.String() || e.auth.origins.trustsOrigin(got) ||
		!e.auth.counter.mayLog("unread", unreadLimit, e.now) {
		return
	}
	e.auth.log.WarnContext(e.r.Context(), "cardea: a browser cannot read the answer",
		"origin", truncate(got.String(), 100), aboutRequest(e.auth, e.r), "cause", "a script of this origin has "+
			"asked; if it is a front end of this site, add the origin to Config.TrustedOrigins")
}

// checkCrossOrigin is the check of net/http, for the origin of this site: the Host header is
// another behind a proxy, or if it has the default port of the scheme.
func (e sender) checkCrossOrigin() error {
	r := e.r
	if r.Host != e.origin.Host {
		clone := *r
		clone.Host = e.origin.Host
		r = &clone
	}
	return e.auth.crossOrigin.Check(r)
}
