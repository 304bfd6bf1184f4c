package cardea

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/cardea-auth/cardea/internal/cookie"
	"github.com/cardea-auth/cardea/internal/page"
	"github.com/cardea-auth/cardea/internal/seal"
	"github.com/cardea-auth/cardea/language"
)

// Auth signs people in. It is the http.Handler for all paths under the base path. For requests to
// other paths, [Auth.Load], [Auth.Require] and [Handle] find the session. [New] makes an Auth. It
// never changes and is safe for concurrent use.
type Auth struct {
	config       Config
	log          *slog.Logger
	now          func() time.Time
	origins      origins
	crossOrigin  *http.CrossOriginProtection
	csrf         csrf
	sealer       *seal.Sealer
	protocol     *protocol
	httpCookies  cookie.Names // on http
	httpsCookies cookie.Names // on https
	languages    *language.Set
	pages        *page.Pages // in the first of the languages
	methods      signInMethods
	features     features
	routes       []route // routeTable, and the endpoints of features

	sessions sessionStrategy
	database *databaseSessions // with StrategyDatabase, else nil
	jwt      *jwtSessions      // with StrategyJWT, else nil
	users    *userResolver
	tokens   *accessTokens

	counter      *counter
	once         *onceStore
	tasks        tasks     // what follows an answer
	proxyWarning sync.Once // that forwarded headers come from an untrusted peer
	traceWarning sync.Once // that a trusted proxy does not say whose request it has
}

// New returns the handler. An error lists every fault of the configuration, one on each line, with
// the name of the field and the fix.
//
// New makes no connection. A provider or database that cannot be reached causes an error only when
// it is used.
func New(c Config) (*Auth, error) {
	var faults []error
	if adapter := c.Adapter; c.replaceNil() {
		faults = append(faults, fmt.Errorf("cardea: Config.Adapter: is a nil %T; look at the error of the call that "+
			"made it, or set no Adapter", adapter))
	}
	c = c.withDefaults()
	faults = append(faults, c.validate())
	a := &Auth{
		config: c, log: c.Logger, now: time.Now,
		crossOrigin: http.NewCrossOriginProtection(),
		csrf:        csrf{append([]string{c.Secret}, c.PreviousSecrets...)},
		routes:      slices.Clone(routeTable),
		languages:   languagesOf(&c),
	}
	pages, err := newPages(a, c.buttons)
	if err != nil {
		faults = append(faults, fmt.Errorf("cardea: Config.%w", err))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	a.pages = pages
	a.config.Session = c.Session.effective()
	a.origins, _ = newOrigins(c)
	warnOfSettings(&c, a.origins)
	a.protocol = &protocols[c.Protocol]
	a.httpCookies, a.httpsCookies = a.cookieNames(false), a.cookieNames(true)
	a.sealer = seal.New(a.csrf.secrets, a.protocol.scheme)
	a.counter, a.once = newCounter(&c), newOnceStore(&c)
	for _, p := range c.Providers {
		m, err := definitionOf(p).open(a)
		if err != nil {
			return nil, fmt.Errorf("cardea: %w", err)
		}
		a.methods = append(a.methods, m)
	}
	a.openSessions()
	if err := installFeatures(a); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(a.methods, countsGuesses) {
		a.counter.warnOfMemory(a.origins.isLocal())
	}
	a.users = newUserResolver(a)
	a.tokens = newAccessTokens(a)
	return a, nil
}

// cookieNames returns the names of the cookies for https if secure is true, otherwise for http.
func (a *Auth) cookieNames(secure bool) cookie.Names {
	n := a.protocol.names(secure)
	if prefix := a.config.CookiePrefix; prefix != "" {
		n = n.WithCookiePrefix(prefix)
	}
	n.Domain = a.config.Session.CookieDomain
	return n
}

// clock returns the current time. The parts of Auth keep clock instead of now, because tests
// replace now after New.
func (a *Auth) clock() time.Time { return a.now() }
