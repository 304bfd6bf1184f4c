package cardea

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Config is all that [New] needs to know. Secret and Providers must be set; the zero value of every
// other field is a safe, useful choice.
type Config struct {
	// Secret encrypts cookies and JWT sessions. At least 32 bytes, the same in every process of the
	// site; cardea secret makes one.
	Secret string

	// PreviousSecrets are still accepted, newest first, but encrypt nothing: put the old Secret
	// here when changing it.
	PreviousSecrets []string

	// Adapter keeps users, accounts and sessions. Without one nothing is stored, and sessions are
	// JWTs. Defaults to none.
	Adapter Adapter

	// Providers are the ways to sign in, in the order in which the sign-in page offers them.
	Providers []Provider

	// BaseURL is the origin of the site as browsers see it, such as https://example.com. When it is
	// empty, the Host of each request decides, and must be one of TrustedHosts. Set one of the two
	// for production.
	BaseURL string

	// TrustedHosts are the hosts, with port where it is not the scheme's own, under which the site
	// may be reached when BaseURL is empty. Defaults to the loopback names: localhost, 127.0.0.1
	// and [::1], with any port.
	TrustedHosts []string

	// TrustedProxies are the addresses of reverse proxies whose X-Forwarded-For is believed where
	// requests are counted by client and, when BaseURL is empty, whose X-Forwarded-Host and
	// X-Forwarded-Proto are. Defaults to none: the headers are ignored.
	TrustedProxies []netip.Prefix

	// BasePath is the path under which the handler is mounted. Defaults to /api/auth, where the
	// Auth.js clients look for it.
	BasePath string

	// Protocol is the generation of Auth.js to speak: its cookies and tokens, and how it tells of
	// failures. Set V4 where the front end reads sessions with next-auth 4. Defaults to V5.
	Protocol Protocol

	// CookiePrefix takes the place of authjs, and of next-auth with V4, in the names of the
	// cookies: it keeps sites apart that a browser takes for one, as it does with the ports of
	// localhost. Whoever else reads the sessions must know the name; in V5 it is part of their
	// encryption, so that a change signs everybody out of JWT sessions too. Defaults to the name of
	// the Protocol.
	CookiePrefix string

	Session   SessionConfig
	Pages     Pages
	Theme     Theme
	Callbacks Callbacks
	Events    Events

	// OnCreateUser fills the application's own columns of a new user; see [BeforeCreate]. Defaults
	// to nothing.
	OnCreateUser UserHook

	// Logger gets the cause of every failure; it never gets a token, cookie, code, secret or
	// address. Defaults to slog.Default().
	Logger *slog.Logger

	// HTTPClient makes the calls to providers. Defaults to one with timeouts that follows no
	// redirects and, for a provider that is not on a loopback address itself, connects to none.
	HTTPClient *http.Client
}

// Strategy is where sessions live.
type Strategy string

// The strategies. Database keeps a row for each session, so that it can be ended at once,
// everywhere. JWT keeps the session in an encrypted cookie: no store is asked, and signing out ends
// it in the browser and in this process, while a stolen copy works elsewhere until it expires.
const (
	StrategyDatabase Strategy = "database"
	StrategyJWT      Strategy = "jwt"
)

// SessionConfig says how long sessions last and where they live.
type SessionConfig struct {
	// Strategy defaults to Database if Config.Adapter is a [SessionStore], and to JWT otherwise.
	Strategy Strategy

	// MaxAge is how long a session lasts without being used. Defaults to 30 days.
	MaxAge time.Duration

	// UpdateAge is how long a session is used before its expiry is moved and, in a database,
	// written. Defaults to 24 hours.
	UpdateAge time.Duration

	// CookieDomain has browsers send the session to every host of a domain, such as example.com for
	// app.example.com and api.example.com, each of which can then take it over, or replace it: all
	// must be as trusted as this site. The other cookies stay this host's: the one of the CSRF
	// token could not have its __Host- prefix otherwise, and none is needed elsewhere. BaseURL or
	// TrustedHosts must be within the domain. Defaults to this host alone.
	CookieDomain string

	// InsecureStoreRawTokens stores session tokens as the cookie holds them, so that a Node server
	// with Auth.js can share the table. Whoever reads the table can then take over every session.
	// Defaults to storing a hash.
	InsecureStoreRawTokens bool
}

