package authjs

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/cardea-auth/cardea/internal/configerr"
	"github.com/cardea-auth/cardea/internal/cookie"
	"github.com/cardea-auth/cardea/internal/seal"
)

// Config is all that [New] needs to know. Secret must be set; the zero value of every other field
// is a safe, useful choice.
type Config struct {
	// Secret is the secret of the Node server, usually AUTH_SECRET or NEXTAUTH_SECRET there, to the
	// last byte. Any length is accepted, because the Node server chose it; use 32 random bytes or
	// more.
	Secret string

	// PreviousSecrets are still accepted, newest first, but never written with: put the old Secret
	// here when changing it. Defaults to none.
	PreviousSecrets []string

	// Version is the generation of the Node server. Neither reads the sessions of the other.
	// Defaults to V5.
	Version Version

	// CookieName is the name of the session cookie, if the Node server has one of its own
	// (cookies.sessionToken.name). In v5 it is part of the encryption, so it must be exact, with
	// any prefix. Only this name is read then; so it also pins one of the default names. Defaults
	// to __Secure-authjs.session-token and, where that did not come, authjs.session-token; in v4
	// next-auth stands in place of authjs.
	CookieName string

	// CookieDomain is the domain for whose hosts Write makes sessions and Clear removes them, if
	// the Node server has set one (cookies.sessionToken.options.domain). Those for this host alone
	// are removed as well. Defaults to this host alone.
	CookieDomain string

	// MaxAge is how long a session that Write makes lasts, in whole seconds. Defaults to 30 days.
	MaxAge time.Duration

	// Bearer accepts a session in the Authorization header too, where no cookie has one, for
	// clients that are not browsers. Defaults to cookies only.
	Bearer bool

	// InsecureCookies is for development on plain http: Write makes cookies without Secure and,
	// unless CookieName says otherwise, the name without __Secure- is the only one used. Whoever is
	// on the network can read such a cookie. Defaults to cookies for https.
	InsecureCookies bool

	// Logger gets, at level debug, why Require and Load did not accept a session; it never gets a
	// token, cookie, secret or claim. Defaults to slog.Default().
	Logger *slog.Logger
}

// Version is a generation of the Node packages.
type Version int

// The generations.
const (
	VersionV5 Version = iota // Auth.js: next-auth 5 and the other packages on @auth/core
	VersionV4                // next-auth 4
)

const (
	defaultMaxAge = 30 * 24 * time.Hour
	maxName       = 128 // bytes of a cookie's name, so that a chunk with its number is no longer than browsers keep
)

func (c Config) withDefaults() Config {
	c.MaxAge = cmp.Or(c.MaxAge, defaultMaxAge)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

// validate reports everything that is wrong, not just the first; c has its defaults.
func (c Config) validate() error {
	f := configerr.New("authjs: Config.")
	if c.Secret == "" {
		f.Add("Secret", "missing; it is the secret of the Node server, usually AUTH_SECRET there")
	}
	for i, s := range c.PreviousSecrets {
		if s == "" {
			f.Add(fmt.Sprintf("PreviousSecrets[%d]", i), "is empty; leave it out")
		}
	}
	if c.Version != VersionV5 && c.Version != VersionV4 {
		f.Add("Version", "want V5 or V4, have %d", c.Version)
	}
	c.validateName(f)
	if c.CookieDomain != "" && !cookie.ValidDomain(c.CookieDomain) {
		f.Add("CookieDomain", "want a domain in lower case such as example.com, have %q", c.CookieDomain)
	}
	if c.CookieDomain != "" && strings.HasPrefix(strings.ToLower(c.CookieName), "__host-") {
		f.Add("CookieDomain", "browsers keep %s only without a domain", c.CookieName)
	}
	if c.MaxAge < time.Second {
		f.Add("MaxAge", "want a second or more, have %v", c.MaxAge)
	}
	return f.Err()
}

func (c Config) validateName(f *configerr.List) {
	name := c.CookieName
	switch {
	case name == "":
	case len(name) > maxName:
		f.Add("CookieName", "want %d bytes or less, have %d", maxName, len(name))
	case (&http.Cookie{Name: name}).Valid() != nil:
		f.Add("CookieName", "want letters, digits and such as . - _, have %q", name)
	case c.InsecureCookies && needsSecure(name):
		f.Add("InsecureCookies", "browsers keep %s only with Secure; choose another CookieName or none", name)
	}
}

// needsSecure reports whether the name has a prefix of RFC 6265bis § 4.1.3, in any case, as
// browsers see it.
func needsSecure(name string) bool {
	name = strings.ToLower(name)
	return strings.HasPrefix(name, "__secure-") || strings.HasPrefix(name, "__host-")
}

// secrets are those to read with; the first is the one to write with.
func (c Config) secrets() []string { return append([]string{c.Secret}, c.PreviousSecrets...) }

func (c Config) scheme() seal.Scheme {
	if c.Version == VersionV4 {
		return seal.SchemeV4
	}
	return seal.SchemeV5
}

// names are the cookies that may hold the session, first the one that is looked for first and
// written.
func (c Config) names() []cookie.Names {
	defaults := func(secure bool) cookie.Names {
		n := cookie.NamesV5(secure)
		if c.Version == VersionV4 {
			n = cookie.NamesV4(secure)
		}
		n.Domain = c.CookieDomain
		return n
	}
	switch {
	case c.CookieName != "":
		n := defaults(!c.InsecureCookies)
		n.Session = c.CookieName
		return []cookie.Names{n}
	case c.InsecureCookies:
		return []cookie.Names{defaults(false)}
	}
	return []cookie.Names{defaults(true), defaults(false)}
}
