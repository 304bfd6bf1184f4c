package cardea

import (
	"cmp"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/language"
	"github.com/cardea-auth/cardea/ratelimit"
)

// Config is everything that [New] needs to know. Secret and Providers must be set. The zero value
// of every other field is a safe, useful choice.
type Config struct {
	// Secret encrypts cookies and JWT sessions. It has at least 32 bytes and is the same in every
	// process of the site. The command "cardea secret" makes one.
	Secret string `json:"-"`

	// PreviousSecrets are old values of Secret, newest first. They still decrypt, but no longer
	// encrypt. When you change Secret, put the old one here. Defaults to none.
	PreviousSecrets []string `json:"-"`

	// Adapter stores users, accounts and sessions. Without one nothing is stored, and sessions are
	// JWTs. Defaults to none.
	Adapter Adapter

	// Providers are the ways to sign in, in the order in which the sign-in page offers them. There
	// must be at least one, unless there are Features. A Provider that is a [Feature], such as that
	// of package password, counts as one of Features.
	Providers []Provider

	// Features are further parts of sign-in, in packages of their own. A feature can add ways to
	// sign in, so Providers may be empty if there are features. Defaults to none.
	Features []Feature

	// BaseURL is the origin of the site as browsers see it, such as https://example.com. If it is
	// empty, the origin comes from the Host header of each request, which must be one of
	// TrustedHosts. Set one of the two in production.
	//
	// If it is http and not in a private network, New logs a warning. Like AUTH_URL of Auth.js it
	// may have a path, which is then the BasePath. If BasePath is set to another one, that is an
	// error.
	BaseURL string

	// TrustedHosts are the hosts under which the site may be reached if BaseURL is empty. A host
	// includes its port, unless that is the default port of the scheme. The first label may be a
	// wildcard for exactly one label, as in *.preview.example.com; every host with such a name must
	// be this site. Defaults to the loopback names with any port: localhost, 127.0.0.1 and [::1].
	TrustedHosts []string

	// TrustedOrigins are the origins of front ends that are not on the origin of the site, such as
	// https://app.example.com, http://localhost:5173 or https://*.preview.example.com, where the
	// wildcard stands for exactly one label. Their scripts may call the endpoints with the
	// visitor's cookies and read the answers (CORS with credentials), their forms count as those of
	// the site, and callback URLs may lead to them. So trust them as much as the site itself.
	//
	// All cookies are SameSite=Lax. A front end of another site, that is of another registrable
	// domain or scheme, therefore never gets a session. An origin with http must be on a loopback
	// address if BaseURL is https. The middleware is not concerned: the application decides which
	// origins may call its own handlers. See docs/origins.md. Defaults to none.
	TrustedOrigins []string

	// TrustedProxies are the addresses of reverse proxies. Their header X-Forwarded-For tells the
	// address of the client, for limits and the log. If BaseURL is empty, their headers
	// X-Forwarded-Host and X-Forwarded-Proto tell the origin.
	//
	// If there are several proxies in a row, name all of them: in a list, the value counts that the
	// outermost of them has added. The header Forwarded is not read. Defaults to none: the headers
	// are ignored, with one warning in the log.
	TrustedProxies []netip.Prefix

	// TrustUnixSocket says that the requests on a Unix socket come from a trusted proxy, which has
	// no address there. Whoever may open the socket is then trusted like TrustedProxies. Defaults
	// to false.
	TrustUnixSocket bool

	// BasePath is the path under which the handler is mounted, without a slash at the end. Defaults
	// to the path of BaseURL, or to /api/auth, where the Auth.js clients look for it.
	BasePath string

	// Protocol is the version of Auth.js to speak: its cookies and tokens, and how it reports
	// failures. Set ProtocolV4 if the front end reads sessions with next-auth 4. Defaults to
	// ProtocolV5.
	Protocol Protocol

	// CookiePrefix replaces authjs, and next-auth with ProtocolV4, in the names of the cookies. Set
	// it if a browser would send the cookies of one site to another, as with two ports of
	// localhost.
	//
	// Other programs that read the sessions must know the name. With ProtocolV5 it is part of the
	// encryption of JWT sessions, so a change signs everybody out. At most 64 letters, digits, -
	// and _. Defaults to the name of the Protocol.
	CookiePrefix string

	// Session says how long sessions last and where they are stored. Each field has a default.
	Session SessionConfig

	// Limits says how often visitors may try to sign in. Each field has a default.
	Limits ratelimit.Config

	// Pages are the application's pages that replace the built-in ones. Defaults to none.
	Pages Pages

	// Theme is how the built-in pages look. Each field has a default.
	Theme Theme

	// Languages says in which languages the built-in pages and the mails are: that of the visitor's
	// browser among those that the site offers. It also replaces single texts. What programs read,
	// such as codes and JSON, is the same in every language. Each field has a default.
	Languages language.Config

	// Callbacks are functions of the application that decide about sign-ins and sessions. Defaults
	// to none.
	Callbacks Callbacks

	// Events tell the application what happened. Defaults to none.
	Events Events

	// OnCreateUser fills the application's columns of a new user; see [BeforeCreate]. Defaults to
	// none.
	OnCreateUser UserHook

	// SessionUser says what the browser may know of the user's own row, such as a role; see
	// [SessionUser]. Defaults to name, email and image alone.
	SessionUser UserHook

	// Logger gets the cause of every failure. It never gets a token, cookie, code, secret or e-mail
	// address. Defaults to slog.Default().
	Logger *slog.Logger

	// HTTPClient makes the requests to providers. Whatever client it is, no redirect is followed,
	// and each request ends after 10 seconds. Defaults to a client that refuses loopback addresses
	// unless the provider is configured on one.
	HTTPClient *http.Client
}

