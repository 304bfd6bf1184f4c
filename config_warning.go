package cardea

import (
	"fmt"
	"net/url"

	"github.com/cardea-auth/cardea/internal/redirect"
)

// warnOfSettings says in the log which settings New accepts although they will probably not do what
// they are for. Whether they do depends on what New does not know, such as the network.
func warnOfSettings(c *Config, o origins) {
	w := settingWarnings{c, o}
	w.ofSecret()
	w.ofPlainHTTP()
	w.ofOtherSites()
	w.ofPages()
}

// settingWarnings are the warnings about a valid configuration.
type settingWarnings struct {
	config  *Config
	origins origins
}

func (w settingWarnings) add(field, format string, args ...any) {
	w.config.Logger.Warn("cardea: a setting will probably not work", "setting", "Config."+field,
		"cause", fmt.Sprintf(format, args...))
}

// minDistinct is how many different bytes a secret should have at least. Random bytes have more, as
// hexadecimal digits too.
const minDistinct = 8

// ofSecret warns of a secret that was typed and not made.
func (w settingWarnings) ofSecret() {
	distinct := map[byte]bool{}
	for i := range len(w.config.Secret) {
		distinct[w.config.Secret[i]] = true
	}
	if len(distinct) < minDistinct {
		w.add("Secret", "has only %d different characters, so it can be guessed, and with it every session; "+
			makeSecret, len(distinct))
	}
}

// ofPlainHTTP warns of a site on http that strangers can reach.
func (w settingWarnings) ofPlainHTTP() {
	site := w.origins.fixed
	if site != nil && site.Scheme == "http" && !redirect.IsPrivateHost(site.Hostname()) {
		w.add("BaseURL", "is %s, so everybody between a browser and the site can take over sessions, and a form of "+
			"the https site gets MissingCSRF; use the URL of browsers, with https, if a proxy ends TLS too", site)
	}
}

// ofOtherSites warns of front ends to which browsers send no cookie of this site: all of them are
// SameSite=Lax.
func (w settingWarnings) ofOtherSites() {
	if w.origins.fixed == nil {
		return
	}
	for i, raw := range w.config.TrustedOrigins {
		if p, err := redirect.ParseOrigin(raw); err == nil && p.IsOtherSite(w.origins.fixed) {
			w.add(fmt.Sprintf("TrustedOrigins[%d]", i), "%s is another site than %s, so its scripts get no session; "+
				"put both under one domain with one scheme, or leave it if only callback URLs lead there",
				raw, w.origins.fixed)
		}
	}
}

// ofPages warns of pages whose forms would not count as those of this site.
func (w settingWarnings) ofPages() {
	for _, p := range w.config.Pages.list() {
		u, err := url.Parse(p.value)
		if err == nil && u.IsAbs() && !w.origins.isSite(u) && !w.origins.trustsOrigin(u) {
			w.add("Pages."+p.field, "%s is not on the origin of this site: its forms get MissingCSRF, and it cannot "+
				"read the session; use a path, or add the origin to Config.TrustedOrigins", p.value)
		}
	}
}

// isSite reports whether a URL can be one of this site.
func (o origins) isSite(u *url.URL) bool {
	if o.fixed != nil {
		return redirect.SameOrigin(o.fixed, u)
	}
	return o.trustsHost(u.Scheme, canonicalHost(u.Scheme, u.Host))
}

// ownPage is a field of Pages with its value.
type ownPage struct{ field, builtIn, value string }

// list returns all pages. A built-in page is at a path below Config.BasePath; NewUser has none.
func (p Pages) list() []ownPage {
	return []ownPage{
		{"SignIn", "/signin", p.SignIn}, {"SignOut", "/signout", p.SignOut}, {"Error", "/error", p.Error},
		{"VerifyRequest", "/verify-request", p.VerifyRequest}, {"NewUser", "", p.NewUser},
		{"Account", "/" + accountPath, p.Account}, {"Confirm", "/confirm", p.Confirm},
	}
}
