package cardea

import (
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/internal/configerr"
	"github.com/cardea-auth/cardea/internal/cookie"
	"github.com/cardea-auth/cardea/internal/redirect"
)

const minSecret = 32 // bytes

// makeSecret is the fix for a missing or short secret.
const makeSecret = "make one with: go run github.com/cardea-auth/cardea/cmd/cardea secret"

// validate reports everything that is wrong, not just the first fault. c has its defaults.
func (c Config) validate() error {
	faults := configerr.New("cardea: Config.")
	c.validateSecrets(faults)
	c.validateOrigin(faults)
	c.validateProtocol(faults)
	c.validateSession(faults)
	c.validateCookies(faults)
	c.validateHooks(faults)
	c.validatePages(faults)
	c.validateProviders(faults)
	validateLimits(c.Limits, faults)
	if _, err := c.Languages.Set(); err != nil {
		faults.AddEach("Languages", err)
	}
	return faults.Err()
}

func (c Config) validateSecrets(faults *configerr.List) {
	switch n := len(c.Secret); {
	case n == 0:
		faults.Add("Secret", "missing; "+makeSecret)
	case n < minSecret:
		faults.Add("Secret", "want %d bytes or more, have %d; "+makeSecret, minSecret, n)
	}
	for i, s := range c.PreviousSecrets {
		if len(s) < minSecret {
			faults.Add(fmt.Sprintf("PreviousSecrets[%d]", i), "want %d bytes or more, have %d", minSecret, len(s))
		}
	}
}

func (c Config) validateOrigin(faults *configerr.List) {
	if c.BaseURL != "" {
		if _, err := parseOrigin(c.BaseURL); err != nil {
			faults.Add("BaseURL", "%v", err)
		}
		if len(c.TrustedHosts) > 0 {
			faults.Add("TrustedHosts", "has no effect if BaseURL is set; set only one of the two")
		}
	}
	for i, h := range c.TrustedHosts {
		if _, err := redirect.ParseHost(h); err != nil {
			faults.Add(fmt.Sprintf("TrustedHosts[%d]", i),
				"want a host such as example.com or example.com:8443, have %q: %v", h, err)
		}
	}
	for i, raw := range c.TrustedOrigins {
		field := fmt.Sprintf("TrustedOrigins[%d]", i)
		switch p, err := redirect.ParseOrigin(raw); {
		case err != nil:
			faults.Add(field, "want an origin such as https://app.example.com or https://*.preview.example.com, "+
				"have %q: %v", raw, err)
		case p.Insecure() && strings.HasPrefix(c.BaseURL, "https:"):
			faults.Add(field, "have %q, with which anybody on the network can reach this site; use https", raw)
		}
	}
}

func (c Config) validateProtocol(faults *configerr.List) {
	if c.Protocol != ProtocolV5 && c.Protocol != ProtocolV4 {
		faults.Add("Protocol", "want ProtocolV5 or ProtocolV4, have %d", c.Protocol)
	}
	if !basePathPattern.MatchString(c.BasePath) {
		faults.Add("BasePath", "want a path such as %s, with a leading and no trailing slash, have %q",
			defaultBasePath, c.BasePath)
	}
}

