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

// Config is the configuration of [New]. Secret is required. The zero value of every other field is
// safe and useful.
type Config struct {
	// Secret is exactly the secret of the Node server, there usually in AUTH_SECRET or
	// NEXTAUTH_SECRET. Any length is accepted, because the Node server chose it; use 32 random
	// bytes or more.
	Secret string `json:"-"`

	// PreviousSecrets are accepted when a session is read, but never used to write one. When you
	// change Secret, put the old one here, the newest first. Defaults to none.
	PreviousSecrets []string `json:"-"`

	// Version is the major version of Auth.js on the Node server. Neither version can read the
	// sessions of the other. Defaults to VersionV5.
	Version Version

	// CookieName is the name of the session cookie, if the Node server configures one
	// (cookies.sessionToken.name). In v5 the name is part of the encryption, so it must be exact,
	// with its prefix if it has one. Only the cookie with this name is read, so you can also choose
	// one of the default names. Defaults to __Secure-authjs.session-token or, if the request has no
	// such cookie, authjs.session-token; in v4 the names have next-auth instead of authjs.
	CookieName string

	// CookieDomain is the Domain attribute of the session cookie, if the Node server configures one
	// (cookies.sessionToken.options.domain). [Sessions.Write] sets the cookie for all hosts of the
	// domain. [Sessions.Write] and [Sessions.Clear] also remove a cookie for this host alone.
	// Defaults to this host alone.
	CookieDomain string

	// MaxAge is how long a session lasts after [Sessions.Write], in whole seconds. Defaults to 30
	// days.
	MaxAge time.Duration

	// Bearer also accepts a session in the Authorization header, for clients that are not browsers,
	// if the request has no session cookie. Defaults to cookies only.
	Bearer bool

	// InsecureCookies is for development on plain http. [Sessions.Write] sets cookies without the
	// attribute Secure and, unless CookieName is set, only the name without __Secure- is used.
	// Anybody on the network can read such a cookie. Defaults to cookies for https.
	InsecureCookies bool

	// Logger gets, at level debug, the reason why [Sessions.Require] or [Sessions.Load] did not
	// accept a session. It never gets a token, cookie, secret or claim. Defaults to [slog.Default].
	Logger *slog.Logger
}

// Version is a major version of Auth.js, formerly NextAuth.js.
type Version int

// The versions.
const (
	VersionV5 Version = iota // Auth.js: next-auth 5 and the other packages that use @auth/core
	VersionV4                // next-auth 4
)

const (
	defaultMaxAge = 30 * 24 * time.Hour

	// maxName is the maximum length of a cookie's name, in bytes. A chunk with a longer name and
	// its number could be longer than browsers accept.
	maxName = 128
)

func (c Config) withDefaults() Config {
	c.MaxAge = cmp.Or(c.MaxAge, defaultMaxAge)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

// validate returns all faults of a configuration that has its defaults.
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
		f.Add("Version", "want VersionV5 or VersionV4, have %d", c.Version)
	}
	c.validateName(f)
	if c.CookieDomain != "" && !cookie.ValidDomain(c.CookieDomain) {
		f.Add("CookieDomain", "want a domain in lower case such as example.com, have %q", c.CookieDomain)
	}
	if c.CookieDomain != "" && strings.HasPrefix(strings.ToLower(c.CookieName), "__host-") {
		f.Add("CookieDomain", "browsers accept %s only without a domain; leave it empty or choose another CookieName",
			c.CookieName)
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
		f.Add("CookieName", "want letters, digits and characters such as . - _, have %q", name)
	case c.InsecureCookies && needsSecure(name):
		f.Add("InsecureCookies", "browsers accept %s only with Secure; choose another CookieName or none", name)
	}
}

// needsSecure reports whether the name has a prefix that requires Secure (RFC 6265bis § 4.1.3).
// Browsers recognize the prefixes in upper and lower case.
func needsSecure(name string) bool {
	name = strings.ToLower(name)
	return strings.HasPrefix(name, "__secure-") || strings.HasPrefix(name, "__host-")
}

// secrets returns the secrets for reading. The first is also used for writing.
func (c Config) secrets() []string { return append([]string{c.Secret}, c.PreviousSecrets...) }

func (c Config) scheme() seal.Scheme {
	if c.Version == VersionV4 {
		return seal.SchemeV4
	}
	return seal.SchemeV5
}

// names returns the names of the session cookie in the order in which they are looked for. The
// first is also written.
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