// Pages are the application's own pages in place of the built-in ones, as paths or as URLs of the
// same origin. Each gets what the built-in one would as query parameters: error, callbackUrl.
type Pages struct {
	SignIn        string
	SignOut       string
	Error         string
	VerifyRequest string
	NewUser       string // where a new user goes after the first sign-in; defaults to the callback URL
}

// Theme is how the built-in pages look.
type Theme struct {
	ColorScheme string // "auto", "light" or "dark"; defaults to auto, which follows the visitor's system
	Logo        string // URL of a picture: https, or a path of this site
	BrandColor  string // #rrggbb, of the main button
	ButtonText  string // #rrggbb, of the main button's text; defaults to black or white, whichever reads better
}

// SignIn is a sign-in that is about to happen, for [Callbacks], or has happened, for [Events].
type SignIn struct {
	User      *User    // the row; for a person who is new as the profile gives it, without ID until the row exists
	Account   *Account // with the provider's tokens
	Profile   *Profile
	IsNewUser bool

	// VerificationRequest says that a mail is about to be sent to the user's address, and that
	// nobody has proven anything yet. Only the callback sees it.
	VerificationRequest bool
}

// Trigger says why a session callback runs.
type Trigger string

// The triggers of Auth.js. A plain read of a session has none.
const (
	TriggerSignIn Trigger = "signIn"
	TriggerSignUp Trigger = "signUp"
	TriggerUpdate Trigger = "update"
)

// TokenChange is a JWT session about to be written.
type TokenChange struct {
	Claims  Claims  // what will be in the token: name, email, picture, sub and whatever the callback put there before
	Trigger Trigger // "" on a plain read
	SignIn  *SignIn // at sign-in only
	Update  json.RawMessage
}

// SessionView is what a browser is about to be told of its session.
type SessionView struct {
	Session *Session
	User    Claims // name, email, image; add what the browser may know
	Extra   Claims // further members beside user and expires
	Trigger Trigger
	Update  json.RawMessage // what the browser sent with TriggerUpdate: untrusted input
}

// Callbacks let the application decide. All may run concurrently. An error ends what was going on:
// it fails closed, is logged, and the visitor sees the code of an [Error], or the one of the place
// where it happened.
type Callbacks struct {
	// SignIn decides whether a person whom a provider has vouched for may sign in. An error denies
	// it, with AccessDenied unless it is an [Error]. A URL that is not empty sends the visitor
	// there instead of signing in. Nothing is written before it. Defaults to everybody.
	SignIn func(ctx context.Context, in *SignIn) (redirect string, err error)

	// Redirect decides where a visitor goes after signing in or out: target is what was asked for,
	// base the origin. On the way it is asked again about what it answered, and must stay with it.
	// Defaults to URLs of the same origin, and base for all others.
	Redirect func(ctx context.Context, target, base string) string

	// JWT changes the content of a JWT session, at sign-in, on each GET session and on update. Nil
	// claims end the session. The claim sid stays as it is: signing out goes by it. Defaults to
	// keeping all.
	JWT func(ctx context.Context, t *TokenChange) (Claims, error)

	// Session adds to what GET session tells the browser. Defaults to name, email, image and
	// expires.
	Session func(ctx context.Context, v *SessionView) error

	// Authorized is asked whenever a session is read, by the middleware too: false means that the
	// session does not count, as for a user who was disabled. [Auth.AccessToken] asks it with a
	// session that has only UserID and User. Defaults to true.
	Authorized func(ctx context.Context, s *Session) (bool, error)

	// HasOtherCredential reports whether a user can sign in otherwise than through providers, mail and
	// passkeys, such as with a password. [Auth.UnlinkAccount] asks it before it removes the last
	// account, in the transaction, which ctx carries. Defaults to no.
	HasOtherCredential func(ctx context.Context, u *User) (bool, error)
}

// Events tell the application what happened, after it is stored. They run before the answer is
// sent, possibly concurrently, and cannot change it.
type Events struct {
	CreateUser  func(ctx context.Context, u *User)
	UpdateUser  func(ctx context.Context, u *User)
	LinkAccount func(ctx context.Context, u *User, a *Account, p *Profile)
	SignIn      func(ctx context.Context, in *SignIn)
	SignOut     func(ctx context.Context, s *Session)
	Session     func(ctx context.Context, s *Session) // each time a browser reads its session
}