// Strategy says where sessions are stored.
type Strategy string

// The strategies. A session of StrategyDatabase ends in every browser and process when its row is
// deleted. StrategyJWT needs no database. There, signing out deletes the cookie in the browser and
// ends the session in this process. Without [SessionConfig].ShareSignOuts, another process accepts
// a stolen copy of the cookie, and extends it while it is used, until SessionConfig.Lifetime is
// over.
const (
	StrategyDatabase Strategy = "database" // a row of a [SessionStore]; the cookie has its key
	StrategyJWT      Strategy = "jwt"      // an encrypted token in the cookie
)

// SessionConfig says how long sessions last and where they are stored.
type SessionConfig struct {
	// Strategy defaults to StrategyDatabase if Config.Adapter is a [SessionStore], and to
	// StrategyJWT otherwise.
	Strategy Strategy

	// MaxAge is how long a session lasts if it is not used: a second or more. It counts at most as
	// much as Lifetime. Defaults to 30 days.
	MaxAge time.Duration

	// Lifetime is how long a session lasts at most, counted from the sign-in, however much it is
	// used: a second or more. When it is over, the user signs in again. A negative value means no
	// limit. Defaults to 90 days, or to MaxAge if that is longer.
	//
	// A session that a Node server made does not say when the sign-in was. It counts from when that
	// server last extended it, until this site extends or uses it.
	Lifetime time.Duration

	// UpdateAge limits how often a session is extended: a request extends it only if the last
	// extension was UpdateAge ago or earlier. The session then lasts MaxAge from that request. With
	// StrategyJWT, GET session always extends it. At most MaxAge. Defaults to 24 hours, or to
	// MaxAge if that is shorter.
	UpdateAge time.Duration

	// CookieDomain makes browsers send the session to every host of a domain, such as example.com
	// for app.example.com and api.example.com.
	//
	// Each of these hosts can then steal or replace the session, so you must trust all of them as
	// much as this site. The other cookies stay with this host, since the __Host- prefix of the
	// CSRF cookie demands that and no other host needs them. BaseURL or TrustedHosts must be within
	// the domain. Browsers accept no domain in which strangers have names, such as co.uk or
	// github.io; New knows the usual ones. Defaults to this host alone.
	CookieDomain string

	// RecordIP says how much of a client's address a new session keeps, for [Session].IP: "full",
	// "network" (the first 24 bits of an IPv4 address, the first 48 of an IPv6 one) or "none". An
	// address is personal data; the network suffices to recognize a place. Defaults to "network".
	RecordIP string

	// ShareSignOuts stores in the [TokenStore] which sessions of StrategyJWT have ended, so that
	// every process refuses them. Each request with a session then asks the store, in a transaction
	// with two statements. If the store is unavailable, the request gets 503. Defaults to false: a
	// process refuses the sessions that have ended there. It changes nothing with StrategyDatabase,
	// whose sessions end in every process.
	ShareSignOuts bool

	// InsecureStoreRawTokens stores session tokens as they are in the cookie, so that a Node server
	// with Auth.js can share the table. Anybody who reads the table can then take over every
	// session. Defaults to storing a hash. It changes nothing with StrategyJWT, which stores no
	// tokens.
	InsecureStoreRawTokens bool
}