var (
	basePathPattern   = regexp.MustCompile(`^(/[A-Za-z0-9._~-]+)+$`)
	providerIDPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)

	// cookiePrefixPattern does not match __Host- and __Secure-, which are added on https only.
	cookiePrefixPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*$`)
)

const maxCookiePrefix = 64 // bytes

func (c Config) validateSession(faults *configerr.List) {
	s := c.Session
	switch s.Strategy {
	case StrategyJWT:
	case StrategyDatabase:
		if _, ok := feature.StoreOf[SessionStore](c.Adapter); !ok {
			faults.Add("Session.Strategy", "database needs an Adapter that is a SessionStore; have %T", c.Adapter)
		}
	default:
		faults.Add("Session.Strategy", "want %q or %q, have %q", StrategyDatabase, StrategyJWT, s.Strategy)
	}
	if s.MaxAge < time.Second {
		faults.Add("Session.MaxAge", "want a second or more, have %v", s.MaxAge)
	}
	if 0 < s.Lifetime && s.Lifetime < time.Second {
		faults.Add("Session.Lifetime", "want a second or more, or -1 for no limit, have %v", s.Lifetime)
	}
	if s.UpdateAge < 0 || s.UpdateAge > s.MaxAge {
		faults.Add("Session.UpdateAge", "want between 0 and MaxAge (%v), have %v", s.MaxAge, s.UpdateAge)
	}
	if !slices.Contains([]string{recordFull, recordNetwork, recordNone}, s.RecordIP) {
		faults.Add("Session.RecordIP", "want %q, %q or %q, have %q", recordFull, recordNetwork, recordNone, s.RecordIP)
	}
	_, hasTokens := feature.StoreOf[TokenStore](c.Adapter)
	if s.ShareSignOuts && s.Strategy == StrategyJWT && !hasTokens {
		faults.Add("Session.ShareSignOuts", "needs an Adapter that is a TokenStore; have %T", c.Adapter)
	}
}

func (c Config) validateCookies(faults *configerr.List) {
	if p := c.CookiePrefix; p != "" && (len(p) > maxCookiePrefix || !cookiePrefixPattern.MatchString(p)) {
		faults.Add("CookiePrefix", "want at most 64 letters, digits, - and _, and no _ or - at the start, have %q", p)
	}
	domain := c.Session.CookieDomain
	if domain == "" {
		return
	}
	if !cookie.ValidDomain(domain) {
		faults.Add("Session.CookieDomain", "want a domain in lower case such as example.com, have %q", domain)
		return
	}
	if redirect.IsPublicDomain(domain) {
		faults.Add("Session.CookieDomain", "browsers accept no cookie for %s, where anybody can have a name; use a "+
			"domain of your own, or leave it empty", domain)
		return
	}
	hosts := c.TrustedHosts
	if c.BaseURL != "" {
		hosts = []string{c.BaseURL}
	}
	if len(hosts) == 0 {
		faults.Add("Session.CookieDomain", "needs BaseURL or TrustedHosts; localhost has no subdomains")
	}
	for _, h := range hosts {
		if !within(h, domain) {
			faults.Add("Session.CookieDomain", "browsers accept no cookie for %s from %s, which is not in that domain",
				domain, h)
		}
	}
}

// within reports whether a host, or the host of an origin, is a domain or one of its subdomains.
func within(host, domain string) bool {
	if !strings.Contains(host, "://") {
		host = "https://" + host
	}
	u, err := url.Parse(host)
	return err == nil && strings.HasSuffix("."+strings.ToLower(u.Hostname()), "."+domain)
}

func (c Config) validateHooks(faults *configerr.List) {
	create, session, have := c.OnCreateUser, c.SessionUser, typeOfUser(c.Adapter)
	switch {
	case create.members != nil:
		faults.Add("OnCreateUser", "is a hook of SessionUser; want one of BeforeCreate")
	case create.fill == nil:
	case c.Adapter == nil:
		faults.Add("OnCreateUser", "needs an Adapter")
	case create.entity != have:
		faults.Add("OnCreateUser", "is for %v, and the Adapter's users are %v", create.entity, have)
	}
	switch {
	case session.fill != nil:
		faults.Add("SessionUser", "is a hook of BeforeCreate; want one of SessionUser")
	case session.members == nil || session.entity == reflect.TypeFor[*User]():
	case c.Adapter == nil:
		faults.Add("SessionUser", "is for %v and needs an Adapter; without one it can be for *cardea.User",
			session.entity)
	case session.entity != have:
		faults.Add("SessionUser", "is for %v, and the Adapter's users are %v", session.entity, have)
	}
}

func (c Config) validatePages(faults *configerr.List) {
	for _, p := range c.Pages.list() {
		switch {
		case p.value == "":
		case !isPage(p.value):
			faults.Add("Pages."+p.field, "want a path such as /signin or an https URL, have %q", p.value)
		case p.builtIn != "" && c.isEndpoint(p.value, p.builtIn):
			faults.Add("Pages."+p.field, "is the built-in page, which would redirect to itself; leave it empty")
		}
	}
}

// isEndpoint reports whether a page is an endpoint of the handler, as a path or as a URL.
func (c Config) isEndpoint(page, endpoint string) bool {
	u, err := url.Parse(page)
	if err != nil || strings.TrimSuffix(u.Path, "/") != c.BasePath+endpoint {
		return false
	}
	o, err := newOrigins(c)
	return !u.IsAbs() || err == nil && o.isSite(u)
}

// isPage reports whether a text is a path, or an http or https URL with a path.
func isPage(page string) bool {
	u, err := url.Parse(page)
	if err != nil || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(page, "//") ||
		strings.Contains(page, "\\") {
		return false
	}
	return !u.IsAbs() || u.Scheme == "https" || u.Scheme == "http"
}

func (c Config) validateProviders(faults *configerr.List) {
	if len(c.Providers)+len(c.Features) == 0 {
		faults.Add("Providers", "is empty; name at least one, such as provider.GitHub(provider.Env(\"AUTH_GITHUB\"))")
	}
	seen := map[string]bool{}
	for i, p := range c.Providers {
		field := fmt.Sprintf("Providers[%d]", i)
		if p == nil {
			faults.Add(field, "is nil")
			continue
		}
		d := definitionOf(p)
		if d == nil {
			faults.Add(field, "want an *oauth.Provider, *EmailProvider or *CredentialsProvider, have %T", p)
			continue
		}
		c.validateProvider(d, field, seen, faults)
	}
}

func (c Config) validateProvider(d definition, field string, seen map[string]bool, faults *configerr.List) {
	info := d.info()
	if info.id != "" {
		field += " (" + info.id + ")"
	}
	if !providerIDPattern.MatchString(info.id) {
		faults.Add(field+".ID", "want lower-case letters, digits, - and _, have %q", info.id)
	}
	if seen[info.id] {
		faults.Add(field+".ID", "is used by two providers; give one of them another ID")
	}
	seen[info.id] = true
	if info.name == "" {
		faults.Add(field+".Name", "is empty")
	}
	d.validate(&c, field, faults)
}