const (
	defaultBasePath  = "/api/auth"
	defaultMaxAge    = 30 * 24 * time.Hour
	defaultUpdateAge = 24 * time.Hour
	minSecret        = 32 // bytes
)

// withDefaults fills in what was left empty.
func (c Config) withDefaults() Config {
	c.BasePath = cmp.Or(c.BasePath, defaultBasePath)
	c.Session.MaxAge = cmp.Or(c.Session.MaxAge, defaultMaxAge)
	c.Session.UpdateAge = cmp.Or(c.Session.UpdateAge, min(defaultUpdateAge, c.Session.MaxAge))
	if c.Session.Strategy == "" {
		c.Session.Strategy = StrategyJWT
		if _, ok := c.Adapter.(SessionStore); ok {
			c.Session.Strategy = StrategyDatabase
		}
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

// faults collects everything that is wrong with a configuration.
type faults []error

func (f *faults) add(field, format string, args ...any) {
	*f = append(*f, fmt.Errorf("cardea: Config.%s: %s", field, fmt.Sprintf(format, args...)))
}

// addEach adds what a constructor found, one fault a line.
func (f *faults) addEach(field string, err error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range joined.Unwrap() {
			f.addEach(field, err)
		}
		return
	}
	f.add(field, "%v", err)
}

// validate reports everything that is wrong, not just the first; c has its defaults.
func (c Config) validate() error {
	var f faults
	c.validateSecrets(&f)
	c.validateOrigin(&f)
	c.validateSession(&f)
	c.validatePages(&f)
	c.validateProviders(&f)
	return errors.Join(f...)
}

func (c Config) validateSecrets(f *faults) {
	switch n := len(c.Secret); {
	case n == 0:
		f.add("Secret", "missing; make one with: go run github.com/cardea-auth/cardea/cmd/cardea secret")
	case n < minSecret:
		f.add("Secret", "want %d bytes or more, have %d; make one with: go run "+
			"github.com/cardea-auth/cardea/cmd/cardea secret", minSecret, n)
	}
	for i, s := range c.PreviousSecrets {
		if len(s) < minSecret {
			f.add(fmt.Sprintf("PreviousSecrets[%d]", i), "want %d bytes or more, have %d", minSecret, len(s))
		}
	}
}

func (c Config) validateOrigin(f *faults) {
	if c.BaseURL != "" {
		if _, err := parseOrigin(c.BaseURL); err != nil {
			f.add("BaseURL", "%v", err)
		}
		if len(c.TrustedHosts) > 0 {
			f.add("TrustedHosts", "has no effect beside BaseURL; set one of the two")
		}
	}
	for i, h := range c.TrustedHosts {
		if u, err := url.Parse("https://" + h); h == "" || err != nil || u.Host != h || strings.Contains(h, "*") {
			f.add(fmt.Sprintf("TrustedHosts[%d]", i), "want a host such as example.com or example.com:8443, have %q", h)
		}
	}
	if c.Protocol != ProtocolV5 && c.Protocol != ProtocolV4 {
		f.add("Protocol", "want V5 or V4, have %d", c.Protocol)
	}
	if !basePathPattern.MatchString(c.BasePath) {
		f.add("BasePath", "want a path such as %s, with a leading and no trailing slash, have %q", defaultBasePath,
			c.BasePath)
	}
}

var (
	basePathPattern   = regexp.MustCompile(`^(/[A-Za-z0-9._~-]+)+$`)
	providerIDPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)
)

func (c Config) validateSession(f *faults) {
	s := c.Session
	switch s.Strategy {
	case StrategyJWT:
	case StrategyDatabase:
		if _, ok := c.Adapter.(SessionStore); !ok {
			f.add("Session.Strategy", "database needs an Adapter that is a SessionStore; have %T", c.Adapter)
		}
	default:
		f.add("Session.Strategy", "want %q or %q, have %q", StrategyDatabase, StrategyJWT, s.Strategy)
	}
	if s.MaxAge < time.Second {
		f.add("Session.MaxAge", "want a second or more, have %v", s.MaxAge)
	}
	if s.UpdateAge < 0 || s.UpdateAge > s.MaxAge {
		f.add("Session.UpdateAge", "want between 0 and MaxAge (%v), have %v", s.MaxAge, s.UpdateAge)
	}
	c.validateCookies(f)
	if s.InsecureStoreRawTokens && s.Strategy == StrategyJWT {
		f.add("Session.InsecureStoreRawTokens", "has no effect on JWT sessions")
	}
	if c.OnCreateUser.fill == nil {
		return
	}
	switch {
	case c.Adapter == nil:
		f.add("OnCreateUser", "needs an Adapter")
	case c.OnCreateUser.entity != typeOfUser(c.Adapter):
		f.add("OnCreateUser", "is for %v, and the Adapter's users are %v", c.OnCreateUser.entity, typeOfUser(c.Adapter))
	}
}