// Pages are the application's pages that replace the built-in ones, as paths or as URLs of the same
// origin or of one of Config.TrustedOrigins. Each page gets the query parameters that the built-in
// page would get, such as error and callbackUrl.
type Pages struct {
	SignIn        string // sign-in page; defaults to the built-in one
	SignOut       string // page that asks whether to sign out; defaults to the built-in one
	Error         string // page for failures; defaults to the built-in one
	VerifyRequest string // page that says that a mail was sent; defaults to the built-in one
	Account       string // page where people look after their account; defaults to the built-in one
	Confirm       string // page where people confirm that it is them; defaults to the built-in one
	NewUser       string // page after the first sign-in of a user; defaults to the callback URL
}

// Theme is how the built-in pages look.
type Theme struct {
	Name        string // what the pages call the site, at most 60 characters; defaults to its host
	ColorScheme string // "auto", "light" or "dark"; defaults to auto, which follows the visitor's system
	Logo        string // URL of a picture: https, or a path of this site; defaults to none
	BrandColor  string // color of the main button as #rrggbb; defaults to the built-in color
	ButtonText  string // text color of that button as #rrggbb; defaults to black or white, the easier to read
}

const (
	defaultBasePath  = "/api/auth"
	defaultMaxAge    = 30 * 24 * time.Hour
	defaultLifetime  = 90 * 24 * time.Hour
	defaultUpdateAge = 24 * time.Hour
)

// withDefaults fills in the fields that were left empty.
func (c Config) withDefaults() Config {
	c.splitBaseURL()
	c.BasePath = cmp.Or(c.BasePath, defaultBasePath)
	c.Session.MaxAge = cmp.Or(c.Session.MaxAge, defaultMaxAge)
	c.Session.Lifetime = cmp.Or(c.Session.Lifetime, max(defaultLifetime, c.Session.MaxAge))
	c.Session.RecordIP = cmp.Or(c.Session.RecordIP, recordNetwork)
	c.Session.UpdateAge = cmp.Or(c.Session.UpdateAge, min(defaultUpdateAge, c.Session.MaxAge))
	if c.Session.Strategy == "" {
		c.Session.Strategy = StrategyJWT
		if _, ok := feature.StoreOf[SessionStore](c.Adapter); ok {
			c.Session.Strategy = StrategyDatabase
		}
	}
	c.Limits = limitsWithDefaults(c.Limits)
	c.moveFeatures()
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

// moveFeatures moves the Providers that are features to the Features.
func (c *Config) moveFeatures() {
	var providers []Provider
	for _, p := range c.Providers {
		if f, ok := p.(Feature); ok {
			c.Features = append(slices.Clip(c.Features), f)
		} else {
			providers = append(providers, p)
		}
	}
	c.Providers = providers
}

// splitBaseURL moves the path of BaseURL to BasePath, unless that has another one.
func (c *Config) splitBaseURL() {
	u, err := url.Parse(c.BaseURL)
	if err != nil || u.RawQuery != "" || u.Fragment != "" {
		return
	}
	path := strings.TrimSuffix(u.EscapedPath(), "/")
	if path != "" && u.Host != "" && cmp.Or(c.BasePath, path) == path {
		c.BasePath = path
		u.Path, u.RawPath = "", ""
		c.BaseURL = u.String()
	}
}

// replaceNil replaces each interface that has a nil pointer in it by nil, and reports whether the
// Adapter was one: what calls its methods would panic.
func (c *Config) replaceNil() (adapterWasNil bool) {
	c.Providers, c.Features = slices.Clone(c.Providers), slices.Clone(c.Features)
	for i, p := range c.Providers {
		if isNilPointer(p) {
			c.Providers[i] = nil
		}
	}
	for i, f := range c.Features {
		if isNilPointer(f) {
			c.Features[i] = nil
		}
	}
	if adapterWasNil = isNilPointer(c.Adapter); adapterWasNil {
		c.Adapter = nil
	}
	return adapterWasNil
}

// isNilPointer reports whether an interface has a nil pointer in it.
func isNilPointer(v any) bool {
	r := reflect.ValueOf(v)
	return r.Kind() == reflect.Pointer && r.IsNil()
}