var (
	// no __Host- or __Secure-: whether there is one is decided by https
	cookiePrefixPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)
	domainPattern       = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*$`)
)

func (c Config) validateCookies(f *faults) {
	if p := c.CookiePrefix; p != "" && !cookiePrefixPattern.MatchString(p) {
		f.add("CookiePrefix", "want at most 64 letters, digits, - and _, and no _ or - at the start, have %q", p)
	}
	domain := c.Session.CookieDomain
	switch {
	case domain == "":
		return
	case !domainPattern.MatchString(domain):
		f.add("Session.CookieDomain", "want a domain in lower case such as example.com, have %q", domain)
		return
	}
	hosts := c.TrustedHosts
	if c.BaseURL != "" {
		hosts = []string{c.BaseURL}
	}
	if len(hosts) == 0 {
		f.add("Session.CookieDomain", "needs BaseURL or TrustedHosts; localhost has no subdomains")
	}
	for _, h := range hosts {
		if !within(h, domain) {
			f.add("Session.CookieDomain", "browsers take no cookie for %s from %s, which is another site", domain, h)
		}
	}
}

// within reports whether an origin, or a host, belongs to a domain.
func within(host, domain string) bool {
	if !strings.Contains(host, "://") {
		host = "https://" + host
	}
	u, err := url.Parse(host)
	return err == nil && strings.HasSuffix("."+strings.ToLower(u.Hostname()), "."+domain)
}

func (c Config) validatePages(f *faults) {
	for _, p := range []struct{ field, value string }{
		{"SignIn", c.Pages.SignIn}, {"SignOut", c.Pages.SignOut}, {"Error", c.Pages.Error},
		{"VerifyRequest", c.Pages.VerifyRequest}, {"NewUser", c.Pages.NewUser},
	} {
		u, err := url.Parse(p.value)
		if p.value != "" && (err != nil || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(p.value, "//") ||
			(u.IsAbs() && u.Scheme != "https" && u.Scheme != "http")) {
			f.add("Pages."+p.field, "want a path such as /signin or an https URL, have %q", p.value)
		}
	}
	if page := c.Pages.Error; page != "" && strings.TrimSuffix(page, "/") == c.BasePath+"/error" {
		f.add("Pages.Error", "is the built-in page; leave it empty")
	}
}

func (c Config) validateProviders(f *faults) {
	if len(c.Providers) == 0 {
		f.add("Providers", "is empty; name at least one, such as provider.GitHub(provider.Env(\"AUTH_GITHUB\"))")
	}
	seen := map[string]bool{}
	for i, p := range c.Providers {
		field := fmt.Sprintf("Providers[%d]", i)
		if p == nil {
			f.add(field, "is nil")
			continue
		}
		id, name, _, _ := p.identity()
		if id != "" {
			field += " (" + id + ")"
		}
		if !providerIDPattern.MatchString(id) {
			f.add(field+".ID", "want lower-case letters, digits, - and _, have %q", id)
		}
		if seen[id] {
			f.add(field+".ID", "is there twice; give one of them another ID")
		}
		seen[id] = true
		if name == "" {
			f.add(field+".Name", "is empty")
		}
		if p, ok := p.(interface{ validate(string, *faults) }); ok {
			p.validate(field, f)
		}
		switch p := p.(type) {
		case *EmailProvider:
			c.validateTokenStore(field, f)
		case *OAuthProvider:
			p.validateCertificate(field, c.HTTPClient, f)
		}
	}
}

func (c Config) validateTokenStore(field string, f *faults) {
	if _, ok := c.Adapter.(TokenStore); !ok {
		f.add(field, "sign-in by e-mail needs an Adapter that is a TokenStore; have %T", c.Adapter)
	}
}
